// Purpose: what people, providers, operators and the clock might do next, from a seed alone.
// Lifetime: one simulation. Threads: none.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <set>
#include <string>

#include "market/command.h"
#include "market/rules.h"
#include "shadow_market.h"

namespace bourse::simulation {

class MarketGenerator {
 public:
  explicit MarketGenerator(std::uint64_t seed) : random_(seed) {}

  [[nodiscard]] std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
  [[nodiscard]] bool one_in(std::uint64_t times) { return below(times) == 0; }

  // Mostly on, by seconds to hours, often to a round time, often to the next timer; sometimes a little back.
  [[nodiscard]] base::Timestamp next_moment(base::Timestamp now, base::Timestamp next_timer);
  // Nothing where what came out is not valid.
  [[nodiscard]] std::optional<market::Command> next_command(const ShadowMarket& shadow, base::Timestamp now);
  [[nodiscard]] market::Rules rules(bool holds, bool quotas);
  [[nodiscard]] static domain::Jid operator_jid() { return domain::Jid::parse("root@ops.test/r0").value(); }
  // Full JIDs that are there, as far as they said.
  [[nodiscard]] const std::set<domain::Jid>& present() const { return present_; }

 private:
  [[nodiscard]] domain::Jid someone();
  [[nodiscard]] std::optional<market::CommandBody> offer(base::Timestamp now);
  [[nodiscard]] std::optional<market::CommandBody> request(base::Timestamp now);
  market::CommandBody somebody_looks(base::Timestamp now);
  market::CommandBody operators_decide(const ShadowMarket& shadow);
  [[nodiscard]] std::optional<market::Command> deal_with_a_grant(const ShadowMarket& shadow);
  [[nodiscard]] base::Duration some_time();
  [[nodiscard]] base::Timestamp soon(base::Timestamp now);  // a round time
  [[nodiscard]] std::string offer_id() { return "o" + std::to_string(below(14)); }
  [[nodiscard]] std::string request_id() { return "r" + std::to_string(below(24)); }

  std::mt19937_64 random_;
  std::set<domain::Jid> present_;
};

// In words, for whoever replays a seed.
[[nodiscard]] std::string in_words(const market::Command& command);

}  // namespace bourse::simulation
