#include "cli/item_commands.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

namespace bourse::cli {

void add_item_verb(CLI::App& noun, Action& action, const std::string& verb, const std::string& help,
                   const std::string& id_help, std::string_view examples, ItemAction run) {
  auto id = std::make_shared<std::string>();
  auto* added = noun.add_subcommand(verb, help);
  added->add_option("ID", *id, id_help)->required();
  added->footer(examples_text(examples));
  added->callback([id, run, &action] { action = [id, run](Session& session) { return run(session, *id); }; });
}

std::string examples_text(std::string_view lines) {
  std::string text = "\nExamples:";
  while (!lines.empty()) {
    const auto end = std::min(lines.find('\n'), lines.size());
    text.append("\n  ").append(lines.substr(0, end));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return text;
}

ExitCode retract_item(Session& session, std::string_view leaf, const std::string& id, const std::string& done) {
  const auto market = session.market();
  if (!market) return session.fail(market.error());
  const auto retracted = (*market)->retract((*market)->node(leaf), id);
  if (!retracted) return session.fail(retracted.error());
  session.say(done);
  return kOk;
}

}  // namespace bourse::cli
