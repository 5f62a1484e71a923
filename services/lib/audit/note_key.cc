#include "audit/note_key.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <optional>
#include <utility>

#include "base/base64.h"
#include "base/sha256.h"
#include "domain/utf8.h"

namespace bourse::audit {
namespace {

using base::Errc;

constexpr std::string_view kPrivate = "PRIVATE+KEY+";
constexpr std::size_t kMostNameBytes = 255;
constexpr std::size_t kKeyBytes = 32;  // private and public alike

// White_Space of the Unicode Character Database above ASCII, in UTF-8. U+0085 counts as a control character too.
constexpr std::array<std::string_view, 19> kSpaces = {
    "\u0085", "\u00A0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006",
    "\u2007", "\u2008", "\u2009", "\u200A", "\u2028", "\u2029", "\u202F", "\u205F", "\u3000"};

std::uint32_t key_id(std::string_view name, SignatureType type, std::string_view key) {
  std::string bytes(name);
  bytes += '\n';
  bytes += static_cast<char>(type);
  bytes += key;
  const auto digest = base::Sha256().hash(bytes);
  std::uint32_t id = 0;
  for (int i = 0; i < 4; ++i) id = id << 8U | digest[static_cast<std::size_t>(i)];
  return id;
}

struct KeyText {
  std::string_view name;
  std::uint32_t id;
  SignatureType type;
  std::string key;
};

std::string key_text(const NoteVerifier& verifier, std::string_view key) {
  std::array<char, 9> id;
  (void)std::snprintf(id.data(), id.size(), "%08x", verifier.id());
  return verifier.name() + '+' + id.data() + '+' +
         base::base64_encode(static_cast<char>(verifier.type()) + std::string(key));
}

// `what` must say nothing of the text: it may be a secret.
base::Result<KeyText> parse_key_text(std::string_view text) {
  const auto wrong = [](std::string what) {
    return base::Error{Errc::kCorrupt, "not a key for notes: " + std::move(what)};
  };
  const auto first = text.find('+');
  const auto second = first == std::string_view::npos ? first : text.find('+', first + 1);
  if (second == std::string_view::npos) return wrong("it should be name+id+key");
  KeyText parts{text.substr(0, first), 0, SignatureType::kEd25519, {}};
  if (!is_key_name(parts.name)) return wrong("its name is empty, too long, or has a space");
  const auto hex = text.substr(first + 1, second - first - 1);
  const auto [end, failure] = std::from_chars(hex.data(), hex.data() + hex.size(), parts.id, 16);
  if (hex.size() != 8 || failure != std::errc() || end != hex.data() + hex.size()) {
    return wrong("its id should have eight hexadecimal digits");
  }
  const auto encoded = text.substr(second + 1);
  // Keys of other types are longer, but not without limit.
  auto key = encoded.size() > 8192 ? base::Result<std::string>(Errc::kCorrupt, "") : base::base64_decode(encoded);
  if (!key || key->empty()) return wrong("the key itself is not base64");
  const auto type = static_cast<SignatureType>(key->front());
  if (type != SignatureType::kEd25519 && type != SignatureType::kCosignature) {
    return {Errc::kUnsupported,
            "a key for notes whose type is not supported here: use Ed25519 (1) or cosignature/v1 (4)"};
  }
  if (key->size() != 1 + kKeyBytes) return wrong("an Ed25519 key has 32 bytes");
  parts.type = type;
  parts.key = key->substr(1);
  return parts;
}

base::Error other_id() { return {Errc::kCorrupt, "not a key for notes: its id is not that of its name and key"}; }

}  // namespace

bool is_key_name(std::string_view name) {
  if (name.empty() || name.size() > kMostNameBytes || !domain::is_utf8(name)) return false;
  const auto refused = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == '+'; };
  return std::none_of(name.begin(), name.end(), refused) &&
         std::none_of(kSpaces.begin(), kSpaces.end(), [&](auto space) { return name.find(space) != name.npos; });
}

NoteVerifier::NoteVerifier(std::string_view name, SignatureType type, base::VerifyKey key)
    : name_(name), type_(type), key_(std::move(key)), id_(key_id(name, type, key_.raw())) {}

base::Result<NoteVerifier> NoteVerifier::make(std::string_view name, SignatureType type, base::VerifyKey key) {
  if (!is_key_name(name))
    return {Errc::kBadRequest, "the name of a key for notes has 1 to 255 bytes, no space and no '+'"};
  return NoteVerifier(name, type, std::move(key));
}

base::Result<NoteVerifier> NoteVerifier::parse(std::string_view text) {
  const auto parts = parse_key_text(text);
  if (!parts) return parts.error();
  auto key = base::VerifyKey::from_raw(parts->key);
  if (!key) return key.error();
  NoteVerifier verifier(parts->name, parts->type, std::move(*key));
  if (verifier.id() != parts->id) return other_id();
  return verifier;
}

std::string NoteVerifier::text() const { return key_text(*this, key_.raw()); }

base::Result<NoteSigner> NoteSigner::make(std::string_view name, SignatureType type, base::SigningKey key) {
  auto verifier = NoteVerifier::make(name, type, key.verify_key());
  if (!verifier) return verifier.error();
  return NoteSigner(std::move(*verifier), std::move(key));
}

base::Result<NoteSigner> NoteSigner::parse(std::string_view text) {
  if (!text.starts_with(kPrivate)) return {Errc::kCorrupt, "not a private key for notes: it begins with PRIVATE+KEY+"};
  const auto parts = parse_key_text(text.substr(kPrivate.size()));
  if (!parts) return parts.error();
  auto key = base::SigningKey::from_raw(parts->key);
  if (!key) return key.error();
  auto signer = make(parts->name, parts->type, std::move(*key));
  if (signer && signer->verifier().id() != parts->id) return other_id();
  return signer;
}

std::string NoteSigner::text() const { return std::string(kPrivate) + key_text(verifier_, key_.raw()); }

}  // namespace bourse::audit
