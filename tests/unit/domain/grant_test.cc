#include "domain/grant.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace bourse::domain {
namespace {

using enum GrantState;

TEST(GrantState, NamesAreDistinctAndReadBack) {
  std::set<std::string_view> names;
  for (const auto state : kGrantStates) {
    EXPECT_TRUE(names.insert(name(state)).second) << name(state);
    EXPECT_EQ(grant_state(name(state)), state);
  }
  EXPECT_EQ(names.size(), 11U);
  EXPECT_EQ(name(kTimedOut), "timed-out");
  for (const char* bad : {"", "Active", "timed out", "timedout", "gone"}) EXPECT_EQ(grant_state(bad), std::nullopt);
}

struct StateCase {
  GrantState from;
  bool live;
  bool usable;
  std::vector<GrantState> to;
};

const std::vector<StateCase>& life_cycle() {
  static const std::vector<StateCase> cases = {
      {kProposed, true, false, {kActive, kReserved, kDeclined, kTimedOut, kReleased, kRevoked, kLost}},
      {kReserved, true, false, {kActive, kSuspect, kReleased, kRevoked, kLost}},
      {kActive, true, true, {kReleased, kExpired, kReclaiming, kSuspect, kRevoked}},
      {kReclaiming, true, true, {kRevoked, kReleased, kExpired, kSuspect}},
      {kSuspect, true, true, {kActive, kReserved, kReclaiming, kLost, kReleased, kExpired, kRevoked}},
      {kReleased, false, false, {}},
      {kExpired, false, false, {}},
      {kRevoked, false, false, {}},
      {kDeclined, false, false, {}},
      {kTimedOut, false, false, {}},
      {kLost, false, false, {}},
  };
  return cases;
}

TEST(GrantState, LifeCycle) {
  ASSERT_EQ(life_cycle().size(), std::size(kGrantStates));
  for (const auto& test : life_cycle()) {
    EXPECT_EQ(is_live(test.from), test.live) << name(test.from);
    EXPECT_EQ(is_usable(test.from), test.usable) << name(test.from);
    const std::set<GrantState> allowed(test.to.begin(), test.to.end());
    for (const auto to : kGrantStates) {
      EXPECT_EQ(can_become(test.from, to), allowed.contains(to)) << name(test.from) << " to " << name(to);
    }
  }
}

TEST(GrantState, EveryLiveOneCanEnd) {
  for (const auto from : kGrantStates) {
    bool ends = false;
    for (const auto to : kGrantStates) ends = ends || (can_become(from, to) && !is_live(to));
    EXPECT_EQ(ends, is_live(from)) << name(from);
  }
}

TEST(Grant, IsBookedWhileLiveAndNotAhead) {
  for (const auto state : kGrantStates) {
    Grant grant;
    grant.state = state;
    EXPECT_EQ(grant.is_booked(), is_live(state)) << name(state);
    grant.ahead = true;
    EXPECT_FALSE(grant.is_booked()) << name(state);
  }
}

}  // namespace
}  // namespace bourse::domain
