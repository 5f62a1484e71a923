#include "audit/proof.h"

#include <algorithm>
#include <bit>

namespace bourse::audit {
namespace {

using base::Errc;

// Leaves [begin, end). Where RFC 6962 §2.1 cuts a tree, `begin` is a multiple of every power of two up to the length.
struct Range {
  std::uint64_t begin;
  std::uint64_t end;
  [[nodiscard]] std::uint64_t length() const { return end - begin; }
  // The largest power of two below its length.
  [[nodiscard]] std::uint64_t split() const { return begin + std::bit_floor(length() - 1); }
};

void add_subtrees(Range range, std::vector<NodeId>& to) {
  while (range.begin < range.end) {
    const auto level = static_cast<unsigned>(std::bit_width(range.length()) - 1);
    to.push_back({level, range.begin >> level});
    range.begin += std::uint64_t{1} << level;
  }
}

// The hash of each range: those that are not complete are put together from complete subtrees.
base::Result<std::vector<Hash>> hashes_of(std::span<const Range> ranges, const HashReader& hashes) {
  std::vector<NodeId> nodes;
  for (const auto& range : ranges) add_subtrees(range, nodes);
  const auto read = hashes.read(nodes);
  if (!read) return read.error();
  BOURSE_CHECK(read->size() == nodes.size());
  std::vector<Hash> result;
  auto next = read->begin();
  for (const auto& range : ranges) {
    const auto last = next + std::popcount(range.length()) - 1;
    Hash hash = *last;
    for (auto subtree = last; subtree != next;) {
      --subtree;
      hash = node_hash(*subtree, hash);
    }
    result.push_back(hash);
    next = last + 1;
  }
  return result;
}

class Climb {
 public:
  explicit Climb(const Hash& start, const Hash& expected) : check_{{}, start, expected} {}
  void left(const Hash& given) { step(given, check_.computed, true); }
  void right(const Hash& given) { step(check_.computed, given, false); }
  [[nodiscard]] RootCheck take() { return std::move(check_); }
  [[nodiscard]] bool arrived() const { return check_.computed == check_.expected; }

