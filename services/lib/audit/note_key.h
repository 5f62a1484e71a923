// Purpose: keys that sign notes (C2SP signed-note, "Signatures"): a name, a signature type, an Ed25519 key, and their
// text
//   forms, which Go's golang.org/x/mod/sumdb/note reads and writes as well.
// Lifetime: values. Threads: const use from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/ed25519.h"
#include "base/result.h"

namespace bourse::audit {

// The identifier bytes of "Signature types" that are supported here.
enum class SignatureType : std::uint8_t {
  kEd25519 = 0x01,      // of a log: signs the note's text
  kCosignature = 0x04,  // of a witness (cosignature.h)
};

// Not empty, UTF-8, no Unicode space, no '+', no control character; at most 255 bytes.
[[nodiscard]] bool is_key_name(std::string_view name);

class NoteVerifier {
 public:
  // kBadRequest for a bad name.
  [[nodiscard]] static base::Result<NoteVerifier> make(std::string_view name, SignatureType type, base::VerifyKey key);
  // "<name>+<key id in hex>+<base64 of type and public key>"; kCorrupt when it is not, or the id is another key's;
  // kUnsupported for other types of signature.
  [[nodiscard]] static base::Result<NoteVerifier> parse(std::string_view text);
  [[nodiscard]] std::string text() const;

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] SignatureType type() const { return type_; }
  [[nodiscard]] const base::VerifyKey& key() const { return key_; }
  // SHA-256(name || 0x0A || type || public key)[:4], big-endian.
  [[nodiscard]] std::uint32_t id() const { return id_; }

 private:
  NoteVerifier(std::string_view name, SignatureType type, base::VerifyKey key);
  std::string name_;
  SignatureType type_;
  base::VerifyKey key_;
  std::uint32_t id_;
};

class NoteSigner {
 public:
  [[nodiscard]] static base::Result<NoteSigner> make(std::string_view name, SignatureType type, base::SigningKey key);
  // "PRIVATE+KEY+<name>+<key id in hex>+<base64 of type and private key>". No error text has any of it.
  [[nodiscard]] static base::Result<NoteSigner> parse(std::string_view text);
  [[nodiscard]] std::string text() const;

  [[nodiscard]] const NoteVerifier& verifier() const { return verifier_; }
  [[nodiscard]] const base::SigningKey& key() const { return key_; }

 private:
  NoteSigner(NoteVerifier verifier, base::SigningKey key) : verifier_(std::move(verifier)), key_(std::move(key)) {}
  NoteVerifier verifier_;
  base::SigningKey key_;
};

}  // namespace bourse::audit
