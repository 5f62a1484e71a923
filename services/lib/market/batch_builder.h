// Purpose: folds plans into a Batch: of several changes to one row the last remains, a grant that starts
//   and ends in one batch is one row.
// Lifetime: one batch. Threads: one at a time.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "market/batch.h"
#include "market/node_rows_builder.h"
#include "market/plan.h"

namespace bourse::market {

class BatchBuilder {
 public:
  // Takes what of the plan storage writes. Replies, repeats and probes are left in it, and of the events those that
  // somebody is to be told of: the others are moved.
  void add(Plan& plan);
  [[nodiscard]] bool empty() const { return batch_.empty() && nodes_.empty(); }
  // `counters` as they are after the last plan.
  [[nodiscard]] Batch finish(const PoolCounters& counters) &&;

 private:
  void fold(OfferRow&& row);
  void fold(RequestRow&& row);
  void fold(GrantStarted&& change);
  void fold(GrantChanged&& change);
  void fold(GrantEnded&& change);
  void fold(SanctionRow&& row);
  void fold(PolicyRow&& row);
  void fold(UsageRow&& row);
  void fold(ProviderRow&& row);
  void fold(HistoryClosed&& closed);
  void fold(history::Window&& gap) { batch_.gaps.push_back(gap); }
  void fold(LoadRow&& row);
  void fold(HistoryCounts&& counts) { batch_.history_counts = std::move(counts.record); }
  void fold(LogTileRow&& row);
  void fold(CheckpointRow&& row) { batch_.checkpoints.push_back(std::move(row)); }
  void fold(pubsub::Change&& change) { nodes_.fold(std::move(change)); }

  Batch batch_;
  std::unordered_map<domain::OfferId, std::size_t> offers_;
  std::unordered_map<domain::RequestId, std::size_t> requests_;
  std::unordered_map<domain::GrantId, std::size_t> started_;
  std::unordered_map<domain::GrantId, std::size_t> changed_;
  std::unordered_set<domain::GrantId> ended_;  // changed in this batch, then ended
  std::unordered_map<domain::Jid, std::size_t> sanctions_;
  std::map<std::pair<std::string, std::string>, std::size_t> policies_;  // by name and subject
  std::unordered_map<domain::Jid, std::size_t> usage_;
  std::unordered_map<domain::Jid, std::size_t> providers_;
  std::unordered_map<std::int64_t, std::size_t> hours_;
  std::unordered_map<domain::Jid, std::size_t> loads_;
  std::map<std::pair<unsigned, std::uint64_t>, std::size_t> log_tiles_;  // by level and index
  NodeRowsBuilder nodes_;
};

}  // namespace bourse::market
