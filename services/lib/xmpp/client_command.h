// Purpose: runs a command of the service (XEP-0050) with its form filled in, in one exchange.
// Lifetime: free functions; the session outlives the call. Threads: the session's thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "domain/jid.h"
#include "xmpp/client_session.h"

namespace bourse::xmpp {

using CommandFields = std::vector<std::pair<std::string, std::string>>;  // var and value

struct CommandOutcome {
  std::string note;  // for a person; may be empty
  std::vector<CommandFields> rows;
};

// `node`: the command's. kNotAcceptable: the service will not do it, the text says why; or what it answered as an
// error.
[[nodiscard]] base::Result<CommandOutcome> run_command(ClientSession& session, const domain::Jid& service,
                                                       std::string_view node, const CommandFields& fields);

}  // namespace bourse::xmpp
