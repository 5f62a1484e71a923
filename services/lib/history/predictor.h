// Purpose: P(up for the next h hours), given how long a provider is up already, the hour of the week, and what is known
//   of it. Hazard of ending = that of the pool at this age × that of the pool's hour of the week × that of the provider
//   × that of the provider's own hour; every factor but the first is drawn to 1 by what a few ended runs weigh, so that
//   who is young or unknown is judged like the pool.
// Lifetime: a PoolModel is immutable; fit a new one now and then. Threads: const use from any thread.
#pragma once

#include <array>
#include <span>

#include "history/run_counts.h"

namespace bourse::history {

// What a PoolModel makes of one provider's counts: 200 bytes. The default is one nobody knows.
struct ProviderModel {
  float frailty = 1;                           // its hazard against the pool's
  std::array<float, kDayHours> hour = ones();  // its hours against the pool's; time in them averages 1

  static constexpr std::array<float, kDayHours> ones() {
    std::array<float, kDayHours> all{};
    all.fill(1);
    return all;
  }
};

class PoolModel {
 public:
  // How many ended runs the belief that nothing is special weighs.
  struct Shrinkage {
    double age = 1;       // of an age class, towards the whole pool's hazard
    double hour = 50;     // of the pool's hour of the week
    double frailty = 2;   // of a provider; `fit` with providers estimates it
    double own_hour = 2;  // of a provider's hour
  };

  PoolModel() = default;  // nobody ever ends
  // With the providers' counts the hazard by age is that of the ordinary provider at every age, not of those who lived
  // to see it; without, that of the survivors.
  [[nodiscard]] static PoolModel fit(const PoolCounts& pool, std::span<const ProviderCounts> providers,
                                     const Shrinkage& shrinkage);
  [[nodiscard]] static PoolModel fit(const PoolCounts& pool, std::span<const ProviderCounts> providers = {}) {
    return fit(pool, providers, Shrinkage());
  }

  [[nodiscard]] ProviderModel of(const ProviderCounts& provider) const;

  // 1 for no time at all, never rising with `further`. `east`: as the provider's runs were counted.
  [[nodiscard]] double up_for(base::Duration further, const ProviderModel& provider, base::Duration age,
                              base::Timestamp now, base::Duration east = {}) const;

  // Ends an hour at that age, at an average hour of the week.
  [[nodiscard]] double hazard(std::size_t age) const { return hazard_.at(age); }
  [[nodiscard]] double hour(std::size_t hour_of_week) const { return hour_.at(hour_of_week); }
  [[nodiscard]] const Shrinkage& shrinkage() const { return shrinkage_; }

 private:
  std::array<double, kAgeClasses> hazard_{};
  std::array<double, kHoursOfWeek> hour_ = ones();
  Shrinkage shrinkage_;

  static constexpr std::array<double, kHoursOfWeek> ones() {
    std::array<double, kHoursOfWeek> all{};
    all.fill(1);
    return all;
  }
};

}  // namespace bourse::history
