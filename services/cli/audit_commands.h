// Purpose: the commands of `bourse audit` but `list`: single entries, and the log held to its word.
// Threads: the main thread's.
#pragma once

#include "cli/session.h"

namespace CLI {
class App;
}

namespace bourse::cli {

void add_audit_show(CLI::App& noun, Action& action);
void add_audit_prove(CLI::App& noun, Action& action);
void add_audit_verify(CLI::App& noun, Action& action);
void add_audit_export(CLI::App& noun, Action& action);
void add_audit_witness(CLI::App& noun, Action& action);

}  // namespace bourse::cli
