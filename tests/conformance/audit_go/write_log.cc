// Writes a log as `boursed` would export it, and proofs out of it, for software not written here to verify (verify.go).
// Usage: audit_go_log DIR. In DIR: tile/…, checkpoint, before (a checkpoint of a smaller size), log.key, log.vkey,
// witness.vkey, and proofs: one line a proof, "inclusion INDEX SIZE HASHES" or "consistency FROM TO HASHES".
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "audit/checkpoint.h"
#include "audit/cosignature.h"
#include "audit/entry.h"
#include "audit/entry_bundle.h"
#include "audit/proof.h"
#include "audit/tile_edge.h"

using namespace bourse;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kBefore = 700;
constexpr std::uint64_t kSize = 70'000;
constexpr std::string_view kOrigin = "bourse.example/commons";

void write_file(const fs::path& path, std::string_view bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary);
  file << bytes;
  BOURSE_CHECK(file.good());
}

std::string entry_bytes(std::uint64_t index) {
  audit::Entry entry;
  entry.at = base::Timestamp(base::Duration(1'790'000'000'000'000 + static_cast<std::int64_t>(index)));
  entry.kind = audit::EntryKind::kGrantStarted;
  entry.grant = {index};
  entry.record = std::string(index % 300, static_cast<char>(index));
  return encode(entry);
}

class Folder final : public audit::TileReader {
 public:
  explicit Folder(fs::path root) : root_(std::move(root)) {}
  [[nodiscard]] base::Result<std::vector<std::string>> read(std::span<const audit::TileId> tiles) const override {
    std::vector<std::string> found;
    for (const auto& tile : tiles) {
      std::ifstream file(root_ / tile_path(tile), std::ios::binary);
      if (!file) return {base::Errc::kNotFound, tile_path(tile)};
      found.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    return found;
  }

 private:
  fs::path root_;
};

audit::TileEdge write_tiles(const fs::path& root, const audit::NoteSigner& log) {
  audit::TileEdge edge;
  std::string bundle;
  for (std::uint64_t index = 0; index < kSize; ++index) {
    const auto entry = entry_bytes(index);
    BOURSE_CHECK(audit::append_entry(entry, bundle).ok());
    edge.append(audit::leaf_hash(entry));
    const auto size = edge.size();
    if (size % audit::kTileWidth == 0 || size == kSize || size == kBefore) {
      for (const auto& tile : audit::bundles_between(index, size)) write_file(root / tile_path(tile), bundle);
    }
    if (size % audit::kTileWidth == 0) bundle.clear();
    if (size != kBefore && size != kSize) continue;
    for (const auto& [tile, bytes] : edge.take_changes()) write_file(root / tile_path(tile), bytes);
    if (size == kBefore) {
      write_file(root / "before", sign_checkpoint({std::string(kOrigin), size, edge.root(), {}}, log));
    }
  }
  return edge;
}

void write_proofs(const fs::path& root) {
  const Folder folder(root);
  const audit::TileHashReader hashes(kSize, folder);
  std::string text;
  const auto add = [&text](const char* kind, std::uint64_t from, std::uint64_t to, const audit::Proof& proof) {
    text += kind + (' ' + std::to_string(from)) + ' ' + std::to_string(to);
    for (const auto& hash : proof) text += ' ' + audit::hash_text(hash);
    text += '\n';
  };
  for (std::uint64_t n = 0; n < kSize; n = n < 600 ? n + 7 : n + 1009) {
    add("inclusion", n, kSize, prove_inclusion(n, kSize, hashes).value());
    add("consistency", n + 1, kSize, prove_consistency(n + 1, kSize, hashes).value());
  }
  add("inclusion", kSize - 1, kSize, prove_inclusion(kSize - 1, kSize, hashes).value());
  add("consistency", kBefore, kSize, prove_consistency(kBefore, kSize, hashes).value());
  write_file(root / "proofs", text);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "Usage: audit_go_log DIR\n";
    return 2;
  }
  const fs::path root(argv[1]);
  // Ed25519 signatures and all else are the same in every run, so that a failure can be looked at again.
  const auto log = audit::NoteSigner::make(kOrigin, audit::SignatureType::kEd25519,
                                           base::SigningKey::from_raw(std::string(32, 'l')).value())
                       .value();
  const auto witness = audit::NoteSigner::make("witness.example/w1", audit::SignatureType::kCosignature,
                                               base::SigningKey::from_raw(std::string(32, 'w')).value())
                           .value();
  const auto edge = write_tiles(root, log);
  const audit::Checkpoint head{std::string(kOrigin), edge.size(), edge.root(), {}};
  const auto text = format_checkpoint(head);
  write_file(root / "checkpoint",
             audit::format_note({text, {sign_text(text, log), cosign(text, 1'790'000'000, witness)}}));
  write_file(root / "log.key", log.text());
  write_file(root / "log.vkey", log.verifier().text());
  write_file(root / "witness.vkey", witness.verifier().text());
  write_proofs(root);
  return 0;
}
