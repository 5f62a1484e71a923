// Purpose: where a program's settings come from on this machine: the process environment and
//   $XDG_CONFIG_HOME/bourse/<name>, /etc/bourse/<name>, or the one file that --config names.
// Threads: at program start, before other threads.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/config.h"

namespace bourse::xmpp {

// Looks a name up in the environment of this process.
[[nodiscard]] base::Config::Environment process_environment();

// The whole of a text file; at most 1 MiB unless told otherwise. kNotFound, kForbidden, kPayloadTooBig.
[[nodiscard]] base::Result<std::string> read_text_file(const std::string& path, std::size_t most = 1024 * 1024);

// The same of a file that somebody else may have put there: nothing but a file is opened, so that nothing waits for a
// pipe. kBadRequest: it is none.
[[nodiscard]] base::Result<std::string> read_regular_file(const std::string& path, std::size_t most);

// The settings named `known` for the program whose file is `name` ("agent.toml"). Files that do not exist
// are passed over, except the one that `config_flag` names.
[[nodiscard]] base::Result<base::Config> load_config(std::vector<std::string> known, const std::string& name,
                                                     const std::optional<std::string>& config_flag,
                                                     const base::Config::Environment& environment);

// $XDG_STATE_HOME/bourse, ~/.local/state/bourse; empty without a home.
[[nodiscard]] std::string default_state_folder(const base::Config::Environment& environment);

}  // namespace bourse::xmpp
