#include "bench/history/prediction.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <iostream>
#include <random>
#include <vector>

#include "bench/figures.h"
#include "bench/history/trace.h"
#include "history/predictor.h"
#include "history/statistics.h"
#include "history/survival.h"

namespace bourse::bench {
namespace {

using base::Duration;
using base::Timestamp;
using history::Intervals;
using history::Run;
using history::Window;
using std::chrono::hours;

constexpr double kTrainingShare = 0.7;
constexpr std::array<int, 3> kHorizons = {1, 8, 24};
constexpr Duration kHalfLife = hours(24 * 180);  // of what the predictor remembers; any from 90 days up does
constexpr Duration kMonth = hours(30 * 24);
constexpr int kResamples = 1000;

// A node that is up at that moment.
struct Instant {
  std::size_t node = 0;
  Timestamp at;
  Timestamp born;
  Timestamp ends;
};

// What was known at the end of the last window learned, and nothing later.
class Knowledge {
 public:
  explicit Knowledge(const Trace& trace) : trace_(trace), counts_(trace.nodes.size()), sums_(trace.nodes.size()) {}

  // The window follows the last one.
  void learn(const Window& window) {
    const double factor =
        std::exp2(-static_cast<double>(window.length().count()) / static_cast<double>(kHalfLife.count()));
    pool_.fade(factor);
    for (std::size_t i = 0; i < trace_.nodes.size(); ++i) {
      counts_[i].fade(factor);
      const auto node = history::statistics(trace_.nodes[i], {}, window);
      sums_[i] += node;
      pool_sums_ += node;
      for (const Run& run : history::up_runs(trace_.nodes[i], {}, window)) {
        pool_.add(run);
        counts_[i].add(run);
        runs_.push_back(run);
      }
    }
  }

  void fit() {
    survival_ = history::Survival::estimate(runs_);
    model_ = history::PoolModel::fit(pool_, counts_);
    providers_.clear();
    for (const auto& count : counts_) providers_.push_back(model_.of(count));
  }

  [[nodiscard]] double ours(const Instant& instant, Duration horizon) const {
    return model_.up_for(horizon, providers_[instant.node], instant.at - instant.born, instant.at);
  }
  // A node nobody has seen is up as the pool is.
  [[nodiscard]] double fraction(const Instant& instant) const {
    return sums_[instant.node].availability().value_or(pool_sums_.availability().value_or(1));
  }
  [[nodiscard]] double kaplan_meier(const Instant& instant, Duration horizon) const {
    return survival_.conditional(instant.at - instant.born, horizon);
  }
  [[nodiscard]] double kaplan_meier_any_age(Duration horizon) const { return survival_.at(horizon); }

 private:
  const Trace& trace_;
  history::PoolCounts pool_;
  std::vector<history::ProviderCounts> counts_;
  std::vector<history::Statistics> sums_;
  history::Statistics pool_sums_;
  std::vector<Run> runs_;
  history::Survival survival_;
  history::PoolModel model_;
  std::vector<history::ProviderModel> providers_;
};

// Uniform over all the time that nodes are up in the window; by time.
std::vector<Instant> draw(const Trace& trace, const Window& window, std::uint64_t count, std::uint64_t seed) {
  struct Piece {
    std::int64_t before = 0;  // µs of the pieces before it
    std::size_t node = 0;
    Run run;
  };
  std::vector<Piece> pieces;
  std::int64_t total = 0;
  for (std::size_t i = 0; i < trace.nodes.size(); ++i) {
    for (const Run& run : history::up_runs(trace.nodes[i], {}, window)) {
      pieces.push_back({total, i, run});
      total += (run.until - run.from).count();
    }
  }
  std::mt19937_64 dice(seed);
  std::vector<Instant> instants(count);
  for (Instant& instant : instants) {
    const auto at = static_cast<std::int64_t>(dice() % static_cast<std::uint64_t>(total));
    const Piece& piece = *std::prev(std::ranges::upper_bound(pieces, at, {}, &Piece::before));
    instant = {piece.node, piece.run.from + Duration(at - piece.before), piece.run.born, piece.run.until};
  }
  std::ranges::sort(instants, {}, &Instant::at);
  return instants;
}

// Squared errors of one guess less those of ours, node by node: instants of a node hang together.
struct Contest {
  std::vector<double> lost;
  std::vector<double> count;
  double score = 0;  // of the guess
};

struct Margin {
  double mean = 0;
  double error = 0;  // standard, by drawing nodes again
};

Margin margin_of(const Contest& contest, std::mt19937_64& dice) {
  std::vector<std::size_t> nodes;
  double lost = 0;
  double count = 0;
  for (std::size_t i = 0; i < contest.lost.size(); ++i) {
    if (contest.count[i] == 0) continue;
    nodes.push_back(i);
    lost += contest.lost[i];
    count += contest.count[i];
  }
  double squares = 0;
  for (int round = 0; round < kResamples; ++round) {
    double lost_again = 0;
    double count_again = 0;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const std::size_t node = nodes[dice() % nodes.size()];
      lost_again += contest.lost[node];
      count_again += contest.count[node];
    }
    const double off = lost_again / count_again - lost / count;
    squares += off * off;
  }
  return {lost / count, std::sqrt(squares / kResamples)};
}

class Match {
 public:
  Match(std::string name, std::size_t nodes) : name_(std::move(name)) {
    for (auto& of_horizon : contests_) {
      for (Contest& contest : of_horizon) {
        contest.lost.resize(nodes);
        contest.count.resize(nodes);
      }
    }
  }

