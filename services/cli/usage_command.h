// Purpose: `bourse audit usage`: who gave and who used how many resource-hours, out of the log's entries.
// Threads: the main thread's.
#pragma once

#include "cli/session.h"

namespace CLI {
class App;
}

namespace bourse::cli {

void add_usage_command(CLI::App& audit, Action& action);

}  // namespace bourse::cli
