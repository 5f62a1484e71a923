#include "history/running_cells.h"

#include <algorithm>

namespace bourse::history {
namespace {

using base::Duration;
using base::Timestamp;
using std::chrono::floor;
using std::chrono::hours;

}  // namespace

RunningCells::RunningCells(Gaps gaps, const Window& window)
    : gaps_(std::move(gaps)), window_(window), first_(floor<hours>(window.since)) {
  for (Timestamp begins = first_; begins < window_.until; begins += hours(1)) {
    hours_.push_back(
        {.observed = observed(std::max(begins, window_.since), std::min(begins + hours(1), window_.until))});
  }
}

Duration RunningCells::observed(Timestamp since, Timestamp until) const {
  Duration seen = std::max(until - since, Duration::zero());
  const auto ends_before = [](const Window& gap, Timestamp at) { return gap.until <= at; };
  for (auto gap = std::lower_bound(gaps_.begin(), gaps_.end(), since, ends_before);
       gap != gaps_.end() && gap->since < until; ++gap) {
    seen -= std::min(gap->until, until) - std::max(gap->since, since);
  }
  return seen;
}

void RunningCells::add(domain::Presence presence, Timestamp since) {
  if (since >= window_.until) return;
  const bool up = presence == domain::Presence::kUp;
  if (since < window_.since) {
    ++(up ? hours_.front().up : hours_.front().down);
    return;
  }
  const auto index = static_cast<std::size_t>((since - first_) / hours(1));
  const Timestamp ends = std::min(first_ + hours(1) * static_cast<std::int64_t>(index + 1), window_.until);
  (up ? hours_[index].up_part : hours_[index].down_part) += observed(since, ends);
  if (!up && is_observed(since, gaps_)) ++hours_[index].outages;
  if (index + 1 < hours_.size()) ++(up ? hours_[index + 1].up : hours_[index + 1].down);
}

DayCells RunningCells::cells() const {
  DayCells cells;
  std::int64_t up = 0;
  std::int64_t down = 0;
  for (std::size_t i = 0; i < hours_.size(); ++i) {
    const Hour& hour = hours_[i];
    up += hour.up;
    down += hour.down;
    const Timestamp begins = first_ + hours(1) * static_cast<std::int64_t>(i);
    const std::int32_t day = day_of(begins);
    if (cells.empty() || cells.back().day != day) cells.push_back({.day = day});
    const auto of_day = static_cast<std::size_t>((begins - day_begins(day)) / hours(1));
    cells.back().up[of_day] = hour.observed * up + hour.up_part;
    cells.back().down[of_day] = hour.observed * down + hour.down_part;
    cells.back().outages += hour.outages;
  }
  return cells;
}

}  // namespace bourse::history
