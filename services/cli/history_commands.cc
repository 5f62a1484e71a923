#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.h"
#include "xmpp/timestamps.h"

namespace bourse::cli {
namespace {

struct ShowFlags {
  std::string provider;
  std::string since = "30d";
  std::string until;
};

// Whole seconds: microseconds of an interval help nobody.
std::string lasted(base::Duration duration) {
  return base::format_duration(std::chrono::duration_cast<std::chrono::seconds>(duration));
}

ExitCode show(Session& session, const ShowFlags& flags) {
  const auto provider = domain::Jid::parse(flags.provider);
  if (!provider) return session.fail(provider.error());
  const auto since = parse_past(flags.since, session.now());
  if (!since) return session.fail(since.error());
  const auto until =
      flags.until.empty() ? base::Result<base::Timestamp>(session.now()) : parse_past(flags.until, session.now());
  if (!until) return session.fail(until.error());
  const auto market = session.market();
  if (!market) return session.fail(market.error());
  const auto history = (*market)->history(provider->bare(), *since, *until);
  if (!history) return session.fail(history.error());
  Table table({{"STATE"}, {"SINCE"}, {"UNTIL"}, {"LASTED"}});
  xmpp::Json intervals = xmpp::Json::array();
  base::Duration up{0};
  base::Duration known{0};
  for (const auto& interval : history->intervals) {
    const auto length = interval.until.value_or(history->until) - interval.since;
    known += length;
    if (interval.presence == domain::Presence::kUp) up += length;
    table.add({std::string(domain::name(interval.presence)), short_time(interval.since),
               interval.until ? short_time(*interval.until) : "now", lasted(length)});
    intervals.push_back(xmpp::to_json(interval));
  }
  xmpp::Json json{{"provider", history->provider.text()},
                  {"since", xmpp::format_timestamp(history->since)},
                  {"until", xmpp::format_timestamp(history->until)},
                  {"intervals", intervals}};
  if (known.count() > 0) {
    const double share = static_cast<double>(up.count()) / static_cast<double>(known.count());
    json["up_share"] = share;
    session.say(fmt::format("up {:.2f} % of {} known", share * 100, lasted(known)));
  }
  print_list(session.format(), table, json);
  return kOk;
}

}  // namespace

void add_history_commands(CLI::App& app, Action& action) {
  auto* noun = app.add_subcommand("history", "When providers were there to lend");
  noun->require_subcommand(1);
  noun->footer("\nExamples:\n  bourse history show lab@example.org --since 7d");
  auto flags = std::make_shared<ShowFlags>();
  auto* verb = noun->add_subcommand("show", "The intervals in which a provider was up or down");
  verb->add_option("JID", flags->provider, "the provider")->required();
  verb->add_option("--since", flags->since, "a span back from now, or a time")
      ->type_name("WHEN")
      ->capture_default_str();
  verb->add_option("--until", flags->until, "a span back from now, or a time; now without it")->type_name("WHEN");
  verb->footer(
      "\nExamples:\n  bourse history show lab@example.org\n"
      "  bourse history show lab@example.org --since 2026-11-01T00:00:00Z -o json");
  verb->callback([flags, &action] { action = [flags](Session& session) { return show(session, *flags); }; });
}

}  // namespace bourse::cli
