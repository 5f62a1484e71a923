// Purpose: histories minute by minute, as slow and simple as can be: what the arithmetic of lib/history is compared to.
// Threads: none.
#pragma once

#include <rapidcheck.h>

#include <chrono>
#include <string>
#include <vector>

#include "history/interval.h"

namespace bourse::history {

using std::chrono::minutes;

// Some days around something that happens to clocks or calendars.
struct Scene {
  std::string zone;
  std::chrono::sys_days begins;
};

inline const std::vector<Scene>& scenes() {
  using namespace std::chrono;
  static const std::vector<Scene> all = {
      {"Europe/Berlin", year(2026) / 3 / 26},       // an hour is left out
      {"Europe/Berlin", year(2026) / 10 / 22},      // an hour comes twice
      {"Australia/Lord_Howe", year(2026) / 4 / 2},  // half an hour comes twice
      {"America/St_Johns", year(2026) / 3 / 5},     // half an hour off, and a change
      {"Asia/Kathmandu", year(2024) / 2 / 26},      // a quarter off, and a leap day
      {"", year(1999) / 12 / 29},
  };
  return all;
}

struct Bitmap {
  static constexpr int kMinutes = 9 * 24 * 60;
  enum State : char { kUnknown, kUp, kDown };

  Scene scene;
  std::vector<char> state = std::vector<char>(kMinutes, kUnknown);
  std::vector<char> unseen = std::vector<char>(kMinutes, 0);
  Intervals intervals;  // says the same, in some order, some of it twice
  Gaps gaps;
  int from = 0;  // of the window
  int until = 0;

  [[nodiscard]] base::Timestamp at(int minute) const { return base::Timestamp(scene.begins) + minutes(minute); }
  [[nodiscard]] Window window() const { return {at(from), at(until)}; }
  [[nodiscard]] bool seen(int minute, State wanted) const {
    const auto m = static_cast<std::size_t>(minute);
    return state[m] == wanted && unseen[m] == 0;
  }
  [[nodiscard]] State was(int minute) const {
    return minute < 0 || minute >= kMinutes ? kUnknown : static_cast<State>(state[static_cast<std::size_t>(minute)]);
  }
};

// Stretches of up, down and nothing known; the last may run on. Gaps may overlap and touch.
inline Bitmap any_bitmap(const Scene& scene) {
  Bitmap map;
  map.scene = scene;
  for (int minute = *rc::gen::inRange(0, 3000); minute < Bitmap::kMinutes;) {
    const int length = *rc::gen::element(1, 7, 60, 61, 500, 1440, 5000);
    const int end = std::min(minute + length, Bitmap::kMinutes);
    const auto state = *rc::gen::element(Bitmap::kUp, Bitmap::kUp, Bitmap::kDown, Bitmap::kDown, Bitmap::kUnknown);
    for (int m = minute; m < end; ++m) map.state[static_cast<std::size_t>(m)] = state;
    if (state != Bitmap::kUnknown) {
      const bool runs_on = end == Bitmap::kMinutes;
      const auto presence = state == Bitmap::kUp ? domain::Presence::kUp : domain::Presence::kDown;
      map.intervals.push_back({presence, map.at(minute), runs_on ? std::nullopt : std::optional(map.at(end))});
      if (*rc::gen::inRange(0, 4) == 0) map.intervals.insert(map.intervals.begin(), map.intervals.back());
    }
    minute = end;
  }
  for (int left = *rc::gen::inRange(0, 6); left > 0; --left) {
    const int begin = *rc::gen::inRange(0, Bitmap::kMinutes);
    const int end = std::min(begin + *rc::gen::element(0, 1, 30, 60, 600, 3000), Bitmap::kMinutes);
    for (int m = begin; m < end; ++m) map.unseen[static_cast<std::size_t>(m)] = 1;
    map.gaps.push_back({map.at(begin), map.at(end)});
  }
  map.from = *rc::gen::inRange(0, Bitmap::kMinutes / 2);
  map.until = map.from + *rc::gen::inRange(0, Bitmap::kMinutes / 2);
  return map;
}

inline Bitmap any_bitmap() { return any_bitmap(*rc::gen::elementOf(scenes())); }

}  // namespace bourse::history
