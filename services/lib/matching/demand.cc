#include "matching/demand.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace bourse::matching {
namespace {

void append(std::string& key, std::int64_t number) {
  key.append(reinterpret_cast<const char*>(&number), sizeof number);
}

template <class T>
T& place(std::vector<std::unique_ptr<T>>& table, std::size_t id, std::unique_ptr<T> value) {
  if (id >= table.size()) table.resize(id + 1);
  table[id] = std::move(value);
  return *table[id];
}

Queue::Turn turn_of(const Waiting& waiting, RequestHandle request) {
  return {-waiting.priority, waiting.order, request};
}

}  // namespace

Lanes DemandTable::lanes_of(const Demand& demand) const {
  Lanes lanes;
  for (const Need& need : demand.needs) {
    const std::size_t lane = profiles_.lane_of(need.resource);
    if (lane != kNoLane) lanes.at[lane] = to_lane(need.amount);
  }
  if (demand.gpu_milli == 0) return lanes;
  if (demand.gpu_milli < domain::kMilli) {
    lanes.at[kGpuWholeLane] = 0;
    lanes.at[kGpuPartLane] = to_lane(demand.gpu_milli);
  } else if (demand.gpu_milli % domain::kMilli != 0) {  // no devices give that
    lanes.at[kGpuWholeLane] = std::numeric_limits<Lane>::max();
  }
  return lanes;
}

ConsumerId DemandTable::acquire_consumer(const domain::Jid& consumer, const std::vector<std::string>& groups) {
  std::string key = consumer.text();
  for (const auto& group : groups) {
    append(key, static_cast<std::int64_t>(group.size()));
    key += group;
  }
  const auto [id, fresh] = consumer_keys_.acquire(key);
  if (fresh) place(consumers_, id, std::make_unique<Consumer>(Consumer{consumer, groups, {}}));
  return id;
}

DemandId DemandTable::acquire_demand(const domain::Request& content) {
  std::string key;
  key.reserve(128);
  std::vector<Need> needs;
  needs.reserve(content.resources.entries().size() + content.services.size());
  const auto take = [&](const domain::Resources& needed) {
    for (const auto& entry : needed.entries()) {
      needs.push_back({profiles_.acquire_name(entry.name), entry.amount});
      append(key, needs.back().resource);
      append(key, entry.amount);
    }
  };
  content.services.empty() ? take(content.resources) : take(domain::demand_of(content));
  const ConstraintId constraint = constraints_.acquire(content.needs);
  append(key, content.duration.count());
  append(key, constraint);
  if (content.start) append(key, content.start->time_since_epoch().count());
  if (content.gang) append(key, -std::int64_t{content.count});  // what holds it up need not hold up the others

  const auto [id, fresh] = demand_keys_.acquire(key);
  if (!fresh) {  // the demand that is there holds its names and its constraint once
    for (const Need& need : needs) profiles_.release_name(need.resource);
    constraints_.release(constraint);
    return id;
  }
  auto made = std::make_unique<Demand>();
  made->needs = std::move(needs);
  made->constraint = constraint;
  made->gpu_milli = content.resources.gpu_milli();
  made->duration = content.duration;
  made->start = content.start;
  made->asked = content;
  made->asked.spread.clear();
  made->asked.apart.clear();
  made->lanes = lanes_of(*made);
  place(demands_, id, std::move(made));
  file(id, true);
  return id;
}

void DemandTable::release_demand(DemandId id) {
  if (!demand_keys_.release(id)) return;
  file(id, false);
  const std::unique_ptr<Demand> gone = std::move(demands_[id]);
  for (const Need& need : gone->needs) profiles_.release_name(need.resource);
  constraints_.release(gone->constraint);
  demand_keys_.reuse(id);
}

