// Purpose: `boursed audit …`: the keys of the audit logs, and what an operator decides about them.
// Lifetime: as long as the command line that it is part of. Threads: main's.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "market/fsck_command.h"
#include "market/settings.h"

namespace bourse::boursed {

class AuditCommands {
 public:
  explicit AuditCommands(CLI::App& app);
  AuditCommands(const AuditCommands&) = delete;
  AuditCommands& operator=(const AuditCommands&) = delete;

  [[nodiscard]] bool parsed() const { return noun_->parsed(); }
  // The exit status.
  [[nodiscard]] int run(const Settings& settings) const;

 private:
  CLI::App* noun_;
  CLI::App* keygen_;
  CLI::App* keys_;
  CLI::App* rotate_;
  CLI::App* accept_;
  std::optional<FsckCommand> fsck_;
  std::string pool_;  // empty: all
  bool finish_ = false;
  std::string reason_;
  std::string old_key_;
};

}  // namespace bourse::boursed
