// Purpose: a pool under test without a database or a network: publish, request, retract in one line each,
//   and look at the plan that came out.
// Lifetime: one per test. Threads: none.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "domain/records.h"
#include "market/decide.h"
#include "market/state.h"
#include "support/reference_engine.h"

namespace bourse::market {

inline domain::Jid jid(const std::string& text) { return domain::Jid::parse(text).value(); }

inline domain::Resources resources(const std::vector<std::pair<std::string, std::string>>& entries) {
  domain::Resources result;
  for (const auto& [name, quantity] : entries) {
    BOURSE_CHECK(result.add(name, domain::parse_quantity(name, quantity).value()).ok());
  }
  return result;
}

inline domain::Offer offer_of(const std::vector<std::pair<std::string, std::string>>& entries) {
  domain::Offer offer;
  offer.resources = resources(entries);
  return offer;
}

inline domain::Request request_of(const std::vector<std::pair<std::string, std::string>>& entries,
                                  std::uint32_t count = 1) {
  domain::Request request;
  request.resources = resources(entries);
  request.count = count;
  return request;
}

class Pool {
 public:
  base::Timestamp now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22}};
  State state;

  explicit Pool(Rules rules = {}, HistoryPolicy history = {})
      : state({.pool = {"commons"},
               .operators = {jid("admin@a.test")},
               .policy = {},
               .rules = std::move(rules),
               .history = history},
              std::make_unique<matching::ReferenceEngine>()) {}

  Plan act(const std::string& actor, CommandBody body) {
    const Command command{{"commons"}, jid(actor), {jid(actor), "bourse.test", "id1"}, std::move(body)};
    return decide(state, command, now);
  }
  Plan publish(const std::string& actor, const std::string& id, domain::Offer offer) {
    auto record = domain::encode(offer);
    return act(actor, PublishOffer{{id}, std::move(offer), std::move(record)});
  }
  Plan request(const std::string& actor, const std::string& id, domain::Request request) {
    auto record = domain::encode(request);
    return act(actor, PublishRequest{{id}, std::move(request), std::move(record)});
  }
  Plan retract(const std::string& actor, const std::string& leaf, const std::string& item) {
    return act(actor, Retract{{"commons/" + leaf}, item});
  }
  Plan action(const std::string& actor, GrantAction::Kind kind, std::uint64_t grant,
              std::optional<base::Duration> duration = {}) {
    return act(actor, GrantAction{.kind = kind, .grant = {grant}, .duration = duration});
  }
  Plan pass(base::Duration time) {
    now += time;
    return decide(state, {{"commons"}, {}, {}, Tick{}}, now);
  }
};

// A plan in words, for comparing: "+offer a", "grant g1 on a for r", "g1 revoked", "error forbidden" …
[[nodiscard]] std::vector<std::string> in_words(const Plan& plan);

}  // namespace bourse::market
