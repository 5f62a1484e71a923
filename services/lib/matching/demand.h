// Purpose: the waiting requests by what they ask for. Requests that want the same amounts under the same
//   constraint for as long are one demand: an arriving offer is compared with each demand, not with each
//   request, and a search that found nothing for one of them need not be run for the next.
// Lifetime: one table per engine; a demand lives while a request has it. Threads: the decider's only.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "domain/request.h"
#include "matching/engine.h"
#include "matching/intern.h"
#include "matching/profile.h"
#include "matching/verdict_table.h"

namespace bourse::matching {

using DemandId = InternId;
using ConstraintId = InternId;
using ConsumerId = InternId;

struct Need {
  ResourceId resource = 0;
  std::int64_t amount = 0;
};

// Its verdicts are notes of answers already given, so they may change under const.
struct Constraint {
  domain::Filter needs;
  mutable VerdictTable verdicts;
};
struct Consumer {
  domain::Jid jid;                // bare
  mutable VerdictTable verdicts;  // of the profiles' serves
};

struct Demand {
  std::vector<Need> needs;
  std::int64_t gpu_milli = 0;
  base::Duration duration{};
  ConstraintId constraint = 0;
  std::vector<RequestHandle> members;
  mutable std::uint64_t barren = 0;  // at this growth of the market no offer at all would do
};

struct Waiting {
  bool present = false;
  std::uint64_t order = 0;
  DemandId demand = 0;
  ConsumerId consumer = 0;
  std::uint32_t position = 0;  // among the demand's members
};

class DemandTable {
 public:
  void put(RequestHandle request, std::uint64_t order, const domain::Jid& consumer, const domain::Request& content,
           Interner<std::string>& names);
  void remove(RequestHandle request, Interner<std::string>& names);

  [[nodiscard]] bool waits(RequestHandle request) const {
    return request < requests_.size() && requests_[request].present;
  }
  [[nodiscard]] const Waiting& request(RequestHandle request) const { return requests_[request]; }
  [[nodiscard]] const Demand& demand(DemandId id) const { return *demands_[id]; }
  [[nodiscard]] const Constraint& constraint(ConstraintId id) const { return *constraints_[id]; }
  [[nodiscard]] const Consumer& consumer(ConsumerId id) const { return *consumers_[id]; }

  // Calls visit(demand) for every demand whose amounts `free` covers; `free[resource]` by number.
  template <class Visit>
  void each_covered(const std::vector<std::int64_t>& free, Visit visit) const {
    for (std::size_t id = 0; id < first_needs_.size(); ++id) {
      const FirstNeeds& first = first_needs_[id];
      if (free[first[0].resource] < first[0].amount || free[first[1].resource] < first[1].amount ||
          free[first[2].resource] < first[2].amount) {
        continue;
      }
      if (demands_[id] && covered(*demands_[id], free)) visit(*demands_[id]);
    }
  }

  [[nodiscard]] bool empty() const { return demand_keys_.size() == 0; }
  void forget_verdicts() const;

 private:
  // The beginning of every demand's needs side by side: most offers are ruled out here.
  using FirstNeeds = std::array<Need, 3>;

  [[nodiscard]] static bool covered(const Demand& demand, const std::vector<std::int64_t>& free);
  ConstraintId acquire_constraint(const domain::Filter& needs);
  ConsumerId acquire_consumer(const domain::Jid& consumer);

  std::vector<Waiting> requests_;  // by handle
  Interner<std::string> demand_keys_;
  std::vector<std::unique_ptr<Demand>> demands_;
  std::vector<FirstNeeds> first_needs_;
  Interner<std::string> constraint_texts_;
  std::vector<std::unique_ptr<Constraint>> constraints_;
  Interner<domain::Jid> consumer_jids_;
  std::vector<std::unique_ptr<Consumer>> consumers_;
};

}  // namespace bourse::matching
