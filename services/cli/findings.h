// Purpose: what a verification found, line by line, and its verdict: for people to follow, or as JSON.
// Lifetime: one a command. Threads: none.
#pragma once

#include <string>
#include <vector>

#include "audit/cosignature.h"
#include "audit/proof.h"
#include "base/result.h"
#include "cli/exit_code.h"
#include "cli/output.h"

namespace bourse::cli {

class Findings {
 public:
  explicit Findings(Format format) : format_(format) {}

  // A label may come again: JSON has a list then.
  void add(const std::string& label, const std::string& text);
  // "SHA-256(01 left right) = parent"; an asterisk marks what the proof gave, the other was computed before.
  void add_steps(const std::string& label, const std::vector<audit::HashStep>& steps);
  void add_roots(const std::string& label, const audit::RootCheck& check);
  void add_witnesses(const std::vector<audit::Witnessed>& witnesses, std::size_t known, std::size_t quorum);

  // Prints everything with the verdict as its last line. An empty problem: `good` is said. Gives the exit code.
  ExitCode finish(const std::string& good, const std::string& problem);
  // What cannot be believed is a failed verification, whatever the code of the error says.
  ExitCode finish(const base::Error& error);

  [[nodiscard]] std::string text() const;
  [[nodiscard]] xmpp::Json json() const;

 private:
  struct Line {
    std::string label;
    std::string text;
  };
  void print() const;
  Format format_;
  std::vector<Line> lines_;
};

}  // namespace bourse::cli
