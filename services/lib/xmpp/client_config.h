// Purpose: the settings every client of a market shares: [xmpp] (account and connection) and [market].
// Threads: free functions, no state.
#pragma once

#include <string>
#include <vector>

#include "base/config.h"
#include "base/result.h"
#include "domain/ids.h"
#include "domain/jid.h"
#include "xmpp/client_session.h"

namespace bourse::xmpp {

inline const std::vector<std::string> kClientKeys{
    "xmpp.jid",     "xmpp.password-file", "xmpp.host",      "xmpp.port",   "xmpp.tls",
    "xmpp.ca-file", "xmpp.timeout",       "market.service", "market.pool",
};

// Reads the password file. kBadRequest, or what read_secret_file says.
[[nodiscard]] base::Result<ConnectOptions> connect_options(const base::Config& config);

struct MarketAddress {
  domain::Jid service;
  domain::PoolName pool;
};
[[nodiscard]] base::Result<MarketAddress> market_address(const base::Config& config);

}  // namespace bourse::xmpp
