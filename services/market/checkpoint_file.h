// Purpose: the last signed checkpoint of a log, in a file outside of the database. Another process may keep one there
// as
//   well: one that lost its lease without knowing it yet, or the one that has it now.
// Lifetime: outlives the sequencer. Threads: the sequencer's.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/result.h"
#include "market/sequencer.h"

namespace bourse::boursed {

// Of a note: far more than the signatures of kMostLogKeys (log_keys.h) take.
inline constexpr std::size_t kMostCheckpointBytes = 32 * 1024;

class CheckpointFile final : public market::CheckpointKeeper {
 public:
  explicit CheckpointFile(std::string path) : path_(std::move(path)) {}

  // kForbidden: others may change it, so that nothing follows from what it says.
  [[nodiscard]] base::Result<std::optional<std::string>> last() override;
  // kConflict: another process keeps one right now, or kept one of this log that this one does not follow from: larger,
  // or as large with another root.
  [[nodiscard]] base::Status keep(const std::string& note) override;

 private:
  [[nodiscard]] base::Status check_follows(const std::string& note);
  const std::string path_;
};

}  // namespace bourse::boursed
