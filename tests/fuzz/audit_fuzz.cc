// What a verifier reads of a log: keys, notes, checkpoints, cosignatures, receipts, bundles, paths of tiles, tiles.
// What is accepted must come back byte by byte, and nothing that no key signed may be believed.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "audit/entry_bundle.h"
#include "audit/tile_edge.h"
#include "audit/tlog_proof.h"

using namespace bourse;

namespace {

audit::NoteVerifier verifier(audit::SignatureType type) {
  return audit::NoteVerifier::make("bourse.example/commons", type, base::SigningKey::generate().verify_key()).value();
}

void keys(std::string_view text) {
  // A key id may have capital letters.
  const auto same = [](const std::string& again, std::string_view first) {
    return std::equal(again.begin(), again.end(), first.begin(), first.end(),
                      [](char a, char b) { return a == b || a == b - 'A' + 'a'; });
  };
  if (const auto key = audit::NoteVerifier::parse(text)) BOURSE_CHECK(same(key->text(), text));
  if (const auto key = audit::NoteSigner::parse(text)) BOURSE_CHECK(same(key->text(), text));
}

void notes(std::string_view text) {
  static const auto kLog = verifier(audit::SignatureType::kEd25519);
  static const auto kWitness = verifier(audit::SignatureType::kCosignature);
  if (const auto note = audit::parse_note(text)) {
    BOURSE_CHECK(audit::format_note(*note) == text);
    BOURSE_CHECK(!audit::verify_note(*note, {&kLog, 1}).ok());
    const auto witnesses = audit::verify_cosignatures(*note, {&kWitness, 1});
    BOURSE_CHECK(!witnesses.ok() || witnesses->empty());
  }
  if (const auto checkpoint = audit::parse_checkpoint(text)) {
    BOURSE_CHECK(audit::format_checkpoint(*checkpoint) == text);
  }
  BOURSE_CHECK(!audit::open_checkpoint(text, kLog).ok());
  if (const auto proof = audit::parse_tlog_proof(text)) {
    BOURSE_CHECK(audit::format_tlog_proof(*proof) == text);
    BOURSE_CHECK(!audit::check_tlog_proof(*proof, "entry", {kLog, {kWitness}, 0}).ok());
  }
}

class OneTile final : public audit::TileReader {
 public:
  explicit OneTile(std::string_view bytes) : bytes_(bytes) {}
  [[nodiscard]] base::Result<std::vector<std::string>> read(std::span<const audit::TileId> tiles) const override {
    return std::vector<std::string>(tiles.size(), bytes_);
  }

 private:
  std::string bytes_;
};

// The first two bytes say the size of the tree and what is asked of it.
void tiles(std::string_view text) {
  if (const auto tile = audit::parse_tile_path(text)) BOURSE_CHECK(audit::tile_path(*tile) == text);
  if (text.size() < 2) return;
  const std::uint64_t size = static_cast<unsigned char>(text[0]);
  const std::uint64_t index = static_cast<unsigned char>(text[1]);
  text.remove_prefix(2);
  if (const auto entries = audit::parse_bundle(text, static_cast<unsigned>(size))) {
    std::string again;
    for (const auto& entry : *entries) BOURSE_CHECK(audit::append_entry(entry, again).ok());
    BOURSE_CHECK(again == text);
  }
  const OneTile stored(text);
  const auto edge = audit::TileEdge::load(size, stored);
  const audit::TileHashReader hashes(size, stored);
  const auto root = audit::root_of(size, hashes);
  BOURSE_CHECK(!edge.ok() || (root.ok() && edge->root() == *root));
  const auto proof = audit::prove_inclusion(index, size, hashes);
  if (!proof || !root) return;
  const auto leaf = audit::hash_of_bytes(text.substr(index * sizeof(audit::Hash), sizeof(audit::Hash)));
  BOURSE_CHECK(audit::check_inclusion(leaf, index, size, *root, *proof).ok());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  keys(text);
  notes(text);
  tiles(text);
  return 0;
}
