// Purpose: the keys that sign a pool's audit log: files of their own (0600), never in the database.
// Lifetime: values. Threads: at program start, and `boursed audit …`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit/note_key.h"
#include "base/result.h"
#include "domain/jid.h"
#include "market/log_files.h"

namespace bourse::boursed {

inline constexpr std::size_t kMostLogKeys = 16;

struct LogKeys {
  std::vector<audit::NoteSigner> signers;  // the first is the log's; the others sign as well while keys rotate
  // The log's identity, and the name of its keys.
  [[nodiscard]] const std::string& origin() const { return signers.front().verifier().name(); }
};

// The vkeys, one a line.
[[nodiscard]] std::string verifiers_text(const LogKeys& keys);

// "bourse.example.org/commons", and "bourse.example.org/commons/2" for the one after a restore.
[[nodiscard]] std::string log_origin(const domain::Jid& service, const LogFiles& files, std::uint64_t generation = 1);
// The inverse: which of the pool's logs it is; none: another's.
[[nodiscard]] std::optional<std::uint64_t> log_generation(std::string_view origin, const domain::Jid& service,
                                                          const LogFiles& files);

// Vkeys that no longer sign: of the pool's logs that ended, and of rotations that were finished. Empty: none.
[[nodiscard]] base::Result<std::vector<audit::NoteVerifier>> former_log_keys(const LogFiles& files);
// Adds those that are not among them yet; durable when it returns.
[[nodiscard]] base::Status remember_former_log_keys(const LogFiles& files, std::span<const audit::NoteVerifier> more);
// One more than that of any of these logs.
[[nodiscard]] std::uint64_t next_generation(std::span<const audit::NoteVerifier> former, const domain::Jid& service,
                                            const LogFiles& files);
// A vkey a line; `path` is for errors.
[[nodiscard]] base::Result<std::vector<audit::NoteVerifier>> parse_verifiers(std::string_view text,
                                                                             const std::string& path);

// kNotFound: there is no key. kForbidden: others may access it. kCorrupt: not a key, or of another pool's log; names
// the line and nothing of what it says.
[[nodiscard]] base::Result<LogKeys> read_log_keys(const LogFiles& files, const domain::Jid& service);
// kConflict: there is a key. kNotAcceptable: there was one, since a checkpoint was signed; says what to do.
[[nodiscard]] base::Result<LogKeys> create_log_keys(const LogFiles& files, const domain::Jid& service);
[[nodiscard]] base::Result<LogKeys> load_or_create_log_keys(const LogFiles& files, const domain::Jid& service);

// A new key becomes the first; the old ones sign as well. kConflict: the last rotation is not finished.
[[nodiscard]] base::Result<LogKeys> rotate_log_keys(const LogFiles& files, const domain::Jid& service);
// Only the first signs from now on; the others become former ones, because a backup may still be signed by them.
// kConflict: it is the only one, or has not signed yet.
[[nodiscard]] base::Result<LogKeys> finish_log_rotation(const LogFiles& files, const domain::Jid& service);

// Keys, and the vkeys beside them, durable when it returns.
[[nodiscard]] base::Status write_log_keys(const LogFiles& files, const LogKeys& keys);
[[nodiscard]] base::Result<audit::NoteSigner> new_log_key(const std::string& origin);

}  // namespace bourse::boursed
