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

// The head of the log that ends; what was kept may be damaged or lost as well.
struct OldHead {
  bool kept = false;
  std::string note;
  std::optional<audit::Checkpoint> checkpoint;  // unverified: its key may be lost
};

Result<OldHead> old_head(const LogFiles& files) {
  const auto kept = CheckpointFile(files.last).last();
  if (!kept) return kept.error();
  OldHead head{kept->has_value(), kept->value_or(""), std::nullopt};
  if (auto read = audit::read_unverified(head.note)) head.checkpoint = std::move(read->checkpoint);
  return head;
}

// As it was given.
Result<std::optional<audit::NoteVerifier>> given_key(std::string_view text, const domain::Jid& service,
                                                     const LogFiles& files) {
  if (text.empty()) return std::optional<audit::NoteVerifier>();
  auto key = audit::NoteVerifier::parse(text);
  if (!key) return {Errc::kBadRequest, "--old-key: " + key.error().text};
  if (key->type() != audit::SignatureType::kEd25519 || !log_generation(key->name(), service, files)) {
    return {Errc::kBadRequest,
            fmt::format("--old-key: it is no key of this pool's log '{}'", log_origin(service, files))};
  }
  return std::optional<audit::NoteVerifier>(std::move(*key));
}

// The vkeys of the log that ends: from its keys, or from what stands beside them when these are lost.
Result<std::vector<audit::NoteVerifier>> old_verifiers(const LogFiles& files, const Result<LogKeys>& keys,
                                                       const std::optional<audit::NoteVerifier>& given) {
  std::vector<audit::NoteVerifier> all;
  if (given) all.push_back(*given);
  if (keys) {
    for (const auto& signer : keys->signers) all.push_back(signer.verifier());
    return all;
  }
  if (keys.error().code != Errc::kNotFound) return keys.error();
  const auto text = read_guarded_file(files.verifiers, kMostVerifierBytes);
  if (!text && text.error().code != Errc::kNotFound) return text.error();
  if (text) {
    const auto beside = parse_verifiers(*text, files.verifiers);
    if (!beside) return beside.error();
    all.insert(all.end(), beside->begin(), beside->end());
  }
  if (!all.empty()) return all;
  return {Errc::kNotFound,
          fmt::format("{} and {} are both missing: give the log's vkey with --old-key; witnesses and auditors have it, "
                      "and every entry keys-changed of the log",
                      files.key, files.verifiers)};
}

// Without a kept checkpoint only lost files, or the operator, say that there was a log before.
Status check_there_was_one(const LogFiles& files, const Result<LogKeys>& keys, const OldHead& head,
                           const std::optional<audit::NoteVerifier>& given) {
  if (head.kept || given || !keys) return Done{};
  return {Errc::kConflict,
          fmt::format("{}: missing: nothing was ever signed, or this is done already: start boursed. If the folder was "
                      "lost, and the database's last checkpoint is by another key: give that one's vkey with --old-key",
                      files.last)};
}

std::string statement(const std::string& origin, std::string_view reason, const OldHead& head) {
  auto text = first_words(origin) + std::string(reason) + "\n";
  if (!head.kept) return text + "What was kept of the log before it is lost.\n";
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

// Keys of a later log than that which ends: it was interrupted before its last step.
bool was_interrupted(const Result<LogKeys>& keys, const OldHead& head, const std::optional<audit::NoteVerifier>& given,
                     const domain::Jid& service, const LogFiles& files) {
  if (!keys) return false;
  std::optional<std::uint64_t> old;
  if (head.checkpoint) {
    old = log_generation(head.checkpoint->origin, service, files);
  } else if (!head.kept && given) {
    old = log_generation(given->name(), service, files);
  }
  return old && *old < log_generation(keys->origin(), service, files).value_or(0);
}

// The reason first: without the keys it says nothing yet.
Result<LogKeys> begin_next(const LogFiles& files, const domain::Jid& service, std::string_view reason,
                           const OldHead& head, const std::vector<audit::NoteVerifier>& old) {
  auto former = former_log_keys(files);
  if (!former) return former.error();
  former->insert(former->end(), old.begin(), old.end());
  auto key = new_log_key(log_origin(service, files, next_generation(*former, service, files)));
  if (!key) return key.error();
  LogKeys keys{{std::move(*key)}};
  const auto text = statement(keys.origin(), reason, head);
  if (const auto written = replace_file(files.restarted, text, 0600); !written) return written.error();
  if (const auto remembered = remember_former_log_keys(files, old); !remembered) return remembered.error();
  if (const auto written = write_log_keys(files, keys); !written) return written.error();
  return keys;
}

}  // namespace

// The kept checkpoint goes last: as long as it is there, nobody signs.
Result<RestartedLog> accept_rollback(const LogFiles& files, const domain::Jid& service, std::string_view reason,
                                     std::string_view old_key) {
  if (const auto checked = check_reason(reason); !checked) return checked.error();
  const auto given = given_key(old_key, service, files);
  if (!given) return given.error();
  const auto lock = FileLock::take(files.lock, FileLock::Kind::kExclusive);
  if (!lock && lock.error().code == Errc::kConflict) {
    return {Errc::kConflict, "boursed runs: stop it first; it reads its keys only when it starts"};
  }
  if (!lock) return lock.error();
  const auto head = old_head(files);
  if (!head) return head.error();
  auto keys = read_log_keys(files, service);
  if (const auto was = check_there_was_one(files, keys, *head, *given); !was) return was.error();
  if (!was_interrupted(keys, *head, *given, service, files)) {
    const auto old = old_verifiers(files, keys, *given);
    if (!old) return old.error();
    keys = begin_next(files, service, reason, *head, *old);
    if (!keys) return keys.error();
  }
  if (!head->kept) return RestartedLog{std::move(*keys), {}};
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
