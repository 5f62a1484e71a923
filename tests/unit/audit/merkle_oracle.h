// Purpose: the tree and its proofs as RFC 6962 defines them: by recursion over all leaves. Slow, and nothing else.
// Lifetime: free functions. Threads: none.
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "audit/proof.h"

namespace bourse::audit::oracle {

using Leaves = std::span<const Hash>;

inline std::size_t split(Leaves leaves) { return std::bit_floor(leaves.size() - 1); }

inline Hash root(Leaves leaves) {  // §2.1, MTH
  if (leaves.empty()) return empty_root();
  if (leaves.size() == 1) return leaves[0];
  const auto k = split(leaves);
  return node_hash(root(leaves.first(k)), root(leaves.subspan(k)));
}

inline Proof with(Proof proof, const Hash& last) {
  proof.push_back(last);
  return proof;
}

inline Proof path(std::size_t m, Leaves leaves) {  // §2.1.1, PATH
  if (leaves.size() <= 1) return {};
  const auto k = split(leaves);
  return m < k ? with(path(m, leaves.first(k)), root(leaves.subspan(k)))
               : with(path(m - k, leaves.subspan(k)), root(leaves.first(k)));
}

inline Proof subproof(std::size_t m, Leaves leaves, bool whole) {  // §2.1.2, SUBPROOF
  if (m == leaves.size()) return whole ? Proof{} : Proof{root(leaves)};
  const auto k = split(leaves);
  return m <= k ? with(subproof(m, leaves.first(k), whole), root(leaves.subspan(k)))
                : with(subproof(m - k, leaves.subspan(k), false), root(leaves.first(k)));
}

// Leaves that differ from each other, and from those of another seed.
inline std::vector<Hash> make_leaves(std::size_t count, int seed = 0) {
  std::vector<Hash> leaves;
  for (std::size_t i = 0; i < count; ++i) leaves.push_back(leaf_hash(std::to_string(seed) + '/' + std::to_string(i)));
  return leaves;
}

class LeafHashReader final : public HashReader {
 public:
  explicit LeafHashReader(Leaves leaves) : leaves_(leaves) {}
  [[nodiscard]] base::Result<std::vector<Hash>> read(std::span<const NodeId> nodes) const override {
    std::vector<Hash> hashes;
    for (const auto& node : nodes) {
      const auto size = std::size_t{1} << node.level;
      if ((node.index + 1) * size > leaves_.size()) return {base::Errc::kNotFound, "no such subtree"};
      hashes.push_back(root(leaves_.subspan(node.index * size, size)));
    }
    return hashes;
  }

 private:
  Leaves leaves_;
};

}  // namespace bourse::audit::oracle
