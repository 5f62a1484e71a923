#include "history/interval.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace bourse::history {
namespace {

using domain::AvailabilityInterval;
using domain::Presence;

base::Timestamp at(std::int64_t micros) { return base::Timestamp(base::Duration(micros)); }
AvailabilityInterval up(std::int64_t since, std::int64_t until) { return {Presence::kUp, at(since), at(until)}; }
AvailabilityInterval down(std::int64_t since, std::int64_t until) { return {Presence::kDown, at(since), at(until)}; }
AvailabilityInterval up_since(std::int64_t since) { return {Presence::kUp, at(since), std::nullopt}; }
AvailabilityInterval down_since(std::int64_t since) { return {Presence::kDown, at(since), std::nullopt}; }

struct MergeCase {
  std::string name;
  Intervals input;
  Intervals expected;
};

TEST(Merge, Table) {
  const std::vector<MergeCase> cases = {
      {"nothing", {}, {}},
      {"one", {up(1, 2)}, {up(1, 2)}},
      {"out of order", {down(5, 9), up(1, 5)}, {up(1, 5), down(5, 9)}},
      {"touching, same presence", {up(1, 3), up(3, 5)}, {up(1, 5)}},
      {"a gap stays", {up(1, 3), up(4, 5)}, {up(1, 3), up(4, 5)}},
      {"overlapping, same presence", {up(1, 4), up(3, 5)}, {up(1, 5)}},
      {"inside, same presence", {up(1, 9), up(3, 5)}, {up(1, 9)}},
      {"running swallows what follows", {up_since(1), up(3, 5)}, {up_since(1)}},
      {"closed then running", {up(1, 4), up_since(4)}, {up_since(1)}},
      {"a transition ends what ran", {up_since(1), down_since(5)}, {up(1, 5), down_since(5)}},
      {"a transition ends what overlaps", {up(1, 9), down(5, 7)}, {up(1, 5), down(5, 7)}},
      {"same beginning: the later entry", {up(1, 9), down(1, 7)}, {down(1, 7)}},
      {"neighbours meet when the one between vanishes", {up(1, 3), down_since(3), up_since(3)}, {up_since(1)}},
      {"empty and reversed vanish", {up(3, 3), down(7, 5)}, {}},
  };
  for (const auto& test : cases) EXPECT_EQ(merge(test.input), test.expected) << test.name;
}

struct ClipCase {
  std::string name;
  Intervals input;
  Intervals expected;  // in the window [10, 20)
};

TEST(Clip, Table) {
  const std::vector<ClipCase> cases = {
      {"inside", {up(12, 15)}, {up(12, 15)}},
      {"across the beginning", {up(5, 15)}, {up(10, 15)}},
      {"across the end", {down(15, 25)}, {down(15, 20)}},
      {"around", {up(5, 25)}, {up(10, 20)}},
      {"before, touching", {up(5, 10)}, {}},
      {"after, touching", {up(20, 25)}, {}},
      {"running", {up(5, 11), down_since(11)}, {up(10, 11), down(11, 20)}},
      {"running, begun after", {up_since(21)}, {}},
  };
  for (const auto& test : cases) EXPECT_EQ(clip(test.input, {at(10), at(20)}), test.expected) << test.name;
  EXPECT_EQ(clip({up(1, 30)}, {at(20), at(10)}), Intervals{}) << "a reversed window";
}

struct SumCase {
  std::string name;
  Intervals input;
  Totals expected;  // in the window [0, 100)
  std::optional<double> share;
};

TEST(SumUp, Table) {
  using Micros = base::Duration;
  const std::vector<SumCase> cases = {
      {"never seen", {}, {Micros(0), Micros(0)}, std::nullopt},
      {"seen outside only", {up(100, 200)}, {Micros(0), Micros(0)}, std::nullopt},
      {"up throughout", {up_since(-50)}, {Micros(100), Micros(0)}, 1.0},
      {"down throughout", {down_since(-50)}, {Micros(0), Micros(100)}, 0.0},
      {"first seen half way", {up(50, 75), down_since(75)}, {Micros(25), Micros(25)}, 0.5},
      {"overlap counts once", {up(0, 60), up(40, 75), down(75, 100)}, {Micros(75), Micros(25)}, 0.75},
  };
  for (const auto& test : cases) {
    const Totals totals = sum_up(test.input, {at(0), at(100)});
    EXPECT_EQ(totals, test.expected) << test.name;
    EXPECT_EQ(totals.up_share(), test.share) << test.name;
  }
}

Intervals any_intervals() {
  const auto raw = *rc::gen::container<std::vector<std::pair<int, int>>>(
      rc::gen::pair(rc::gen::inRange(0, 60), rc::gen::inRange(0, 20)));
  Intervals intervals;
  for (const auto& [since, length] : raw) {
    const auto until = *rc::gen::arbitrary<bool>() ? std::optional(at(since + length)) : std::nullopt;
    const auto presence = *rc::gen::arbitrary<bool>() ? Presence::kUp : Presence::kDown;
    intervals.push_back({presence, at(since), until});
  }
  return intervals;
}

RC_GTEST_PROP(MergeProperty, OrderedDisjointAndFinal, ()) {
  const Intervals merged = merge(any_intervals());
  for (std::size_t i = 1; i < merged.size(); ++i) {
    RC_ASSERT(merged[i - 1].until.has_value());
    RC_ASSERT(*merged[i - 1].until <= merged[i].since);
    RC_ASSERT(*merged[i - 1].until < merged[i].since || merged[i - 1].presence != merged[i].presence);
  }
  RC_ASSERT(merge(merged) == merged);
}

RC_GTEST_PROP(SumUpProperty, AddsUpOverASplitWindowAndNeverExceedsIt, ()) {
  const Intervals intervals = any_intervals();
  const auto middle = *rc::gen::inRange(0, 101);
  const Totals whole = sum_up(intervals, {at(0), at(100)});
  const Totals left = sum_up(intervals, {at(0), at(middle)});
  const Totals right = sum_up(intervals, {at(middle), at(100)});
  RC_ASSERT(left.up + right.up == whole.up);
  RC_ASSERT(left.down + right.down == whole.down);
  RC_ASSERT(whole.up + whole.down <= base::Duration(100));
}

}  // namespace
}  // namespace bourse::history
