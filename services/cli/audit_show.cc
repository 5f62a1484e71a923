#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iterator>
#include <memory>

#include "audit/decimal.h"
#include "cli/audit_commands.h"
#include "cli/grant_trail.h"
#include "xmpp/client_log.h"

namespace bourse::cli {
namespace {

using base::Errc;

constexpr std::size_t kMostOfATrail = 10'000;

ExitCode show(Session& session, const std::string& text) {
  const auto index = audit::parse_decimal(text);
  if (!index) return session.fail({Errc::kBadRequest, fmt::format("'{}' is not the index of an entry", text)});
  const auto market = session.market();
  if (!market) return session.fail(market.error());
  const auto proofs = xmpp::LogClient(**market).receipts({{*index}});
  if (!proofs) return session.fail(proofs.error());
  if (proofs->empty()) {
    return session.fail({Errc::kNotFound, fmt::format("no checkpoint covers an entry {} that you may see", *index)});
  }
  const std::string& bytes = proofs->front().extra;
  const auto entry = audit::decode_entry(bytes);
  if (!entry) return session.fail(entry.error());
  auto json = xmpp::to_json(market::AuditRecord{{*index}, *entry});
  json["bytes"] = bytes.size();
  json["leaf"] = audit::hash_text(audit::leaf_hash(bytes));
  print_record(session.format(), json);
  return kOk;
}

// The entries of the grant, and of the request and the offer that those name.
base::Result<std::vector<market::AuditRecord>> entries_around(xmpp::MarketClient& market, domain::GrantId grant) {
  market::AuditQuery query;
  query.grant = grant;
  auto all = market.audit(query, kMostOfATrail);
  if (!all || all->empty()) return all;
  market::AuditQuery of_request;
  of_request.request = all->front().entry.request;
  market::AuditQuery of_offer;
  of_offer.offer = all->front().entry.offer;
  for (auto* each : {&of_request, &of_offer}) {
    if (each == &of_request ? each->request->value.empty() : each->offer->value.empty()) continue;
    auto more = market.audit(*each, kMostOfATrail);
    if (!more) return more;
    std::move(more->begin(), more->end(), std::back_inserter(*all));
  }
  return all;
}

ExitCode trail(Session& session, const std::string& id) {
  const auto grant = domain::grant_id_from_item(id);
  if (grant.value == 0) {
    return session.fail({Errc::kBadRequest, fmt::format("'{}' is not a grant's id such as g42", id)});
  }
  const auto market = session.market();
  if (!market) return session.fail(market.error());
  auto around = entries_around(**market, grant);
  if (!around) return session.fail(around.error());
  const auto records = grant_trail(grant, std::move(*around));
  if (records.empty()) return session.fail({Errc::kNotFound, fmt::format("no entry of {} that you may see", id)});
  Table table({{"INDEX"}, {"AT"}, {"KIND"}, {"BY"}, {"OFFER", true}, {"REQUEST", true}, {"REASON"}});
  xmpp::Json json = xmpp::Json::array();
  for (const auto& record : records) {
    const audit::Entry& entry = record.entry;
    table.add({std::to_string(record.index.value), short_time(entry.at), std::string(audit::name(entry.kind)),
               entry.actor.empty() ? "the market" : entry.actor.text(), entry.offer.value, entry.request.value,
               entry.reason});
    json.push_back(xmpp::to_json(record));
  }
  print_list(session.format(), table, json);
  return kOk;
}

ExitCode show_checkpoint(Session& session) {
  const auto market = session.market();
  if (!market) return session.fail(market.error());
  const auto row = xmpp::LogClient(**market).checkpoint();
  if (!row) return session.fail(row.error());
  if (session.format() == Format::kJson) {
    print_record(Format::kJson, {{"size", row->size}, {"note", row->note}});
  } else {
    print_signed(row->note);
  }
  return kOk;
}

}  // namespace

void add_audit_show(CLI::App& noun, Action& action) {
  auto index = std::make_shared<std::string>();
  auto* one = noun.add_subcommand("show", "One entry, and its hash in the log's tree");
  one->add_option("INDEX", *index, "of the entry, as `bourse audit list` shows it")->required();
  one->footer("\nExamples:\n  bourse audit show 17");
  one->callback([index, &action] { action = [index](Session& session) { return show(session, *index); }; });
  auto grant = std::make_shared<std::string>();
  auto* life = noun.add_subcommand("trail", "The whole life of a grant in order, and who caused each step");
  life->add_option("GRANT", *grant, "such as g42")->required();
  life->footer("\nExamples:\n  bourse audit trail g42\n  bourse audit trail g42 -o wide");
  life->callback([grant, &action] { action = [grant](Session& session) { return trail(session, *grant); }; });
  auto* head = noun.add_subcommand("checkpoint", "The last signed head of the log, as it was signed (C2SP)");
  head->footer("\nExamples:\n  bourse audit checkpoint > before.checkpoint");
  head->callback([&action] { action = [](Session& session) { return show_checkpoint(session); }; });
}

}  // namespace bourse::cli
