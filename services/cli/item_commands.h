// Purpose: what the nouns have in common: verbs about one item by its id.
// Threads: the main thread's.
#pragma once

#include <string>
#include <string_view>

#include "cli/session.h"

namespace CLI {
class App;
}

namespace bourse::cli {

// A verb with the argument ID; `examples`: lines without indentation.
using ItemAction = ExitCode (*)(Session& session, const std::string& id);
void add_item_verb(CLI::App& noun, Action& action, const std::string& verb, const std::string& help,
                   const std::string& id_help, std::string_view examples, ItemAction run);

// "\nExamples:\n  …" of lines without indentation, for a footer.
[[nodiscard]] std::string examples_text(std::string_view lines);

// Withdraws, cancels or ends an item of the pool's node `leaf`, and says so.
ExitCode retract_item(Session& session, std::string_view leaf, const std::string& id, const std::string& done);

}  // namespace bourse::cli
