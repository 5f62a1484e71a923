// Purpose: signed notes (C2SP signed-note): a text, an empty line, and one line for each signature.
// Lifetime: values. Threads: free functions from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit/note_key.h"
#include "base/result.h"

namespace bourse::audit {

// "Format": verifiers limit what they read, but accept 16 signatures at least.
inline constexpr std::size_t kMaxNoteBytes = 1'000'000;
inline constexpr std::size_t kMaxNoteSignatures = 100;

struct NoteSignature {
  std::string name;
  std::uint32_t key_id = 0;
  std::string bytes;  // what follows the key id; not empty
  friend bool operator==(const NoteSignature&, const NoteSignature&) = default;
};

struct Note {
  std::string text;  // with the end of its last line
  std::vector<NoteSignature> signatures;
  friend bool operator==(const Note&, const Note&) = default;
};

// UTF-8 without control characters but the ends of lines, and one of those last.
[[nodiscard]] bool is_note_text(std::string_view text);

// "— name base64" and the end of the line.
[[nodiscard]] std::string signature_line(const NoteSignature& signature);
// CHECKs that the text may be one and that there is a signature.
[[nodiscard]] std::string format_note(const Note& note);
// kCorrupt for anything that format_note would not give back byte by byte. Nothing is verified: do not believe the
// text.
[[nodiscard]] base::Result<Note> parse_note(std::string_view bytes);

// By an Ed25519 key (CHECKed; witnesses cosign, cosignature.h). The same text and key give the same signature.
[[nodiscard]] NoteSignature sign_text(std::string_view text, const NoteSigner& signer);

// Which of `keys` (Ed25519 ones: CHECKed) signed the note. kCorrupt when a signature that names one of them is not by
// it, kForbidden when none of them signed; signatures by other keys are ignored, as the standard says.
[[nodiscard]] base::Result<std::vector<NoteVerifier>> verify_note(const Note& note, std::span<const NoteVerifier> keys);

}  // namespace bourse::audit
