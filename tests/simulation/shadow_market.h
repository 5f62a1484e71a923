// Purpose: the market as its plans say it is: rows applied one by one, without any of the code that made
//   them. The simulation checks its invariants here, and "restarts" the real state from it.
// Lifetime: one simulation. Threads: none.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "market/plan.h"
#include "market/store.h"

namespace bourse::simulation {

class ShadowMarket {
 public:
  void apply(const market::Plan& plan);
  // What PostgreSQL would give back after a restart.
  base::Status load(market::StateLoader& loader) const;

  // Every broken rule in words: over-granted resources and devices, shared whole devices, grants on offers
  // that are not open, requests served too often, gaps in the logs.
  [[nodiscard]] std::vector<std::string> violations() const;

  [[nodiscard]] const std::map<std::string, market::OfferRow>& offers() const { return offers_; }
  [[nodiscard]] const std::map<std::string, market::RequestRow>& requests() const { return requests_; }
  [[nodiscard]] const std::map<std::uint64_t, market::GrantRow>& live_grants() const { return live_; }

 private:
  void apply(const market::OfferRow& row);
  void apply(const market::RequestRow& row);
  void apply(const market::GrantStarted& change);
  void apply(const market::GrantEnded& change);
  void apply(const market::SanctionRow& /*row*/) {}
  void apply(const pubsub::Change& /*change*/) {}
  void apply(const domain::AvailabilityChange& change);

  std::map<std::string, market::OfferRow> offers_;      // open
  std::map<std::string, market::RequestRow> requests_;  // waiting or granted
  std::map<std::uint64_t, market::GrantRow> live_;
  std::map<std::string, domain::Presence> presence_;
  std::vector<std::string> broken_;  // found while applying
  std::uint64_t events_ = 0;
  std::uint64_t audit_ = 0;
};

}  // namespace bourse::simulation
