#include "bench/history/replay.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <iostream>
#include <queue>
#include <random>
#include <vector>

#include "bench/figures.h"
#include "bench/history/volunteers.h"
#include "history/predictor.h"
#include "history/statistics.h"
#include "matching/index_engine.h"

namespace bourse::bench {
namespace {

using base::Duration;
using base::Timestamp;
using history::Run;
using history::Window;
using std::chrono::hours;

constexpr int kLearningDays = 28;
constexpr int kMarketDays = 14;
constexpr std::array<int, 5> kHours = {1, 2, 4, 8, 24};  // what requests ask for, equally often
constexpr int kTypicalHours = 4;
constexpr std::int64_t kMemoryOfCore = std::int64_t{2} << 30;
const Timestamp kBegins{std::chrono::sys_days(std::chrono::year(2026) / 6 / 1)};
const Timestamp kOpens = kBegins + hours(24 * kLearningDays);
const Timestamp kCloses = kOpens + hours(24 * kMarketDays);

const Timestamp kEnds = kCloses + hours(kHours.back());  // of the last grants

enum class Policy {
  kBestFit,    // prefers nothing
  kShareUp,    // prefers availability: the share of the observed time in which the provider was up
  kTypical,    // … P(up for a typical duration)
  kRequested,  // … P(up for the duration requested)
};

struct Ask {
  Timestamp at;
  std::int64_t cores = 1;
  std::size_t length = 0;  // of kHours
};

// Poisson arrivals. Cores are 1, 2 or 4 in 60, 30 and 10 % of requests.
std::vector<Ask> make_asks(double cores_on, double load, std::uint64_t seed) {
  constexpr double kMeanCores = 0.6 * 1 + 0.3 * 2 + 0.1 * 4;
  constexpr double kMeanHours = (1 + 2 + 4 + 8 + 24) / 5.0;
  const double per_hour = load * cores_on / (kMeanCores * kMeanHours);
  std::mt19937_64 dice(seed ^ 0x5bd1e995);
  std::exponential_distribution<double> between(per_hour);
  std::discrete_distribution<int> size({60, 30, 10});
  std::vector<Ask> asks;
  for (double hour = between(dice); hour < kMarketDays * 24; hour += between(dice)) {
    asks.push_back({kOpens + Duration(static_cast<std::int64_t>(hour * 3.6e9)), std::int64_t{1} << size(dice),
                    static_cast<std::size_t>(dice() % kHours.size())});
  }
  return asks;
}

// What is known of the volunteers, an hour old at most, and the day's model.
class Forecast {
 public:
  explicit Forecast(const std::vector<Volunteer>& volunteers)
      : volunteers_(volunteers), counts_(volunteers.size()), models_(volunteers.size()), sums_(volunteers.size()) {}

  void learn_until(Timestamp until) {
    for (std::size_t i = 0; i < volunteers_.size(); ++i) {
      const Volunteer& one = volunteers_[i];
      const Window window{known_, until};
      sums_[i] += history::statistics(one.intervals, {}, window);
      for (const Run& run : history::up_runs(one.intervals, {}, window)) {
        pool_.add(run, one.east);
        counts_[i].add(run, one.east);
      }
    }
    known_ = until;
    model_ = history::PoolModel::fit(pool_, counts_);
    for (std::size_t i = 0; i < volunteers_.size(); ++i) models_[i] = model_.of(counts_[i]);
  }

  [[nodiscard]] double up_for(std::size_t volunteer, Duration length, Timestamp born, Timestamp now) const {
    return model_.up_for(length, models_[volunteer], now - born, now, volunteers_[volunteer].east);
  }
  [[nodiscard]] double share_up(std::size_t volunteer) const { return sums_[volunteer].availability().value_or(0); }

 private:
  const std::vector<Volunteer>& volunteers_;
  std::vector<history::ProviderCounts> counts_;
  std::vector<history::ProviderModel> models_;
  std::vector<history::Statistics> sums_;
  history::PoolCounts pool_;
  history::PoolModel model_;
  Timestamp known_ = kBegins;
};

struct Outcome {
  std::array<std::uint64_t, kHours.size()> granted{};
  std::array<std::uint64_t, kHours.size()> broken{};
  std::uint64_t turned_away = 0;

