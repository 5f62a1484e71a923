#include "market/log_keys.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "audit/checkpoint.h"
#include "market/checkpoint_file.h"
#include "xmpp/secret_file.h"

namespace bourse::boursed {
namespace {

using base::Done;
using base::Errc;
using base::Error;
using base::Result;
using base::Status;

constexpr std::size_t kMostVerifierBytes = 64 * 1024;

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

Error bad_line(const std::string& path, std::size_t line, Errc code, const std::string& what) {
  return {code, fmt::format("{}:{}: {}", path, line, what)};
}

Status check_line(const LogKeys& keys, const audit::NoteSigner& signer, const domain::Jid& service,
                  const LogFiles& files) {
  const auto& verifier = signer.verifier();
  if (verifier.type() != audit::SignatureType::kEd25519) {
    return {Errc::kCorrupt, "a witness's key: a log signs with one of type 1 (Ed25519)"};
  }
  if (!log_generation(verifier.name(), service, files)) {
    return {Errc::kCorrupt, fmt::format("it is the key of the log '{}', not of this pool's: '{}'", verifier.name(),
                                        log_origin(service, files))};
  }
  if (keys.signers.empty()) return Done{};
  if (verifier.name() != keys.origin()) {
    return {Errc::kCorrupt,
            fmt::format("it is the key of the log '{}', the first one is of '{}'", verifier.name(), keys.origin())};
  }
  const bool twice = std::any_of(keys.signers.begin(), keys.signers.end(),
                                 [&](const auto& other) { return other.verifier().id() == verifier.id(); });
  return twice ? Status(Errc::kCorrupt, "the same key as in an earlier line") : Status(Done{});
}

bool is_there(const std::string& path) {
  const auto content = read_guarded_file(path, 0);
  return content.ok() || content.error().code != Errc::kNotFound;
}

// What stands in .pub follows from the keys: witnesses read it.
Status write_verifiers(const LogFiles& files, const LogKeys& keys) {
  const auto text = verifiers_text(keys);
  const auto known = read_guarded_file(files.verifiers, kMostVerifierBytes);
  if (known && *known == text) return Done{};
  return replace_file(files.verifiers, text, 0644);
}

}  // namespace

std::string verifiers_text(const LogKeys& keys) {
  std::string text;
  for (const auto& signer : keys.signers) text += signer.verifier().text() + '\n';
  return text;
}

std::string log_origin(const domain::Jid& service, const LogFiles& files, std::uint64_t generation) {
  auto origin = fmt::format("{}/{}", service.text(), files.pool);
  if (generation > 1) origin += fmt::format("/{}", generation);
  return origin;
}

std::optional<std::uint64_t> log_generation(std::string_view origin, const domain::Jid& service,
                                            const LogFiles& files) {
  const auto first = log_origin(service, files);
  if (!origin.starts_with(first)) return std::nullopt;
  origin.remove_prefix(first.size());
  if (origin.empty()) return 1;
  if (origin.front() != '/') return std::nullopt;
  origin.remove_prefix(1);
  std::uint64_t generation = 0;
  const auto [end, failure] = std::from_chars(origin.data(), origin.data() + origin.size(), generation);
  const bool whole = failure == std::errc() && end == origin.data() + origin.size() && origin.front() != '0';
  if (!whole || generation < 2) return std::nullopt;
  return generation;
}

Result<std::vector<audit::NoteVerifier>> parse_verifiers(std::string_view text, const std::string& path) {
  std::vector<audit::NoteVerifier> verifiers;
  for (const auto line : lines_of(text)) {
    auto verifier = audit::NoteVerifier::parse(line);
    if (!verifier) return bad_line(path, verifiers.size() + 1, verifier.error().code, verifier.error().text);
    verifiers.push_back(std::move(*verifier));
  }
  return verifiers;
}

Result<std::vector<audit::NoteVerifier>> former_log_keys(const LogFiles& files) {
  const auto text = read_guarded_file(files.former, kMostVerifierBytes);
  if (!text && text.error().code == Errc::kNotFound) return std::vector<audit::NoteVerifier>();
  if (!text) return text.error();
  return parse_verifiers(*text, files.former);
}

Status remember_former_log_keys(const LogFiles& files, std::span<const audit::NoteVerifier> more) {
  const auto former = former_log_keys(files);
  if (!former) return former.error();
  std::vector<std::string> lines;
  for (const auto& verifier : *former) lines.push_back(verifier.text());
  for (const auto& verifier : more) {
    if (std::find(lines.begin(), lines.end(), verifier.text()) == lines.end()) lines.push_back(verifier.text());
  }
  if (lines.size() == former->size()) return Done{};
  std::string text;
  for (const auto& line : lines) text += line + '\n';
  return replace_file(files.former, text, 0644);
}

std::uint64_t next_generation(std::span<const audit::NoteVerifier> former, const domain::Jid& service,
                              const LogFiles& files) {
  std::uint64_t last = 0;
  for (const auto& verifier : former) {
    last = std::max(last, log_generation(verifier.name(), service, files).value_or(0));
  }
  return last + 1;
}

Result<LogKeys> read_log_keys(const LogFiles& files, const domain::Jid& service) {
  const auto text = xmpp::read_secret_file(files.key);
  if (!text) return text.error();
  LogKeys keys;
  std::size_t number = 0;
  for (const auto line : lines_of(*text)) {
    ++number;
    if (number > kMostLogKeys) {
      return bad_line(files.key, number, Errc::kCorrupt, fmt::format("more than {} keys", kMostLogKeys));
    }
    auto signer = audit::NoteSigner::parse(line);
    if (!signer) return bad_line(files.key, number, Errc::kCorrupt, signer.error().text);
    if (const auto checked = check_line(keys, *signer, service, files); !checked) {
      return bad_line(files.key, number, checked.error().code, checked.error().text);
    }
    keys.signers.push_back(std::move(*signer));
  }
  return keys;
}

Result<audit::NoteSigner> new_log_key(const std::string& origin) {
  return audit::NoteSigner::make(origin, audit::SignatureType::kEd25519, base::SigningKey::generate());
}

Status write_log_keys(const LogFiles& files, const LogKeys& keys) {
  std::string text;
  for (const auto& signer : keys.signers) text += signer.text() + '\n';
  if (auto written = replace_file(files.key, text, 0600); !written) return written;
  return write_verifiers(files, keys);
}

Result<LogKeys> create_log_keys(const LogFiles& files, const domain::Jid& service) {
  if (is_there(files.key)) return {Errc::kConflict, files.key + ": exists already"};
  if (is_there(files.last)) {
    return {Errc::kNotAcceptable,
            fmt::format("{} is missing, but {} says that the log was signed with it: put the key back from its backup. "
                        "If it is lost, `boursed audit accept-rollback --pool {} --reason TEXT` ends this log and "
                        "begins another one",
                        files.key, files.last, files.pool)};
  }
  const auto former = former_log_keys(files);
  if (!former) return former.error();
  auto key = new_log_key(log_origin(service, files, next_generation(*former, service, files)));
  if (!key) return key.error();
  const LogKeys keys{{std::move(*key)}};
  if (const auto written = write_log_keys(files, keys); !written) return written.error();
  return keys;
}

Result<LogKeys> load_or_create_log_keys(const LogFiles& files, const domain::Jid& service) {
  auto keys = read_log_keys(files, service);
  if (!keys && keys.error().code == Errc::kNotFound) {
    keys = create_log_keys(files, service);
    if (keys) spdlog::info("created the key that signs the audit log of pool {}: {}", files.pool, files.key);
    return keys;
  }
  if (!keys) return keys;
  if (const auto written = write_verifiers(files, *keys); !written) return written.error();
  return keys;
}

Result<LogKeys> rotate_log_keys(const LogFiles& files, const domain::Jid& service) {
  auto keys = read_log_keys(files, service);
  if (!keys) return keys.error();
  if (keys->signers.size() > 1) {
    return {Errc::kConflict,
            fmt::format("{}: the last rotation is not finished: `boursed audit rotate --finish` first", files.key)};
  }
  auto key = new_log_key(keys->origin());
  if (!key) return key.error();
  keys->signers.insert(keys->signers.begin(), std::move(*key));
  if (const auto written = write_log_keys(files, *keys); !written) return written.error();
  return keys;
}

Result<LogKeys> finish_log_rotation(const LogFiles& files, const domain::Jid& service) {
  auto keys = read_log_keys(files, service);
  if (!keys) return keys.error();
  if (keys->signers.size() == 1) {
    return {Errc::kConflict, files.key + ": one key signs: there is no rotation to finish"};
  }
  // Otherwise nothing that is kept would be signed by a key that is known.
  if (const auto last = CheckpointFile(files.last).last(); !last) {
    return last.error();
  } else if (*last && !audit::open_checkpoint(**last, keys->signers.front().verifier())) {
    return {Errc::kConflict, fmt::format("{}: not signed by the new key yet: start boursed again, so that it reads the "
                                         "keys, and wait until the log grew",
                                         files.last)};
  }
  std::vector<audit::NoteVerifier> dropped;
  for (auto signer = keys->signers.begin() + 1; signer != keys->signers.end(); ++signer) {
    dropped.push_back(signer->verifier());
  }
  if (const auto remembered = remember_former_log_keys(files, dropped); !remembered) return remembered.error();
  keys->signers.resize(1, keys->signers.front());
  if (const auto written = write_log_keys(files, *keys); !written) return written.error();
  return keys;
}

}  // namespace bourse::boursed
