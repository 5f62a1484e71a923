// What operators do: status, policy, sanctions.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "cli/commands.h"
#include "xmpp/client_command.h"

namespace bourse::cli {
namespace {

using xmpp::CommandFields;
using xmpp::CommandOutcome;

ExitCode status(Session& session) {
  const auto market = session.market();
  if (!market) return session.fail(market.error());
  const auto found = (*market)->status();
  if (!found) return session.fail(found.error());
  print_record(session.format(), xmpp::to_json(*found));
  return kOk;
}

base::Result<CommandOutcome> run(Session& session, const std::string& name, CommandFields fields) {
  const auto market = session.market();
  if (!market) return market.error();
  fields.emplace_back("pool", (*market)->pool().value);
  return run_command((*market)->session(), (*market)->service(), "urn:bourse:market:1#" + name, fields);
}

void print_policy(Session& session, const CommandOutcome& outcome) {
  Table table({{"SETTING"}, {"FOR"}, {"VALUE"}});
  auto list = xmpp::Json::array();
  for (const auto& row : outcome.rows) {
    std::vector<std::string> cells;
    xmpp::Json record;
    for (const std::string name : {"name", "subject", "value"}) {
      const auto found = std::ranges::find(row, name, &std::pair<std::string, std::string>::first);
      cells.push_back(found == row.end() ? std::string() : found->second);
      record[name] = cells.back();
    }
    table.add(std::move(cells));
    list.push_back(std::move(record));
  }
  if (!outcome.note.empty()) session.say(outcome.note);
  if (!table.empty() || session.format() == Format::kJson) print_list(session.format(), table, list);
}

ExitCode policy(Session& session, const std::string& command, const CommandFields& fields) {
  const auto outcome = run(session, command, fields);
  if (!outcome) return session.fail(outcome.error());
  print_policy(session, *outcome);
  return kOk;
}

struct PolicyFlags {
  std::string name;
  std::string value;
  std::string subject;
};

void add_policy_commands(CLI::App& noun, Action& action) {
  auto* verb = noun.add_subcommand("policy", "Who may do what, how much of it and how fast");
  verb->require_subcommand(0, 1);
  verb->footer(
      "\nExamples:\n"
      "  bourse market policy                                       what is set\n"
      "  bourse market policy set publish '(domain=*.example.edu)'   only they lend here\n"
      "  bourse market policy set request '(|(group=staff)(domain=b.test))'\n"
      "  bourse market policy set domain-rate '50/s burst 200'      for each domain\n"
      "  bourse market policy set domain-rate 500/s --for a.test    and more for that one\n"
      "  bourse market policy set jid-grants 20                     at once\n"
      "  bourse market policy unset jid-grants\n\n"
      "publish, request, subscribe, history: a filter (RFC 4515) over jid, domain and group.\n"
      "jid-offers, jid-requests, jid-grants, jid-subscriptions, domain-offers, domain-requests, domain-grants, "
      "domain-subscriptions: a number.\n"
      "jid-rate, domain-rate: stanzas a second; the first pool's hold for the whole service.\n"
      "What somebody has already stays theirs. Each change is an entry of the audit log.");
  verb->callback([verb, &action] {
    if (!verb->get_subcommands().empty()) return;
    action = [](Session& session) { return policy(session, "policy", {}); };
  });
  const auto flags = std::make_shared<PolicyFlags>();
  auto* set = verb->add_subcommand("set", "Sets one of it");
  set->add_option("name", flags->name, "What: publish, domain-rate, jid-grants, …")->required();
  set->add_option("value", flags->value, "A filter, a number, or a rate")->required();
  set->add_option("--for", flags->subject, "Of quotas and rates: one JID or one domain only");
  set->callback([flags, &action] {
    action = [flags](Session& session) {
      return policy(session, "set-policy",
                    {{"name", flags->name}, {"subject", flags->subject}, {"value", flags->value}});
    };
  });
  auto* unset = verb->add_subcommand("unset", "Takes one of it away");
  unset->add_option("name", flags->name, "What: publish, domain-rate, jid-grants, …")->required();
  unset->add_option("--for", flags->subject, "Of quotas and rates: one JID or one domain only");
  unset->callback([flags, &action] {
    action = [flags](Session& session) {
      return policy(session, "set-policy", {{"name", flags->name}, {"subject", flags->subject}, {"value", ""}});
    };
  });
}

struct Sanction {
  std::string_view verb;
  std::string_view does;
  std::string_view command;  // of the service, and its field's name
  std::string_view field;
  std::string_view on;
};
constexpr Sanction kSanctions[] = {
    {"ban", "Ends all that a JID has, or a domain with all below it, and lets it do nothing more", "ban", "banned",
     "true"},
    {"unban", "Takes a ban back", "ban", "banned", "false"},
    {"drain", "Gives a provider's offers no new grants", "drain", "drained", "true"},
    {"undrain", "Gives them grants again", "drain", "drained", "false"},
};

void add_sanction_command(CLI::App& noun, Action& action, const Sanction& sanction) {
  struct Flags {
    std::string jid;
    std::string reason;
  };
  const auto flags = std::make_shared<Flags>();
  auto* verb = noun.add_subcommand(std::string(sanction.verb), std::string(sanction.does));
  verb->add_option("jid", flags->jid, "The JID, without a resource")->required();
  verb->add_option("--reason", flags->reason, "Goes to the audit log; the one concerned can read it");
  verb->callback([flags, &action, &sanction] {
    action = [flags, &sanction](Session& session) {
      const auto outcome = run(
          session, std::string(sanction.command),
          {{"jid", flags->jid}, {std::string(sanction.field), std::string(sanction.on)}, {"reason", flags->reason}});
      if (!outcome) return session.fail(outcome.error());
      session.say(outcome->note);
      return kOk;
    };
  });
}

}  // namespace

void add_market_commands(CLI::App& app, Action& action) {
  auto* noun = app.add_subcommand("market", "The market itself, and what its operators do");
  noun->require_subcommand(1);
  noun->footer("\nExamples:\n  bourse market status\n  bourse market policy\n  bourse market ban a.test --reason spam");
  auto* verb = noun->add_subcommand("status", "What is open, waiting and granted");
  verb->footer("\nExamples:\n  bourse market status\n  bourse market status -o json | jq .live_grants");
  verb->callback([&action] { action = status; });
  add_policy_commands(*noun, action);
  for (const auto& sanction : kSanctions) add_sanction_command(*noun, action, sanction);
}

}  // namespace bourse::cli
