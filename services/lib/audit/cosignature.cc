#include "audit/cosignature.h"

#include <algorithm>

#include "audit/merkle.h"

namespace bourse::audit {
namespace {

using base::Errc;

constexpr std::size_t kTimeBytes = 8;
constexpr std::size_t kSignatureBytes = 64;
constexpr std::uint64_t kMaxSeconds = (std::uint64_t{1} << 63) - 1;

}  // namespace

std::string cosigned_message(std::uint64_t seconds, std::string_view text) {
  return "cosignature/v1\ntime " + std::to_string(seconds) + '\n' + std::string(text);
}

NoteSignature cosign(std::string_view text, std::uint64_t seconds, const NoteSigner& witness) {
  BOURSE_CHECK(witness.verifier().type() == SignatureType::kCosignature && seconds <= kMaxSeconds);
  std::string bytes;
  for (unsigned shift = 8 * kTimeBytes; shift > 0;) bytes += static_cast<char>(seconds >> (shift -= 8) & 0xFFU);
  bytes += witness.key().sign(cosigned_message(seconds, text));
  return {witness.verifier().name(), witness.verifier().id(), std::move(bytes)};
}

base::Result<Cosignature> parse_cosignature(std::string_view bytes) {
  if (bytes.size() != kTimeBytes + kSignatureBytes) return {Errc::kCorrupt, "a cosignature has 72 bytes"};
  Cosignature cosignature;
  for (const char c : bytes.substr(0, kTimeBytes)) {
    cosignature.seconds = cosignature.seconds << 8U | static_cast<unsigned char>(c);
  }
  if (cosignature.seconds > kMaxSeconds) return {Errc::kCorrupt, "a cosignature's time is above 2^63 - 1 seconds"};
  cosignature.signature = bytes.substr(kTimeBytes);
  return cosignature;
}

base::Result<std::vector<Witnessed>> verify_cosignatures(const Note& checkpoint,
                                                         std::span<const NoteVerifier> witnesses) {
  std::vector<Witnessed> found;
  for (const auto& witness : witnesses) {
    BOURSE_CHECK(witness.type() == SignatureType::kCosignature);
    Witnessed said{witness.name(), 0};
    bool cosigned = false;
    for (const auto& signature : checkpoint.signatures) {
      if (signature.name != witness.name() || signature.key_id != witness.id()) continue;
      const auto cosignature = parse_cosignature(signature.bytes);
      if (!cosignature) return cosignature.error();
      if (!witness.key().verifies(cosigned_message(cosignature->seconds, checkpoint.text), cosignature->signature)) {
        return {Errc::kCorrupt, "the cosignature of " + witness.name() + " is not by its key, or the text was changed"};
      }
      said.seconds = std::max(said.seconds, cosignature->seconds);
      cosigned = true;
    }
    const bool known = std::find_if(found.begin(), found.end(),
                                    [&](const Witnessed& one) { return one.witness == witness.name(); }) != found.end();
    if (cosigned && !known) found.push_back(std::move(said));
  }
  return found;
}

}  // namespace bourse::audit
