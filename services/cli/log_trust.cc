#include "cli/log_trust.h"

#include <fmt/format.h>

namespace bourse::cli {
namespace {

using base::Errc;
using base::Result;

Result<audit::TrustPolicy> with_witnesses(audit::NoteVerifier log, const TrustFlags& flags) {
  if (log.type() != audit::SignatureType::kEd25519) {
    return {Errc::kBadRequest, fmt::format("{} is a witness's key, not a log's", log.text())};
  }
  audit::TrustPolicy trust{std::move(log), {}, flags.quorum};
  for (const auto& text : flags.witnesses) {
    auto witness = read_key(text);
    if (!witness) return witness.error();
    if (witness->type() != audit::SignatureType::kCosignature) {
      return {Errc::kBadRequest, fmt::format("--witness: {} is not a witness's key", witness->text())};
    }
    trust.witnesses.push_back(std::move(*witness));
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

Result<audit::NoteVerifier> announced_key(xmpp::MarketClient& market, const std::string& origin) {
  const auto keys = market.log_keys();
  if (!keys) return keys.error();
  for (const auto& text : *keys) {
    auto key = audit::NoteVerifier::parse(text);
    if (key && key->name() == origin) return key;
  }
  return {Errc::kNotFound,
          fmt::format("{} announces no key for its log \"{}\": ask its operator for it and give it with --key",
                      market.service().text(), printable(origin))};
}

}  // namespace

Result<audit::TrustPolicy> offline_trust(const TrustFlags& flags, const std::string& origin) {
  if (!flags.key.empty()) {
    auto key = read_key(flags.key);
    if (!key) return key.error();
    return with_witnesses(std::move(*key), flags);
  }
  auto pinned = log_memory(first_name(origin)).key();
  if (!pinned) return pinned.error();
  if (!*pinned) {
    return {Errc::kBadRequest,
            fmt::format("no key is known for the log \"{}\": give it with --key, or run `bourse audit verify` online "
                        "once",
                        printable(origin))};
  }
  return with_witnesses(std::move(**pinned), flags);
}

Result<audit::TrustPolicy> online_trust(const TrustFlags& flags, const std::string& origin, xmpp::MarketClient& market,
                                        const LogMemory& memory, Findings& findings) {
  auto pinned = memory.key();
  if (!pinned) return pinned.error();
  const bool given = !flags.key.empty();
  auto key = given     ? read_key(flags.key)
             : *pinned ? Result<audit::NoteVerifier>(**pinned)
                       : announced_key(market, origin);
  if (!key) return key.error();
  auto trust = with_witnesses(std::move(*key), flags);
  if (!trust) return trust.error();
  const bool news = !*pinned || (**pinned).text() != trust->log.text();
  if (news) {
    if (const auto kept = memory.keep_key(trust->log); !kept) return kept.error();
  }
  findings.add("key", trust->log.text());
  findings.add("pinned", news ? fmt::format("now, {}, in {}",
                                            given ? "as given"
                                                  : "at the first use: compare it with "
                                                    "what the operator publishes",
                                            memory.key_file())
                              : "in " + memory.key_file());
  return trust;
}

}  // namespace bourse::cli
