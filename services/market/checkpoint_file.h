// Purpose: the last signed checkpoint of a log, in a file outside of the database.
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
  [[nodiscard]] base::Status keep(const std::string& note) override;

 private:
  const std::string path_;
};

}  // namespace bourse::boursed
