// Purpose: a market's audit log as whoever checks it reads it: complete answers out of as many questions as they take.
//   Nothing is verified here; what comes is as trustworthy as who sent it.
// Lifetime: what `ask` refers to outlives it. Threads: one owner.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "audit/proof.h"
#include "audit/tlog_proof.h"
#include "base/result.h"
#include "market/reader.h"

namespace bourse::xmpp {

class MarketClient;

class LogClient {
 public:
  using Ask = std::function<base::Result<market::LogAnswer>(const market::LogQuery&)>;
  explicit LogClient(Ask ask) : ask_(std::move(ask)) {}
  explicit LogClient(MarketClient& market);

  // The last one. kNotFound: nothing is signed yet.
  [[nodiscard]] base::Result<market::CheckpointRow> checkpoint();

  struct Consistency {
    market::CheckpointRow to;
    audit::Proof proof;
  };
  [[nodiscard]] base::Result<Consistency> consistency(std::uint64_t from);

  // One an index, in the order of the answers, `extra` is the entry; those that no checkpoint covers yet are left out.
  [[nodiscard]] base::Result<std::vector<audit::TlogProof>> receipts(std::vector<domain::AuditIndex> indices);

  // All of them, in their order.
  [[nodiscard]] base::Result<std::vector<market::LogTileRow>> tiles(const std::vector<market::LogTileId>& ids);
  // [from, from + 1, …): what one answer carries, at least one. kNotFound: there is none.
  [[nodiscard]] base::Result<std::vector<market::AuditRow>> entries(std::uint64_t from);

 private:
  Ask ask_;
};

// What `error` means to one who holds a checkpoint of `size` entries: not found is then corrupt.
[[nodiscard]] base::Error missing_below(std::uint64_t size, const base::Error& error);

}  // namespace bourse::xmpp
