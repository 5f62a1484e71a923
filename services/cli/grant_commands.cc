#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>

#include "cli/commands.h"
#include "cli/grant_output.h"
#include "cli/item_commands.h"

namespace bourse::cli {
namespace {

using base::Errc;
using base::Result;
using market::GrantAction;
using Steady = std::chrono::steady_clock;

Result<domain::GrantId> grant_id(const std::string& text) {
  const auto id = domain::grant_id_from_item(text);
  if (id.value == 0) {
    return {Errc::kBadRequest, fmt::format("'{}' is not a grant's id, which is g and a number, such as g42", text)};
  }
  return id;
}

ExitCode list(Session& session, bool ended_too, std::size_t limit) {
  const auto market = session.market();
  if (!market) return session.fail(market.error());
  const auto grants = (*market)->grants(ended_too, limit);
  if (!grants) return session.fail(grants.error());
  if (grants->empty())
    session.say(ended_too ? "no grants of yours" : "no live grants of yours (--all shows those that ended)");
  print_grants(session.format(), *grants);
  return kOk;
}

ExitCode show(Session& session, const std::string& text) {
  const auto id = grant_id(text);
  if (!id) return session.fail(id.error());
  const auto market = session.market();
  if (!market) return session.fail(market.error());
  const auto grant = (*market)->grant(*id);
  if (!grant) return session.fail(grant.error());
  print_grant(session.format(), *grant);
  return kOk;
}

ExitCode release(Session& session, const std::string& text) {
  const auto id = grant_id(text);
  if (!id) return session.fail(id.error());
  return retract_item(session, "grants", domain::to_item_id(*id), fmt::format("grant {} is over", text));
}

// What `bourse grant VERB ID …` may say besides the id.
struct ActionFlags {
  std::string id;
  std::string span;
  std::string reason;
};

ExitCode act(Session& session, GrantAction::Kind kind, const ActionFlags& flags, const char* span_flag,
             const std::string& done) {
  const auto id = grant_id(flags.id);
  if (!id) return session.fail(id.error());
  GrantAction action{.kind = kind, .grant = *id, .reason = flags.reason};
  if (!flags.span.empty()) {
    const auto span = base::parse_duration(flags.span);
    if (!span) return session.fail({span.error().code, fmt::format("{}: {}", span_flag, span.error().text)});
    action.duration = *span;
  }
  const auto market = session.market();
  if (!market) return session.fail(market.error());
  if (const auto acted = (*market)->act(action); !acted) return session.fail(acted.error());
  session.say(fmt::format("grant {} {}", flags.id, done));
  return kOk;
}

ExitCode confirm(Session& session, const std::string& id) {
  return act(session, GrantAction::Kind::kConfirm, {id, {}, {}}, "", "is confirmed");
}

// One line a change, until it is interrupted, `count` were shown, or the time is over.
ExitCode watch(Session& session, const std::string& for_text, std::size_t count) {
  auto until = Steady::time_point::max();
  if (!for_text.empty()) {
    const auto span = base::parse_duration(for_text);
    if (!span) return session.fail({span.error().code, "--for: " + span.error().text});
    until = Steady::now() + *span;
  }
  const auto market = session.market(true);
  if (!market) return session.fail(market.error());
  std::size_t shown = 0;
  (*market)->on_event([&](const xmpp::MarketEvent& event) {
    const auto* changed = std::get_if<xmpp::GrantChanged>(&event);
    if (changed == nullptr) return;
    ++shown;
    if (session.format() == Format::kJson) {
      std::printf("%s\n", xmpp::to_json(changed->payload).dump().c_str());
    } else {
      const domain::Grant& grant = changed->payload.grant;
      std::printf("%s %s %s -> %s, %s%s%s\n", domain::to_item_id(grant.id).c_str(),
                  std::string(domain::name(grant.state)).c_str(), grant.provider.text().c_str(),
                  grant.consumer.text().c_str(), summary(grant.resources).c_str(), grant.reason.empty() ? "" : ": ",
                  printable(grant.reason).c_str());
    }
    std::fflush(stdout);
  });
  watch_for_interrupts();
  session.say("watching your grants; Ctrl-C ends this");
  while (!interrupted() && Steady::now() < until && (count == 0 || shown < count)) {
    const auto pumped = (*market)->session().pump(std::chrono::milliseconds(250));
    if (!pumped) return session.fail(pumped.error());
  }
  return kOk;
}

void add_decline(CLI::App& noun, Action& action) {
  auto flags = std::make_shared<ActionFlags>();
  auto* verb = noun.add_subcommand("decline", "Refuse a grant that is proposed to you; the market looks for another");
  verb->add_option("ID", flags->id, "such as g42")->required();
  verb->add_option("--reason", flags->reason, "who asked for it can read it")->type_name("TEXT");
  verb->footer(examples_text("bourse grant decline g42 --reason 'maintenance tonight'"));
  verb->callback([flags, &action] {
    action = [flags](Session& session) { return act(session, GrantAction::Kind::kDecline, *flags, "", "is declined"); };
  });
}

void add_renew(CLI::App& noun, Action& action) {
  auto flags = std::make_shared<ActionFlags>();
  auto* verb = noun.add_subcommand("renew", "Have a grant of yours longer");
  verb->add_option("ID", flags->id, "such as g42")->required();
  verb->add_option("--for", flags->span, "from now on; without it as long as the request asked for")->type_name("SPAN");
  verb->footer(examples_text("bourse grant renew g42\nbourse grant renew g42 --for 4h"));
  verb->callback([flags, &action] {
    action = [flags](Session& session) {
      return act(session, GrantAction::Kind::kRenew, *flags, "--for",
                 "is renewed: `bourse grant show` says until when");
    };
  });
}

void add_reclaim(CLI::App& noun, Action& action) {
  auto flags = std::make_shared<ActionFlags>();
  auto* verb = noun.add_subcommand("reclaim", "Take a grant of your offer back, with time to finish");
  verb->add_option("ID", flags->id, "such as g42")->required();
  verb->add_option("--grace", flags->span, "time to finish; without it what the offer promises")->type_name("SPAN");
  verb->add_option("--reason", flags->reason, "who has it can read it")->type_name("TEXT");
  verb->footer(
      examples_text("bourse grant reclaim g42\nbourse grant reclaim g42 --grace 10m --reason 'I need it back'"));
  verb->callback([flags, &action] {
    action = [flags](Session& session) {
      return act(session, GrantAction::Kind::kReclaim, *flags, "--grace", "is to be given back");
    };
  });
}

}  // namespace

void add_grant_commands(CLI::App& app, Action& action) {
  auto* noun = app.add_subcommand(
      "grant", "What was given to you or by you: list, show, confirm, renew, release, reclaim, watch");
  noun->require_subcommand(1);
  noun->footer("\nExamples:\n  bourse grant list\n  bourse grant renew g42 --for 4h\n  bourse grant release g42");

  struct ListFlags {
    bool all = false;
    std::size_t limit = 1000;
  };
  auto flags = std::make_shared<ListFlags>();
  auto* list_verb = noun->add_subcommand("list", "Your grants, as provider or consumer, oldest first");
  list_verb->add_flag("--all", flags->all, "those that are over too");
  list_verb->add_option("--limit", flags->limit, "at most so many")->capture_default_str()->check(CLI::PositiveNumber);
  list_verb->footer("\nExamples:\n  bourse grant list -o wide\n  bourse grant list --all -o json");
  list_verb->callback(
      [flags, &action] { action = [flags](Session& session) { return list(session, flags->all, flags->limit); }; });

  add_item_verb(*noun, action, "show", "All of one grant; its ticket only with -o wide or json", "such as g42",
                "bourse grant show g42\nbourse grant show g42 -o json | jq -r .ticket", show);
  add_item_verb(*noun, action, "release", "End a grant: its consumer releases it, its provider revokes it",
                "such as g42", "bourse grant release g42", release);
  add_item_verb(*noun, action, "confirm", "Agree to a grant that is proposed to you", "such as g42",
                "bourse grant confirm g42", confirm);
  add_decline(*noun, action);
  add_renew(*noun, action);
  add_reclaim(*noun, action);

  struct WatchFlags {
    std::string for_text;
    std::size_t count = 0;
  };
  auto watch_flags = std::make_shared<WatchFlags>();
  auto* watch_verb = noun->add_subcommand("watch", "Print your grants as they begin and end");
  watch_verb->add_option("--for", watch_flags->for_text, "stop after so long")->type_name("SPAN");
  watch_verb->add_option("--count", watch_flags->count, "stop after so many changes");
  watch_verb->footer("\nExamples:\n  bourse grant watch\n  bourse grant watch --for 10m -o json");
  watch_verb->callback([watch_flags, &action] {
    action = [watch_flags](Session& session) { return watch(session, watch_flags->for_text, watch_flags->count); };
  });
}

}  // namespace bourse::cli