  static std::uint64_t all(const std::array<std::uint64_t, kHours.size()>& counts) {
    std::uint64_t sum = 0;
    for (const auto count : counts) sum += count;
    return sum;
  }
  [[nodiscard]] double broken_share() const {
    return static_cast<double>(all(broken)) / static_cast<double>(all(granted));
  }
};

// One market from its opening on, until every grant ended or broke.
class Market {
 public:
  Market(const std::vector<Volunteer>& volunteers, Policy policy)
      : volunteers_(volunteers), policy_(policy), forecast_(volunteers) {
    born_.resize(volunteers.size());
    grants_.resize(volunteers.size());
    for (std::size_t i = 0; i < volunteers.size(); ++i) {
      jids_.push_back(domain::Jid::parse("v" + std::to_string(i) + "@volunteers.example").value());
      for (const auto& interval : volunteers[i].intervals) {
        if (interval.presence != domain::Presence::kUp || *interval.until <= kOpens) continue;
        turns_.push_back({interval.since, i, true});
        if (*interval.until < kEnds) turns_.push_back({*interval.until, i, false});
      }
    }
    std::ranges::sort(turns_, {}, &Turn::at);
  }

  Outcome run(const std::vector<Ask>& asks) {
    auto turn = turns_.begin();
    auto ask = asks.begin();
    Timestamp next_hour = kOpens;
    while (ask != asks.end()) {
      const Timestamp at = std::min(ask->at, next_hour);
      for (; turn != turns_.end() && turn->at <= at; ++turn) take(*turn);
      end_grants(at);
      if (next_hour <= at) {
        if ((next_hour - kOpens) % hours(24) == Duration::zero()) forecast_.learn_until(next_hour);
        foresee(next_hour);
        next_hour += hours(1);
      } else {
        serve(*ask++);
      }
    }
    for (; turn != turns_.end(); ++turn) take(*turn);
    return outcome_;
  }

 private:
  struct Turn {
    Timestamp at;
    std::size_t volunteer = 0;
    bool up = false;
  };
  struct Grant {
    Timestamp until;
    std::size_t volunteer = 0;
    std::uint64_t id = 0;
    std::size_t length = 0;
    bool operator>(const Grant& other) const { return until > other.until; }
  };

  static matching::OfferHandle handle(std::size_t volunteer) { return static_cast<matching::OfferHandle>(volunteer); }

  static domain::Resources resources(std::int64_t cores) {
    domain::Resources all;
    BOURSE_CHECK(all.add("cpu", cores * domain::kMilli).ok() && all.add("memory", cores * kMemoryOfCore).ok());
    return all;
  }

  void take(const Turn& turn) {
    end_grants(turn.at);
    BOURSE_CHECK(turn.up != born_[turn.volunteer].has_value());
    if (turn.up) {
      domain::Offer offer;
      offer.resources = resources(volunteers_[turn.volunteer].cores);
      engine_.put_offer(handle(turn.volunteer), jids_[turn.volunteer], offer);
      born_[turn.volunteer] = turn.at;
      if (turn.at >= kOpens) foresee(turn.volunteer, turn.at);
      return;
    }
    for (const Grant& grant : grants_[turn.volunteer]) ++outcome_.broken[grant.length];
    grants_[turn.volunteer].clear();
    engine_.remove_offer(handle(turn.volunteer));
    engine_.rate(jids_[turn.volunteer], {});
    born_[turn.volunteer].reset();
  }

  void end_grants(Timestamp now) {
    for (; !ends_.empty() && ends_.top().until <= now; ends_.pop()) {
      const Grant& grant = ends_.top();
      auto& live = grants_[grant.volunteer];
      const auto found = std::ranges::find(live, grant.id, &Grant::id);
      if (found == live.end()) continue;  // broke
      engine_.give_back(handle(grant.volunteer), domain::GrantId{grant.id});
      live.erase(found);
    }
  }

  void foresee(std::size_t volunteer, Timestamp now) {
    if (policy_ == Policy::kBestFit) return;
    matching::Engine::Availability stays{};
    for (std::size_t i = 0; i < stays.size(); ++i) {
      const Duration further = policy_ == Policy::kTypical ? hours(kTypicalHours) : matching::Engine::kHorizons[i];
      stays[i] = policy_ == Policy::kShareUp ? forecast_.share_up(volunteer)
                                             : forecast_.up_for(volunteer, further, *born_[volunteer], now);
    }
    engine_.rate(jids_[volunteer], stays);
  }
  void foresee(Timestamp now) {
    for (std::size_t i = 0; i < volunteers_.size(); ++i) {
      if (born_[i]) foresee(i, now);
    }
  }

