// Purpose: the signed head of a log (C2SP tlog-checkpoint): origin, size, root and extension lines as the text of a
// note. Lifetime: values. Threads: free functions from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "audit/merkle.h"
#include "audit/note.h"
#include "base/result.h"

namespace bourse::audit {

struct Checkpoint {
  std::string origin;  // the log's identity, and here also the name of its key
  std::uint64_t size = 0;
  Hash root{};
  std::vector<std::string> extensions{};  // lines; this service writes none ("NOT RECOMMENDED")
  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

// The note's text. CHECKs that lines are lines: none empty, none with an end of line in it.
[[nodiscard]] std::string format_checkpoint(const Checkpoint& checkpoint);
// kCorrupt for anything that format_checkpoint would not give back byte by byte.
[[nodiscard]] base::Result<Checkpoint> parse_checkpoint(std::string_view text);

// The whole note. CHECKs that origin and name of the key are the same.
[[nodiscard]] std::string sign_checkpoint(const Checkpoint& checkpoint, const NoteSigner& log);

// A checkpoint that the log signed, and the note it came in, for cosignatures and for passing it on.
struct SignedCheckpoint {
  Checkpoint checkpoint;
  Note note;
};
// As it stands, whoever signed it: for what was verified when it was kept, and to learn whose log it says it is.
[[nodiscard]] base::Result<SignedCheckpoint> read_unverified(std::string_view bytes);
// kCorrupt when it is none, or is another log's; kForbidden when `log` has not signed it.
[[nodiscard]] base::Result<SignedCheckpoint> open_checkpoint(std::string_view bytes, const NoteVerifier& log);

}  // namespace bourse::audit
