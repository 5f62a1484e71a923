// Purpose: `boursed audit fsck`: the audit log against itself and against what is live, for an operator at the
// database. Lifetime: as long as the command line that it is part of. Threads: main's.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "market/settings.h"

namespace bourse::boursed {

class FsckCommand {
 public:
  explicit FsckCommand(CLI::App& audit);  // a verb of it
  FsckCommand(const FsckCommand&) = delete;
  FsckCommand& operator=(const FsckCommand&) = delete;

  [[nodiscard]] bool parsed() const { return verb_->parsed(); }
  // The exit status: 0 when nothing is wrong, 6 when something is.
  [[nodiscard]] int run(const Settings& settings) const;

 private:
  CLI::App* verb_;
  std::string pool_;  // empty: all
};

}  // namespace bourse::boursed
