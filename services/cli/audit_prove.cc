#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>

#include "audit/decimal.h"
#include "cli/audit_commands.h"
#include "cli/whole_file.h"
#include "xmpp/client_log.h"

namespace bourse::cli {
namespace {

using base::Errc;
using base::Result;

constexpr std::size_t kMostOfAGrant = 10'000;

struct ProveFlags {
  std::string what;
  std::string folder;
};

Result<std::vector<domain::AuditIndex>> indices_of(xmpp::MarketClient& market, const std::string& what) {
  if (const auto index = audit::parse_decimal(what)) return std::vector<domain::AuditIndex>{{*index}};
  market::AuditQuery query;
  query.grant = domain::grant_id_from_item(what);
  if (query.grant->value == 0) {
    return {Errc::kBadRequest, fmt::format("'{}' is neither a grant's id such as g42 nor the index of an entry", what)};
  }
  const auto records = market.audit(std::move(query), kMostOfAGrant);
  if (!records) return records.error();
  std::vector<domain::AuditIndex> indices;
  for (const auto& record : *records) indices.push_back(record.index);
  if (indices.empty()) return {Errc::kNotFound, fmt::format("no entry of {} that you may see", what)};
  return indices;
}

ExitCode prove(Session& session, const ProveFlags& flags) {
  const auto market = session.market();
  if (!market) return session.fail(market.error());
  auto indices = indices_of(**market, flags.what);
  if (!indices) return session.fail(indices.error());
  const std::size_t wanted = indices->size();
  if (flags.folder.empty()) indices->resize(1);
  auto proofs = xmpp::LogClient(**market).receipts(std::move(*indices));
  if (!proofs) return session.fail(proofs.error());
  if (proofs->empty()) {
    return session.fail({Errc::kUnavailable, "no checkpoint covers that yet: try again in a second"});
  }
  if (flags.folder.empty()) {
    print_signed(audit::format_tlog_proof(proofs->front()));
    if (wanted > 1) session.say(fmt::format("the first of {} entries; --output-dir writes all", wanted));
    return kOk;
  }
  for (const auto& proof : *proofs) {
    const auto path = fmt::format("{}/{}.tlog-proof", flags.folder, proof.index);
    const auto written = replace_file(path, audit::format_tlog_proof(proof), Durability::kQuick);
    if (!written) return session.fail(written.error());
  }
  session.say(fmt::format("{} of {} receipts are in {}", proofs->size(), wanted, flags.folder));
  return proofs->size() == wanted ? kOk : kTryAgain;
}

}  // namespace

void add_audit_prove(CLI::App& noun, Action& action) {
  auto flags = std::make_shared<ProveFlags>();
  auto* verb = noun.add_subcommand("prove", "A receipt that anybody can verify offline (C2SP tlog-proof)");
  verb->add_option("WHAT", flags->what, "a grant such as g42 (its first entry), or the index of an entry")->required();
  verb->add_option("--output-dir", flags->folder, "write the receipts of all entries there, each to INDEX.tlog-proof")
      ->type_name("DIR");
  verb->footer(
      "\nExamples:\n  bourse audit prove g42 > g42.tlog-proof\n  bourse audit prove g42 --output-dir receipts");
  verb->callback([flags, &action] { action = [flags](Session& session) { return prove(session, *flags); }; });
}

}  // namespace bourse::cli
