// Purpose: grants on standard output. Tickets, which let their bearer in, only where asked for.
// Threads: free functions, no state.
#pragma once

#include <vector>

#include "cli/output.h"

namespace bourse::cli {

[[nodiscard]] Table grant_table();
void add_grant(Table& table, const xmpp::GrantPayload& payload);
void print_grants(Format format, const std::vector<xmpp::GrantPayload>& grants);
void print_grant(Format format, const xmpp::GrantPayload& grant);

}  // namespace bourse::cli
