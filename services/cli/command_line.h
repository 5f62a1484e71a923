// Purpose: the whole command line of `bourse`: shared options and all nouns.
// Lifetime: outlives the CLI::App it fills. Threads: the main thread's.
#pragma once

#include <optional>
#include <string>

#include "base/config.h"
#include "cli/commands.h"

namespace CLI {
class App;
}

namespace bourse::cli {

class CommandLine {
 public:
  void add_to(CLI::App& app);
  // The settings in their layers; the flags that were given are the first.
  [[nodiscard]] base::Result<base::Config> config(const base::Config::Environment& environment) const;
  [[nodiscard]] const Action& action() const { return action_; }
  [[nodiscard]] Format format(const base::Config& config) const;

 private:
  struct Flag {
    std::string key;    // of the settings
    std::string value;  // empty: not given
  };
  std::optional<std::string> config_file_;
  std::vector<Flag> flags_;
  const CLI::App* app_ = nullptr;
  Action action_;
};

}  // namespace bourse::cli
