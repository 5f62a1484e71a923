#include "shadow_market.h"

#include <algorithm>
#include <variant>

#include "domain/records.h"

namespace bourse::simulation {
namespace {

bool leaves_market(domain::RequestState state) {
  return state != domain::RequestState::kWaiting && state != domain::RequestState::kGranted;
}

// What the live grants of one offer hold, by resource and by device.
struct Holding {
  std::map<std::string, std::int64_t> amounts;
  std::map<std::uint16_t, std::int64_t> devices;
};

void check_offer(const market::OfferRow& offer, const Holding& held, std::vector<std::string>& violations) {
  for (const auto& [name, amount] : held.amounts) {
    if (amount > offer.resources.amount(name)) violations.push_back("over-granted " + name + " of " + offer.id.value);
  }
  for (const auto& [index, milli] : held.devices) {
    if (milli > domain::kMilli || index >= offer.resources.gpu_milli() / domain::kMilli) {
      violations.push_back("over-granted gpu/" + std::to_string(index) + " of " + offer.id.value);
    }
  }
}

}  // namespace

void ShadowMarket::apply(const market::Plan& plan) {
  for (const auto& change : plan.changes) {
    std::visit([this](const auto& alternative) { apply(alternative); }, change);
  }
  for (const auto& notification : plan.events) {
    if (notification.event.seq.value != ++events_) broken_.emplace_back("a gap in the event log");
  }
  for (const auto& record : plan.audit) {
    if (record.index.value != audit_++) broken_.emplace_back("a gap in the audit log");
  }
}

void ShadowMarket::apply(const market::OfferRow& row) {
  if (row.open) {
    offers_[row.id.value] = row;
  } else if (offers_.erase(row.id.value) == 0) {
    broken_.push_back("withdrew an offer that was not open: " + row.id.value);
  }
}

void ShadowMarket::apply(const market::RequestRow& row) {
  if (leaves_market(row.state)) {
    requests_.erase(row.id.value);
  } else {
    requests_[row.id.value] = row;
  }
}

void ShadowMarket::apply(const market::GrantStarted& change) {
  const auto& grant = change.grant;
  if (!live_.empty() && live_.rbegin()->first >= grant.id.value) broken_.emplace_back("a fencing token went back");
  if (!offers_.contains(grant.offer.value))
    broken_.push_back("granted an offer that is not open: " + grant.offer.value);
  if (grant.expires <= grant.started) broken_.emplace_back("a lease without length");
  live_[grant.id.value] = grant;
}

void ShadowMarket::apply(const market::GrantEnded& change) {
  if (live_.erase(change.grant.id.value) == 0) broken_.emplace_back("ended a grant that was not live");
  if (domain::is_live(change.grant.state) || !change.grant.ended) broken_.emplace_back("a grant ended without an end");
}

void ShadowMarket::apply(const domain::AvailabilityChange& change) {
  const auto [place, added] = presence_.try_emplace(change.provider.text(), change.presence);
  if (!added && place->second == change.presence) broken_.emplace_back("an availability change that changes nothing");
  place->second = change.presence;
}

base::Status ShadowMarket::load(market::StateLoader& loader) const {
  const auto by_seq = [](const auto& rows) {
    std::vector<std::decay_t<decltype(rows.begin()->second)>> sorted;
    for (const auto& [id, row] : rows) sorted.push_back(row);
    std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.seq < b.seq; });
    return sorted;
  };
  for (auto& row : by_seq(offers_)) {
    if (auto status = loader.on_offer(std::move(row)); !status) return status;
  }
  for (auto& row : by_seq(requests_)) {
    if (auto status = loader.on_request(std::move(row)); !status) return status;
  }
  for (const auto& [id, grant] : live_) {
    if (auto status = loader.on_grant(market::GrantRow(grant)); !status) return status;
  }
  return base::Done{};
}

std::vector<std::string> ShadowMarket::violations() const {
  auto violations = broken_;
  std::map<std::string, Holding> held;
  std::map<std::string, std::uint32_t> granted;
  for (const auto& [id, grant] : live_) {
    auto& holding = held[grant.offer.value];
    for (const auto& entry : grant.resources.entries()) holding.amounts[entry.name] += entry.amount;
    std::int64_t on_devices = 0;
    for (const auto& share : grant.devices) {
      holding.devices[share.index] += share.milli;
      on_devices += share.milli;
    }
    if (on_devices != grant.resources.gpu_milli())
      violations.push_back("gpus that no device gives: " + grant.offer.value);
    ++granted[grant.request.value];
  }
  for (const auto& [id, holding] : held) {
    const auto offer = offers_.find(id);
    if (offer == offers_.end()) {
      violations.push_back("a live grant on an offer that is not open: " + id);
    } else {
      check_offer(offer->second, holding, violations);
    }
  }
  for (const auto& [id, live] : granted) {
    const auto request = requests_.find(id);
    if (request == requests_.end() || live > request->second.granted)
      violations.push_back("a request served twice: " + id);
  }
  for (const auto& [id, request] : requests_) {
    const auto content = domain::decode_request(request.record);
    if (request.granted > content->count) violations.push_back("more grants than asked for: " + id);
  }
  return violations;
}

}  // namespace bourse::simulation