 private:
  void step(const Hash& left, const Hash& right, bool left_given) {
    const Hash parent = node_hash(left, right);
    check_.steps.push_back({left, right, parent, left_given});
    check_.computed = parent;
  }
  RootCheck check_;
};

std::string of_size(std::uint64_t size) { return " of the tree of " + std::to_string(size) + " leaves"; }

std::string other_root(std::uint64_t size) { return "the proof leads to another root than that" + of_size(size); }

// Only checked where the proof is to be empty: a tree and itself, or the empty tree.
std::string trivial_problem(std::uint64_t from, const Hash& from_root, std::uint64_t to, const Hash& to_root,
                            bool empty_proof) {
  if (!empty_proof) return "the proof has hashes where none is needed";
  if (from == 0 && from_root != empty_root()) return "not the root of the empty tree";
  if (from == to && from_root != to_root) return "two roots" + of_size(to) + ": the log was rewritten";
  return {};
}

}  // namespace

base::Result<Proof> prove_inclusion(std::uint64_t index, std::uint64_t size, const HashReader& hashes) {
  if (index >= size || size > kMaxTreeSize) {
    return {Errc::kNotFound, "leaf " + std::to_string(index) + " is not in a tree of " + std::to_string(size)};
  }
  std::vector<Range> siblings;
  for (Range tree{0, size}; tree.length() > 1;) {
    const auto split = tree.split();
    const bool right = index >= split;
    siblings.push_back(right ? Range{tree.begin, split} : Range{split, tree.end});
    (right ? tree.begin : tree.end) = split;
  }
  std::reverse(siblings.begin(), siblings.end());
  return hashes_of(siblings, hashes);
}

base::Result<Proof> prove_consistency(std::uint64_t from, std::uint64_t to, const HashReader& hashes) {
  if (from > to || to > kMaxTreeSize) {
    return {Errc::kBadRequest,
            "no tree of " + std::to_string(from) + " leaves is a prefix of one of " + std::to_string(to)};
  }
  if (from == 0 || from == to) return Proof{};
  std::vector<Range> ranges;
  Range tree{0, to};
  while (tree.end != from) {
    const auto split = tree.split();
    const bool right = from > split;
    ranges.push_back(right ? Range{tree.begin, split} : Range{split, tree.end});
    (right ? tree.begin : tree.end) = split;
  }
  // The verifier has the old root already where it is a complete subtree from the first leaf on.
  if (tree.begin != 0) ranges.push_back(tree);
  std::reverse(ranges.begin(), ranges.end());
  return hashes_of(ranges, hashes);
}

base::Result<Hash> root_of(std::uint64_t size, const HashReader& hashes) {
  if (size == 0) return empty_root();
  if (size > kMaxTreeSize) return {Errc::kBadRequest, "no tree is that large"};
  const Range whole{0, size};
  const auto root = hashes_of({&whole, 1}, hashes);
  if (!root) return root.error();
  return root->front();
}

InclusionCheck check_inclusion(const Hash& leaf, std::uint64_t index, std::uint64_t size, const Hash& root,
                               std::span<const Hash> proof) {
  if (index >= size || size > kMaxTreeSize) {
    return {{{}, leaf, root}, "leaf " + std::to_string(index) + " lies beyond the end" + of_size(size)};
  }
  Climb climb(leaf, root);
  auto node = index;
  auto last = size - 1;  // of the level
  for (const auto& hash : proof) {
    if (last == 0) return {climb.take(), "the proof has too many hashes"};
    if ((node & 1U) != 0 || node == last) {
      climb.left(hash);
      // The rightmost nodes rise until they have a left neighbour.
      while ((node & 1U) == 0 && node != 0) node >>= 1U, last >>= 1U;
    } else {
      climb.right(hash);
    }
    node >>= 1U;
    last >>= 1U;
  }
  std::string problem;
  if (last != 0) {
    problem = "the proof has too few hashes";
  } else if (!climb.arrived()) {
    problem = other_root(size);
  }
  return {climb.take(), std::move(problem)};
}

ConsistencyCheck check_consistency(std::uint64_t from, const Hash& from_root, std::uint64_t to, const Hash& to_root,
                                   std::span<const Hash> proof) {
  const auto verdict = [&](std::string problem) {
    return ConsistencyCheck{{{}, from_root, from_root}, {{}, to_root, to_root}, std::move(problem)};
  };
  if (from > to || to > kMaxTreeSize) {
    return verdict("the log went back from " + std::to_string(from) + " to " + std::to_string(to) + " leaves");
  }
  if (from == 0 || from == to) return verdict(trivial_problem(from, from_root, to, to_root, proof.empty()));
  // A complete old tree is itself where the climb begins.
  const bool complete = std::has_single_bit(from);
  if (!complete && proof.empty()) return verdict("the proof has too few hashes");
  const Hash start = complete ? from_root : proof.front();
  if (!complete) proof = proof.subspan(1);

  Climb old_tree(start, from_root);
  Climb new_tree(start, to_root);
  auto node = from - 1;
  auto last = to - 1;
  while ((node & 1U) != 0) node >>= 1U, last >>= 1U;
  std::string problem;
  for (const auto& hash : proof) {
    if (last == 0) {
      problem = "the proof has too many hashes";
      break;
    }
    if ((node & 1U) != 0 || node == last) {
      old_tree.left(hash);
      new_tree.left(hash);
      while ((node & 1U) == 0 && node != 0) node >>= 1U, last >>= 1U;
    } else {
      new_tree.right(hash);
    }
    node >>= 1U;
    last >>= 1U;
  }
  if (problem.empty() && last != 0) problem = "the proof has too few hashes";
  if (problem.empty() && !old_tree.arrived()) problem = other_root(from);
  if (problem.empty() && !new_tree.arrived()) problem = other_root(to);
  return {old_tree.take(), new_tree.take(), std::move(problem)};
}

}  // namespace bourse::audit
