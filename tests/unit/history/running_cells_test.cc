// What many running intervals add to a pool's days, against the cells of each of them.
#include "history/running_cells.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <utility>
#include <vector>

namespace bourse::history {
namespace {

using base::Timestamp;
using domain::Presence;
using std::chrono::minutes;

Timestamp at(int minute) { return std::chrono::sys_days{std::chrono::year{2026} / 3 / 27} + minutes(minute); }

RC_GTEST_PROP(RunningCells, AreTheSumOfEachIntervalsCells, ()) {
  constexpr int kEnd = 5 * 24 * 60;
  const int since = *rc::gen::inRange(0, kEnd - 1);
  const Window window{at(since), at(*rc::gen::inRange(since + 1, kEnd))};
  Gaps gaps;
  for (const auto& [begins, length] : *rc::gen::container<std::vector<std::pair<int, int>>>(
           rc::gen::pair(rc::gen::inRange(0, kEnd), rc::gen::inRange(1, 600)))) {
    gaps.push_back({at(begins), at(begins + length)});
  }
  gaps = merge(std::move(gaps));
  RunningCells running(gaps, window);
  DayCells expected;
  for (const auto& [begins, up] : *rc::gen::container<std::vector<std::pair<int, bool>>>(
           rc::gen::pair(rc::gen::inRange(-600, kEnd), rc::gen::arbitrary<bool>()))) {
    const auto presence = up ? Presence::kUp : Presence::kDown;
    running.add(presence, at(begins));
    add(expected, day_cells({{presence, at(begins), std::nullopt}}, gaps, window));
  }
  auto found = running.cells();
  std::erase_if(found, [](const DayCell& cell) { return cell == DayCell{.day = cell.day}; });
  RC_ASSERT(found == expected);
}

}  // namespace
}  // namespace bourse::history
