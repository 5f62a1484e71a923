#include "matching/calendar.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <string>

namespace bourse::matching {
namespace {

using base::Duration;
using base::Timestamp;
using domain::DeviceShare;
using Amount = std::vector<std::int64_t>;
using Devices = std::vector<DeviceShare>;

Timestamp at(int moment) { return Timestamp(Duration(moment)); }
Interval during(int from, int until) { return {at(from), at(until)}; }

// cpu, gpu: four cores and two devices.
const Amount kWhole = {4000, 2000};
const Calendar::Whole kOffer{kWhole, 1};
const Calendar::Whole kNoDevices{kWhole, std::nullopt};

struct Taken {
  std::uint64_t id = 0;
  int from = 0;
  int until = 0;
  bool ahead = false;
  Amount amounts;
  Devices devices = {};
};

Calendar calendar_of(const std::vector<Taken>& all) {
  Calendar calendar;
  for (const Taken& one : all) {
    calendar.add({one.id}, during(one.from, one.until), one.ahead, {one.amounts, one.devices});
  }
  return calendar;
}

TEST(Calendar, SaysWhatIsFreeThroughout) {
  struct Case {
    std::string name;
    std::vector<Taken> taken;
    Interval when;
    int now;
    Amount free;
    std::vector<std::int32_t> devices;
  };
  const Devices first = {{0, 1000}};
  const Case cases[] = {
      {"nothing is booked", {}, during(0, 10), 0, {4000, 2000}, {1000, 1000}},
      {"in use now", {{1, 0, 5, false, {1000, 1000}, first}}, during(2, 10), 2, {3000, 1000}, {0, 1000}},
      {"free again", {{1, 0, 5, false, {1000, 1000}, first}}, during(5, 10), 2, {4000, 2000}, {1000, 1000}},
      {"overdue: in use now", {{1, 0, 5, false, {1000, 0}}}, during(8, 10), 8, {3000, 2000}, {1000, 1000}},
      {"overdue: not later", {{1, 0, 5, false, {1000, 0}}}, during(9, 10), 8, {4000, 2000}, {1000, 1000}},
      {"in use before it was to begin", {{1, 5, 9, false, {1000, 0}}}, during(2, 4), 1, {3000, 2000}, {1000, 1000}},
      {"ahead, touched at neither end", {{1, 5, 9, true, {1000, 0}}}, during(2, 5), 1, {4000, 2000}, {1000, 1000}},
      {"ahead, from its end on", {{1, 5, 9, true, {1000, 0}}}, during(9, 12), 1, {4000, 2000}, {1000, 1000}},
      {"ahead, overlapped by one", {{1, 5, 9, true, {1000, 0}}}, during(2, 6), 1, {3000, 2000}, {1000, 1000}},
      {"ahead, around it", {{1, 5, 9, true, {1000, 0}}}, during(2, 20), 1, {3000, 2000}, {1000, 1000}},
      {"one after the other: the greater of them",
       {{1, 2, 4, true, {1000, 0}}, {2, 4, 6, true, {3000, 1000}, first}},
       during(0, 10),
       0,
       {1000, 1000},
       {0, 1000}},
      {"both at once: the sum",
       {{1, 2, 5, true, {1000, 0}}, {2, 4, 6, true, {3000, 0}}},
       during(0, 10),
       0,
       {0, 2000},
       {1000, 1000}},
      {"different devices at different times",
       {{1, 2, 4, true, {0, 1000}, {{0, 1000}}}, {2, 4, 6, true, {0, 500}, {{1, 500}}}},
       during(0, 10),
       0,
       {4000, 1000},
       {0, 500}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    Calendar::Free free;
    calendar_of(c.taken).free_throughout(kOffer, c.when, {at(c.now), {}, true, {}}, free);
    EXPECT_EQ(free.amounts, c.free);
    EXPECT_EQ(free.devices, c.devices);
  }
}

TEST(Calendar, SaysFromWhenSomethingFits) {
  struct Case {
    std::string name;
    std::vector<Taken> taken;
    Amount needed;
    int duration;
    int now;
    std::optional<int> from;
  };
  const Case cases[] = {
      {"at once", {}, {4000, 2000}, 10, 3, 3},
      {"never: more than there is", {}, {4001, 0}, 1, 0, std::nullopt},
      {"never: more devices than there are", {}, {0, 3000}, 1, 0, std::nullopt},
      {"never: one and a half devices", {}, {0, 1500}, 1, 0, std::nullopt},
      {"after what is in use", {{1, 0, 7, false, {1000, 0}}}, {4000, 0}, 5, 3, 7},
      {"after what is overdue", {{1, 0, 2, false, {1000, 0}}}, {4000, 0}, 5, 3, 4},
      {"before what is ahead", {{1, 8, 20, true, {1000, 0}}}, {4000, 0}, 5, 3, 3},
      {"too long for the gap", {{1, 8, 20, true, {1000, 0}}}, {4000, 0}, 6, 3, 20},
      {"into the second gap",
       {{1, 4, 6, true, {4000, 0}}, {2, 8, 10, true, {4000, 0}}, {3, 14, 20, true, {1, 0}}},
       {4000, 0},
       4,
       3,
       10},
      {"a device for part of the time is no device",
       {{1, 0, 5, true, {0, 1000}, {{0, 1000}}}, {2, 5, 10, true, {0, 1000}, {{1, 1000}}}},
       {0, 1000},
       6,
       0,
       5},
      {"part of a device, likewise",
       {{1, 0, 5, true, {0, 600}, {{0, 600}}}, {2, 5, 10, true, {0, 600}, {{1, 600}}}},
       {0, 500},
       6,
       0,
       5},
      {"a smaller part fits beside", {{1, 0, 5, true, {0, 600}, {{0, 600}}}}, {0, 400}, 60, 0, 0},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const auto from =
        calendar_of(c.taken).earliest(kOffer, c.needed, Duration(c.duration), at(c.now), {at(c.now), {}, true, {}});
    EXPECT_EQ(from, c.from ? std::optional(at(*c.from)) : std::nullopt);
  }
}

TEST(Calendar, FitsOnlySharesThatAddUp) {
  const Calendar calendar = calendar_of({{1, 0, 10, false, {1000, 500}, {{1, 500}}}});
  struct Case {
    std::string name;
    Amount amounts;
    Devices devices;
    bool fits;
  };
  const Case cases[] = {
      {"nothing", {0, 0}, {}, true},
      {"all that is free", {3000, 1500}, {{0, 1000}, {1, 500}}, true},
      {"too much", {3001, 0}, {}, false},
      {"too much of a device", {0, 501}, {{1, 501}}, false},
      {"gpu without devices", {0, 1000}, {}, false},
      {"devices without gpu", {0, 0}, {{0, 1000}}, false},
      {"no such device", {0, 1000}, {{2, 1000}}, false},
      {"twice the same", {0, 800}, {{0, 400}, {0, 400}}, false},
      {"nothing of a device", {0, 1000}, {{0, 1000}, {1, 0}}, false},
      {"negative", {-1, 0}, {}, false},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(calendar.fits(kOffer, during(2, 4), {at(2), {}, true, {}}, {c.amounts, c.devices}), c.fits) << c.name;
  }
  EXPECT_FALSE(calendar.fits(kNoDevices, during(20, 21), {at(2), {}, true, {}}, {Amount{0, 1000}, Devices{{0, 1000}}}));
}

TEST(Calendar, BookingsChange) {
  Calendar calendar = calendar_of({{7, 5, 9, true, {1000, 500}, {{1, 500}}}});
  EXPECT_TRUE(calendar.has({7}));
  EXPECT_FALSE(calendar.has({8}));
  EXPECT_TRUE(calendar.is_ahead({7}));
  EXPECT_FALSE(calendar.only_in_use());
  EXPECT_EQ(calendar.amounts({7}), (Amount{1000, 500}));
  EXPECT_EQ(calendar.devices({7}), (Devices{{1, 500}}));

  calendar.begin({7});
  EXPECT_FALSE(calendar.is_ahead({7}));
  EXPECT_TRUE(calendar.only_in_use());
  calendar.prolong({7}, at(12));
  EXPECT_EQ(calendar.when({7}).until, at(12));
  EXPECT_EQ(calendar.end(), at(12));

  // The booking itself left out: what is there for it to grow into.
  EXPECT_FALSE(calendar.fits(kOffer, during(6, 20), {at(6), {}, true, {}}, {Amount{4000, 0}, {}}));
  EXPECT_TRUE(calendar.fits(kOffer, during(6, 20), {at(6), {}, true, BookingId{7}}, {Amount{4000, 0}, {}}));

  calendar.remove({7});
  EXPECT_TRUE(calendar.empty());
  EXPECT_EQ(calendar.end(), Timestamp::min());
}

TEST(Calendar, OwnersIgnoreTheirHolds) {
  Calendar calendar = calendar_of({{3, 0, 5, false, {4000, 0}}});
  calendar.hold(3, during(5, 9), {Amount{4000, 0}, {}});  // a request and a booking may have the same number
  const auto fits = [&](const Calendar::View& view) {
    return calendar.fits(kOffer, during(6, 7), view, {Amount{1, 0}, {}});
  };
  EXPECT_FALSE(fits({at(1), {}, true, {}}));
  EXPECT_FALSE(fits({at(1), RequestHandle{4}, true, {}}));
  EXPECT_TRUE(fits({at(1), RequestHandle{3}, true, {}}));
  EXPECT_TRUE(fits({at(1), {}, false, {}}));
  EXPECT_FALSE(fits({at(1), {}, true, BookingId{3}}));
  EXPECT_EQ(calendar.holders(), (std::vector<RequestHandle>{3}));

  calendar.hold(3, during(20, 21), {Amount{4000, 0}, {}});
  EXPECT_TRUE(fits({at(1), {}, true, {}}));
  EXPECT_EQ(calendar.holders().size(), 1U);
  calendar.drop(4);
  calendar.drop(3);
  EXPECT_TRUE(calendar.only_in_use());
  EXPECT_FALSE(calendar.empty());
}

TEST(Calendar, LooksAtWhatIsInUseAlone) {
  Calendar calendar = calendar_of({{1, 0, 5, false, {1000, 0}}, {2, 2, 5, true, {1500, 0}}});
  calendar.hold(3, during(3, 9), {Amount{2000, 0}, {}});
  Calendar::View view{at(1), {}, false, {}};
  Calendar::Free free;
  calendar.free_throughout(kOffer, during(1, 9), view, free);
  EXPECT_EQ(free.amounts[0], 1500);
  view.ahead = false;
  calendar.free_throughout(kOffer, during(1, 9), view, free);
  EXPECT_EQ(free.amounts[0], 3000);
  auto moments = calendar.beginnings();
  std::ranges::sort(moments);
  EXPECT_EQ(moments, (std::vector<Timestamp>{at(2), at(3)}));
}

// Holds may lie over bookings; who needs nothing of what is short is not kept out.
TEST(Calendar, WhatIsNotNeededMayBeShort) {
  Calendar calendar = calendar_of({{1, 0, 5, false, {4000, 0}}});
  calendar.hold(3, during(0, 5), {Amount{1000, 0}, {}});
  EXPECT_TRUE(calendar.fits(kOffer, during(1, 2), {at(1), {}, true, {}}, {Amount{0, 1000}, Devices{{0, 1000}}}));
  EXPECT_EQ(calendar.earliest(kOffer, Amount{0, 1000}, Duration(1), at(1), {at(1), {}, true, {}}), at(1));
  EXPECT_EQ(calendar.earliest(kOffer, Amount{1, 1000}, Duration(1), at(1), {at(1), {}, true, {}}), at(5));
}

TEST(ChooseDevices, LeavesWholeOnesWhole) {
  struct Case {
    std::vector<std::int32_t> free;
    std::int64_t gpu;
    std::optional<Devices> chosen;
  };
  const Case cases[] = {
      {{}, 0, Devices{}},
      {{}, 1, std::nullopt},
      {{1000, 300, 400}, 300, Devices{{1, 300}}},
      {{1000, 300, 400}, 301, Devices{{2, 301}}},
      {{1000, 300, 400}, 401, Devices{{0, 401}}},
      {{300, 300}, 301, std::nullopt},
      {{1000, 999, 1000, 1000}, 2000, Devices{{0, 1000}, {2, 1000}}},
      {{1000, 999}, 2000, std::nullopt},
      {{1000, 1000}, 1500, std::nullopt},
      {{-5, 1000}, 1000, Devices{{1, 1000}}},
  };
  for (const Case& c : cases) EXPECT_EQ(choose_devices(c.free, c.gpu), c.chosen) << c.gpu;
}

// Against a time line where every moment is a cell of its own -----

constexpr int kEnd = 40;
const Amount kThree = {4000, 3000};
const Calendar::Whole kThreeDevices{kThree, 1};

class TimeLine {
 public:
  struct Entry {
    Taken taken;
    bool hold = false;
  };

  [[nodiscard]] static bool covers(const Entry& entry, int moment, int now) {
    if (entry.hold || entry.taken.ahead) return entry.taken.from <= moment && moment < entry.taken.until;
    return moment <= now || moment < entry.taken.until;
  }

  [[nodiscard]] Calendar::Free at(int moment, int now, std::optional<std::uint64_t> own) const {
    Calendar::Free free{kThree, {1000, 1000, 1000}};
    for (const auto& [key, entry] : entries) {
      if (entry.hold && own == key.second) continue;
      if (!covers(entry, moment, now)) continue;
      for (std::size_t c = 0; c < free.amounts.size(); ++c) free.amounts[c] -= entry.taken.amounts[c];
      for (const auto& share : entry.taken.devices) free.devices[share.index] -= static_cast<std::int32_t>(share.milli);
    }
    return free;
  }

  [[nodiscard]] Calendar::Free throughout(int from, int until, int now, std::optional<std::uint64_t> own) const {
    Calendar::Free least = at(from, now, own);
    for (int moment = from + 1; moment < until; ++moment) {
      const Calendar::Free free = at(moment, now, own);
      for (std::size_t c = 0; c < free.amounts.size(); ++c) {
        least.amounts[c] = std::min(least.amounts[c], free.amounts[c]);
      }
      for (std::size_t i = 0; i < free.devices.size(); ++i) {
        least.devices[i] = std::min(least.devices[i], free.devices[i]);
      }
    }
    return least;
  }

  [[nodiscard]] std::optional<int> earliest(const Amount& needed, int duration, int from, int now) const {
    for (int start = from; start <= 2 * kEnd; ++start) {
      const Calendar::Free free = throughout(start, start + duration, now, std::nullopt);
      const auto is_short = [&](std::size_t c) { return needed[c] > 0 && free.amounts[c] < needed[c]; };
      if (is_short(0) || is_short(1)) continue;
      if (choose_devices(free.devices, needed[1])) return start;
    }
    return std::nullopt;
  }

  std::map<std::pair<bool, std::uint64_t>, Entry> entries;
};

Taken random_share(std::uint64_t id) {
  Taken taken;
  taken.id = id;
  taken.from = *rc::gen::inRange(0, kEnd);
  taken.until = taken.from + *rc::gen::inRange(1, 15);
  taken.ahead = *rc::gen::arbitrary<bool>();
  taken.amounts = {*rc::gen::inRange<std::int64_t>(0, 3000), 0};
  for (std::uint16_t device = 0; device < 3; ++device) {
    const auto milli = *rc::gen::element<std::int64_t>(0, 0, 300, 500, 1000);
    if (milli == 0) continue;
    taken.devices.push_back({device, milli});
    taken.amounts[1] += milli;
  }
  return taken;
}

RC_GTEST_PROP(CalendarProperty, AnswersAsTheTimeLine, ()) {
  Calendar calendar;
  TimeLine line;
  std::uint64_t next_id = 1;
  const int steps = *rc::gen::inRange(1, 30);
  for (int step = 0; step < steps; ++step) {
    std::vector<std::uint64_t> booked;
    for (const auto& [key, entry] : line.entries) {
      if (!entry.hold) booked.push_back(key.second);
    }
    const int action = booked.empty() ? *rc::gen::element(0, 4) : *rc::gen::element(0, 0, 0, 1, 2, 3, 4, 5);
    const std::uint64_t some = booked.empty() ? 0 : *rc::gen::elementOf(booked);
    if (action == 0) {
      const Taken taken = random_share(next_id++);
      calendar.add({taken.id}, during(taken.from, taken.until), taken.ahead, {taken.amounts, taken.devices});
      line.entries[{false, taken.id}] = {taken, false};
    } else if (action == 1) {
      calendar.remove({some});
      line.entries.erase({false, some});
    } else if (action == 2) {
      calendar.begin({some});
      line.entries.at({false, some}).taken.ahead = false;
    } else if (action == 3) {
      const int until = *rc::gen::inRange(1, kEnd + 10);
      if (until <= line.entries.at({false, some}).taken.from) continue;
      calendar.prolong({some}, at(until));
      line.entries.at({false, some}).taken.until = until;
    } else if (action == 4) {
      const Taken taken = random_share(*rc::gen::inRange<std::uint64_t>(0, 3));
      calendar.hold(static_cast<RequestHandle>(taken.id), during(taken.from, taken.until),
                    {taken.amounts, taken.devices});
      line.entries[{true, taken.id}] = {taken, true};
    } else {
      const auto owner = *rc::gen::inRange<std::uint64_t>(0, 3);
      calendar.drop(static_cast<RequestHandle>(owner));
      line.entries.erase({true, owner});
    }
    RC_ASSERT(calendar.empty() == line.entries.empty());

    const int now = *rc::gen::inRange(0, kEnd);
    const int from = now + *rc::gen::element(0, 0, 1, 2, 5, 10);
    const int duration = *rc::gen::inRange(1, 12);
    const auto own = *rc::gen::inRange<std::uint64_t>(0, 4);
    Calendar::Free free;
    calendar.free_throughout(kThreeDevices, during(from, from + duration),
                             {at(now), static_cast<RequestHandle>(own), true, {}}, free);
    const Calendar::Free expected = line.throughout(from, from + duration, now, own);
    RC_ASSERT(free.amounts == expected.amounts);
    RC_ASSERT(free.devices == expected.devices);

    const Amount needed = {*rc::gen::inRange<std::int64_t>(0, 4200),
                           *rc::gen::element<std::int64_t>(0, 300, 600, 1000, 2000, 3000)};
    const auto found = calendar.earliest(kThreeDevices, needed, Duration(duration), at(from), {at(now), {}, true, {}});
    const auto wanted = line.earliest(needed, duration, from, now);
    RC_ASSERT(found == (wanted ? std::optional(at(*wanted)) : std::nullopt));
  }
}

}  // namespace
}  // namespace bourse::matching
