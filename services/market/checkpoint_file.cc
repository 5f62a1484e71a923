#include "market/checkpoint_file.h"

#include <fmt/format.h>

#include <utility>

#include "market/log_files.h"

namespace bourse::boursed {

base::Result<std::optional<std::string>> CheckpointFile::last() {
  auto note = read_guarded_file(path_, kMostCheckpointBytes);
  if (note) return std::optional<std::string>(std::move(*note));
  if (note.error().code == base::Errc::kNotFound) return std::optional<std::string>();
  return note.error();
}

base::Status CheckpointFile::keep(const std::string& note) {
  if (note.size() > kMostCheckpointBytes) {
    return {base::Errc::kPayloadTooBig,
            fmt::format("{}: a checkpoint of {} bytes, more than the {} that are read again", path_, note.size(),
                        kMostCheckpointBytes)};
  }
  return replace_file(path_, note, 0600);
}

}  // namespace bourse::boursed
