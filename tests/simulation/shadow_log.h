// Purpose: the audit log as plans say it is: entries, tiles and checkpoints as they come, each checkpoint judged by
//   hashing all entries before it again.
// Lifetime: one simulation. Threads: none.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "audit/checkpoint.h"
#include "audit/tile.h"
#include "market/log_head.h"
#include "market/store.h"

namespace bourse::simulation {

class ShadowLog {
 public:
  void append(const audit::Entry& entry);
  void apply(const market::LogTileRow& row);
  // The broken rule, or nothing.
  [[nodiscard]] std::string apply(const market::CheckpointRow& row);

  [[nodiscard]] std::uint64_t size() const { return entries_.size(); }
  [[nodiscard]] std::uint64_t integrated() const { return checkpoint_ ? checkpoint_->size : 0; }
  // What PostgreSQL would give back after a restart.
  [[nodiscard]] market::LogHead head() const;
  base::Status load(market::StateLoader& loader) const;

 private:
  std::vector<std::string> entries_;
  std::vector<audit::Hash> leaves_;
  std::map<audit::EntryKind, market::AuditRecord> statements_;
  std::map<std::pair<unsigned, std::uint64_t>, std::string> tiles_;
  std::optional<market::CheckpointRow> checkpoint_;
  audit::Hash root_ = audit::empty_root();  // the checkpoint's
};

}  // namespace bourse::simulation
