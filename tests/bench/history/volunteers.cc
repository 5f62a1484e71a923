#include "bench/history/volunteers.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <random>
#include <sstream>

#include "history/week_profile.h"

namespace bourse::bench {
namespace {

using base::Duration;
using base::Errc;
using base::Timestamp;
using domain::Presence;
using history::Intervals;
using history::Window;
using std::chrono::days;
using std::chrono::hours;

constexpr double kPowerOfCore = 1.5;  // GFLOP/s
constexpr std::int64_t kMostCores = 16;

Duration in_hours(double count) { return Duration(static_cast<std::int64_t>(count * 3.6e9)); }

struct Host {
  double power = 0;
  double until = 0;  // hosts up to and with this line
};

base::Result<std::vector<Host>> read_hosts(const std::string& path) {
  std::ifstream file(path);
  if (!file) return {Errc::kNotFound, path + ": cannot be read"};
  std::vector<Host> hosts;
  double sum = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    double count = 0;
    double power = 0;
    if (!(fields >> count >> power) || count <= 0 || power <= 0) continue;
    sum += count;
    hosts.push_back({power, sum});
  }
  if (hosts.empty()) return {Errc::kInvalidPayload, path + ": there is no line of `hosts power` in it"};
  return hosts;
}

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  double uniform(double from, double to) { return std::uniform_real_distribution<double>(from, to)(engine_); }
  double around(double mean, double deviation) { return std::normal_distribution<double>(mean, deviation)(engine_); }
  double exponential(double mean) { return std::exponential_distribution<double>(1 / mean)(engine_); }
  bool with(double probability) { return uniform(0, 1) < probability; }

 private:
  std::mt19937_64 engine_;
};

struct Habit {
  double on_hour = 0;
  double off_hour = 0;
  double weekend_on_hour = 0;
  double stays_off = 0;  // share of days
  double overnight = 0;  // share of days
  bool weekends = true;
};

// When it would be on without interruptions; [since, until) in order, not overlapping.
std::vector<Window> planned_days(const Habit& habit, const Window& span, Duration east, Dice& dice) {
  std::vector<Window> plan;
  for (Timestamp day = std::chrono::floor<days>(span.since) - east; day < span.until; day += hours(24)) {
    const bool weekend = history::hour_of_week(day, east) >= 5 * 24;
    const double on = dice.around(weekend ? habit.weekend_on_hour : habit.on_hour, 0.5);
    const double off = dice.around(habit.off_hour, 0.5) + (dice.with(habit.overnight) ? 24 - habit.off_hour + 12 : 0);
    if (dice.with(habit.stays_off) || (weekend && !habit.weekends) || off <= on) continue;
    const Window next{day + in_hours(on), day + in_hours(off)};
    if (!plan.empty() && next.since <= plan.back().until) {
      plan.back().until = std::max(plan.back().until, next.until);
    } else {
      plan.push_back(next);
    }
  }
  return plan;
}

std::vector<Window> planned_always(const Window& span, Dice& dice) {
  const double mean_run = std::exp(dice.uniform(std::log(12.0), std::log(720.0)));
  std::vector<Window> plan;
  for (Timestamp at = span.since - in_hours(dice.exponential(mean_run)); at < span.until;) {
    const Timestamp off = at + in_hours(dice.exponential(mean_run));
    plan.push_back({at, off});
    at = off + in_hours(dice.exponential(2));
  }
  return plan;
}

// Up as planned less interruptions, down between.
Intervals lived(const std::vector<Window>& plan, const Window& span, Dice& dice) {
  const double between = 50 * std::exp(dice.around(0, 1.2));
  std::vector<Window> up;
  for (const Window& part : plan) {
    for (Timestamp at = part.since; at < part.until;) {
      const Timestamp off = std::min(part.until, at + in_hours(dice.exponential(between)));
      up.push_back({std::max(at, span.since), std::min(off, span.until)});
      at = off + in_hours(dice.exponential(1.0 / 3));
    }
  }
  Intervals intervals;
  Timestamp known = span.since;
  for (const Window& part : up) {
    if (part.until <= part.since) continue;
    if (known < part.since) intervals.push_back({Presence::kDown, known, part.since});
    intervals.push_back({Presence::kUp, part.since, part.until});
    known = part.until;
  }
  if (known < span.until) intervals.push_back({Presence::kDown, known, span.until});
  return history::merge(std::move(intervals));
}

Volunteer make_one(double power, const Window& span, Dice& dice) {
  constexpr std::array<int, 5> kZones = {-8, -5, 0, 1, 8};
  Volunteer one;
  one.cores = std::clamp<std::int64_t>(std::llround(power / kPowerOfCore), 1, kMostCores);
  one.east = hours(kZones[static_cast<std::size_t>(dice.uniform(0, kZones.size() - 0.001))]);
  const double kind = dice.uniform(0, 1);
  if (kind < 0.25) {
    one.intervals = lived(planned_always(span, dice), span, dice);
    return one;
  }
  Habit habit;
  if (kind < 0.7) {
    habit = {dice.around(17, 2), dice.around(23, 1), dice.around(10, 2), dice.uniform(0.05, 0.5), 0, true};
  } else {
    const double overnight = dice.with(0.25) ? 0.5 : 0;
    habit = {dice.around(8, 1), dice.around(18, 1.5), 0, dice.uniform(0.02, 0.2), overnight, false};
  }
  one.intervals = lived(planned_days(habit, span, one.east, dice), span, dice);
  return one;
}

}  // namespace

base::Result<std::vector<Volunteer>> make_volunteers(const std::string& hosts, std::size_t count, const Window& span,
                                                     std::uint64_t seed) {
  const auto powers = read_hosts(hosts);
  if (!powers) return powers.error();
  Dice dice(seed);
  std::vector<Volunteer> volunteers;
  for (std::size_t i = 0; i < count; ++i) {
    const double drawn = dice.uniform(0, powers->back().until);
    const auto host = std::ranges::lower_bound(*powers, drawn, {}, &Host::until);
    volunteers.push_back(make_one(host->power, span, dice));
  }
  return volunteers;
}

}  // namespace bourse::bench
