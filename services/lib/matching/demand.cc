#include "matching/demand.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace bourse::matching {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

void append(std::string& key, std::int64_t number) {
  key.append(reinterpret_cast<const char*>(&number), sizeof number);
}

template <class T>
T& place(std::vector<std::unique_ptr<T>>& table, std::size_t id, std::unique_ptr<T> value) {
  if (id >= table.size()) table.resize(id + 1);
  table[id] = std::move(value);
  return *table[id];
}

}  // namespace

ConstraintId DemandTable::acquire_constraint(const domain::Filter& needs) {
  const auto [id, fresh] = constraint_texts_.acquire(needs.text());
  if (fresh) place(constraints_, id, std::make_unique<Constraint>(Constraint{needs, {}}));
  return id;
}

ConsumerId DemandTable::acquire_consumer(const domain::Jid& consumer) {
  const auto [id, fresh] = consumer_jids_.acquire(consumer);
  if (fresh) place(consumers_, id, std::make_unique<Consumer>(Consumer{consumer, {}}));
  return id;
}

void DemandTable::put(RequestHandle request, std::uint64_t order, const domain::Jid& consumer,
                      const domain::Request& content, Interner<std::string>& names) {
  if (request >= requests_.size()) requests_.resize(request + 1);
  BOURSE_CHECK(!requests_[request].present);

  std::vector<Need> needs;
  std::string key;
  for (const auto& entry : content.resources.entries()) {
    needs.push_back({names.acquire(entry.name).id, entry.amount});
    append(key, needs.back().resource);
    append(key, entry.amount);
  }
  const ConstraintId constraint = acquire_constraint(content.needs);
  append(key, content.duration.count());
  append(key, constraint);

  const auto [id, fresh] = demand_keys_.acquire(key);
  if (fresh) {
    // A demand for nothing is never covered.
    FirstNeeds first = {Need{0, needs.empty() ? kNever : 0}};
    std::copy_n(needs.begin(), std::min(needs.size(), first.size()), first.begin());
    if (id >= first_needs_.size()) first_needs_.resize(id + 1);
    first_needs_[id] = first;
    Demand& demand = place(demands_, id, std::make_unique<Demand>());
    demand.needs = std::move(needs);
    demand.gpu_milli = content.resources.gpu_milli();
    demand.duration = content.duration;
    demand.constraint = constraint;
  }
  Demand& demand = *demands_[id];
  requests_[request] = {true, order, id, acquire_consumer(consumer.bare()),
                        static_cast<std::uint32_t>(demand.members.size())};
  demand.members.push_back(request);
}

void DemandTable::remove(RequestHandle request, Interner<std::string>& names) {
  BOURSE_CHECK(waits(request));
  const Waiting gone = std::exchange(requests_[request], {});
  Demand& demand = *demands_[gone.demand];
  const RequestHandle last = demand.members.back();
  if (last != request) {
    demand.members[gone.position] = last;
    requests_[last].position = gone.position;
  }
  demand.members.pop_back();

  // Every request holds the names and the constraint of its demand once.
  const ConstraintId constraint = demand.constraint;
  for (const Need& need : demand.needs) {
    if (names.release(need.resource)) names.reuse(need.resource);
  }
  if (demand_keys_.release(gone.demand)) {
    demands_[gone.demand].reset();
    first_needs_[gone.demand] = {Need{0, kNever}};
    demand_keys_.reuse(gone.demand);
  }
  if (constraint_texts_.release(constraint)) {
    constraints_[constraint].reset();
    constraint_texts_.reuse(constraint);
  }
  if (consumer_jids_.release(gone.consumer)) {
    consumers_[gone.consumer].reset();
    consumer_jids_.reuse(gone.consumer);
  }
}

bool DemandTable::covered(const Demand& demand, const std::vector<std::int64_t>& free) {
  return std::ranges::all_of(demand.needs, [&](const Need& need) { return free[need.resource] >= need.amount; });
}

void DemandTable::forget_verdicts() const {
  for (const auto& constraint : constraints_) {
    if (constraint) constraint->verdicts.clear();
  }
  for (const auto& consumer : consumers_) {
    if (consumer) consumer->verdicts.clear();
  }
}

}  // namespace bourse::matching
