#include "audit/note.h"

#include <algorithm>

#include "base/base64.h"
#include "domain/utf8.h"

namespace bourse::audit {
namespace {

using base::Errc;

constexpr std::string_view kDash = "\u2014 ";
constexpr std::size_t kIdBytes = 4;

base::Error wrong(const std::string& what) { return {Errc::kCorrupt, "not a signed note (C2SP signed-note): " + what}; }

base::Result<NoteSignature> parse_signature(std::string_view line) {
  if (!line.starts_with(kDash)) return wrong("a signature line does not begin with an em dash and a space");
  line.remove_prefix(kDash.size());
  const auto space = line.find(' ');
  if (space == std::string_view::npos) return wrong("a signature line has no signature");
  NoteSignature signature{std::string(line.substr(0, space)), 0, {}};
  if (!is_key_name(signature.name)) return wrong("the name of a key is empty, too long, or has a space or '+'");
  const auto bytes = base::base64_decode(line.substr(space + 1));
  if (!bytes || bytes->size() <= kIdBytes) return wrong("a signature is not base64 of a key id and more");
  for (std::size_t i = 0; i < kIdBytes; ++i) {
    signature.key_id = signature.key_id << 8U | static_cast<unsigned char>((*bytes)[i]);
  }
  signature.bytes = bytes->substr(kIdBytes);
  return signature;
}

}  // namespace

bool is_note_text(std::string_view text) {
  return text.ends_with('\n') && domain::is_utf8(text) && std::none_of(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x20 && c != '\n';
         });
}

std::string signature_line(const NoteSignature& signature) {
  std::string bytes;
  for (const unsigned shift : {24U, 16U, 8U, 0U}) bytes += static_cast<char>(signature.key_id >> shift & 0xFFU);
  bytes += signature.bytes;
  return std::string(kDash) + signature.name + ' ' + base::base64_encode(bytes) + '\n';
}

std::string format_note(const Note& note) {
  BOURSE_CHECK(is_note_text(note.text) && !note.signatures.empty());
  std::string bytes = note.text + '\n';
  for (const auto& signature : note.signatures) bytes += signature_line(signature);
  return bytes;
}

base::Result<Note> parse_note(std::string_view bytes) {
  if (bytes.size() > kMaxNoteBytes) return wrong("it is longer than " + std::to_string(kMaxNoteBytes) + " bytes");
  if (!is_note_text(bytes)) return wrong("it is not UTF-8, has control characters, or its last line does not end");
  const auto split = bytes.rfind("\n\n");
  if (split == std::string_view::npos) return wrong("no empty line stands before its signatures");
  Note note{std::string(bytes.substr(0, split + 1)), {}};
  for (auto rest = bytes.substr(split + 2); !rest.empty();) {
    if (note.signatures.size() == kMaxNoteSignatures) {
      return wrong("it has more than " + std::to_string(kMaxNoteSignatures) + " signatures");
    }
    const auto end = rest.find('\n');
    auto signature = parse_signature(rest.substr(0, end));
    if (!signature) return signature.error();
    note.signatures.push_back(std::move(*signature));
    rest.remove_prefix(end + 1);
  }
  if (note.signatures.empty()) return wrong("it has no signatures");
  return note;
}

NoteSignature sign_text(std::string_view text, const NoteSigner& signer) {
  BOURSE_CHECK(signer.verifier().type() == SignatureType::kEd25519 && is_note_text(text));
  return {signer.verifier().name(), signer.verifier().id(), signer.key().sign(text)};
}

base::Result<std::vector<NoteVerifier>> verify_note(const Note& note, std::span<const NoteVerifier> keys) {
  std::vector<NoteVerifier> signers;
  for (const auto& key : keys) {
    BOURSE_CHECK(key.type() == SignatureType::kEd25519);
    bool signed_by = false;
    for (const auto& signature : note.signatures) {
      if (signature.name != key.name() || signature.key_id != key.id()) continue;
      if (!key.key().verifies(note.text, signature.bytes)) {
        return {Errc::kCorrupt, "the signature of " + key.name() + " is not by its key, or the text was changed"};
      }
      signed_by = true;
    }
    if (signed_by) signers.push_back(key);
  }
  if (signers.empty()) return {Errc::kForbidden, "none of the known keys signed this note"};
  return signers;
}

}  // namespace bourse::audit
