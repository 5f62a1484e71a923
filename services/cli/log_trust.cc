#include "cli/log_trust.h"

#include <fmt/format.h>

namespace bourse::cli {
namespace {

using base::Errc;
using base::Result;

Result<audit::NoteVerifier> of_a_log(Result<audit::NoteVerifier> key) {
  if (!key) return key;
  if (key->type() != audit::SignatureType::kEd25519) {
    return {Errc::kBadRequest, fmt::format("{} is a witness's key, not a log's", key->text())};
  }
  return key;
}

Result<LogTrust> with_flags(Result<audit::NoteVerifier> log, const TrustFlags& flags) {
  log = of_a_log(std::move(log));
  if (!log) return log.error();
  LogTrust trust{{std::move(*log), {}, flags.quorum}, {}, !flags.keys.empty()};
  for (std::size_t i = 1; i < flags.keys.size(); ++i) {
    auto former = of_a_log(read_key(flags.keys[i]));
    if (!former) return former.error();
    trust.former.push_back(std::move(*former));
  }
  for (const auto& text : flags.witnesses) {
    auto witness = read_key(text);
    if (!witness) return witness.error();
    if (witness->type() != audit::SignatureType::kCosignature) {
      return {Errc::kBadRequest, fmt::format("--witness: {} is not a witness's key", witness->text())};
    }
    trust.policy.witnesses.push_back(std::move(*witness));
  }
  return trust;
}

// A log that began anew is called as before, with a number behind.
std::string first_name(const std::string& origin) {
  const auto slash = origin.rfind('/');
  const bool numbered = slash != std::string::npos && slash + 1 < origin.size() &&
                        origin.find_first_not_of("0123456789", slash + 1) == std::string::npos &&
                        origin.find('/') != slash;
  return numbered ? origin.substr(0, slash) : origin;
}

Result<audit::NoteVerifier> announced_key(const Announced& announced, const std::string& origin) {
  const auto keys = announced();
  if (!keys) return keys.error();
  for (const auto& text : *keys) {
    auto key = audit::NoteVerifier::parse(text);
    if (key && key->name() == origin) return key;
  }
  return {Errc::kNotFound,
          fmt::format("the market announces no key for its log \"{}\": ask its operator for it and give it with --key",
                      printable(origin))};
}

}  // namespace

Result<LogTrust> offline_trust(const TrustFlags& flags, const std::string& origin) {
  if (!flags.keys.empty()) return with_flags(read_key(flags.keys.front()), flags);
  auto pinned = log_memory(first_name(origin)).key();
  if (!pinned) return pinned.error();
  if (!*pinned) {
    return {Errc::kBadRequest,
            fmt::format("no key is known for the log \"{}\": give it with --key, or run `bourse audit verify` online "
                        "once",
                        printable(origin))};
  }
  return with_flags(std::move(**pinned), flags);
}

Result<LogTrust> online_trust(const TrustFlags& flags, const std::string& origin, const Announced& announced,
                              const LogMemory& memory) {
  if (!flags.keys.empty()) return with_flags(read_key(flags.keys.front()), flags);
  auto pinned = memory.key();
  if (!pinned) return pinned.error();
  return with_flags(*pinned ? Result<audit::NoteVerifier>(std::move(**pinned)) : announced_key(announced, origin),
                    flags);
}

base::Status pin(const LogTrust& trust, const LogMemory& memory, Findings& findings) {
  const auto pinned = memory.key();
  if (!pinned) return pinned.error();
  const auto& key = trust.policy.log;
  if (*pinned && (**pinned).text() == key.text()) {
    findings.add("pinned", "in " + memory.key_file());
    return base::Done{};
  }
  if (auto kept = memory.keep_key(key); !kept) return kept;
  findings.add("pinned",
               fmt::format("now, {}, in {}",
                           trust.given ? "as given" : "at the first use: compare it with what the operator publishes",
                           memory.key_file()));
  return base::Done{};
}

Result<audit::SignedCheckpoint> open_older(const std::string& note, const LogTrust& trust) {
  auto opened = audit::open_checkpoint(note, trust.policy.log);
  for (const auto& key : trust.former) {
    if (opened || opened.error().code != Errc::kForbidden) break;  // signed by another key
    opened = audit::open_checkpoint(note, key);
  }
  return opened;
}

}  // namespace bourse::cli
