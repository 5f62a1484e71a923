#include <CLI/CLI.hpp>

#include "cli/commands.h"

namespace bourse::cli {
namespace {

ExitCode status(Session& session) {
  const auto market = session.market();
  if (!market) return session.fail(market.error());
  const auto found = (*market)->status();
  if (!found) return session.fail(found.error());
  print_record(session.format(), xmpp::to_json(*found));
  return kOk;
}

}  // namespace

void add_market_commands(CLI::App& app, Action& action) {
  auto* noun = app.add_subcommand("market", "The market itself");
  noun->require_subcommand(1);
  noun->footer("\nExamples:\n  bourse market status");
  auto* verb = noun->add_subcommand("status", "What is open, waiting and granted");
  verb->footer("\nExamples:\n  bourse market status\n  bourse market status -o json | jq .live_grants");
  verb->callback([&action] { action = status; });
}

}  // namespace bourse::cli
