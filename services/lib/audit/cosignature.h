// Purpose: what witnesses add to a checkpoint (C2SP tlog-cosignature, Ed25519, "cosignature/v1"): that at a time, this
// was
//   the largest tree they saw of this log, consistent with all they saw before.
// Lifetime: values. Threads: free functions from any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit/note.h"
#include "base/result.h"

namespace bourse::audit {

// "cosignature/v1", "time <seconds since 1970>", and the checkpoint's text.
[[nodiscard]] std::string cosigned_message(std::uint64_t seconds, std::string_view text);

// By a key of type kCosignature, at 2^63 - 1 seconds at the latest (both CHECKed). Append signature_line() of it to the
// note.
[[nodiscard]] NoteSignature cosign(std::string_view text, std::uint64_t seconds, const NoteSigner& witness);

// `timestamped_signature`: eight bytes of seconds, big-endian, and 64 of Ed25519.
struct Cosignature {
  std::uint64_t seconds = 0;
  std::string signature;
};
[[nodiscard]] base::Result<Cosignature> parse_cosignature(std::string_view bytes);

struct Witnessed {
  std::string witness;
  std::uint64_t seconds = 0;
  friend bool operator==(const Witnessed&, const Witnessed&) = default;
};
// Who of `witnesses` (kCosignature keys: CHECKed) cosigned, and when last: each at most once, in their order; none is
// no error. kCorrupt when a line that names one of them is not by it. Whether a time lies in the future is the caller's
// to see.
[[nodiscard]] base::Result<std::vector<Witnessed>> verify_cosignatures(const Note& checkpoint,
                                                                       std::span<const NoteVerifier> witnesses);

}  // namespace bourse::audit
