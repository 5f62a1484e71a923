#include "audit/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "domain/records.h"

namespace bourse::audit {
namespace {

using domain::GrantState;

bool starts_grant(EntryKind kind) {
  return kind == EntryKind::kGrantStarted || kind == EntryKind::kGrantProposed || kind == EntryKind::kGrantReserved;
}

// Which state a grant is in after an entry of that kind; none: the kind is not a grant's.
std::optional<GrantState> state_after(EntryKind kind, bool ahead) {
  const auto usable = ahead ? GrantState::kReserved : GrantState::kActive;
  switch (kind) {
    case EntryKind::kGrantStarted:
    case EntryKind::kGrantBegun:
    case EntryKind::kGrantRenewed:
      return GrantState::kActive;
    case EntryKind::kGrantProposed:
      return GrantState::kProposed;
    case EntryKind::kGrantReserved:
      return GrantState::kReserved;
    case EntryKind::kGrantConfirmed:
    case EntryKind::kGrantRecovered:
      return usable;
    case EntryKind::kGrantReclaiming:
      return GrantState::kReclaiming;
    case EntryKind::kGrantSuspect:
      return GrantState::kSuspect;
    case EntryKind::kGrantReleased:
      return GrantState::kReleased;
    case EntryKind::kGrantExpired:
      return GrantState::kExpired;
    case EntryKind::kGrantRevoked:
      return GrantState::kRevoked;
    case EntryKind::kGrantDeclined:
      return GrantState::kDeclined;
    case EntryKind::kGrantTimedOut:
      return GrantState::kTimedOut;
    case EntryKind::kGrantLost:
      return GrantState::kLost;
    case EntryKind::kOfferPublished:
    case EntryKind::kOfferWithdrawn:
    case EntryKind::kRequestSubmitted:
    case EntryKind::kRequestCancelled:
    case EntryKind::kRequestExpired:
    case EntryKind::kRequestDone:
    case EntryKind::kProviderUp:
    case EntryKind::kProviderDown:
    case EntryKind::kSanctioned:
    case EntryKind::kSanctionLifted:
    case EntryKind::kQuarantined:
    case EntryKind::kQuarantineLifted:
    case EntryKind::kHistoryImported:
    case EntryKind::kKeysChanged:
    case EntryKind::kPolicyChanged:
    case EntryKind::kLogRestarted:
    case EntryKind::kPolicySet:
    case EntryKind::kProviderUnobserved:
      return std::nullopt;
  }
  return std::nullopt;
}

// What a grant must be in before, where the kind says more than the state it leads to.
std::optional<GrantState> state_before(EntryKind kind) {
  if (kind == EntryKind::kGrantConfirmed) return GrantState::kProposed;
  if (kind == EntryKind::kGrantBegun) return GrantState::kReserved;
  if (kind == EntryKind::kGrantRenewed) return GrantState::kActive;
  if (kind == EntryKind::kGrantRecovered) return GrantState::kSuspect;
  return std::nullopt;
}

bool has_timer(GrantState state) {
  return state == GrantState::kProposed || state == GrantState::kReclaiming || state == GrantState::kSuspect;
}

bool speaks_of(const Entry& entry, const domain::Grant& grant) {
  return entry.grant == grant.id && entry.offer == grant.offer && entry.request == grant.request &&
         entry.provider == grant.provider && entry.consumer == grant.consumer && entry.reason == grant.reason;
}

bool covers(const domain::Resources& resources, const domain::Resources& demand) {
  for (const auto& entry : demand.entries()) {
    if (resources.amount(entry.name) < entry.amount) return false;
  }
  return true;
}

}  // namespace

void Replay::wrong(std::string text) {
  ++finding_count_;
  if (findings_.size() < kMostFindings) findings_.push_back({index_, std::move(text)});
}

void Replay::take(domain::AuditIndex index, std::string_view bytes) {
  const auto entry = decode_entry(bytes);
  if (entry) return take(index, *entry);
  ++entries_;
  index_ = index;
  next_ = index.value + 1;
  wrong(entry.error().text);
}

void Replay::take(domain::AuditIndex index, const Entry& entry) {
  if (unsettled_ &&
      (entry.at != unsettled_->at || entry.actor != unsettled_->actor || entry.kind == EntryKind::kOfferPublished)) {
    settle();
  }
  index_ = index;
  ++entries_;
  if (index.value != next_) wrong(fmt::format("it stands where entry {} should", next_));
  next_ = index.value + 1;
  if (entry.at < last_at_) ++set_back_;
  last_at_ = entry.at;
  follow(entry);
}

void Replay::finish() {
  if (unsettled_) settle();
}

void Replay::settle() {
  const auto unsettled = *std::exchange(unsettled_, std::nullopt);
  const auto offer = offers_.find(unsettled.offer);
  if (offer == offers_.end()) return;
  index_ = unsettled.index;
  if (const auto excess = offer->second.load.excess(offer->second.capacity); !excess.empty()) {
    wrong(fmt::format("offer {} became smaller than what its grants hold: {}", unsettled.offer.value, excess));
  }
}

void Replay::follow(const Entry& entry) {
  switch (entry.kind) {
    case EntryKind::kOfferPublished:
      return publish_offer(entry);
    case EntryKind::kOfferWithdrawn:
      return withdraw_offer(entry);
    case EntryKind::kRequestSubmitted:
      return submit_request(entry);
    case EntryKind::kRequestCancelled:
    case EntryKind::kRequestExpired:
    case EntryKind::kRequestDone:
      return close_request(entry);
    case EntryKind::kSanctioned:
    case EntryKind::kSanctionLifted:
      return follow_sanction(entry);
    default:
      if (state_after(entry.kind, false)) follow_grant(entry);
  }
}

void Replay::publish_offer(const Entry& entry) {
  const auto content = domain::decode_offer(entry.record);
  if (!content) return wrong(fmt::format("offer {}: {}", entry.offer.value, content.error().text));
  auto& offer = offers_.try_emplace(entry.offer, ReplayedOffer{.provider = entry.provider}).first->second;
  if (offer.provider != entry.provider) {
    wrong(fmt::format("{} publishes offer {}, which is {}'s", entry.provider.text(), entry.offer.value,
                      offer.provider.text()));
  }
  offer.open = true;
  offer.capacity = domain::capacity_of(*content);
  offer.record = entry.record;
  unsettled_ = {index_, entry.offer, entry.at, entry.actor};
}

void Replay::withdraw_offer(const Entry& entry) {
  const auto offer = offers_.find(entry.offer);
  if (offer == offers_.end() || !offer->second.open) {
    return wrong(fmt::format("offer {} is withdrawn, but is not open", entry.offer.value));
  }
  if (offer->second.provider != entry.provider) {
    wrong(fmt::format("offer {} is withdrawn as {}'s, but is {}'s", entry.offer.value, entry.provider.text(),
                      offer->second.provider.text()));
  }
  offer->second.open = false;
  if (offer->second.live == 0) offers_.erase(offer);
}

void Replay::submit_request(const Entry& entry) {
  auto content = domain::decode_request(entry.record);
  if (!content) return wrong(fmt::format("request {}: {}", entry.request.value, content.error().text));
  ReplayedRequest request{.consumer = entry.consumer, .content = std::move(content).value(), .record = entry.record};
  if (!requests_.try_emplace(entry.request, std::move(request)).second) {
    wrong(fmt::format("request {} is submitted, but is open already", entry.request.value));
  }
}

void Replay::close_request(const Entry& entry) {
  const auto request = requests_.find(entry.request);
  if (request == requests_.end()) {
    return wrong(fmt::format("request {} ends, but is not open", entry.request.value));
  }
  if (request->second.consumer != entry.consumer) {
    wrong(fmt::format("request {} ends as {}'s, but is {}'s", entry.request.value, entry.consumer.text(),
                      request->second.consumer.text()));
  }
  if (request->second.live > 0) {
    wrong(fmt::format("request {} ends while {} of its grants live", entry.request.value, request->second.live));
  }
  requests_.erase(request);
}

// Which of the two it is, the first word of its reason says (decide_sanctions.cc).
void Replay::follow_sanction(const Entry& entry) {
  const bool is = entry.kind == EntryKind::kSanctioned;
  auto& sanction = sanctions_[entry.provider];
  const std::string_view reason = entry.reason;
  if (reason.starts_with(is ? "drained" : "not drained")) {
    sanction.drained = is;
  } else if (reason.starts_with(is ? "banned" : "not banned")) {
    sanction.banned = is;
  } else {
    wrong(fmt::format("{} of {} says neither that it is drained nor that it is banned", audit::name(entry.kind),
                      entry.provider.text()));
  }
  if (!sanction.drained && !sanction.banned) sanctions_.erase(entry.provider);
}

void Replay::follow_grant(const Entry& entry) {
  const auto name = domain::to_item_id(entry.grant);
  auto grant = domain::decode_grant(entry.record);
  if (!grant) return wrong(fmt::format("grant {}: {}", name, grant.error().text));
  if (!speaks_of(entry, *grant))
    return wrong(fmt::format("grant {}: the entry and its record are not of one grant", name));
  if (grant->state != state_after(entry.kind, grant->ahead)) {
    wrong(fmt::format("grant {} is {} after {}", name, domain::name(grant->state), audit::name(entry.kind)));
  }
  if (grant->entry && *grant->entry != index_) {
    wrong(fmt::format("grant {} names entry {} as what made it so", name, grant->entry->value));
  }
  if (starts_grant(entry.kind)) {
    start_grant(entry, std::move(grant).value());
  } else {
    change_grant(entry, std::move(grant).value());
  }
}

void Replay::start_grant(const Entry& entry, domain::Grant&& grant) {
  if (grants_.contains(grant.id)) {
    return wrong(fmt::format("grant {} starts, but is live already", domain::to_item_id(grant.id)));
  }
  judge_start(entry, grant);
  last_grant_ = std::max(last_grant_, grant.id);
  ++offers_.try_emplace(grant.offer, ReplayedOffer{.provider = grant.provider, .open = false}).first->second.live;
  if (const auto request = requests_.find(grant.request); request != requests_.end()) ++request->second.live;
  const auto id = grant.id;
  auto& started = grants_.insert_or_assign(id, ReplayedGrant{std::move(grant)}).first->second;
  book(started);
  if (watch_) watch_(started.grant);
}

void Replay::judge_start(const Entry& entry, const domain::Grant& grant) {
  const auto name = domain::to_item_id(grant.id);
  if (grant.id.value != last_grant_.value + 1) {
    wrong(fmt::format("grant {} follows grant {}", name, domain::to_item_id(last_grant_)));
  }
  const auto offer = offers_.find(grant.offer);
  if (offer == offers_.end() || !offer->second.open) {
    wrong(fmt::format("grant {} is of offer {}, which is not open", name, grant.offer.value));
  } else if (offer->second.provider != grant.provider) {
    wrong(fmt::format("grant {} is of {}'s offer {}, not of {}", name, offer->second.provider.text(), grant.offer.value,
                      grant.provider.text()));
  }
  if (grant.ended || grant.ahead != (grant.started > entry.at) || grant.expires <= grant.started ||
      (!grant.ahead && grant.started != entry.at) || has_timer(grant.state) != grant.state_until.has_value()) {
    wrong(fmt::format("grant {} has times that a grant which starts then has not", name));
  }
  const auto request = requests_.find(grant.request);
  if (request == requests_.end()) {
    return wrong(fmt::format("grant {} is for request {}, which is not open", name, grant.request.value));
  }
  const auto& [consumer, content, record, live] = request->second;
  if (consumer != grant.consumer) {
    wrong(fmt::format("grant {} is for {}'s request {}, not for {}", name, consumer.text(), grant.request.value,
                      grant.consumer.text()));
  }
  if (live >= std::uint64_t{content.count} + content.spares) {
    wrong(fmt::format("grant {} is more than request {} asks for", name, grant.request.value));
  }
  if (grant.expires - grant.started != content.duration || !covers(grant.resources, domain::demand_of(content))) {
    wrong(fmt::format("grant {} is not what request {} asks for", name, grant.request.value));
  }
}

void Replay::change_grant(const Entry& entry, domain::Grant&& grant) {
  const auto at = grants_.find(grant.id);
  if (at == grants_.end()) {
    return wrong(
        fmt::format("{} of grant {}, which is not live", audit::name(entry.kind), domain::to_item_id(grant.id)));
  }
  judge_change(entry, at->second.grant, grant);
  if (domain::is_live(grant.state)) {
    // Booked as what it was taken as: a change of that is a finding, and must not spoil the sums.
    if (at->second.booked) {
      grant.resources = at->second.grant.resources;
      grant.devices = at->second.grant.devices;
    }
    grant.offer = at->second.grant.offer;
    grant.request = at->second.grant.request;
    at->second.grant = std::move(grant);
    if (!at->second.booked) book(at->second);
    if (watch_) watch_(at->second.grant);
    return;
  }
  end_grant(at->second);
  grants_.erase(at);
  if (watch_) watch_(grant);
}

void Replay::judge_change(const Entry& entry, const domain::Grant& before, const domain::Grant& after) {
  const auto name = domain::to_item_id(after.id);
  const auto from = state_before(entry.kind);
  const bool may = from ? before.state == *from : domain::can_become(before.state, after.state);
  if (!may) {
    wrong(fmt::format("grant {} was {}: {} cannot follow", name, domain::name(before.state), audit::name(entry.kind)));
  }
  auto expected = before;
  expected.state = after.state;
  expected.state_until = after.state_until;
  expected.ended = after.ended;
  expected.reason = after.reason;
  expected.entry = after.entry;
  if (entry.kind == EntryKind::kGrantBegun) expected.ahead = false;
  if (entry.kind == EntryKind::kGrantRenewed) {
    expected.expires = after.expires;
    if (after.expires <= before.expires) wrong(fmt::format("grant {} is renewed, but for no longer than it was", name));
  }
  if (expected != after)
    wrong(fmt::format("grant {} is not what it was, beyond what {} changes", name, audit::name(entry.kind)));
  const bool ends = !domain::is_live(after.state);
  if (after.state_until.has_value() != has_timer(after.state) ||
      (ends ? after.ended != std::optional(entry.at) : after.ended.has_value())) {
    wrong(fmt::format("grant {} has times that {} at that moment does not give it", name, audit::name(entry.kind)));
  }
}

void Replay::book(ReplayedGrant& grant) {
  if (!grant.grant.is_booked()) return;
  const auto offer = offers_.find(grant.grant.offer);
  if (offer->second.record.empty()) return;  // of an offer nobody published: said already
  const auto excess = offer->second.load.take(grant.grant, offer->second.capacity);
  grant.booked = excess.empty();
  if (!grant.booked) {
    wrong(fmt::format("grant {} is more than offer {} has: {}", domain::to_item_id(grant.grant.id),
                      grant.grant.offer.value, excess));
  }
}

void Replay::end_grant(const ReplayedGrant& before) {
  const auto offer = offers_.find(before.grant.offer);
  if (before.booked) offer->second.load.give_back(before.grant);
  if (--offer->second.live == 0 && !offer->second.open) offers_.erase(offer);
  const auto request = requests_.find(before.grant.request);
  if (request != requests_.end() && request->second.live > 0) --request->second.live;
}

}  // namespace bourse::audit
