#include "bench/match/decisions.h"

#include <fmt/format.h>
#include <time.h>

#include <chrono>
#include <cmath>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "bench/figures.h"
#include "bench/grants/workload.h"
#include "matching/index_engine.h"

namespace bourse::bench {
namespace {

// Wall time, or the processor time of this thread: what it would take on a machine nobody else uses.
struct Clock {
  using duration = std::chrono::nanoseconds;
  static inline clockid_t source = CLOCK_MONOTONIC;
  static duration now() {
    timespec time{};
    clock_gettime(source, &time);
    return std::chrono::seconds(time.tv_sec) + duration(time.tv_nsec);
  }
};
using MakeRequest = std::function<domain::Request(std::uint64_t)>;

const base::Timestamp kNow{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}};
constexpr std::uint64_t kDecisions = 20'000;  // a round
constexpr std::int64_t kGiB = std::int64_t{1} << 30;

double microseconds(Clock::duration span) { return std::chrono::duration<double, std::micro>(span).count(); }

// One engine with its offers. Of what is decided the last grants live on; older ones are given back, so that the market
// stays as full as it is.
class Market {
 public:
  using MakeOffer = std::function<domain::Offer(std::uint64_t)>;

  Market(std::uint64_t offers, const MakeOffer& make) : most_live_(std::min<std::uint64_t>(10'000, offers / 10)) {
    for (std::uint64_t i = 0; i < offers; ++i) {
      engine_.put_offer(static_cast<matching::OfferHandle>(i), provider_of(i), make(i));
    }
  }

  // A decision: the request is put, the best place found and booked, the request removed. What it is made of is not
  // timed.
  double decide(const domain::Request& content, std::uint64_t number, bool expected) {
    const auto consumer = consumer_of(number);
    const auto start = Clock::now();
    engine_.put_request(kHandle, number, consumer, {}, content);
    auto placement = engine_.best(kHandle, kNow, {});
    if (placement) {
      const bool booked = engine_.book(placement->offer, {.id = {number},
                                                          .resources = placement->resources,
                                                          .devices = placement->devices,
                                                          .when = {kNow, kNow + content.duration},
                                                          .ahead = false});
      BOURSE_CHECK(booked);
    }
    engine_.remove_request(kHandle);
    const double spent = microseconds(Clock::now() - start);
    if (placement.has_value() != expected) ++surprises_;
    if (placement) live_.emplace_back(placement->offer, domain::GrantId{number});
    if (live_.size() > most_live_) {
      engine_.give_back(live_.front().first, live_.front().second);
      live_.pop_front();
    }
    return spent;
  }

  std::vector<double> decide_many(const MakeRequest& make, std::uint64_t count, bool expected) {
    std::vector<double> spent;
    spent.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i) {
      ++number_;
      spent.push_back(decide(make(number_), number_, expected));
    }
    return spent;
  }

  matching::IndexEngine& engine() { return engine_; }
  // Decisions that found something where nothing was to be found, or the other way round.
  [[nodiscard]] std::uint64_t surprises() const { return surprises_; }

 private:
  static constexpr matching::RequestHandle kHandle = 0;

