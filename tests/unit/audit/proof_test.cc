#include "audit/proof.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

#include "unit/audit/merkle_oracle.h"
#include "unit/audit/published_tree.h"

namespace bourse::audit {
namespace {

constexpr std::size_t kExhaustive = 70;

struct Fixture {
  std::vector<Hash> leaves;
  std::vector<Hash> roots;  // of each prefix
  explicit Fixture(std::size_t size, int seed = 0) : leaves(oracle::make_leaves(size, seed)) {
    Frontier frontier;
    roots.push_back(frontier.root());
    for (const auto& leaf : leaves) {
      frontier.append(leaf);
      roots.push_back(frontier.root());
    }
  }
  [[nodiscard]] oracle::Leaves first(std::size_t size) const { return oracle::Leaves(leaves).first(size); }
  [[nodiscard]] bool includes(std::size_t index, std::size_t size, const Proof& proof) const {
    return check_inclusion(leaves[index], index, size, roots[size], proof).ok();
  }
  [[nodiscard]] bool consistent(std::size_t from, std::size_t to, const Proof& proof) const {
    return check_consistency(from, roots[from], to, roots[to], proof).ok();
  }
};

Hash flipped(Hash hash, std::size_t bit) {
  hash[bit / 8] = static_cast<std::uint8_t>(hash[bit / 8] ^ (1U << bit % 8));
  return hash;
}

// Every proof that differs from `proof` in one bit, one element or its length. All bits are flipped with `step` 1.
std::vector<Proof> mutations(const Proof& proof, std::size_t step) {
  std::vector<Proof> all;
  for (std::size_t i = 0; i < proof.size(); ++i) {
    for (std::size_t bit = i % step; bit < 256; bit += step) {
      all.push_back(proof);
      all.back()[i] = flipped(proof[i], bit);
    }
    all.push_back(proof);
    all.back().erase(all.back().begin() + static_cast<std::ptrdiff_t>(i));
    if (i > 0 && proof[i] != proof[i - 1]) {
      all.push_back(proof);
      std::swap(all.back()[i], all.back()[i - 1]);
    }
  }
  for (std::size_t i = 0; i <= proof.size(); ++i) {
    all.push_back(proof);
    all.back().insert(all.back().begin() + static_cast<std::ptrdiff_t>(i), leaf_hash("foreign"));
  }
  return all;
}

std::vector<std::string> hex(const Proof& proof) {
  std::vector<std::string> text;
  for (const auto& hash : proof) text.push_back(audit::hex(hash));
  return text;
}

// The proofs that Certificate Transparency's test suites have for this tree.
TEST(Proof, PublishedProofs) {
  using Hex = std::vector<std::string>;
  const std::string a = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
  const std::string b = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
  const std::string c = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";
  const std::string d = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
  const std::string e = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
  const std::string f = "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7";
  std::vector<Hash> leaves;
  for (const auto& leaf : published_tree()) leaves.push_back(leaf_hash(leaf.entry));
  const oracle::LeafHashReader reader(leaves);
  EXPECT_EQ(hex(prove_inclusion(0, 1, reader).value()), Hex());
  EXPECT_EQ(hex(prove_inclusion(0, 8, reader).value()), (Hex{a, b, c}));
  EXPECT_EQ(hex(prove_inclusion(5, 8, reader).value()), (Hex{d, e, f}));
  EXPECT_EQ(hex(prove_inclusion(2, 3, reader).value()),
            Hex{"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"});
  EXPECT_EQ(hex(prove_consistency(1, 1, reader).value()), Hex());
  EXPECT_EQ(hex(prove_consistency(1, 8, reader).value()), (Hex{a, b, c}));
  EXPECT_EQ(hex(prove_consistency(6, 8, reader).value()),
            (Hex{"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a", e, f}));
  EXPECT_EQ(hex(prove_consistency(2, 5, reader).value()), (Hex{b, d}));
}

TEST(Inclusion, EveryLeafOfEveryTree) {
  const Fixture tree(kExhaustive);
  for (std::size_t size = 1; size <= kExhaustive; ++size) {
    const oracle::LeafHashReader reader(tree.first(size));
    for (std::size_t index = 0; index < size; ++index) {
      const auto proof = prove_inclusion(index, size, reader);
      ASSERT_TRUE(proof.ok());
      ASSERT_EQ(*proof, oracle::path(index, tree.first(size))) << index << " of " << size;
      const auto check = check_inclusion(tree.leaves[index], index, size, tree.roots[size], *proof);
      ASSERT_TRUE(check.ok()) << check.problem;
      ASSERT_EQ(check.root.steps.size(), proof->size());
      ASSERT_EQ(check.root.computed, tree.roots[size]);
    }
  }
}

TEST(Inclusion, NoOtherProofHolds) {
  const Fixture tree(kExhaustive);
  for (std::size_t size = 1; size <= kExhaustive; ++size) {
    for (std::size_t index = 0; index < size; ++index) {
      const auto proof = oracle::path(index, tree.first(size));
      for (const auto& bad : mutations(proof, size <= 9 ? 1 : 101)) ASSERT_FALSE(tree.includes(index, size, bad));
      const auto& leaf = tree.leaves[index];
      const auto& root = tree.roots[size];
      for (std::size_t bit = size % 8; bit < 256; bit += 37) {
        ASSERT_FALSE(check_inclusion(flipped(leaf, bit), index, size, root, proof).ok());
        ASSERT_FALSE(check_inclusion(leaf, index, size, flipped(root, bit), proof).ok());
      }
      for (std::size_t other = 0; other <= kExhaustive; ++other) {
        if (other == index) continue;
        ASSERT_FALSE(check_inclusion(leaf, other, size, root, proof).ok()) << other << " for " << index;
      }
      // With the root of the other size: a checkpoint has both. (One size's proof may serve another size's path.)
      for (std::size_t other = 0; other <= kExhaustive; ++other) {
        if (other == size) continue;
        ASSERT_FALSE(check_inclusion(leaf, index, other, tree.roots[other], proof).ok()) << other << " for " << size;
      }
    }
  }
}

TEST(Consistency, EveryPrefixOfEveryTree) {
  const Fixture tree(kExhaustive);
  const oracle::LeafHashReader reader(tree.leaves);
  for (std::size_t to = 0; to <= kExhaustive; ++to) {
    EXPECT_TRUE(tree.consistent(0, to, {}));
    for (std::size_t from = 1; from <= to; ++from) {
      const auto proof = prove_consistency(from, to, reader);
      ASSERT_TRUE(proof.ok());
      ASSERT_EQ(*proof, oracle::subproof(from, tree.first(to), true)) << from << " to " << to;
      const auto check = check_consistency(from, tree.roots[from], to, tree.roots[to], *proof);
      ASSERT_TRUE(check.ok()) << check.problem;
      ASSERT_EQ(check.from.computed, tree.roots[from]);
      ASSERT_EQ(check.to.computed, tree.roots[to]);
    }
  }
}

TEST(Consistency, NoOtherProofHolds) {
  const Fixture tree(kExhaustive);
  const Fixture fork(kExhaustive, 1);
  for (std::size_t to = 0; to <= kExhaustive; ++to) {
    for (std::size_t from = 0; from <= to; ++from) {
      const auto proof = from == 0 ? Proof{} : oracle::subproof(from, tree.first(to), true);
      for (const auto& bad : mutations(proof, to <= 9 ? 1 : 101)) ASSERT_FALSE(tree.consistent(from, to, bad));
      for (std::size_t bit = to % 8; bit < 256; bit += 37) {
        ASSERT_FALSE(check_consistency(from, flipped(tree.roots[from], bit), to, tree.roots[to], proof).ok());
        // From nothing, everything is consistent.
        if (from == 0) continue;
        ASSERT_FALSE(check_consistency(from, tree.roots[from], to, flipped(tree.roots[to], bit), proof).ok());
      }
      for (std::size_t other = 1; other <= kExhaustive && from > 0; ++other) {
        if (other != from) {
          ASSERT_FALSE(check_consistency(other, tree.roots[from], to, tree.roots[to], proof).ok());
        }
        if (other != from) {
          ASSERT_FALSE(check_consistency(other, tree.roots[other], to, tree.roots[to], proof).ok());
        }
        if (other != to) {
          ASSERT_FALSE(check_consistency(from, tree.roots[from], other, tree.roots[other], proof).ok());
        }
      }
      if (from > 0) {
        ASSERT_FALSE(check_consistency(from, tree.roots[from], to, fork.roots[to], proof).ok());
        ASSERT_FALSE(check_consistency(from, fork.roots[from], to, tree.roots[to], proof).ok());
      }
    }
  }
}

TEST(Proof, SaysWhatWasHashedWithWhat) {
  const Fixture tree(3);
  const auto proof = oracle::path(2, tree.first(3));
  const auto check = check_inclusion(tree.leaves[2], 2, 3, tree.roots[3], proof);
  const std::vector<HashStep> steps = {{tree.roots[2], tree.leaves[2], tree.roots[3], true}};
  EXPECT_EQ(check.root.steps, steps);
  const auto wrong = check_inclusion(tree.leaves[1], 2, 3, tree.roots[3], proof);
  EXPECT_EQ(wrong.problem, "the proof leads to another root than that of the tree of 3 leaves");
  EXPECT_EQ(wrong.root.expected, tree.roots[3]);
  EXPECT_NE(wrong.root.computed, tree.roots[3]);
}

TEST(Proof, ProblemsHaveTheirWords) {
  const Fixture tree(8);
  const auto problem = [&](std::size_t from, std::size_t to, const Proof& proof) {
    return check_consistency(from, tree.roots[from], to, tree.roots[to], proof).problem;
  };
  EXPECT_EQ(problem(5, 4, {}), "the log went back from 5 to 4 leaves");
  EXPECT_EQ(problem(3, 4, {}), "the proof has too few hashes");
  EXPECT_EQ(problem(4, 8, {}), "the proof has too few hashes");
  EXPECT_EQ(problem(4, 4, {tree.leaves[0]}), "the proof has hashes where none is needed");
  EXPECT_EQ(check_consistency(4, tree.roots[3], 4, tree.roots[4], {}).problem,
            "two roots of the tree of 4 leaves: the log was rewritten");
  EXPECT_EQ(check_inclusion(tree.leaves[7], 8, 8, tree.roots[8], {}).problem,
            "leaf 8 lies beyond the end of the tree of 8 leaves");
  EXPECT_EQ(check_inclusion(tree.leaves[7], 0, 0, tree.roots[0], {}).problem,
            "leaf 0 lies beyond the end of the tree of 0 leaves");
}

TEST(Proof, AsksForNothingBeyondTheTree) {
  const Fixture tree(8);
  const oracle::LeafHashReader reader(tree.leaves);
  EXPECT_EQ(prove_inclusion(8, 8, reader).error().code, base::Errc::kNotFound);
  EXPECT_EQ(prove_inclusion(0, 0, reader).error().code, base::Errc::kNotFound);
  EXPECT_EQ(prove_inclusion(0, ~std::uint64_t{0}, reader).error().code, base::Errc::kNotFound);
  EXPECT_EQ(prove_inclusion(0, 9, reader).error().code, base::Errc::kNotFound);  // the reader has no more
  EXPECT_EQ(prove_consistency(5, 4, reader).error().code, base::Errc::kBadRequest);
  EXPECT_EQ(prove_consistency(1, ~std::uint64_t{0}, reader).error().code, base::Errc::kBadRequest);
  EXPECT_FALSE(check_inclusion(tree.leaves[0], 0, ~std::uint64_t{0}, tree.roots[8], {}).ok());
  EXPECT_FALSE(check_consistency(1, tree.roots[1], ~std::uint64_t{0}, tree.roots[8], {}).ok());
  // The largest tree there may be: as many steps as its path is long, and no more.
  const Proof longest(63, tree.leaves[0]);
  EXPECT_EQ(check_inclusion(tree.leaves[0], 0, kMaxTreeSize, tree.roots[8], longest).root.steps.size(), 63U);
  EXPECT_EQ(check_inclusion(tree.leaves[0], 0, kMaxTreeSize, tree.roots[8], Proof(64, tree.leaves[0])).problem,
            "the proof has too many hashes");
}

TEST(Proof, RootOfIsTheRoot) {
  const Fixture tree(kExhaustive);
  const oracle::LeafHashReader reader(tree.leaves);
  for (std::size_t size = 0; size <= kExhaustive; ++size) EXPECT_EQ(root_of(size, reader).value(), tree.roots[size]);
}

const Fixture& large_tree() {
  static const Fixture tree(5000);
  return tree;
}

RC_GTEST_PROP(ProofProperty, LargeTrees, ()) {
  const auto& tree = large_tree();
  const auto size = *rc::gen::inRange<std::size_t>(1, 5001);
  const auto index = *rc::gen::inRange<std::size_t>(0, size);
  const oracle::LeafHashReader reader(tree.first(size));
  auto inclusion = prove_inclusion(index, size, reader).value();
  RC_ASSERT(inclusion == oracle::path(index, tree.first(size)));
  RC_ASSERT(tree.includes(index, size, inclusion));
  const auto from = index + 1;
  auto consistency = prove_consistency(from, size, reader).value();
  RC_ASSERT(consistency == oracle::subproof(from, tree.first(size), true));
  RC_ASSERT(tree.consistent(from, size, consistency));
  const auto bit = *rc::gen::inRange<std::size_t>(0, 256);
  for (auto* proof : {&inclusion, &consistency}) {
    if (proof->empty()) continue;
    auto& hash = (*proof)[*rc::gen::inRange<std::size_t>(0, proof->size())];
    hash = flipped(hash, bit);
    const bool holds = proof == &inclusion ? tree.includes(index, size, *proof) : tree.consistent(from, size, *proof);
    RC_ASSERT(!holds);
  }
}

}  // namespace
}  // namespace bourse::audit
