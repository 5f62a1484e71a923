// Purpose: inclusion proofs (RFC 9162 §2.1.3) and consistency proofs (§2.1.4): made from stored hashes, and verified
//   step by step, so that a person can follow what was hashed with what.
// Lifetime: free functions over values. Threads: no state.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "audit/merkle.h"
#include "base/result.h"

namespace bourse::audit {

// The port to the hashes of a log. All that a proof needs is asked for at once, so that an implementation can fetch it
// in one round trip.
class HashReader {
 public:
  HashReader() = default;
  HashReader(const HashReader&) = delete;
  HashReader& operator=(const HashReader&) = delete;
  virtual ~HashReader() = default;
  // In the order of `nodes`. An error when one of them is not there.
  [[nodiscard]] virtual base::Result<std::vector<Hash>> read(std::span<const NodeId> nodes) const = 0;
};

// A proof is a list of hashes, in the order of RFC 6962 §2.1.1 and §2.1.2: from the leaf up.
using Proof = std::vector<Hash>;

// That leaf `index` is in the tree of the first `size` leaves. kNotFound when it is not.
[[nodiscard]] base::Result<Proof> prove_inclusion(std::uint64_t index, std::uint64_t size, const HashReader& hashes);
// That the tree of `from` leaves is a prefix of that of `to`. kBadRequest when from > to. Empty when from is 0 or `to`.
[[nodiscard]] base::Result<Proof> prove_consistency(std::uint64_t from, std::uint64_t to, const HashReader& hashes);
// The root of the first `size` leaves.
[[nodiscard]] base::Result<Hash> root_of(std::uint64_t size, const HashReader& hashes);

// parent = node_hash(left, right); one of the two was computed before, the other is the proof's.
struct HashStep {
  Hash left{};
  Hash right{};
  Hash parent{};
  bool left_given = false;  // the proof's is the left one
  friend bool operator==(const HashStep&, const HashStep&) = default;
};

// One root computed again from a proof, and what it should be.
struct RootCheck {
  std::vector<HashStep> steps;
  Hash computed{};
  Hash expected{};
};

struct InclusionCheck {
  RootCheck root;
  std::string problem;  // for a person; empty: the proof holds
  [[nodiscard]] bool ok() const { return problem.empty(); }
};
struct ConsistencyCheck {
  RootCheck from;
  RootCheck to;
  std::string problem;
  [[nodiscard]] bool ok() const { return problem.empty(); }
};

// RFC 9162 §2.1.3.2. A proof does not bind the tree's size where trees of two sizes have the same path to the leaf:
// take size and root from one signed checkpoint.
[[nodiscard]] InclusionCheck check_inclusion(const Hash& leaf, std::uint64_t index, std::uint64_t size,
                                             const Hash& root, std::span<const Hash> proof);
// RFC 9162 §2.1.4.2. From 0 leaves, and from a tree to itself, only the empty proof holds.
[[nodiscard]] ConsistencyCheck check_consistency(std::uint64_t from, const Hash& from_root, std::uint64_t to,
                                                 const Hash& to_root, std::span<const Hash> proof);

}  // namespace bourse::audit