  matching::IndexEngine engine_;
  std::deque<std::pair<matching::OfferHandle, domain::GrantId>> live_;
  std::uint64_t most_live_;
  std::uint64_t number_ = 0;
  std::uint64_t surprises_ = 0;
};

// Two sites and a speed, together never asked for before.
domain::Request never_seen(std::uint64_t number) {
  auto request = request_of(number);
  request.needs = domain::Filter::parse(fmt::format("(&(|(site=s{})(site=s{}))(speed>={}))", number % 250,
                                                    number / 250 % 250, 10 + number / 62'500 % 60))
                      .value();
  return request;
}

struct Spread {
  std::vector<double> medians;
  std::vector<double> tails;
  void add(const std::vector<double>& spent) {
    medians.push_back(quantile(spent, 0.5));
    tails.push_back(quantile(spent, 0.99));
  }
  [[nodiscard]] double p50() const { return quantile(medians, 0.5); }
  [[nodiscard]] double p99() const { return quantile(tails, 0.5); }
};

// Why a request waits that nobody can serve: it runs in the decider's thread.
void measure_explain(Market& market) {
  constexpr matching::RequestHandle kAsked = 1;
  auto& engine = market.engine();
  std::vector<double> spent;
  for (std::uint64_t i = 0; i < 100; ++i) {
    auto request = request_of(i);
    request.resources = resources_of({.cpu = 1'000'000, .memory = kGiB, .storage = kGiB, .bandwidth = 1000});
    engine.put_request(kAsked, i, consumer_of(i), {}, request);
    const auto start = Clock::now();
    BOURSE_CHECK(engine.explain(kAsked, kNow, {}).fitting == 0);
    spent.push_back(microseconds(Clock::now() - start));
    engine.remove_request(kAsked);
  }
  figure("explain_p50", quantile(spent, 0.5) / 1000, "ms");
  figure("explain_p99", quantile(spent, 0.99) / 1000, "ms");
}

void measure_usual(int rounds, std::uint64_t offers) {
  const auto usual = [](std::uint64_t i) { return offer_of(i, Shape::kUsual); };
  const auto start = Clock::now();
  Market large(offers, usual);
  figure("load_per_offer", microseconds(Clock::now() - start) / static_cast<double>(offers), "µs");
  Market small(10'000, usual);
  Spread at_large;
  Spread at_small;
  Spread new_ones;
  std::vector<double> growth;
  for (int round = 0; round < rounds; ++round) {
    at_small.add(small.decide_many(request_of, kDecisions, true));
    at_large.add(large.decide_many(request_of, kDecisions, true));
    new_ones.add(large.decide_many(never_seen, kDecisions / 10, true));
    growth.push_back(at_large.medians.back() / at_small.medians.back());
  }
  figure("decision_p50", at_large.p50(), "µs");
  figure("decision_p99", at_large.p99(), "µs");
  figure("decision_p50_10k_offers", at_small.p50(), "µs");
  figure("decision_p99_10k_offers", at_small.p99(), "µs");
  figure("decision_growth", quantile(growth, 0.5), "ratio");
  figure("decision_new_constraint_p50", new_ones.p50(), "µs");
  figure("decision_new_constraint_p99", new_ones.p99(), "µs");
  figure("decision_unserved", static_cast<double>(large.surprises()), "");

  measure_explain(large);

  Spread nothing;
  const std::uint64_t before = large.surprises();
  for (int round = 0; round < rounds; ++round) {
    nothing.add(large.decide_many(
        [](std::uint64_t number) {
          auto request = request_of(number);
          const auto more = static_cast<std::int64_t>(mixed(number) % 100'000);
          Amounts amounts{1000, kGiB, kGiB, 1000};
          if (number % 4 == 0) amounts.cpu = 1'000'000 + more;
          if (number % 4 == 1) amounts.memory = 4096 * kGiB + more;
          if (number % 4 == 2) amounts.storage = 65'536 * kGiB + more;
          if (number % 4 == 3) amounts.bandwidth = 1'000'000'000 + more;
          request.resources = resources_of(amounts);
          return request;
        },
        kDecisions / 10, false));
  }
  figure("nothing_one_too_big_p99", nothing.p99() / 1000, "ms");
  figure("nothing_one_too_big_unexpected", static_cast<double>(large.surprises() - before), "");
}

// A demand whose shares of the greatest machine add up to `sum`: of machines whose shares add up to 1 none has it.
Amounts demand_of_shares(std::uint64_t number, double sum) {
  double share[4];
  double total = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    share[i] = 0.05 + static_cast<double>(mixed(number * 4 + i) % 10'000) / 10'000;
    total += share[i];
  }
  for (auto& one : share) one *= sum / total;
  return {.cpu = 2 + static_cast<std::int64_t>(share[0] * 256'000),
          .memory = 2 + static_cast<std::int64_t>(share[1] * 1024 * static_cast<double>(kGiB)),
          .storage = 2 + static_cast<std::int64_t>(share[2] * 8192 * static_cast<double>(kGiB)),
          .bandwidth = 2 + static_cast<std::int64_t>(share[3] * 40'000'000)};
}

// What somebody has of each amount nobody has of all: no bound on one dimension rules anything out, and no demand is as
// hard as another, so that remembering what failed does not help.
void measure_anti_correlated(int rounds, std::uint64_t offers) {
  Market market(offers, [](std::uint64_t i) { return offer_of(i, Shape::kAntiCorrelated); });
  const auto asking = [](double sum, bool constrained) {
    return [=](std::uint64_t number) {
      auto request = request_of(number);
      if (!constrained) request.needs = {};
      request.resources = resources_of(demand_of_shares(number, sum));
      return request;
    };
  };
  Spread served;  // the same market does serve who asks for less
  Spread apart;
  Spread constrained;
  Spread edge;
  for (int round = 0; round < rounds; ++round) {
    served.add(market.decide_many(asking(0.6, false), kDecisions / 20, true));
    apart.add(market.decide_many(asking(1.3, false), kDecisions / 20, false));
    constrained.add(market.decide_many(asking(1.3, true), kDecisions / 20, false));
    edge.add(market.decide_many(asking(1.02, false), kDecisions / 20, false));
  }
  figure("decision_anti_correlated_p50", served.p50(), "µs");
  figure("decision_anti_correlated_p99", served.p99(), "µs");
  figure("nothing_anti_correlated_p99", apart.p99() / 1000, "ms");
  figure("nothing_anti_correlated_constrained_p99", constrained.p99() / 1000, "ms");
  figure("nothing_by_a_hair_p50", edge.p50() / 1000, "ms");
  figure("nothing_by_a_hair_p99", edge.p99() / 1000, "ms");
  figure("nothing_anti_correlated_unexpected", static_cast<double>(market.surprises()), "");
}

void measure_small_third(int rounds, std::uint64_t offers) {
  Market market(offers, [](std::uint64_t i) { return offer_of(i, Shape::kSmallThird); });
  const auto needs = domain::Filter::parse("(&(os=linux)(tier=small)(os.version>=9))").value();
  Spread spread;
  for (int round = 0; round < rounds; ++round) {
    spread.add(market.decide_many(
        [&](std::uint64_t number) {
          auto request = request_of(number);
          const std::uint64_t dice = mixed(number);
          request.needs = needs;
          request.resources = resources_of({.cpu = 5'300 + static_cast<std::int64_t>(dice % 100'000),
                                            .memory = static_cast<std::int64_t>(1 + dice / 100'000 % 500) * kGiB,
                                            .storage = static_cast<std::int64_t>(1 + dice / 50'000'000 % 4000) * kGiB,
                                            .bandwidth = static_cast<std::int64_t>(1 + dice % 9000) * 1000});
          return request;
        },
        kDecisions / 20, false));
  }
  figure("nothing_in_a_third_p99", spread.p99() / 1000, "ms");
  figure("nothing_in_a_third_unexpected", static_cast<double>(market.surprises()), "");
}

void measure_devices(int rounds, std::uint64_t offers) {
  Market market(offers, [](std::uint64_t i) {
    auto offer = offer_of(i, Shape::kUsual);
    BOURSE_CHECK(offer.resources.add("gpu", 1000 << (mixed(i) % 4)).ok());
    offer.gpu_model = "G" + std::to_string(i % kSignatures % 7);
    return offer;
  });
  Spread spread;
  for (int round = 0; round < rounds; ++round) {
    spread.add(market.decide_many(
        [](std::uint64_t number) {
          static constexpr std::int64_t kGpus[] = {100, 250, 500, 500, 750, 1000, 1000, 2000};
          auto request = request_of(number);
          BOURSE_CHECK(request.resources.add("gpu", kGpus[mixed(number) % 8]).ok());
          return request;
        },
        kDecisions / 4, true));
  }
  figure("decision_gpu_p50", spread.p50(), "µs");
  figure("decision_gpu_p99", spread.p99(), "µs");
}

// 100,000 requests wait, no two for the same; an offer comes back.
void measure_wakes(std::uint64_t offers) {
  constexpr std::uint64_t kWaiting = 100'000;
  Market market(offers, [](std::uint64_t i) { return offer_of(i, Shape::kUsual); });
  auto& engine = market.engine();
  for (std::uint64_t i = 0; i < kWaiting; ++i) {
    auto request = request_of(i);
    request.resources = resources_of({.cpu = 100'000 + static_cast<std::int64_t>(i),
                                      .memory = 700 * kGiB + static_cast<std::int64_t>(mixed(i) % (200 * kGiB)),
                                      .storage = 100 * kGiB,
                                      .bandwidth = 1'000'000});
    engine.put_request(static_cast<matching::RequestHandle>(i), i, consumer_of(i), {}, request);
  }
  std::vector<double> replaced;
  std::vector<double> woken;
  std::vector<double> spent;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    const std::uint64_t offer = mixed(i) % offers;
    const auto handle = static_cast<matching::OfferHandle>(offer);
    const auto content = offer_of(offer, Shape::kUsual);
    auto start = Clock::now();
    engine.put_offer(handle, provider_of(offer), content);
    replaced.push_back(microseconds(Clock::now() - start));
    start = Clock::now();
    woken.push_back(static_cast<double>(engine.wakes(handle, kNow).size()));
    spent.push_back(microseconds(Clock::now() - start));
  }
  figure("put_offer_p50", quantile(replaced, 0.5), "µs");
  figure("put_offer_p99", quantile(replaced, 0.99), "µs");
  figure("wakes_100k_waiting_p50", quantile(spent, 0.5), "µs");
  figure("wakes_100k_waiting_p99", quantile(spent, 0.99), "µs");
  figure("wakes_100k_waiting_most", quantile(woken, 0.9999), "requests");
}

}  // namespace

void measure_decisions(int rounds, std::uint64_t offers, bool processor_time) {
  if (processor_time) Clock::source = CLOCK_THREAD_CPUTIME_ID;
  measure_usual(rounds, offers);
  measure_anti_correlated(rounds, offers);
  measure_small_third(rounds, offers);
  measure_devices(rounds, offers);
  measure_wakes(offers);
}

}  // namespace bourse::bench
