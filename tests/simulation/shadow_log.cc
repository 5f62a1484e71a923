#include "shadow_log.h"

#include <bit>
#include <span>

#include "audit/proof.h"

namespace bourse::simulation {
namespace {

// RFC 6962 §2.1, by recursion over all leaves.
audit::Hash root_of(std::span<const audit::Hash> leaves) {
  if (leaves.empty()) return audit::empty_root();
  if (leaves.size() == 1) return leaves[0];
  const auto half = std::bit_floor(leaves.size() - 1);
  return audit::node_hash(root_of(leaves.first(half)), root_of(leaves.subspan(half)));
}

class Tiles final : public audit::TileReader {
 public:
  using ById = std::map<std::pair<unsigned, std::uint64_t>, std::string>;
  explicit Tiles(const ById& tiles) : tiles_(tiles) {}
  [[nodiscard]] base::Result<std::vector<std::string>> read(std::span<const audit::TileId> wanted) const override {
    std::vector<std::string> found;
    for (const auto& tile : wanted) {
      const auto at = tiles_.find({tile.level, tile.index});
      if (at == tiles_.end()) return {base::Errc::kNotFound, audit::tile_path(tile) + " is not there"};
      found.push_back(at->second);
    }
    return found;
  }

 private:
  const ById& tiles_;
};

}  // namespace

void ShadowLog::append(const audit::Entry& entry) {
  if (audit::is_statement(entry.kind)) statements_[entry.kind] = {{entries_.size()}, entry};
  entries_.push_back(audit::encode(entry));
  leaves_.push_back(audit::leaf_hash(entries_.back()));
}

void ShadowLog::apply(const market::LogTileRow& row) { tiles_[{row.level, row.index}] = row.hashes; }

std::string ShadowLog::apply(const market::CheckpointRow& row) {
  const auto of = " the checkpoint of " + std::to_string(row.size);
  const auto note = audit::parse_note(row.note);
  if (!note) return "it is no note:" + of;
  const auto checkpoint = audit::parse_checkpoint(note->text);
  if (!checkpoint || checkpoint->size != row.size) return "it is none, or of another size:" + of;
  if (row.size <= integrated() || row.size > size()) return "it covers nothing new, or what is not there:" + of;
  if (checkpoint->root != root_of(std::span(leaves_).first(row.size))) return "its root is not the entries':" + of;
  const Tiles tiles(tiles_);
  const auto proof = audit::prove_consistency(integrated(), row.size, audit::TileHashReader(row.size, tiles));
  if (!proof) return proof.error().text + ":" + of;
  const auto consistent = audit::check_consistency(integrated(), root_, row.size, checkpoint->root, *proof);
  if (!consistent.ok()) return "it is not consistent with the one before:" + of;
  checkpoint_ = row;
  root_ = checkpoint->root;
  return {};
}

market::LogHead ShadowLog::head() const {
  market::LogHead head;
  head.checkpoint = checkpoint_;
  for (unsigned level = 0; level < audit::kTileLevels; ++level) {
    if (audit::partial_width(level, integrated()) == 0) continue;
    const auto index = audit::hashes_at(level, integrated()) / audit::kTileWidth;
    head.tiles.push_back({level, index, tiles_.at({level, index})});
  }
  for (auto i = integrated(); i < size(); ++i) head.take({{i}, entries_[i]});
  return head;
}

base::Status ShadowLog::load(market::StateLoader& loader) const {
  for (const auto& [kind, statement] : statements_) {
    if (auto status = loader.on_statement(statement); !status) return status;
  }
  auto head = this->head();
  if (head.checkpoint) {
    if (auto status = loader.on_checkpoint(std::move(*head.checkpoint)); !status) return status;
  }
  for (auto& row : head.tiles) {
    if (auto status = loader.on_log_tile(std::move(row)); !status) return status;
  }
  for (auto i = integrated(); i < size(); ++i) {
    if (auto status = loader.on_unintegrated({{i}, entries_[i]}); !status) return status;
  }
  return base::Done{};
}

}  // namespace bourse::simulation
