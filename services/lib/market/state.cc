#include "market/state.h"

#include <algorithm>

#include "domain/domain_tree.h"
#include "domain/records.h"
#include "market/reliability.h"
#include "matching/feasibility.h"

namespace bourse::market {
namespace {

template <class Entry, class Handle>
Handle claim(std::vector<Entry>& entries, std::vector<Handle>& free) {
  if (free.empty()) {
    entries.emplace_back();
    return static_cast<Handle>(entries.size() - 1);
  }
  const Handle handle = free.back();
  free.pop_back();
  return handle;
}

}  // namespace

ContentDigest ContentDigest::of(const std::string& record) {
  return {std::hash<std::string>{}(record), static_cast<std::uint32_t>(record.size())};
}

base::Timestamp due(const GrantRow& grant) {
  const auto lease = grant.ahead ? grant.started : grant.expires;
  return std::min(lease, grant.state_until.value_or(base::Timestamp::max()));
}

State::State(PoolConfig pool_config, std::unique_ptr<matching::Engine> matching_engine, base::Timestamp now)
    : config(std::move(pool_config)),
      engine(std::move(matching_engine)),
      nodes(config.pool, config.operators, config.policy, config.hosts_ordinary),
      access(std::make_shared<const std::vector<Group>>(config.rules.groups)),
      shares(config.rules, [this](const std::string& resource) { return engine->capacity(resource); }),
      loaded_(now) {
  for (const auto node : pubsub::kMarketNodes) {
    nodes_[static_cast<std::size_t>(node)] = pubsub::node_name(config.pool, node);
  }
}

const domain::NodeName& State::node(pubsub::MarketNode node) const { return nodes_[static_cast<std::size_t>(node)]; }

bool State::is_operator(const domain::Jid& bare) const {
  return std::find(config.operators.begin(), config.operators.end(), bare) != config.operators.end();
}

bool State::is_drained(const domain::Jid& bare) const {
  const auto found = sanctions.find(bare);
  return found != sanctions.end() && found->second.drained;
}

base::Status State::on_offer(OfferRow&& row) {
  auto content = domain::decode_offer(row.record);
  if (!content) return content.error();
  auto& entry = add_offer(row.id, row.provider);
  entry.content = ContentDigest::of(row.record);
  keep_terms(entry, *content);
  entry.open = row.open;
  if (!row.open) {
    closed_.emplace(handle_of(entry), std::move(content).value());
    return base::Done{};
  }
  bind(entry, row.session);
  set_expiry(entry, content->expires.value_or(base::Timestamp::max()));
  engine->put_offer(handle_of(entry), row.provider, *content);
  count_offers(row.provider, +1);
  return base::Done{};
}

base::Status State::on_request(RequestRow&& row) {
  auto content = domain::decode_request(row.record);
  if (!content) return content.error();
  auto& entry = add_request(row.id, std::move(content).value());
  entry.consumer = row.consumer;
  holdings.count(Bounded::kRequests, entry.consumer, +1);
  entry.record = std::move(row.record);
  entry.state = row.state;
  entry.granted = row.granted;
  entry.seq = row.seq;
  entry.submitted = row.submitted;
  entry.refused.insert(row.refused.begin(), row.refused.end());
  entry.complete = row.complete;
  if (row.state == domain::RequestState::kWaiting) wait(entry);
  if (row.state == domain::RequestState::kWaiting && has_quotas()) over_quota.insert(*entry.id);
  return base::Done{};
}

base::Status State::on_grant(GrantRow&& row) {
  auto* offer = find_offer(row.offer);
  auto* request = find_request(row.request);
  const matching::Booking booking{row.id, row.resources, row.devices, {row.started, row.expires}, row.ahead};
  if (offer == nullptr || request == nullptr || (offer->open && !engine->book(handle_of(*offer), booking))) {
    return {base::Errc::kCorrupt, "grant " + domain::to_item_id(row.id) + " does not fit offer '" + row.offer.value +
                                      "' and request '" + row.request.value + "' as they are stored"};
  }
  shares.hold(row.consumer, row.resources, row.ahead ? loaded_ : row.started);
  add_grant(std::move(row));
  return base::Done{};
}

base::Status State::on_sanction(SanctionRow&& row) {
  auto jid = row.jid;
  if (row.quarantined_until) quarantine_ends.emplace(*row.quarantined_until, jid);
  engine->bar(jid, row.drained || row.quarantined_until);
  follow_ban(row);
  sanctions.insert_or_assign(std::move(jid), std::move(row));
  return base::Done{};
}

void State::follow_ban(const SanctionRow& row) {
  access.set_ban(row.jid, row.banned ? std::optional(row.reason) : std::nullopt);
}

base::Status State::on_policy(PolicyRow&& row) { return access.set(row); }

base::Status State::on_usage(UsageRow&& row) {
  shares.load(std::move(row));
  return base::Done{};
}

base::Status State::on_node(pubsub::NodeRow&& row) { return nodes.load(std::move(row)); }
base::Status State::on_affiliation(pubsub::AffiliationRow&& row) { return nodes.load(std::move(row)); }
base::Status State::on_subscription(pubsub::SubscriptionRow&& row) { return nodes.load(std::move(row)); }
base::Status State::on_item(pubsub::ItemRow&& row) { return nodes.load(std::move(row)); }

base::Status State::on_provider(ProviderRow&& row) { return history.load(std::move(row)); }

base::Status State::on_gap(const history::Window& gap) {
  history.load(gap);
  return base::Done{};
}

base::Status State::on_history_counts(std::string&& counts) { return history.load_counts(std::move(counts)); }

base::Status State::on_undelivered(Event&& event) {
  constexpr std::size_t kFixedBytes = 512;
  undelivered_bytes_ += kFixedBytes + event.record.size();
  undelivered_left_out = undelivered_left_out || (undelivered_bytes_ > kMostUndeliveredBytes && !undelivered.empty());
  if (!undelivered_left_out) undelivered.push_back(std::move(event));
  return base::Done{};
}

base::Status State::on_statement(const AuditRecord& statement) {
  statements.insert_or_assign(statement.entry.kind, statement.entry.reason);
  return base::Done{};
}

base::Status State::on_checkpoint(CheckpointRow&& row) {
  log_integrated = row.size;
  log_head.checkpoint = std::move(row);
  return base::Done{};
}

base::Status State::on_log_tile(LogTileRow&& row) {
  log_head.tiles.push_back(std::move(row));
  return base::Done{};
}

base::Status State::on_unintegrated(AuditRow&& row) {
  log_head.take(row);
  return base::Done{};
}

OfferEntry* State::find_offer(const domain::OfferId& id) {
  const auto found = offer_index_.find(id);
  return found == offer_index_.end() ? nullptr : &offers_[found->second];
}

RequestEntry* State::find_request(const domain::RequestId& id) {
  const auto found = request_index_.find(id);
  return found == request_index_.end() ? nullptr : &requests_[found->second];
}

GrantRow* State::find_grant(domain::GrantId id) {
  const auto found = grants_.find(id);
  return found == grants_.end() ? nullptr : &found->second;
}

SessionEntry* State::find_session(const domain::Jid& full) {
  const auto found = sessions_.find(full);
  return found == sessions_.end() ? nullptr : &found->second;
}

matching::OfferHandle State::handle_of(const OfferEntry& entry) const {
  return static_cast<matching::OfferHandle>(&entry - offers_.data());
}

matching::RequestHandle State::handle_of(const RequestEntry& entry) const {
  return static_cast<matching::RequestHandle>(&entry - requests_.data());
}

OfferEntry& State::add_offer(const domain::OfferId& id, const domain::Jid& provider) {
  const auto handle = claim(offers_, free_offers_);
  const auto [place, added] = offer_index_.emplace(id, handle);
  BOURSE_CHECK(added);
  auto& entry = offers_[handle];
  entry = OfferEntry{};
  entry.id = &place->first;
  entry.provider = intern_provider(provider);
  return entry;
}

void State::keep_terms(OfferEntry& entry, const domain::Offer& content) {
  entry.grace = std::min(content.terms.grace.value_or(base::Duration::zero()), config.rules.most_grace);
  entry.confirms = content.terms.confirm == domain::Confirm::kManual;
}

void State::close(OfferEntry& entry) {
  const auto handle = handle_of(entry);
  if (!entry.grants.empty()) closed_.emplace(handle, engine->content(handle));
  engine->remove_offer(handle);
  unbind(entry);
  set_expiry(entry, base::Timestamp::max());
  entry.open = false;
  if (entry.grants.empty()) remove_offer(entry);
}

void State::reopen(OfferEntry& entry) {
  entry.open = true;
  closed_.erase(handle_of(entry));
}

std::vector<std::string> State::values(const OfferEntry& entry, const std::string& attribute) const {
  const auto handle = handle_of(entry);
  if (entry.open) return engine->values(handle, attribute);
  std::vector<std::string> texts;
  for (const auto& value : domain::lookup(closed_.at(handle), attribute)) texts.push_back(matching::text_of(value));
  return texts;
}

void State::remove_offer(OfferEntry& entry) {
  BOURSE_CHECK(entry.grants.empty());
  unbind(entry);
  set_expiry(entry, base::Timestamp::max());
  const auto handle = handle_of(entry);
  closed_.erase(handle);
  const domain::OfferId id = *entry.id;
  entry = OfferEntry{};
  offer_index_.erase(id);
  free_offers_.push_back(handle);
}

void State::bind(OfferEntry& entry, const domain::Jid& session) {
  unbind(entry);
  if (session.empty()) return;
  const auto place = sessions_.try_emplace(session).first;
  place->second.offers.insert(handle_of(entry));
  entry.session = &place->first;
}

void State::unbind(OfferEntry& entry) {
  if (entry.session == nullptr) return;
  const auto found = sessions_.find(*entry.session);
  BOURSE_CHECK(found != sessions_.end());
  found->second.offers.erase(handle_of(entry));
  entry.session = nullptr;
  if (!found->second.offers.empty() || found->second.present) return;
  silences.erase({found->second.silent, found->first});
  sessions_.erase(found);
}

void State::set_expiry(OfferEntry& entry, base::Timestamp expires) {
  const auto handle = handle_of(entry);
  if (entry.expires != base::Timestamp::max()) offer_expiries.erase({entry.expires, handle});
  entry.expires = expires;
  if (expires != base::Timestamp::max()) offer_expiries.emplace(expires, handle);
}

RequestEntry& State::add_request(const domain::RequestId& id, domain::Request content) {
  const auto handle = claim(requests_, free_requests_);
  const auto [place, added] = request_index_.emplace(id, handle);
  BOURSE_CHECK(added);
  auto& entry = requests_[handle];
  entry = RequestEntry{};
  entry.id = &place->first;
  entry.content = std::move(content);
  return entry;
}

void State::remove_request(RequestEntry& entry) {
  BOURSE_CHECK(entry.grants.empty());
  const auto handle = handle_of(entry);
  BOURSE_CHECK(entry.state != domain::RequestState::kWaiting);
  const domain::RequestId id = *entry.id;
  holdings.count(Bounded::kRequests, entry.consumer, -1);
  entry = RequestEntry{};
  request_index_.erase(id);
  free_requests_.push_back(handle);
}

void State::wait(RequestEntry& entry) {
  const auto handle = handle_of(entry);
  entry.state = domain::RequestState::kWaiting;
  if (entry.content.deadline) deadlines.emplace(*entry.content.deadline, handle);
  starving.emplace(entry.submitted + config.rules.starving_after, handle);
  for (const auto& apart : entry.content.apart) kept_apart[apart.request].insert(*entry.id);
  entry.looked_after = entry.submitted + config.rules.starving_after;
  engine->put_request(handle, entry.seq.value, entry.consumer, shares.groups_of(entry.consumer), entry.content);
}

// Put anew, it holds nothing.
void State::drop_hold(RequestEntry& entry) {
  const auto handle = handle_of(entry);
  forget_holder(handle);
  engine->put_request(handle, entry.seq.value, entry.consumer, shares.groups_of(entry.consumer), entry.content);
}

void State::forget_holder(matching::RequestHandle handle) {
  std::erase(holders, handle);
  if (gang_places && gang_places->request == handle) gang_places.reset();
}

std::vector<domain::OfferId> State::places_of(const RequestEntry& entry) const {
  const auto handle = handle_of(entry);
  if (gang_places && gang_places->request == handle) return gang_places->offers;
  std::vector<domain::OfferId> places;
  if (const auto held = engine->held_for(handle)) places.push_back(*offers_[held->offer].id);
  return places;
}

void State::stop_waiting(RequestEntry& entry) {
  const auto handle = handle_of(entry);
  if (entry.content.deadline) deadlines.erase({*entry.content.deadline, handle});
  starving.erase({entry.looked_after, handle});
  over_quota.erase(*entry.id);
  forget_holder(handle);
  for (const auto& apart : entry.content.apart) {
    const auto found = kept_apart.find(apart.request);
    if (found != kept_apart.end() && found->second.erase(*entry.id) > 0 && found->second.empty())
      kept_apart.erase(found);
  }
  engine->remove_request(handle);
}

void State::look_after(RequestEntry& entry, base::Timestamp next) {
  const auto handle = handle_of(entry);
  starving.erase({entry.looked_after, handle});
  entry.looked_after = next;
  starving.emplace(next, handle);
}

GrantRow& State::add_grant(GrantRow grant) {
  const auto id = grant.id;
  find_offer(grant.offer)->grants.push_back(id);
  auto& request = *find_request(grant.request);
  request.grants.push_back(id);
  if (grant.state == domain::GrantState::kProposed) ++request.proposed;
  holdings.count(Bounded::kGrants, grant.consumer, +1);
  grant_timers.emplace(due(grant), id);
  return grants_.emplace(id, std::move(grant)).first->second;
}

void State::change_grant(GrantRow grant) {
  auto& live = grants_.at(grant.id);
  grant_timers.erase({due(live), live.id});
  if (live.state != grant.state) {
    auto& proposed = find_request(live.request)->proposed;
    if (live.state == domain::GrantState::kProposed) --proposed;
    if (grant.state == domain::GrantState::kProposed) ++proposed;
  }
  live = std::move(grant);
  grant_timers.emplace(due(live), live.id);
}

GrantRow State::take_out_grant(domain::GrantId id) {
  auto node = grants_.extract(id);
  BOURSE_CHECK(!node.empty());
  GrantRow grant = std::move(node.mapped());
  grant_timers.erase({due(grant), id});
  std::erase(find_offer(grant.offer)->grants, id);
  auto& request = *find_request(grant.request);
  std::erase(request.grants, id);
  if (grant.state == domain::GrantState::kProposed) --request.proposed;
  holdings.count(Bounded::kGrants, grant.consumer, -1);
  return grant;
}

void State::set_present(const domain::Jid& full) { sessions_[full].present = true; }

void State::take_presence_from(State& earlier) {
  for (const auto& session : earlier.present_sessions()) set_present(session);
  nodes.presences = std::move(earlier.nodes.presences);
}

void State::forget_session(const domain::Jid& full) {
  const auto found = sessions_.find(full);
  if (found == sessions_.end()) return;
  BOURSE_CHECK(found->second.offers.empty());
  silences.erase({found->second.silent, full});
  sessions_.erase(found);
}

void State::hear(const domain::Jid& full, base::Timestamp heard, base::Timestamp silent) {
  auto& session = sessions_.at(full);
  silences.erase({session.silent, full});
  session.heard = heard;
  session.silent = silent;
  silences.emplace(silent, full);
}

void State::hush(const domain::Jid& full) {
  auto& session = sessions_.at(full);
  silences.erase({session.silent, full});
  session.silent = {};
}

void State::hear_all(base::Timestamp now) {
  for (const auto& [silent, full] : std::exchange(silences, {})) {
    auto& session = sessions_.at(full);
    session.silent = now + (silent - session.heard);
    session.heard = now;
    silences.emplace(session.silent, full);
  }
}

std::vector<domain::OfferId> State::offers_of(const domain::Jid& provider) const {
  const bool of_domain = provider.local().empty();
  std::vector<domain::OfferId> found;
  for (const auto& entry : offers_) {
    if (entry.id == nullptr) continue;
    const bool is_its =
        *entry.provider == provider || (of_domain && is_at_or_below(*entry.provider, provider.domain()));
    if (is_its) found.push_back(*entry.id);
  }
  return found;
}

std::vector<domain::RequestId> State::requests_of(const domain::Jid& consumer) const {
  const bool of_domain = consumer.local().empty();
  std::vector<domain::RequestId> found;
  for (const auto& entry : requests_) {
    if (entry.id == nullptr) continue;
    const bool is_its = entry.consumer == consumer || (of_domain && is_at_or_below(entry.consumer, consumer.domain()));
    if (is_its) found.push_back(*entry.id);
  }
  return found;
}

std::vector<domain::Jid> State::sessions() const {
  std::vector<domain::Jid> known;
  known.reserve(sessions_.size());
  for (const auto& [jid, session] : sessions_) known.push_back(jid);
  return known;
}

std::vector<domain::Jid> State::present_sessions() const {
  std::vector<domain::Jid> present;
  for (const auto& [jid, session] : sessions_) {
    if (session.present) present.push_back(jid);
  }
  return present;
}

std::uint64_t State::count_of(Bounded what, const domain::Jid& bare) const {
  if (what == Bounded::kOffers) return offer_count(bare);
  if (what == Bounded::kSubscriptions) return nodes.subscription_count(bare);
  return holdings.of_jid(what, bare);
}

std::uint64_t State::count_at(Bounded what, std::string_view domain) const {
  return what == Bounded::kSubscriptions ? nodes.subscriptions_at(domain) : holdings.of_domain(what, domain);
}

std::uint64_t State::offer_count(const domain::Jid& provider) const {
  const auto found = providers_.find(provider);
  return found == providers_.end() ? 0 : found->second.offers;
}

std::vector<domain::Jid> State::sessions_at(std::string_view domain) const {
  std::vector<domain::Jid> found;
  for (const auto& [jid, session] : sessions_) {
    if (jid.domain() == domain) found.push_back(jid);
  }
  return found;
}

std::uint32_t State::count_offers(const domain::Jid& provider, int by) {
  const auto found = providers_.find(provider);
  BOURSE_CHECK(found != providers_.end());
  BOURSE_CHECK(by > 0 || found->second.offers > 0);
  holdings.count(Bounded::kOffers, provider, by);
  found->second.offers = by > 0 ? found->second.offers + 1 : found->second.offers - 1;
  return found->second.offers;
}

void State::judge(const domain::Jid& provider, base::Timestamp now) {
  const auto found = sanctions.find(provider);
  const auto* row = found == sanctions.end() ? nullptr : &found->second;
  engine->bar(provider, row != nullptr && (row->drained || is_quarantined(*row, now)));
  const auto known = providers_.find(provider);
  if (known == providers_.end() || known->second.offers == 0) return;
  matching::Engine::Availability stays{};
  history.up_for(provider, matching::Engine::kHorizons, now, stays);
  for (double& each : stays) each *= trust(row, config.rules, now);
  engine->rate(provider, stays);
}

void State::judge_some(base::Timestamp now) {
  constexpr std::size_t kSome = 1'000;
  const bool due = judged + kJudgeEvery <= now || now < judged;
  if (to_judge_.empty() && due) {
    judged = now;
    for (const auto& [provider, entry] : providers_) {
      if (entry.offers > 0) to_judge_.push_back(&provider);
    }
  }
  for (std::size_t i = 0; i < kSome && !to_judge_.empty(); ++i) {
    judge(*to_judge_.back(), now);
    to_judge_.pop_back();
  }
}

base::Timestamp State::next_timer() const {
  auto next = std::min(nodes.next_expiry(), engine->next_opening());
  const auto consider = [&next](const auto& timers) {
    if (!timers.empty()) next = std::min(next, timers.begin()->first);
  };
  consider(grant_timers);
  consider(deadlines);
  consider(offer_expiries);
  consider(quarantine_ends);
  if (history.looks()) consider(silences);
  consider(starving);
  if (!history.looks()) next = std::min(next, *history.away_since() + kKeepGapEvery);
  if (!loads.empty()) next = std::min(next, loads_kept + kKeepLoadsEvery);
  const auto next_judgement = to_judge_.empty() ? judged + kJudgeEvery : judged;
  return std::min({next, next_judgement, history.next_lesson()});
}

const domain::Jid* State::intern_provider(const domain::Jid& provider) {
  return &providers_.try_emplace(provider).first->first;
}

}  // namespace bourse::market
