#include "market/log_restart.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "audit/checkpoint.h"
#include "domain/utf8.h"
#include "market/checkpoint_file.h"
#include "market/decide.h"

namespace bourse::boursed {
namespace {

using base::Done;
using base::Errc;
using base::Result;
using base::Status;

constexpr std::size_t kMostReasonBytes = 1'000;
constexpr std::size_t kMostStatementBytes = market::kMostLoggedBytes;
static_assert(kMostCheckpointBytes + 4 * kMostReasonBytes < kMostStatementBytes);
constexpr std::size_t kMostVerifierBytes = 64 * 1024;

std::string first_words(const std::string& origin) { return origin + " begins: "; }

Status check_reason(std::string_view reason) {
  const bool says_something = std::any_of(reason.begin(), reason.end(), [](char c) { return c != ' '; });
  const bool one_line = std::none_of(reason.begin(), reason.end(),
                                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (says_something && one_line && reason.size() <= kMostReasonBytes && domain::is_utf8(reason)) return Done{};
  return {Errc::kBadRequest,
          fmt::format("--reason: one line of at most {} bytes that says why the database is older than the log: it "
                      "will be an entry of the log",
                      kMostReasonBytes)};
}

// The head of the log that ends; what was kept may be damaged as well.
struct OldHead {
  std::string note;
  std::optional<audit::Checkpoint> checkpoint;  // unverified: its key may be lost
};

Result<OldHead> old_head(const LogFiles& files) {
  const auto kept = CheckpointFile(files.last).last();
  if (!kept) return kept.error();
  if (!*kept) {
    return {Errc::kConflict,
            fmt::format("{}: missing: nothing was ever signed, or this is done already. Start boursed", files.last)};
  }
  OldHead head{**kept, std::nullopt};
  if (const auto note = audit::parse_note(head.note)) {
    if (auto checkpoint = audit::parse_checkpoint(note->text)) head.checkpoint = std::move(*checkpoint);
  }
  return head;
}

// The vkeys of the log that ends: from its keys, or from what stands beside them when these are lost.
Result<std::string> old_verifiers(const LogFiles& files, const Result<LogKeys>& keys) {
  if (keys) return verifiers_text(*keys);
  if (keys.error().code != Errc::kNotFound) return keys.error();
  auto text = read_guarded_file(files.verifiers, kMostVerifierBytes);
  if (text || text.error().code != Errc::kNotFound) return text;
  return {Errc::kNotFound,
          fmt::format("{} and {} are both missing: put at least the second one back; every entry keys-changed of the "
                      "log has its lines",
                      files.key, files.verifiers)};
}

Status remember_former(const LogFiles& files, const std::string& more) {
  auto text = read_guarded_file(files.former, kMostVerifierBytes);
  if (!text && text.error().code != Errc::kNotFound) return text.error();
  std::string all = text ? *text : std::string();
  if (all.find(more) != std::string::npos) return Done{};  // interrupted before
  all += more;
  return replace_file(files.former, all, 0644);
}

std::string statement(const std::string& origin, std::string_view reason, const OldHead& head) {
  auto text = first_words(origin) + std::string(reason) + "\n";
  if (!head.checkpoint) return text + "What was kept of the log before it cannot be read.\n";
  return text + "The last checkpoint of the log before it:\n\n" + head.note;
}

std::string retired(const LogFiles& files, const OldHead& head) {
  std::string base = fmt::format("{}/{}.rolled-back-{}", files.last.substr(0, files.last.rfind('/')), files.pool,
                                 head.checkpoint ? std::to_string(head.checkpoint->size) : "unreadable");
  auto path = base;
  for (int number = 2; ::access(path.c_str(), F_OK) == 0; ++number) path = fmt::format("{}-{}", base, number);
  return path;
}

// Keys of a later log than the kept checkpoint's: it was interrupted before its last step.
bool was_interrupted(const Result<LogKeys>& keys, const OldHead& head, const domain::Jid& service,
                     const LogFiles& files) {
  if (!keys || !head.checkpoint) return false;
  const auto old = log_generation(head.checkpoint->origin, service, files);
  return old && *old < log_generation(keys->origin(), service, files).value_or(0);
}

Result<LogKeys> begin_next(const LogFiles& files, const domain::Jid& service, std::string_view reason,
                           const OldHead& head, const Result<LogKeys>& old) {
  const auto verifiers = old_verifiers(files, old);
  if (!verifiers) return verifiers.error();
  if (const auto remembered = remember_former(files, *verifiers); !remembered) return remembered.error();
  const auto former = former_log_keys(files);
  if (!former) return former.error();
  std::uint64_t last = 1;
  for (const auto& verifier : *former) {
    last = std::max(last, log_generation(verifier.name(), service, files).value_or(0));
  }
  auto key = new_log_key(log_origin(service, files, last + 1));
  if (!key) return key.error();
  LogKeys keys{{std::move(*key)}};
  const auto text = statement(keys.origin(), reason, head);
  if (const auto written = replace_file(files.restarted, text, 0600); !written) return written.error();
  if (const auto written = write_log_keys(files, keys); !written) return written.error();
  return keys;
}

}  // namespace

// The kept checkpoint goes last: as long as it is there, nobody signs.
Result<RestartedLog> accept_rollback(const LogFiles& files, const domain::Jid& service, std::string_view reason) {
  if (const auto checked = check_reason(reason); !checked) return checked.error();
  const auto lock = FileLock::take(files.lock, FileLock::Kind::kExclusive);
  if (!lock && lock.error().code == Errc::kConflict) {
    return {Errc::kConflict, "boursed runs: stop it first; it reads its keys only when it starts"};
  }
  if (!lock) return lock.error();
  const auto head = old_head(files);
  if (!head) return head.error();
  auto keys = read_log_keys(files, service);
  if (!was_interrupted(keys, *head, service, files)) {
    keys = begin_next(files, service, reason, *head, keys);
    if (!keys) return keys.error();
  }
  const auto note = retired(files, *head);
  if (const auto moved = rename_file(files.last, note); !moved) return moved.error();
  return RestartedLog{std::move(*keys), note};
}

Result<std::optional<std::string>> restart_statement(const LogFiles& files, const LogKeys& keys) {
  auto text = read_guarded_file(files.restarted, kMostStatementBytes);
  if (!text && text.error().code == Errc::kNotFound) return std::optional<std::string>();
  if (!text) return text.error();
  // Written, but its keys are not: that log never began.
  if (!text->starts_with(first_words(keys.origin()))) return std::optional<std::string>();
  return std::optional<std::string>(std::move(*text));
}

Status restart_is_recorded(const LogFiles& files) {
  if (::unlink(files.restarted.c_str()) == 0 || errno == ENOENT) return Done{};
  return {Errc::kUnavailable, fmt::format("{}: cannot remove it: {}", files.restarted, std::strerror(errno))};
}

}  // namespace bourse::boursed
