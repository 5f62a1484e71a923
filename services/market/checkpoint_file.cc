#include "market/checkpoint_file.h"

#include <fmt/format.h>

#include "audit/checkpoint.h"
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
  const auto lock = FileLock::take(path_ + ".lock", FileLock::Kind::kExclusive);
  if (!lock) return lock.error();
  if (auto follows = check_follows(note); !follows) return follows;
  return replace_file(path_, note, 0600);
}

// What cannot be read says nothing: whoever starts with it signs nothing.
base::Status CheckpointFile::check_follows(const std::string& note) {
  const auto kept = last();
  if (!kept || !*kept) return base::Done{};
  const auto before = audit::read_unverified(**kept);
  const auto after = audit::read_unverified(note);
  if (!before || !after) return base::Done{};
  const auto& older = before->checkpoint;
  const auto& newer = after->checkpoint;
  if (older.origin != newer.origin || older.size < newer.size) return base::Done{};
  if (older.size == newer.size && older.root == newer.root) return base::Done{};
  return {base::Errc::kConflict,
          fmt::format("{}: another process kept a checkpoint of {} entries, and this one of {} does not follow from it",
                      path_, older.size, newer.size)};
}

}  // namespace bourse::boursed
