#include "cli/audit_commands.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.h"
#include "cli/usage_command.h"

namespace bourse::cli {
namespace {

using base::Errc;
using base::Result;

struct ListFlags {
  std::string jid;
  std::string offer;
  std::string request;
  std::string grant;
  std::string kind;
  std::string since;
  std::string until;
  std::size_t limit = 50;
};

Result<market::AuditQuery> query_of(const ListFlags& flags, base::Timestamp now) {
  market::AuditQuery query;
  if (!flags.jid.empty()) {
    auto jid = domain::Jid::parse(flags.jid);
    if (!jid) return jid.error();
    query.jid = jid->bare();
  }
  if (!flags.offer.empty()) query.offer = domain::OfferId{flags.offer};
  if (!flags.request.empty()) query.request = domain::RequestId{flags.request};
  if (!flags.grant.empty()) {
    query.grant = domain::grant_id_from_item(flags.grant);
    if (query.grant->value == 0) {
      return {Errc::kBadRequest, fmt::format("--grant: '{}' is not a grant's id such as g42", flags.grant)};
    }
  }
  if (!flags.kind.empty()) {
    query.kind = audit::entry_kind(flags.kind);
    if (!query.kind) {
      return {Errc::kBadRequest, fmt::format("--kind: '{}' is not a kind of entry such as grant-started", flags.kind)};
    }
  }
  for (const auto& [text, to] : {std::pair{&flags.since, &query.since}, std::pair{&flags.until, &query.until}}) {
    if (text->empty()) continue;
    const auto at = parse_past(*text, now);
    if (!at) return at.error();
    *to = *at;
  }
  return query;
}

ExitCode list(Session& session, const ListFlags& flags) {
  auto query = query_of(flags, session.now());
  if (!query) return session.fail(query.error());
  const auto market = session.market();
  if (!market) return session.fail(market.error());
  const auto records = (*market)->audit(std::move(*query), flags.limit);
  if (!records) return session.fail(records.error());
  Table table({{"INDEX"},
               {"AT"},
               {"KIND"},
               {"OFFER"},
               {"REQUEST"},
               {"GRANT"},
               {"ACTOR", true},
               {"PROVIDER", true},
               {"CONSUMER", true},
               {"REASON", true}});
  xmpp::Json json = xmpp::Json::array();
  const auto or_dash = [](const std::string& text) { return text.empty() ? std::string("-") : text; };
  for (const auto& record : *records) {
    const audit::Entry& entry = record.entry;
    table.add({std::to_string(record.index.value), short_time(entry.at), std::string(audit::name(entry.kind)),
               or_dash(entry.offer.value), or_dash(entry.request.value),
               entry.grant.value == 0 ? "-" : domain::to_item_id(entry.grant), or_dash(entry.actor.text()),
               or_dash(entry.provider.text()), or_dash(entry.consumer.text()), entry.reason});
    json.push_back(xmpp::to_json(record));
  }
  if (table.empty()) session.say("no entries that you may see fit");
  print_list(session.format(), table, json);
  return kOk;
}

}  // namespace

void add_audit_commands(CLI::App& app, Action& action) {
  auto* noun = app.add_subcommand("audit", "The log of everything that was offered, asked for and granted");
  noun->require_subcommand(1);
  noun->footer(
      "\nExamples:\n  bourse audit list --grant g42\n  bourse audit prove g42 > g42.tlog-proof\n"
      "  bourse audit verify --offline g42.tlog-proof");
  auto flags = std::make_shared<ListFlags>();
  auto* verb = noun->add_subcommand("list", "The newest entries that fit, oldest first");
  verb->add_option("--jid", flags->jid, "actor, provider or consumer")->type_name("JID");
  verb->add_option("--offer", flags->offer, "of this offer")->type_name("ID");
  verb->add_option("--request", flags->request, "of this request")->type_name("ID");
  verb->add_option("--grant", flags->grant, "of this grant")->type_name("ID");
  verb->add_option("--kind", flags->kind, "such as grant-started or offer-withdrawn")->type_name("KIND");
  verb->add_option("--since", flags->since, "a span back from now, or a time")->type_name("WHEN");
  verb->add_option("--until", flags->until, "a span back from now, or a time")->type_name("WHEN");
  verb->add_option("--limit", flags->limit, "at most so many")->capture_default_str()->check(CLI::PositiveNumber);
  verb->footer(
      "\nExamples:\n  bourse audit list --since 1h\n  bourse audit list --kind grant-revoked --limit 10 -o wide\n"
      "  bourse audit list --grant g42 -o json");
  verb->callback([flags, &action] { action = [flags](Session& session) { return list(session, *flags); }; });
  add_audit_show(*noun, action);
  add_audit_prove(*noun, action);
  add_audit_verify(*noun, action);
  add_audit_export(*noun, action);
  add_audit_witness(*noun, action);
  add_usage_command(*noun, action);
}

}  // namespace bourse::cli
