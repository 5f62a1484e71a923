// Purpose: a small market's log behind LogClient, honest or not, and a folder for what is checked with it.
// Lifetime: a Log outlives its clients. Threads: none.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "audit/checkpoint.h"
#include "audit/entry.h"
#include "audit/tile_edge.h"
#include "xmpp/client_log.h"

namespace bourse::cli {

using audit::SignatureType;
using market::LogAnswer;
using market::LogQuery;

inline audit::NoteSigner signer(const std::string& name, SignatureType type) {
  return audit::NoteSigner::make(name, type, base::SigningKey::from_raw(std::string(32, name.front())).value()).value();
}

// All hashes of complete subtrees are computed when they are asked for: small logs only.
class Hashes final : public audit::HashReader {
 public:
  explicit Hashes(const std::vector<std::string>& entries) : entries_(entries) {}
  [[nodiscard]] base::Result<std::vector<audit::Hash>> read(std::span<const audit::NodeId> nodes) const override {
    std::vector<audit::Hash> hashes;
    for (const auto& node : nodes) hashes.push_back(of(node));
    return hashes;
  }

 private:
  [[nodiscard]] audit::Hash of(const audit::NodeId& node) const {
    if (node.level == 0) return audit::leaf_hash(entries_.at(node.index));
    return audit::node_hash(of({node.level - 1, 2 * node.index}), of({node.level - 1, 2 * node.index + 1}));
  }
  const std::vector<std::string>& entries_;
};

struct Log {
  audit::NoteSigner key = signer("bourse.example.org/commons", SignatureType::kEd25519);
  std::vector<std::string> entries;
  std::size_t at_once = 100;  // how many entries and tiles an answer has
  std::size_t asked = 0;

  void grow(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      audit::Entry entry;
      entry.grant = {entries.size() + 1};
      entry.reason = "number " + std::to_string(entries.size());
      entries.push_back(audit::encode(entry));
    }
  }
  [[nodiscard]] market::CheckpointRow head() const {
    audit::Frontier tree;
    for (const auto& entry : entries) tree.append(audit::leaf_hash(entry));
    const audit::Checkpoint checkpoint{key.verifier().name(), tree.size(), tree.root(), {}};
    return {tree.size(), {}, audit::sign_checkpoint(checkpoint, key)};
  }
  [[nodiscard]] LogAnswer answer(const LogQuery& query) const {
    LogAnswer answer;
    const bool of_tree = std::holds_alternative<LogQuery::Tiles>(query.what);
    if (!of_tree && !std::holds_alternative<LogQuery::Entries>(query.what)) answer.checkpoint = head();
    const Hashes hashes(entries);
    if (const auto* asked_for = std::get_if<LogQuery::Consistency>(&query.what)) {
      const auto proof = audit::prove_consistency(asked_for->from, entries.size(), hashes).value();
      for (const auto& hash : proof) {
        answer.consistency.emplace_back(audit::bytes_of(hash));
      }
    } else if (const auto* receipts = std::get_if<LogQuery::Receipts>(&query.what)) {
      for (const auto index : receipts->indices) {
        if (index.value >= entries.size() || answer.receipts.size() == at_once) continue;
        market::Receipt receipt{index, entries[index.value], {}};
        const auto proof = audit::prove_inclusion(index.value, entries.size(), hashes).value();
        for (const auto& hash : proof) {
          receipt.hashes.emplace_back(audit::bytes_of(hash));
        }
        answer.receipts.push_back(std::move(receipt));
      }
    } else if (const auto* tiles = std::get_if<LogQuery::Tiles>(&query.what)) {
      audit::TileEdge edge;
      for (const auto& entry : entries) edge.append(audit::leaf_hash(entry));
      const auto all = edge.take_changes();
      for (const auto& id : tiles->tiles) {
        if (answer.tiles.size() == at_once) break;
        for (const auto& tile : all) {
          if (tile.tile.level == id.level && tile.tile.index == id.index) {
            answer.tiles.push_back({id.level, id.index, tile.bytes});
          }
        }
      }
    } else if (const auto* from = std::get_if<LogQuery::Entries>(&query.what)) {
      for (auto i = from->from; i < entries.size() && answer.entries.size() < at_once; ++i) {
        answer.entries.push_back({{i}, entries[i]});
      }
    }
    return answer;
  }
  [[nodiscard]] xmpp::LogClient client() {
    return xmpp::LogClient([this](const LogQuery& query) -> base::Result<LogAnswer> {
      ++asked;
      return answer(query);
    });
  }
};

class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / ("bourse-log-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string path(const std::string& name = {}) const {
    return name.empty() ? path_.string() : (path_ / name).string();
  }

 private:
  std::filesystem::path path_;
};

inline std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}
inline void overwrite(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

inline audit::SignedCheckpoint opened(const Log& log) {
  return audit::open_checkpoint(log.head().note, log.key.verifier()).value();
}
inline const auto kQuiet = [](std::uint64_t) {};

}  // namespace bourse::cli
