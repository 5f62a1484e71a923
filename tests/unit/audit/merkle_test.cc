#include "audit/merkle.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "audit/decimal.h"
#include "unit/audit/merkle_oracle.h"
#include "unit/audit/published_tree.h"

namespace bourse::audit {
namespace {

TEST(Merkle, PublishedRoots) {
  Frontier frontier;
  EXPECT_EQ(hex(frontier.root()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  for (const auto& [leaf, root] : published_tree()) {
    frontier.append(leaf_hash(leaf));
    EXPECT_EQ(hex(frontier.root()), root) << frontier.size();
  }
}

// Leaves and nodes must never be mistaken for each other (RFC 6962 §2.1).
TEST(Merkle, ANodeIsNoLeaf) {
  const auto left = leaf_hash("a");
  const auto right = leaf_hash("b");
  EXPECT_NE(node_hash(left, right), leaf_hash(std::string(bytes_of(left)) + std::string(bytes_of(right))));
  EXPECT_NE(node_hash(left, right), node_hash(right, left));
}

TEST(Frontier, RootsAreThoseOfTheRecursion) {
  const auto leaves = oracle::make_leaves(300);
  Frontier frontier;
  for (std::size_t size = 0; size < leaves.size(); ++size) {
    ASSERT_EQ(frontier.root(), oracle::root(oracle::Leaves(leaves).first(size))) << size;
    frontier.append(leaves[size]);
  }
}

TEST(Frontier, TellsEverySubtreeOnceWhenItIsComplete) {
  const auto leaves = oracle::make_leaves(100);
  std::map<std::pair<unsigned, std::uint64_t>, Hash> told;
  Frontier frontier;
  for (const auto& leaf : leaves) {
    frontier.append(leaf, [&](const NodeId& node, const Hash& hash) {
      EXPECT_TRUE(told.emplace(std::pair(node.level, node.index), hash).second);
    });
  }
  EXPECT_EQ(told.size(), 100U + 50 + 25 + 12 + 6 + 3 + 1);
  for (const auto& [id, hash] : told) {
    const auto size = std::size_t{1} << id.first;
    EXPECT_EQ(hash, oracle::root(oracle::Leaves(leaves).subspan(id.second * size, size)));
  }
}

TEST(HashText, OneFormOnly) {
  const auto hash = leaf_hash("x");
  EXPECT_EQ(parse_hash(hash_text(hash)).value(), hash);
  for (const std::string& bad : {std::string(), hash_text(hash) + "\n", hash_text(hash).substr(1), std::string(44, 'A'),
                                 std::string(42, 'A') + "==", std::string(42, 'A') + "B="}) {
    EXPECT_FALSE(parse_hash(bad).ok()) << bad;
  }
}

TEST(Decimal, OneFormOnly) {
  EXPECT_EQ(parse_decimal("0"), 0U);
  EXPECT_EQ(parse_decimal("20852163"), 20852163U);
  EXPECT_EQ(parse_decimal("9223372036854775807"), kMaxTreeSize);
  for (const char* bad : {"", "00", "01", "-1", "+1", " 1", "1 ", "1e3", "0x1", "9223372036854775808",
                          "18446744073709551616", "99999999999999999999999"}) {
    EXPECT_EQ(parse_decimal(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace bourse::audit
