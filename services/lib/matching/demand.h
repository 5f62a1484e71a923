// Purpose: the waiting requests by what they ask for and who asks. Requests that want the same amounts under the same
//   constraint for the same time are one demand; those of one consumer among them are a queue. Demands are indexed the
//   other way round: what one offer has leads to those it may serve.
// Lifetime: one table per engine; a demand lives while a request has it. Threads: the decider's only.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "domain/filter_index.h"
#include "domain/request.h"
#include "matching/box_forest.h"
#include "matching/constraints.h"
#include "matching/engine.h"
#include "matching/intern.h"
#include "matching/profile.h"

namespace bourse::matching {

using DemandId = InternId;
using ConsumerId = InternId;
using QueueId = InternId;

struct Need {
  ResourceId resource = 0;
  std::int64_t amount = 0;
};

struct Consumer {
  domain::Jid jid;  // bare
  std::vector<std::string> groups;
  mutable std::unordered_map<std::uint64_t, bool> served;  // by Profile::serves: answers already given
};

struct Demand {
  domain::Request asked;  // what its requests have in common
  std::vector<Need> needs;
  Lanes lanes;  // without time
  std::int64_t gpu_milli = 0;
  base::Duration duration{};
  std::optional<base::Timestamp> start;
  ConstraintId constraint = 0;
  std::vector<QueueId> queues;
  // At this growth of the market, from this moment on, no offer at all would do.
  mutable std::uint64_t barren = 0;
  mutable base::Timestamp barren_since;
};

struct Queue {
  // Higher priority first, then older.
  using Turn = std::tuple<std::int32_t, std::uint64_t, RequestHandle>;
  DemandId demand = 0;
  ConsumerId consumer = 0;
  std::set<Turn> turns;
  std::size_t position = 0;  // among the demand's queues
  [[nodiscard]] RequestHandle head() const { return std::get<2>(*turns.begin()); }
};

struct Waiting {
  bool present = false;
  std::uint64_t order = 0;
  std::int32_t priority = 0;
  QueueId queue = 0;
  domain::Preference prefers;
  std::string spread;
  std::vector<domain::AntiAffinity> apart;
  std::optional<Engine::Hold> hold = {};
};

class DemandTable {
 public:
  DemandTable(ProfileTable& profiles, ConstraintTable& constraints) : profiles_(profiles), constraints_(constraints) {}

  void put(RequestHandle request, std::uint64_t order, const domain::Jid& consumer,
           const std::vector<std::string>& groups, const domain::Request& content);
  void remove(RequestHandle request);

  [[nodiscard]] bool waits(RequestHandle request) const {
    return request < requests_.size() && requests_[request].present;
  }
  [[nodiscard]] const Waiting& request(RequestHandle request) const { return requests_[request]; }
  [[nodiscard]] const Queue& queue(QueueId id) const { return *queues_[id]; }
  [[nodiscard]] const Demand& demand(DemandId id) const { return *demands_[id]; }
  [[nodiscard]] const Demand& demand_of(RequestHandle request) const { return demand(queue_of(request).demand); }
  [[nodiscard]] const Queue& queue_of(RequestHandle request) const { return queue(requests_[request].queue); }
  [[nodiscard]] const Consumer& consumer(ConsumerId id) const { return *consumers_[id]; }
  void note_hold(RequestHandle request, std::optional<Engine::Hold> hold) { requests_[request].hold = hold; }

  [[nodiscard]] bool empty() const { return heads_.empty(); }
  [[nodiscard]] std::vector<RequestHandle> heads() const;  // in order of `order`
  [[nodiscard]] std::optional<RequestHandle> after(RequestHandle request) const;

  // What an offer has, as far as it leads to demands.
  struct Supply {
    Lanes now;
    Lanes later;  // for leases that begin later
    ProfileId profile = 0;
  };
  // Calls visit(demand) for the demands that the supply may serve by its lanes and its profile. `source` says what the
  // offer has, for constraints.
  template <class Visit>
  void each_served(const Supply& supply, const domain::AttributeSource& source, Visit visit) const;

 private:
  // The demands of one constraint.
  struct Asked {
    Tree now;
    Tree later;  // those with a start
    mutable bool in_filters = false;
  };

  [[nodiscard]] DemandId acquire_demand(const domain::Request& content);
  void release_demand(DemandId id);
  ConsumerId acquire_consumer(const domain::Jid& consumer, const std::vector<std::string>& groups);
  void file(DemandId id, bool there);
  void note_unfiled(ConstraintId id);
  void catch_up() const;
  [[nodiscard]] Lanes lanes_of(const Demand& demand) const;

  ProfileTable& profiles_;
  ConstraintTable& constraints_;
  std::vector<Waiting> requests_;  // by handle
  Interner<std::string> demand_keys_;
  std::vector<std::unique_ptr<Demand>> demands_;
  Interner<std::uint64_t> queue_keys_;  // demand and consumer
  std::vector<std::unique_ptr<Queue>> queues_;
  Interner<std::string> consumer_keys_;
  std::vector<std::unique_ptr<Consumer>> consumers_;
  std::set<std::pair<std::uint64_t, RequestHandle>> heads_;
  BoxForest forest_;
  std::unordered_map<ConstraintId, Asked> asked_;
  // The constraints in asked_, once somebody looks for them here: most requests do not wait that long.
  mutable domain::FilterIndex filters_;
  mutable std::vector<ConstraintId> unfiled_;  // that may have to go into filters_
};

template <class Visit>
void DemandTable::each_served(const Supply& supply, const domain::AttributeSource& source, Visit visit) const {
  const auto take = [&](const Asked& asked) {
    const auto found = [&](const Point& point) { visit(point.id); };
    forest_.each_covered(asked.now, supply.now, found);
    forest_.each_covered(asked.later, supply.later, found);
  };
  constexpr std::size_t kFew = 64;  // for more the index of filters is quicker than one look each
  if (asked_.size() > kFew) {
    catch_up();
    for (const auto key : filters_.match(source)) take(asked_.at(static_cast<ConstraintId>(key)));
    return;
  }
  for (const auto& [id, asked] : asked_) {
    const Constraint& constraint = constraints_.at(id);
    if (!constraint.may_accept(supply.profile)) continue;
    if (constraint.asks_offers(supply.profile)) {
      const auto ask = [&](std::string_view name) { return source.values(name); };
      if (!constraint.needs.accepts(ask)) continue;
    }
    take(asked);
  }
}

}  // namespace bourse::matching
