#include "cli/receipt_check.h"

#include <fmt/format.h>

namespace bourse::cli {

std::string entry_words(const audit::Entry& entry) {
  std::string words(audit::name(entry.kind));
  if (entry.grant.value != 0) words += " of grant " + domain::to_item_id(entry.grant);
  if (!entry.request.value.empty()) words += ", request " + entry.request.value;
  if (!entry.offer.value.empty()) words += ", offer " + entry.offer.value;
  if (!entry.provider.empty()) words += ", provider " + entry.provider.text();
  if (!entry.consumer.empty()) words += ", consumer " + entry.consumer.text();
  words += entry.actor.empty() ? ", by the market itself" : ", by " + entry.actor.text();
  words += " at " + short_time(entry.at);
  return entry.reason.empty() ? words : words + ": " + entry.reason;
}

base::Result<std::string> origin_of(const std::string& note) {
  auto read = audit::read_unverified(note);
  if (!read) return read.error();
  return std::move(read->checkpoint.origin);
}

ExitCode check_receipt(const audit::TlogProof& proof, const audit::TrustPolicy& trust, Findings& findings) {
  findings.add("log", trust.log.name());
  findings.add("key", trust.log.text());
  findings.add("index", std::to_string(proof.index));
  if (proof.extra.empty()) {
    return findings.finish({}, "the receipt does not carry its entry (the line `extra`): there is nothing to verify");
  }
  const auto entry = audit::decode_entry(proof.extra);
  findings.add("entry", entry ? entry_words(*entry) : "unreadable: " + entry.error().text);
  findings.add("leaf", fmt::format("SHA-256(00 {} bytes) = {}", proof.extra.size(),
                                   audit::hash_text(audit::leaf_hash(proof.extra))));
  const auto check = audit::check_tlog_proof(proof, proof.extra, trust);
  if (!check) return findings.finish(check.error());
  findings.add_roots("", check->inclusion.root);
  findings.add("checkpoint", fmt::format("{} entries, signed by {}", check->checkpoint.size, trust.log.name()));
  findings.add_witnesses(check->witnesses, trust.witnesses.size(), trust.quorum);
  return findings.finish("the entry is in the log", check->problem);
}

}  // namespace bourse::cli
