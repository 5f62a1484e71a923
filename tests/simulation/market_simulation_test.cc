// Whole markets from a seed: offers come, change, go and expire, sessions vanish, requests come, are
// cancelled and run out of time, grants are released and revoked, the process restarts; after every step the
// invariants hold. BOURSE_SIMULATION_SEED replays one seed, BOURSE_SIMULATION_SECONDS sets how long to look.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>

#include "domain/records.h"
#include "market/decide.h"
#include "matching/scan_engine.h"
#include "shadow_market.h"

namespace bourse::simulation {
namespace {

using namespace std::chrono_literals;
using namespace market;

constexpr int kStepsPerMarket = 400;

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed) : random_(seed) { restart(); }

  // The first broken rule, or nothing.
  std::string run() {
    for (int step = 0; step < kStepsPerMarket; ++step) {
      now_ += std::chrono::seconds(below(20) == 0 ? -static_cast<int>(below(5)) : static_cast<int>(below(900)));
      act();
      decide_and_apply({{"commons"}, {}, {}, Tick{}});
      const auto broken = shadow_.violations();
      if (!broken.empty()) return "step " + std::to_string(step) + ": " + broken.front();
      if (const auto idle = servable(); !idle.empty()) return "step " + std::to_string(step) + ": " + idle;
      if (below(60) == 0) restart();
    }
    return {};
  }

 private:
  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
  domain::Jid someone() {
    return domain::Jid::parse("user" + std::to_string(below(6)) + "@" + (below(2) == 0 ? "a" : "b") + ".test/r" +
                              std::to_string(below(2)))
        .value();
  }

  void decide_and_apply(const Command& command) { shadow_.apply(decide(*state_, command, now_)); }

  void restart() {
    const auto counters = state_ ? state_->counters : PoolCounters{};
    state_ = std::make_unique<State>(PoolConfig{{"commons"}, {}}, std::make_unique<matching::ScanEngine>());
    state_->counters = counters;
    ASSERT_TRUE(shadow_.load(*state_).ok());
  }

  void act() {
    const auto who = someone();
    CommandBody body;
    switch (below(12)) {
      case 0:
      case 1:
      case 2:
        body = offer();
        break;
      case 3:
      case 4:
      case 5:
        body = request();
        break;
      case 6:
        body = Retract{{"commons/offers"}, "o" + std::to_string(below(12))};
        break;
      case 7:
        body = Retract{{"commons/requests"}, "r" + std::to_string(below(20))};
        break;
      case 8:
      case 9:
        return retract_a_grant();
      case 10:
        body = SessionAvailable{};
        break;
      default:
        body = SessionGone{};
    }
    decide_and_apply({{"commons"}, who, {who, "bourse.test", "1"}, std::move(body)});
  }

  void retract_a_grant() {
    if (shadow_.live_grants().empty()) return;
    auto place = shadow_.live_grants().begin();
    std::advance(place, static_cast<std::ptrdiff_t>(below(shadow_.live_grants().size())));
    const auto& grant = place->second;
    const auto who = below(2) == 0 ? grant.consumer : grant.provider;
    decide_and_apply({{"commons"}, who, {who, "bourse.test", "1"}, Retract{{"commons/grants"}, to_item_id(grant.id)}});
  }

  PublishOffer offer() {
    domain::Offer offer;
    add(offer.resources, "cpu", static_cast<std::int64_t>(1 + below(8)) * 500);
    if (below(2) == 0) add(offer.resources, "memory", static_cast<std::int64_t>(1 + below(8)) << 30);
    if (below(2) == 0) add(offer.resources, "gpu", static_cast<std::int64_t>(1 + below(3)) * domain::kMilli);
    if (below(3) == 0) offer.serves = domain::Filter::parse("(domain=a.test)").value();
    offer.attributes.push_back(
        domain::make_attribute("arch", below(2) == 0 ? "x86_64" : "arm64", domain::AttributeType::kString).value());
    offer.terms.divisible = below(4) != 0;
    if (below(4) == 0) offer.terms.max_lease = 2h;
    if (below(6) == 0) offer.expires = now_ + 1h;
    auto record = domain::encode(offer);
    return {{"o" + std::to_string(below(12))}, std::move(offer), std::move(record)};
  }

  PublishRequest request() {
    domain::Request request;
    add(request.resources, "cpu", static_cast<std::int64_t>(1 + below(6)) * 500);
    if (below(3) == 0) add(request.resources, "memory", static_cast<std::int64_t>(1 + below(4)) << 30);
    if (below(3) == 0) {
      add(request.resources, "gpu", below(2) == 0 ? static_cast<std::int64_t>(1 + below(999)) : 1000);
    }
    if (below(3) == 0) request.needs = domain::Filter::parse("(arch=x86_64)").value();
    request.count = static_cast<std::uint32_t>(1 + below(3));
    request.spread = below(4) == 0 ? domain::Spread::kProvider : domain::Spread::kNone;
    request.duration = std::chrono::minutes(10 + below(300));
    if (below(3) == 0) request.deadline = now_ + std::chrono::minutes(1 + below(60));
    auto record = domain::encode(request);
    return {{"r" + std::to_string(below(20))}, std::move(request), std::move(record)};
  }

  static void add(domain::Resources& resources, const char* name, std::int64_t amount) {
    BOURSE_CHECK(resources.add(name, amount).ok());
  }

  // A waiting request that what is free could serve, though nobody did.
  std::string servable() {
    for (const auto& [id, row] : shadow_.requests()) {
      if (row.state != domain::RequestState::kWaiting) continue;
      auto& entry = *state_->find_request({id});
      auto excluded = entry.refused;
      if (entry.content.spread == domain::Spread::kProvider) {
        for (const auto grant : entry.grants) excluded.insert(state_->find_grant(grant)->provider);
      }
      if (state_->engine->best(state_->handle_of(entry), excluded)) return "a free offer could serve " + id;
    }
    return {};
  }

  std::mt19937_64 random_;
  base::Timestamp now_{std::chrono::sys_days{std::chrono::year{2026} / 3 / 28}};
  ShadowMarket shadow_;
  std::unique_ptr<State> state_;
};

TEST(MarketSimulation, HoldsItsInvariants) {
  if (const char* seed = std::getenv("BOURSE_SIMULATION_SEED"); seed != nullptr) {
    EXPECT_EQ(Simulation(std::stoull(seed)).run(), "");
    return;
  }
  const char* seconds = std::getenv("BOURSE_SIMULATION_SECONDS");
  const auto until =
      std::chrono::steady_clock::now() + std::chrono::seconds(seconds != nullptr ? std::stoi(seconds) : 5);
  std::uint64_t seed = 0;
  do {
    ++seed;
    ASSERT_EQ(Simulation(seed).run(), "") << "replay with BOURSE_SIMULATION_SEED=" << seed;
  } while (std::chrono::steady_clock::now() < until);
  RecordProperty("markets", static_cast<int>(seed));
}

}  // namespace
}  // namespace bourse::simulation
