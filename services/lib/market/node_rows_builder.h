// Purpose: folds changes of nodes into the rows of a batch: the last one of each key, and nothing of a node that went
//   or of items that were purged later in the same batch.
// Lifetime: one batch. Threads: one at a time.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "market/batch.h"
#include "pubsub/outcome.h"

namespace bourse::market {

class NodeRowsBuilder {
 public:
  void fold(pubsub::Change&& change);
  [[nodiscard]] bool empty() const { return by_node_.empty(); }
  // Appends to the node lists of `batch`, which are empty.
  void finish(Batch& batch) &&;

 private:
  struct Rows {
    bool removed = false;  // as it was before this batch
    bool purged = false;
    std::optional<pubsub::NodeRow> node;
    std::unordered_map<domain::Jid, pubsub::AffiliationRow> affiliations;
    std::unordered_map<std::string, pubsub::SubscriptionRow> subscriptions;  // by JID and subid
    std::unordered_map<std::string, pubsub::ItemRow> items;                  // by id
  };

  void apply(Rows& rows, pubsub::NodeRow&& row) { rows.node = std::move(row); }
  void apply(Rows& rows, pubsub::NodeRemoved&& removed);
  void apply(Rows& rows, pubsub::NodePurged&& purged);
  void apply(Rows& rows, pubsub::AffiliationRow&& row);
  void apply(Rows& rows, pubsub::SubscriptionRow&& row);
  void apply(Rows& rows, pubsub::ItemRow&& row);
  static void finish(const domain::NodeName& name, Rows& rows, Batch& batch);

  std::unordered_map<domain::NodeName, Rows> by_node_;
  std::vector<domain::NodeName> order_;  // as they were first touched
};

}  // namespace bourse::market
