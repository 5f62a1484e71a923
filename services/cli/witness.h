// Purpose: a witness of a log (C2SP tlog-cosignature): cosigns a checkpoint only when it follows from the last one it
//   cosigned, which it keeps in a file.
// Lifetime: one a run. Threads: one owner.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "audit/note_key.h"
#include "cli/log_growth.h"

namespace bourse::cli {

struct Witnessing {
  std::optional<Growth> growth;  // none: the first one, which is trusted
  std::uint64_t size = 0;
  std::string alarm;     // for a person; empty: it is cosigned and kept
  std::string evidence;  // the file with the note that is wrong, or with the one that the market has no more
};

class Witness {
 public:
  Witness(audit::NoteSigner signer, audit::NoteVerifier log, std::string state_file)
      : signer_(std::move(signer)), log_key_(std::move(log)), file_(std::move(state_file)) {}

  // Looks at the last checkpoint. Errors: it could not be asked for, or the state not be read or written; kNotFound:
  // none was seen yet, and there is none. After an alarm the state is as it was, and what was seen lies beside it.
  [[nodiscard]] base::Result<Witnessing> look(xmpp::LogClient& log, std::uint64_t now_seconds);

 private:
  [[nodiscard]] base::Result<std::optional<audit::Checkpoint>> last() const;
  [[nodiscard]] base::Status keep(const audit::SignedCheckpoint& head, std::uint64_t now_seconds) const;
  [[nodiscard]] base::Result<Witnessing> alarm(Witnessing found, std::string what, const std::string& note) const;

  audit::NoteSigner signer_;
  audit::NoteVerifier log_key_;
  std::string file_;
};

}  // namespace bourse::cli
