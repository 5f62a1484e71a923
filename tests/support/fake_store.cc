#include "support/fake_store.h"

#include <algorithm>
#include <set>

namespace bourse::test {
namespace {

using market::CommitOutcome;
using market::CommitResult;

constexpr std::chrono::seconds kLease{15};

// Amounts by resource, gpus by device.
using Amounts = std::map<std::string, std::int64_t>;

Amounts capacity_of(const market::OfferRow& offer) {
  Amounts amounts;
  for (const auto& entry : offer.resources.entries()) {
    if (entry.name != domain::kGpu) amounts[entry.name] = entry.amount;
  }
  for (std::int64_t i = 0; i < offer.resources.gpu_milli() / domain::kMilli; ++i) {
    amounts["gpu#" + std::to_string(i)] = domain::kMilli;
  }
  return amounts;
}

void add_use(Amounts& used, const market::GrantRow& grant) {
  for (const auto& entry : grant.resources.entries()) {
    if (entry.name != domain::kGpu) used[entry.name] += entry.amount;
  }
  for (const auto& share : grant.devices) used["gpu#" + std::to_string(share.index)] += share.milli;
}

std::int64_t gpu_of(const std::vector<domain::DeviceShare>& devices) {
  std::int64_t milli = 0;
  for (const auto& share : devices) milli += share.milli;
  return milli;
}

template <class Row>
std::vector<Row> by_seq(const std::map<std::string, Row>& rows) {
  std::vector<Row> sorted;
  for (const auto& [id, row] : rows) sorted.push_back(row);
  std::sort(sorted.begin(), sorted.end(), [](const Row& a, const Row& b) { return a.seq < b.seq; });
  return sorted;
}

// As the table's constraints say.
std::string why_impossible(const market::GrantRow& grant) {
  if (domain::is_live(grant.state) == grant.ended.has_value())
    return "a grant has an end when it is over, and only then";
  if (grant.ahead && domain::is_usable(grant.state)) return "a grant that can be used has begun";
  if (!grant.ahead && grant.state == domain::GrantState::kReserved) return "a reserved grant is yet to begin";
  return {};
}

bool is_open(const market::RequestRow& row) {
  return row.state == domain::RequestState::kWaiting || row.state == domain::RequestState::kGranted;
}

}  // namespace

FakeStore::FakeStore(const base::Clock& clock, std::string pool) : clock_(clock), pool_(std::move(pool)) {
  constexpr std::pair<const char*, const char*> kMarketNodes[] = {{"offers", "What providers lend"},
                                                                  {"requests", "What consumers need"},
                                                                  {"grants", "Who was given what"},
                                                                  {"availability", "Which providers are there"},
                                                                  {"audit", "The signed heads of the audit log"}};
  for (const auto& [leaf, title] : kMarketNodes) {
    pubsub::NodeRow row;
    row.name.value = pool_ + '/' + leaf;
    row.kind = pubsub::NodeKind::kMarket;
    row.title = title;
    state_.nodes[row.name.value] = std::move(row);
  }
}

void FakeStore::fail_next_commit(Fault fault) {
  const std::lock_guard lock(mutex_);
  faults_.push_back(fault);
}

std::uint64_t FakeStore::commits() const {
  const std::lock_guard lock(mutex_);
  return commits_;
}

std::map<std::string, market::OfferRow> FakeStore::offers() const {
  const std::lock_guard lock(mutex_);
  return state_.offers;
}

std::map<std::uint64_t, market::GrantRow> FakeStore::grants() const {
  const std::lock_guard lock(mutex_);
  return state_.grants;
}

std::map<std::string, market::RequestRow> FakeStore::requests() const {
  const std::lock_guard lock(mutex_);
  return state_.requests;
}

std::map<std::string, market::SanctionRow> FakeStore::sanctions() const {
  const std::lock_guard lock(mutex_);
  return state_.sanctions;
}

std::map<std::string, market::UsageRow> FakeStore::usage() const {
  const std::lock_guard lock(mutex_);
  return state_.usage;
}

std::vector<market::Event> FakeStore::events() const {
  const std::lock_guard lock(mutex_);
  return events_;
}

std::vector<audit::Entry> FakeStore::audit_log() const {
  const std::lock_guard lock(mutex_);
  return audit_;
}

base::Result<market::Lease> FakeStore::acquire(const domain::PoolName& pool, const std::string& holder,
                                               market::StateLoader& loader) {
  const std::lock_guard lock(mutex_);
  if (pool.value != pool_) return {base::Errc::kNotFound, "there is no pool " + pool.value};
  if (!holder_.empty() && holder_ != holder && lease_until_ > clock_.now()) {
    return {base::Errc::kConflict, "pool " + pool.value + " is held by " + holder_};
  }
  const base::Timestamp alive = epoch_ == 0 ? base::Timestamp() : lease_until_ - kLease;
  if (epoch_ != 0) record_gap({alive, clock_.now()});
  holder_ = holder;
  lease_until_ = clock_.now() + kLease;
  ++epoch_;
  if (auto loaded = load(loader); !loaded.ok()) return loaded.error();
  return market::Lease{epoch_, state_.last_batch, state_.counters, alive};
}

base::Status FakeStore::load(market::StateLoader& loader) const {
  for (const auto& [key, value] : state_.policies) {
    if (auto taken = loader.on_policy({key.first, key.second, value}); !taken.ok()) return taken;
  }
  if (auto loaded = load_history(loader); !loaded.ok()) return loaded;
  std::set<std::string> in_use;
  for (const auto& [id, row] : state_.grants) {
    if (domain::is_live(row.state)) in_use.insert(row.offer.value);
  }
  for (auto& row : by_seq(state_.offers)) {
    if (!row.open && !in_use.contains(row.id.value)) continue;
    if (auto taken = loader.on_offer(std::move(row)); !taken.ok()) return taken;
  }
  for (auto& row : by_seq(state_.requests)) {
    if (!is_open(row)) continue;
    if (auto taken = loader.on_request(std::move(row)); !taken.ok()) return taken;
  }
  for (const auto& [consumer, row] : state_.usage) {
    if (auto taken = loader.on_usage(market::UsageRow(row)); !taken.ok()) return taken;
  }
  for (const auto& [id, row] : state_.grants) {
    if (!domain::is_live(row.state)) continue;
    if (auto taken = loader.on_grant(market::GrantRow(row)); !taken.ok()) return taken;
  }
  if (auto loaded = load_nodes(loader); !loaded.ok()) return loaded;
  for (const auto& event : events_) {
    if (event.seq <= state_.counters.delivered) continue;
    if (auto taken = loader.on_undelivered(market::Event(event)); !taken.ok()) return taken;
  }
  return load_log(loader);
}

CommitResult FakeStore::commit(const market::Batch& batch) {
  const std::lock_guard lock(mutex_);
  ++commits_;
  if (faults_.empty()) return write(batch);
  const Fault fault = faults_.front();
  faults_.pop_front();
  switch (fault) {
    case Fault::kUnavailable:
      return {CommitOutcome::kUnavailable, "ordered by the test"};
    case Fault::kFenced:
      return {CommitOutcome::kFenced, "ordered by the test"};
    case Fault::kInDoubtWritten:
      static_cast<void>(write(batch));
      break;
    case Fault::kInDoubtNotWritten:
      break;
  }
  return {CommitOutcome::kInDoubt, "ordered by the test"};
}

CommitResult FakeStore::write(const market::Batch& batch) {
  if (batch.epoch != epoch_ || batch.number != state_.last_batch + 1) {
    return {CommitOutcome::kFenced, "the batch does not follow what is committed"};
  }
  State next = state_;
  if (std::string why = apply(next, batch); !why.empty()) return {CommitOutcome::kRejected, std::move(why)};
  state_ = std::move(next);
  events_.insert(events_.end(), batch.events.begin(), batch.events.end());
  audit_.insert(audit_.end(), batch.audit_entries.begin(), batch.audit_entries.end());
  audit_rows_.insert(audit_rows_.end(), batch.audit.begin(), batch.audit.end());
  lease_until_ = clock_.now() + kLease;
  return {};
}

std::string FakeStore::apply(State& state, const market::Batch& batch) {
  std::vector<std::string> touched;
  for (const auto& row : batch.ended_grants) {
    if (std::string why = apply_change(state, row); !why.empty()) return why;
  }
  for (const auto& row : batch.offers) {
    if (row.resources.gpu_milli() % domain::kMilli != 0) return "an offer has a whole number of gpus";
    const auto [at, added] = state.offers.try_emplace(row.id.value, row);
    if (!added) {
      market::OfferRow stored = row.open ? market::OfferRow() : at->second;
      at->second = row;
      if (!row.open) {
        at->second.resources = stored.resources;
        at->second.record = stored.record;
      }
    }
    touched.push_back(row.id.value);
  }
  // As in the database, what is offered must hold what is still granted before anything new is.
  if (std::string why = over_granted(state, touched); !why.empty()) return why;
  for (const auto& row : batch.requests) state.requests[row.id.value] = row;
  for (const auto& row : batch.changed_grants) {
    if (std::string why = apply_change(state, row); !why.empty()) return why;
    touched.push_back(row.offer.value);
  }
  if (std::string why = over_granted(state, touched); !why.empty()) return why;
  for (const auto& row : batch.new_grants) {
    if (std::string why = why_impossible(row); !why.empty()) return why;
    if (row.is_booked() && is_closed(state, row.offer)) return "a new grant is on an offer that is closed";
    if (gpu_of(row.devices) != row.resources.gpu_milli()) return "a grant's device shares do not add up";
    if (!state.grants.emplace(row.id.value, row).second) return "a grant id was used before";
    touched.push_back(row.offer.value);
  }
  if (std::string why = over_granted(state, touched); !why.empty()) return why;
  if (std::string why = apply_nodes(state, batch); !why.empty()) return why;
  if (std::string why = apply_history(state, batch); !why.empty()) return why;
  if (std::string why = apply_log(state, batch); !why.empty()) return why;
  state.last_batch = batch.number;
  const domain::EventSeq delivered = std::max(state.counters.delivered, batch.counters.delivered);
  state.counters = batch.counters;
  state.counters.delivered = delivered;
  return {};
}

bool FakeStore::is_closed(const State& state, const domain::OfferId& offer) {
  const auto at = state.offers.find(offer.value);
  return at != state.offers.end() && !at->second.open;
}

std::string FakeStore::apply_change(State& state, const market::GrantRow& row) {
  const auto at = state.grants.find(row.id.value);
  if (at == state.grants.end() || !domain::is_live(at->second.state)) return "a grant to end or change is not live";
  market::GrantRow& stored = at->second;
  const bool was_booked = stored.is_booked();
  stored.state = row.state;
  stored.ahead = row.ahead;
  stored.started = row.started;
  stored.expires = row.expires;
  stored.state_until = row.state_until;
  stored.entry = row.entry;
  stored.ended = row.ended;
  stored.reason = row.reason;
  if (!was_booked && stored.is_booked() && is_closed(state, stored.offer)) {
    return "a new grant is on an offer that is closed";
  }
  return why_impossible(stored);
}

std::string FakeStore::over_granted(const State& state, const std::vector<std::string>& touched) {
  const std::set<std::string> wanted(touched.begin(), touched.end());
  if (wanted.empty()) return {};
  std::map<std::string, Amounts> used;
  for (const auto& [id, grant] : state.grants) {
    if (grant.is_booked() && wanted.contains(grant.offer.value)) add_use(used[grant.offer.value], grant);
  }
  for (const auto& [offer_id, amounts] : used) {
    const auto offer = state.offers.find(offer_id);
    if (offer == state.offers.end()) return "a grant is on an offer that does not exist";
    const Amounts capacity = capacity_of(offer->second);
    for (const auto& [slot, amount] : amounts) {
      const auto there = capacity.find(slot);
      if (there == capacity.end() || amount > there->second) return "offer " + offer_id + " is over-granted in " + slot;
    }
  }
  return {};
}

CommitResult FakeStore::renew(const market::Lease& lease, domain::EventSeq delivered) {
  const std::lock_guard lock(mutex_);
  if (lease.epoch != epoch_) return {CommitOutcome::kFenced, "another process holds the pool"};
  lease_until_ = clock_.now() + kLease;
  state_.counters.delivered = std::max(state_.counters.delivered, delivered);
  return {};
}

void FakeStore::release(const market::Lease& lease) {
  const std::lock_guard lock(mutex_);
  if (lease.epoch != epoch_) return;
  ++epoch_;
  holder_.clear();
  lease_until_ = clock_.now() + kLease;
}

}  // namespace bourse::test
