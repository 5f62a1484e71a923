// Purpose: what this user's programs remember of a log between runs: the key it is verified with, and the last
//   checkpoint they saw. Both in $XDG_STATE_HOME/bourse, as text that other software reads as well.
// Lifetime: one a command. Threads: one owner.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "audit/note_key.h"
#include "base/result.h"

namespace bourse::cli {

class LogMemory {
 public:
  // `log`: "<service>/<pool>". Folder empty: there is no home, and nothing is remembered.
  LogMemory(const std::string& folder, std::string_view log);

  // Errors: what is there cannot be read.
  [[nodiscard]] base::Result<std::optional<audit::NoteVerifier>> key() const;
  [[nodiscard]] base::Result<std::optional<std::string>> checkpoint() const;
  [[nodiscard]] base::Status keep_key(const audit::NoteVerifier& key) const;
  [[nodiscard]] base::Status keep_checkpoint(const std::string& note) const;
  // So that a log that began anew leaves the evidence of the old one where it is.
  [[nodiscard]] base::Status set_aside_checkpoint() const;

  [[nodiscard]] const std::string& key_file() const { return key_file_; }
  [[nodiscard]] const std::string& checkpoint_file() const { return checkpoint_file_; }

 private:
  std::string key_file_;
  std::string checkpoint_file_;
};

// In the standard folder of this user.
[[nodiscard]] LogMemory log_memory(std::string_view log);

// A vkey, or a file with one in its only line.
[[nodiscard]] base::Result<audit::NoteVerifier> read_key(const std::string& text_or_file);

// "bourse.example.org%2Fcommons": a file's name out of any text.
[[nodiscard]] std::string file_name_of(std::string_view text);

}  // namespace bourse::cli
