#include "domain/ids.h"

#include <gtest/gtest.h>

#include <limits>

#include "domain/availability.h"
#include "domain/grant.h"

namespace bourse::domain {
namespace {

TEST(GrantItemId, ReadsBackWhatItWrites) {
  for (const std::uint64_t number : {std::uint64_t{1}, std::uint64_t{42}, std::numeric_limits<std::uint64_t>::max()}) {
    EXPECT_EQ(grant_id_from_item(to_item_id({number})), GrantId{number});
  }
  EXPECT_EQ(to_item_id({42}), "g42");
}

TEST(GrantItemId, IsZeroForAnythingElse) {
  for (const char* bad : {"", "g", "42", "G42", "g0", "g042", "g-1", "g+1", "g1x", "g 1", "g1 ", "h1",
                          "g18446744073709551616", "g99999999999999999999999"}) {
    EXPECT_EQ(grant_id_from_item(bad), GrantId{0}) << bad;
  }
}

TEST(GrantLife, OnlyLeavesALiveState) {
  constexpr GrantState kAll[] = {GrantState::kActive, GrantState::kReleased, GrantState::kExpired,
                                 GrantState::kRevoked};
  for (const auto from : kAll) {
    for (const auto to : kAll) {
      const bool expected = from == GrantState::kActive && to != GrantState::kActive;
      EXPECT_EQ(can_become(from, to), expected) << name(from) << " to " << name(to);
    }
    EXPECT_EQ(grant_state(name(from)), from);
  }
  EXPECT_EQ(name(GrantState::kRevoked), "revoked");
  EXPECT_EQ(grant_state("Active"), std::nullopt);
  EXPECT_EQ(grant_state(""), std::nullopt);
}

TEST(Presence, HasNames) {
  EXPECT_EQ(name(Presence::kUp), "up");
  EXPECT_EQ(name(Presence::kDown), "down");
}

}  // namespace
}  // namespace bourse::domain