// A demand for nothing is never served, so it is not filed.
void DemandTable::file(DemandId id, bool there) {
  const Demand& demand = *demands_[id];
  if (demand.needs.empty()) return;
  const auto at = asked_.try_emplace(demand.constraint).first;
  Asked& asked = at->second;
  const bool first = asked.now.count + asked.later.count == 0;
  if (there && first) note_unfiled(demand.constraint);
  Tree& tree = demand.start ? asked.later : asked.now;
  const Point point{demand.lanes, 0, id, 0};
  there ? forest_.insert(tree, point) : forest_.remove(tree, point);
  if (asked.now.count + asked.later.count > 0) return;
  if (asked.in_filters) filters_.remove(demand.constraint);
  asked_.erase(at);
}

void DemandTable::note_unfiled(ConstraintId id) {
  constexpr std::size_t kMany = 1024;
  if (unfiled_.size() > kMany + 2 * asked_.size()) {  // of most the requests have gone since
    unfiled_.clear();
    for (const auto& [constraint, asked] : asked_) {
      if (!asked.in_filters) unfiled_.push_back(constraint);
    }
    return;
  }
  unfiled_.push_back(id);
}

void DemandTable::catch_up() const {
  for (const ConstraintId id : unfiled_) {
    const auto asked = asked_.find(id);
    if (asked == asked_.end() || asked->second.in_filters) continue;
    filters_.add(id, constraints_.needs(id));
    asked->second.in_filters = true;
  }
  unfiled_.clear();
}

void DemandTable::put(RequestHandle request, std::uint64_t order, const domain::Jid& consumer,
                      const std::vector<std::string>& groups, const domain::Request& content) {
  if (request >= requests_.size()) requests_.resize(request + 1);
  BOURSE_CHECK(!requests_[request].present);
  const DemandId demand = acquire_demand(content);
  const ConsumerId asker = acquire_consumer(consumer.bare(), groups);
  const auto [id, fresh] = queue_keys_.acquire(std::uint64_t{demand} << 32 | asker);
  if (fresh) {
    Queue& queue = place(queues_, id, std::make_unique<Queue>());
    queue.demand = demand;
    queue.consumer = asker;
    queue.position = demands_[demand]->queues.size();
    demands_[demand]->queues.push_back(id);
  }
  Queue& queue = *queues_[id];
  requests_[request] = {true, order, content.priority, id, content.prefers, content.spread, content.apart, {}};
  if (!queue.turns.empty()) heads_.erase({requests_[queue.head()].order, queue.head()});
  queue.turns.insert(turn_of(requests_[request], request));
  heads_.insert({requests_[queue.head()].order, queue.head()});
}

void DemandTable::remove(RequestHandle request) {
  BOURSE_CHECK(waits(request));
  const QueueId id = requests_[request].queue;
  Queue& queue = *queues_[id];
  heads_.erase({requests_[queue.head()].order, queue.head()});
  queue.turns.erase(turn_of(requests_[request], request));
  if (!queue.turns.empty()) heads_.insert({requests_[queue.head()].order, queue.head()});
  requests_[request] = {};

  const auto [demand_id, consumer] = std::pair{queue.demand, queue.consumer};
  if (queue_keys_.release(id)) {
    auto& queues = demands_[demand_id]->queues;
    queues_[queues.back()]->position = queue.position;
    queues[queue.position] = queues.back();
    queues.pop_back();
    queues_[id].reset();
    queue_keys_.reuse(id);
  }
  release_demand(demand_id);
  if (consumer_keys_.release(consumer)) {
    consumers_[consumer].reset();
    consumer_keys_.reuse(consumer);
  }
}

std::vector<RequestHandle> DemandTable::heads() const {
  std::vector<RequestHandle> heads;
  heads.reserve(heads_.size());
  for (const auto& [order, request] : heads_) heads.push_back(request);
  return heads;
}

std::optional<RequestHandle> DemandTable::after(RequestHandle request) const {
  BOURSE_CHECK(waits(request));
  const auto& turns = queue_of(request).turns;
  const auto next = turns.upper_bound(turn_of(requests_[request], request));
  if (next == turns.end()) return std::nullopt;
  return std::get<2>(*next);
}

}  // namespace bourse::matching
