#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>

#include "cli/commands.h"
#include "cli/grant_output.h"

namespace bourse::cli {
namespace {

using base::Errc;
using base::Result;
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
  const auto market = session.market();
  if (!market) return session.fail(market.error());
  const auto done = (*market)->retract((*market)->node("grants"), domain::to_item_id(*id));
  if (!done) return session.fail(done.error());
  session.say(fmt::format("grant {} is over", text));
  return kOk;
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
                  grant.reason.c_str());
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

}  // namespace

void add_grant_commands(CLI::App& app, Action& action) {
  auto* noun = app.add_subcommand("grant", "What was given to you or by you: list, show, release, watch");
  noun->require_subcommand(1);
  noun->footer("\nExamples:\n  bourse grant list\n  bourse grant release g42");

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

  auto id = std::make_shared<std::string>();
  auto* show_verb = noun->add_subcommand("show", "All of one grant; its ticket only with -o wide or json");
  show_verb->add_option("ID", *id, "such as g42")->required();
  show_verb->footer("\nExamples:\n  bourse grant show g42\n  bourse grant show g42 -o json | jq -r .ticket");
  show_verb->callback([id, &action] { action = [id](Session& session) { return show(session, *id); }; });

  auto* release_verb =
      noun->add_subcommand("release", "End a grant: its consumer releases it, its provider revokes it");
  release_verb->add_option("ID", *id, "such as g42")->required();
  release_verb->footer("\nExamples:\n  bourse grant release g42");
  release_verb->callback([id, &action] { action = [id](Session& session) { return release(session, *id); }; });

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
