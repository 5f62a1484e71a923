// Purpose: shell completions, generated from the command line itself, so that they cannot fall behind.
// Threads: free functions, no state.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace bourse::cli {

[[nodiscard]] std::string bash_completion(const CLI::App& app);
[[nodiscard]] std::string zsh_completion(const CLI::App& app);
[[nodiscard]] std::string fish_completion(const CLI::App& app);

}  // namespace bourse::cli