  void judge(const Knowledge& known, const Instant& instant) {
    ++instants_;
    for (std::size_t h = 0; h < kHorizons.size(); ++h) {
      const Duration horizon = hours(kHorizons[h]);
      const double stays = instant.ends >= instant.at + horizon ? 1 : 0;
      const auto error = [&](double guess) { return (guess - stays) * (guess - stays); };
      const double ours = error(known.ours(instant, horizon));
      ours_[h] += ours;
      ended_[h] += 1 - stays;
      const std::array guesses = {known.fraction(instant), known.kaplan_meier(instant, horizon),
                                  known.kaplan_meier_any_age(horizon)};
      for (std::size_t g = 0; g < guesses.size(); ++g) {
        Contest& contest = contests_[h][g];
        contest.score += error(guesses[g]);
        contest.lost[instant.node] += error(guesses[g]) - ours;
        contest.count[instant.node] += 1;
      }
    }
  }

  // True when ours is better everywhere.
  bool print(std::uint64_t seed) const {
    constexpr std::array<const char*, 3> kNames = {"node_fraction", "kaplan_meier", "kaplan_meier_any_age"};
    const auto n = static_cast<double>(instants_);
    std::mt19937_64 dice(seed);
    bool better = true;
    for (std::size_t h = 0; h < kHorizons.size(); ++h) {
      const std::string name = "prediction_" + name_ + "_" + std::to_string(kHorizons[h]) + "h_";
      figure(name + "ended", 100 * ended_[h] / n, "%");
      figure(name + "brier_ours", ours_[h] / n, "");
      for (std::size_t g = 0; g < kNames.size(); ++g) {
        const Contest& contest = contests_[h][g];
        const Margin margin = margin_of(contest, dice);
        figure(name + "brier_" + kNames[g], contest.score / n, "");
        figure(name + "gain_on_" + kNames[g], 100 * margin.mean * n / contest.score, "%");
        figure(name + "gain_on_" + kNames[g] + "_in_standard_errors", margin.mean / margin.error, "");
        better = better && margin.mean > 0;
      }
    }
    return better;
  }

 private:
  std::string name_;
  std::uint64_t instants_ = 0;
  std::array<double, kHorizons.size()> ours_{};
  std::array<double, kHorizons.size()> ended_{};
  std::array<std::array<Contest, 3>, kHorizons.size()> contests_;
};

void time_one(const Knowledge& known, const std::vector<Instant>& instants, int horizon) {
  double sum = 0;
  const auto began = std::chrono::steady_clock::now();
  for (const Instant& instant : instants) sum += known.ours(instant, hours(horizon));
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - began;
  BOURSE_CHECK(sum >= 0);
  figure("prediction_of_" + std::to_string(horizon) + "h_takes", took.count() / static_cast<double>(instants.size()),
         "ns");
}

}  // namespace

int measure_prediction(const PredictionPlan& plan) {
  const auto trace = read_trace(plan.trace);
  if (!trace) {
    std::cerr << "bench_history: " << trace.error().text << "\n";
    return 1;
  }
  figure("trace_intervals", static_cast<double>(trace->lines), "");
  figure("trace_same_again", trace->same_again ? 1 : 0, "");
  const auto length = static_cast<double>(trace->span.length().count());
  const Timestamp cut = trace->span.since + Duration(static_cast<std::int64_t>(kTrainingShare * length));
  const auto instants = draw(*trace, {cut, trace->span.until}, plan.instants, plan.seed);

  Knowledge knowledge(*trace);
  Timestamp known = trace->span.since;
  const auto learn_until = [&](Timestamp until) {
    for (; known < until; known = std::min(known + kMonth, until))
      knowledge.learn({known, std::min(known + kMonth, until)});
    knowledge.fit();
  };
  // Frozen: nothing after the cut is learned, of any node; only the age of the run is looked at.
  learn_until(cut);
  Match of_frozen("frozen", trace->nodes.size());
  for (const Instant& instant : instants) of_frozen.judge(knowledge, instant);
  bool better = of_frozen.print(plan.seed);
  for (const int horizon : {2, 24}) time_one(knowledge, instants, horizon);

  // Learning: every month all of them learn what happened until then.
  Match of_learning("learning", trace->nodes.size());
  for (const Instant& instant : instants) {
    if (instant.at >= known + kMonth) learn_until(known + kMonth);
    of_learning.judge(knowledge, instant);
  }
  better = of_learning.print(plan.seed) && better;
  figure("prediction_better_everywhere", better ? 1 : 0, "");
  return 0;
}

}  // namespace bourse::bench