  void serve(const Ask& ask) {
    constexpr matching::RequestHandle kOne = 0;
    domain::Request request;
    request.resources = resources(ask.cores);
    request.duration = hours(kHours[ask.length]);
    if (policy_ != Policy::kBestFit) request.prefers = domain::Preference::parse("availability").value();
    const std::uint64_t id = ++last_id_;
    engine_.put_request(kOne, id, consumer_, {}, request);
    const auto placement = engine_.best(kOne, ask.at, {});
    engine_.remove_request(kOne);
    if (!placement) {
      ++outcome_.turned_away;
      return;
    }
    const Grant grant{ask.at + request.duration, placement->offer, id, ask.length};
    BOURSE_CHECK(
        engine_.book(placement->offer, {domain::GrantId{id}, placement->resources, {}, {ask.at, grant.until}}));
    grants_[grant.volunteer].push_back(grant);
    ends_.push(grant);
    ++outcome_.granted[ask.length];
  }

  const std::vector<Volunteer>& volunteers_;
  Policy policy_;
  Forecast forecast_;
  matching::IndexEngine engine_;
  std::vector<Turn> turns_;
  std::vector<domain::Jid> jids_;
  domain::Jid consumer_ = domain::Jid::parse("consumer@example.org").value();
  std::vector<std::optional<Timestamp>> born_;  // of the run; none while it is off
  std::vector<std::vector<Grant>> grants_;
  std::priority_queue<Grant, std::vector<Grant>, std::greater<>> ends_;
  std::uint64_t last_id_ = 0;
  Outcome outcome_;
};

}  // namespace

int measure_replay(const ReplayPlan& plan) {
  const auto volunteers = make_volunteers(plan.hosts, plan.volunteers, {kBegins, kEnds}, plan.seed);
  if (!volunteers) {
    std::cerr << "bench_history: " << volunteers.error().text << "\n";
    return 1;
  }
  double cores_on = 0;
  history::Statistics pool;
  for (const Volunteer& one : *volunteers) {
    const auto sums = history::statistics(one.intervals, {}, {kOpens, kCloses});
    cores_on += static_cast<double>(one.cores) * sums.availability().value_or(0);
    pool += sums;
  }
  const auto asks = make_asks(cores_on, plan.load, plan.seed);
  figure("synthetic_volunteers", static_cast<double>(volunteers->size()), "");
  figure("synthetic_volunteers_up", 100 * pool.availability().value_or(0), "%");
  figure("synthetic_cores_on", cores_on, "");
  figure("synthetic_requests", static_cast<double>(asks.size()), "");
  double best_fit = 0;
  constexpr std::array<std::pair<Policy, const char*>, 4> kPolicies = {{{Policy::kBestFit, "best_fit"},
                                                                        {Policy::kShareUp, "share_up"},
                                                                        {Policy::kTypical, "typical_duration"},
                                                                        {Policy::kRequested, "requested_duration"}}};
  for (const auto& [policy, label] : kPolicies) {
    const auto began = std::chrono::steady_clock::now();
    const Outcome outcome = Market(*volunteers, policy).run(asks);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    const std::string name = std::string("synthetic_replay_") + label + "_";
    figure(name + "granted", static_cast<double>(Outcome::all(outcome.granted)), "");
    figure(name + "turned_away", static_cast<double>(outcome.turned_away), "");
    figure(name + "broken", 100 * outcome.broken_share(), "%");
    for (std::size_t i = 0; i < kHours.size(); ++i) {
      figure(name + "broken_of_" + std::to_string(kHours[i]) + "h",
             100 * static_cast<double>(outcome.broken[i]) / static_cast<double>(outcome.granted[i]), "%");
    }
    if (policy == Policy::kBestFit) best_fit = outcome.broken_share();
    figure(name + "fewer_broken", 100 * (1 - outcome.broken_share() / best_fit), "%");
    figure(name + "took", took.count(), "s");
  }
  return 0;
}

}  // namespace bourse::bench
