#include "history/survival.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace bourse::history {

using base::Duration;

Survival Survival::estimate(const std::vector<Run>& runs) {
  std::vector<Duration> entries;
  std::vector<Duration> exits;
  std::vector<Duration> ends;
  for (const Run& run : runs) {
    if (run.until <= run.from) continue;
    entries.push_back(run.entry());
    exits.push_back(run.exit());
    if (run.ended) ends.push_back(run.exit());
  }
  for (auto* const ages : {&entries, &exits, &ends}) std::ranges::sort(*ages);
  Survival survival;
  double up = 1;
  double sum = 0;
  std::size_t entered = 0;
  std::size_t left = 0;
  for (std::size_t i = 0; i < ends.size();) {
    const Duration age = ends[i];
    const std::size_t first = i;
    while (i < ends.size() && ends[i] == age) ++i;
    while (entered < entries.size() && entries[entered] < age) ++entered;
    while (left < exits.size() && exits[left] < age) ++left;
    const auto ended = static_cast<double>(i - first);
    const auto at_risk = static_cast<double>(entered - left);
    up *= 1 - ended / at_risk;
    if (ended < at_risk) sum += ended / (at_risk * (at_risk - ended));
    survival.steps_.push_back({age, entered - left, i - first, up, up * up * sum});
  }
  return survival;
}

const Survival::Step* Survival::last_step(Duration age) const {
  const auto after = std::ranges::upper_bound(steps_, age, {}, &Step::age);
  return after == steps_.begin() ? nullptr : &*std::prev(after);
}

double Survival::at(Duration age) const {
  const Step* const step = last_step(age);
  return step == nullptr ? 1 : step->up;
}

Survival::Band Survival::band(Duration age) const {
  const Step* const step = last_step(age);
  if (step == nullptr) return {};
  constexpr double kTwoSided95 = 1.959963984540054;
  const double half = kTwoSided95 * std::sqrt(step->variance);
  return {std::max(0.0, step->up - half), std::min(1.0, step->up + half)};
}

std::optional<Duration> Survival::median() const {
  const auto half = std::ranges::find_if(steps_, [](const Step& step) { return step.up <= 0.5; });
  if (half == steps_.end()) return std::nullopt;
  return half->age;
}

double Survival::conditional(Duration age, Duration further) const {
  const double now = at(age);
  return now > 0 ? at(age + further) / now : 0;
}

}  // namespace bourse::history
