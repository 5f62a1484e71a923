// Purpose: the commands, one file a noun: each adds its part of the command line and, when it was asked
//   for, sets `action`.
// Threads: the main thread's.
#pragma once

#include "cli/session.h"

namespace CLI {
class App;
}

namespace bourse::cli {

void add_offer_commands(CLI::App& app, Action& action);
void add_request_commands(CLI::App& app, Action& action);
void add_grant_commands(CLI::App& app, Action& action);
void add_history_commands(CLI::App& app, Action& action);
void add_audit_commands(CLI::App& app, Action& action);
void add_market_commands(CLI::App& app, Action& action);
void add_completion_command(CLI::App& app);

}  // namespace bourse::cli
