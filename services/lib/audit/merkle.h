// Purpose: the Merkle tree of the log (RFC 6962 §2.1, the same as RFC 9162 §2.1.1): hashes of leaves and nodes, and the
//   root of a tree that grows.
// Lifetime: values. Threads: free functions from any thread; a Frontier has one owner.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/sha256.h"

namespace bourse::audit {

using Hash = base::Digest;

// Sizes and indices stay within a signed 64-bit number, as other implementations and PostgreSQL have them.
inline constexpr std::uint64_t kMaxTreeSize = (std::uint64_t{1} << 63) - 1;

[[nodiscard]] Hash empty_root();                                    // SHA-256()
[[nodiscard]] Hash leaf_hash(std::string_view entry);               // SHA-256(0x00 || entry)
[[nodiscard]] Hash node_hash(const Hash& left, const Hash& right);  // SHA-256(0x01 || left || right)

[[nodiscard]] std::string_view bytes_of(const Hash& hash);      // a view of it: 32 bytes
[[nodiscard]] Hash hash_of_bytes(std::string_view bytes);       // CHECKs that they are 32
[[nodiscard]] std::string hash_text(const Hash& hash);          // base64, as checkpoints and proofs write it
[[nodiscard]] base::Result<Hash> parse_hash(std::string_view);  // kCorrupt on anything else

// A complete subtree: MTH(D[index << level : (index + 1) << level]). Level 0 are the leaves.
struct NodeId {
  unsigned level = 0;
  std::uint64_t index = 0;
  friend bool operator==(const NodeId&, const NodeId&) = default;
};

// What a log must remember of a tree to append to it: the roots of its largest complete subtrees, one for each bit set
// in its size.
class Frontier {
 public:
  Frontier() = default;

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] Hash root() const;

  // Calls `completed(NodeId, Hash)` for the leaf and each subtree it completes, from the leaf up.
  template <class Completed>
  void append(const Hash& leaf, Completed&& completed) {
    BOURSE_CHECK(size_ < kMaxTreeSize);
    Hash hash = leaf;
    NodeId node{0, size_};
    completed(node, hash);
    for (; (size_ >> node.level & 1U) != 0; completed(node, hash)) {
      hash = node_hash(subtrees_[node.level], hash);
      node = {node.level + 1, node.index >> 1U};
    }
    subtrees_[node.level] = hash;
    ++size_;
  }
  void append(const Hash& leaf) {
    append(leaf, [](const NodeId&, const Hash&) {});
  }

  // The next complete subtree, smaller than all there are (CHECKed): how a frontier is made again, largest first.
  void append_subtree(unsigned level, const Hash& root);

 private:
  std::uint64_t size_ = 0;
  std::array<Hash, 64> subtrees_{};  // [level] holds where that bit of size_ is set
};

}  // namespace bourse::audit
