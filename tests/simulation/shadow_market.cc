#include "shadow_market.h"

#include <algorithm>
#include <variant>

#include "domain/records.h"
#include "domain/weekly_schedule.h"
#include "market/batch_builder.h"

namespace bourse::simulation {
namespace {

using domain::GrantState;

bool leaves_market(domain::RequestState state) {
  return state != domain::RequestState::kWaiting && state != domain::RequestState::kGranted;
}

// What the grants of a spread (or kept apart) request may not share; nothing where it is not known.
std::optional<std::string> key(const market::GrantRow& grant, const std::string& by, const ShadowOffer* offer) {
  if (by == domain::kByProvider) return grant.provider.text();
  if (by == domain::kByDomain) return std::string(grant.provider.domain());
  if (offer == nullptr) return std::nullopt;
  for (const auto& attribute : offer->content.attributes) {
    if (attribute.name == by) return attribute.text;
  }
  return std::nullopt;
}

bool serves(const domain::Offer& offer, const domain::Jid& consumer) {
  return offer.serves.accepts([&](std::string_view name) -> std::vector<domain::AttributeValue> {
    if (name == "jid") return {consumer.text()};
    if (name == "domain") return {std::string(consumer.domain())};
    return {};
  });
}

}  // namespace

void ShadowMarket::apply(const market::Plan& plan, base::Timestamp now) {
  now_ = now;
  for (const auto& change : plan.changes) {
    std::visit([this](const auto& alternative) { apply(alternative); }, change);
  }
  for (const auto& notification : plan.events) {
    if (notification.event.seq.value != ++events_) broken_.emplace_back("a gap in the event log");
  }
  for (const auto& record : plan.audit) {
    if (record.index.value != log_.size()) broken_.emplace_back("a gap in the audit log");
    log_.append(record.entry);
    ++seen_["audit " + std::string(audit::name(record.entry.kind))];
  }
  for (const auto& reply : plan.replies) {
    const auto* error = std::get_if<base::Error>(&reply.body);
    ++seen_[error == nullptr ? "replies" : "errors"];
  }
  settle();
}

// The tiles of the same plan came before it.
void ShadowMarket::apply(const market::CheckpointRow& row) {
  if (auto why = log_.apply(row); !why.empty()) broken_.push_back(std::move(why));
  ++seen_["checkpoints"];
}

void ShadowMarket::settle() {
  std::erase_if(offers_, [this](const auto& entry) {
    return !entry.second.row.open && std::none_of(live_.begin(), live_.end(), [&](const auto& live) {
      return live.second.offer.value == entry.first;
    });
  });
  for (auto& [id, request] : requests_) {
    if (!request.content.gang) continue;
    const auto granted = request.row.granted;
    if (!request.complete && granted > 0 && granted < request.content.count) {
      broken_.push_back("a gang of " + std::to_string(request.content.count) + " has " + std::to_string(granted) +
                        " grants: " + id);
    }
    const auto grants = grants_of(id);
    request.complete = request.complete || (granted >= request.content.count &&
                                            std::none_of(grants.begin(), grants.end(), [](const auto* grant) {
                                              return grant->state == GrantState::kProposed;
                                            }));
  }
}

void ShadowMarket::expect(bool holds, const std::string& rule, const market::GrantRow& grant) {
  if (holds) return;
  broken_.push_back(rule + ": " + domain::to_item_id(grant.id) + " (" + std::string(domain::name(grant.state)) +
                    ") of offer " + grant.offer.value + " for request " + grant.request.value);
}

void ShadowMarket::apply(const market::OfferRow& row) {
  const auto found = offers_.find(row.id.value);
  if (!row.open) {
    if (found == offers_.end() || !found->second.row.open) {
      broken_.push_back("withdrew an offer that was not open: " + row.id.value);
      return;
    }
    found->second.row.open = false;
    found->second.row.session = {};
    found->second.row.seq = row.seq;
    return;
  }
  auto content = domain::decode_offer(row.record);
  if (!content) return broken_.push_back("an offer's record: " + content.error().text);
  if (row.resources != domain::capacity_of(*content)) broken_.push_back("an offer's row counts other: " + row.id.value);
  if (is_left_out("publish", row.provider)) broken_.push_back("an offer that the policy leaves out: " + row.id.value);
  offers_[row.id.value] = {row, std::move(content).value()};
}

void ShadowMarket::apply(const market::RequestRow& row) {
  if (leaves_market(row.state)) {
    requests_.erase(row.id.value);
    return;
  }
  auto content = domain::decode_request(row.record);
  if (!content) return broken_.push_back("a request's record: " + content.error().text);
  if (!requests_.contains(row.id.value) && is_left_out("request", row.consumer)) {
    broken_.push_back("a request that the policy leaves out: " + row.id.value);
  }
  auto& request = requests_[row.id.value];
  request.row = row;
  request.content = std::move(content).value();
  if (row.granted == 0) request.complete = false;  // nothing is left of it: it begins anew
}

void ShadowMarket::apply(const market::GrantStarted& change) {
  const auto& grant = change.grant;
  expect(grant.id.value > last_grant_, "a fencing token that does not rise", grant);
  last_grant_ = std::max(last_grant_, grant.id.value);
  judge_start(grant);
  live_[grant.id.value] = grant;
  ++seen_["→" + std::string(domain::name(grant.state))];
}

void ShadowMarket::judge_start(const market::GrantRow& grant) {
  const auto request = requests_.find(grant.request.value);
  const auto offer = offers_.find(grant.offer.value);
  if (request == requests_.end()) return expect(false, "granted to a request that is not there", grant);
  if (offer == offers_.end()) return expect(false, "granted an offer that is not there", grant);
  const auto& asked = request->second.content;
  expect(offer->second.row.open, "granted an offer that is not open", grant);
  expect(grant.provider == offer->second.row.provider, "another provider", grant);
  expect(grant.consumer == request->second.row.consumer, "another consumer", grant);
  expect(!is_barred(grant.provider, now_), "granted although its provider is drained or in quarantine", grant);
  expect(std::find(request->second.row.refused.begin(), request->second.row.refused.end(), grant.provider) ==
             request->second.row.refused.end(),
         "granted by a provider that refused it", grant);
  expect(grant.started == std::max(now_, asked.start.value_or(now_)), "a lease that begins at another time", grant);
  expect(grant.expires == grant.started + asked.duration, "a lease of another length", grant);
  expect(grant.ahead == (grant.started > now_), "ahead, or not", grant);
  expect(!is_over_policy(grant.consumer, 1), "more grants than the policy allows", grant);
  const bool asks = offer->second.content.terms.confirm == domain::Confirm::kManual;
  const auto expected = asks ? GrantState::kProposed : grant.ahead ? GrantState::kReserved : GrantState::kActive;
  expect(grant.state == expected, "began in another state", grant);
  judge_place(grant, offer->second, request->second);
  judge_apart(grant, request->second);
}

void ShadowMarket::judge_place(const market::GrantRow& grant, const ShadowOffer& offer, const ShadowRequest& request) {
  const auto& content = offer.content;
  const auto& terms = content.terms;
  const auto length = grant.expires - grant.started;
  expect(!terms.drain, "granted an offer that takes no more", grant);
  expect(length >= terms.min_lease.value_or(length) && length <= terms.max_lease.value_or(length),
         "a lease the offer does not lend", grant);
  expect(content.starts.value_or(grant.started) <= grant.started, "a lease before the offer starts", grant);
  expect(content.expires.value_or(grant.expires) >= grant.expires, "a lease beyond the offer's end", grant);
  const auto schedule = domain::WeeklySchedule::parse(content.schedule.text, content.schedule.zone);
  const auto until = schedule->open_until(grant.started);
  expect(until.has_value() && *until >= grant.expires, "a lease outside the schedule", grant);
  expect(request.content.needs.accepts([&](std::string_view name) { return domain::lookup(content, name); }),
         "granted what does not meet the needs", grant);
  expect(serves(content, grant.consumer), "granted to whom the offer does not serve", grant);
  const auto wanted = terms.divisible ? domain::demand_of(request.content) : domain::capacity_of(content);
  expect(grant.resources == wanted, "granted other resources", grant);
}

void ShadowMarket::judge_apart(const market::GrantRow& grant, const ShadowRequest& request) {
  const auto shares = [&](const market::GrantRow& other, const std::string& by) {
    const auto here = offers_.find(grant.offer.value);
    const auto there = offers_.find(other.offer.value);
    const auto a = key(grant, by, &here->second);
    const auto b = key(other, by, there == offers_.end() ? nullptr : &there->second);
    return a && b && *a == *b;
  };
  const auto& spread = request.content.spread;
  if (!spread.empty()) {
    expect(key(grant, spread, &offers_.at(grant.offer.value)).has_value(), "spread by what the offer has not", grant);
    for (const auto* other : grants_of(grant.request.value)) {
      expect(!shares(*other, spread), "two grants of a request together that are to be spread", grant);
    }
  }
  for (const auto& apart : request.content.apart) {
    const auto found = requests_.find(apart.request.value);
    if (found == requests_.end() || found->second.row.consumer != grant.consumer) continue;
    for (const auto* other : grants_of(apart.request.value)) {
      expect(!shares(*other, apart.by), "where one is it is to be apart from", grant);
    }
  }
}

void ShadowMarket::apply(const market::GrantChanged& change) {
  const auto& after = change.grant;
  const auto found = live_.find(after.id.value);
  if (found == live_.end()) return expect(false, "changed a grant that is not live", after);
  auto& before = found->second;
  expect(before.state == after.state || domain::can_become(before.state, after.state),
         "no such step from " + std::string(domain::name(before.state)), after);
  expect(domain::is_live(after.state), "changed into one that is not live", after);
  expect(before.resources == after.resources && before.devices == after.devices && before.offer == after.offer &&
             before.request == after.request && before.started == after.started,
         "changed what does not change", after);
  expect(after.ahead == before.ahead || (before.ahead && after.state == GrantState::kActive), "ahead again", after);
  if (after.expires != before.expires) judge_renewal(before, after);
  ++seen_[std::string(domain::name(before.state)) + "→" + std::string(domain::name(after.state))];
  before = after;
}

void ShadowMarket::judge_renewal(const market::GrantRow& before, const market::GrantRow& after) {
  const auto offer = offers_.find(after.offer.value);
  if (offer == offers_.end() || !offer->second.row.open) return expect(false, "renewed without an open offer", after);
  const auto& content = offer->second.content;
  expect(before.state == GrantState::kActive && after.state == GrantState::kActive, "renewed one not active", after);
  expect(after.expires > before.expires, "a lease that became shorter", after);
  expect(content.expires.value_or(after.expires) >= after.expires, "renewed beyond the offer's end", after);
  expect(after.expires - now_ <= content.terms.max_lease.value_or(base::Duration::max()), "renewed for too long",
         after);
  const auto schedule = domain::WeeklySchedule::parse(content.schedule.text, content.schedule.zone);
  const auto until = schedule->open_until(now_);
  expect(until.has_value() && *until >= after.expires, "renewed beyond the schedule", after);
  ++seen_["renewed"];
}

void ShadowMarket::apply(const market::GrantEnded& change) {
  const auto& grant = change.grant;
  const auto found = live_.find(grant.id.value);
  if (found == live_.end()) return expect(false, "ended a grant that was not live", grant);
  const auto before = found->second.state;
  expect(!domain::is_live(grant.state) && grant.ended.has_value(), "ended without an end", grant);
  expect(domain::can_become(before, grant.state), "no such end from " + std::string(domain::name(before)), grant);
  expect(grant.reason != "what was reserved for it is still in use", "a reservation that could not begin", grant);
  const auto request = requests_.find(grant.request.value);
  expect(request == requests_.end() || !request->second.complete || grant.reason != "its gang could not be completed",
         "a gang that was complete was given up", grant);
  live_.erase(found);
  ++seen_[std::string(domain::name(before)) + "→" + std::string(domain::name(grant.state))];
}

void ShadowMarket::apply(const market::SanctionRow& row) {
  const bool is_void = !row.drained && !row.banned && row.failures == 0 && !row.quarantined_until;
  if (is_void) {
    sanctions_.erase(row.jid.text());
  } else {
    sanctions_[row.jid.text()] = row;
  }
}

void ShadowMarket::apply(const market::UsageRow& row) { usage_[row.consumer.text()] = row; }

void ShadowMarket::apply(const market::PolicyRow& row) {
  const auto key = row.name + " " + row.subject;
  if (row.value.empty()) {
    policies_.erase(key);
  } else {
    policies_[key] = row.value;
  }
  ++seen_["policy"];
}

bool ShadowMarket::is_left_out(const std::string& right, const domain::Jid& who) const {
  const auto filter = policies_.find(right + " ");
  return filter != policies_.end() && filter->second != "(domain=" + std::string(who.domain()) + ")";
}

bool ShadowMarket::is_over_policy(const domain::Jid& consumer, std::size_t more) const {
  std::size_t own = 0;
  std::size_t there = 0;
  for (const auto& [id, grant] : live_) {
    own += grant.consumer == consumer ? 1 : 0;
    there += grant.consumer.domain() == consumer.domain() ? 1 : 0;
  }
  const auto exceeds = [&](const std::string& name, const std::string& subject, std::size_t has) {
    auto found = policies_.find(name + " " + subject);
    if (found == policies_.end()) found = policies_.find(name + " ");
    return found != policies_.end() && has + more > std::stoull(found->second);
  };
  return exceeds("jid-grants", consumer.text(), own) || exceeds("domain-grants", std::string(consumer.domain()), there);
}

void ShadowMarket::apply(const market::ProviderRow& row) {
  auto& history = histories_[row.provider.text()];
  if (history.running && history.running->presence == row.presence && history.running->since != row.since) {
    broken_.emplace_back("an availability change that changes nothing");
  }
  if (history.running && row.since < history.running->since) broken_.emplace_back("an interval that begins twice");
  history.running = row;
}

// The row of what runs now comes first, then what it ended.
void ShadowMarket::apply(const market::HistoryClosed& change) {
  auto& history = histories_[change.interval.provider.text()];
  const auto& interval = change.interval.interval;
  if (!interval.until || *interval.until <= interval.since) broken_.emplace_back("an interval without length");
  if (!history.closed.empty() && *history.closed.back().until > interval.since) {
    broken_.emplace_back("intervals of a provider overlap");
  }
  if (history.running->since != *interval.until) broken_.emplace_back("an interval does not follow the one before");
  history.closed.push_back(interval);
  history::add(history.days, change.cells);
  market::Plan plan;
  plan.changes.emplace_back(change);
  market::BatchBuilder builder;
  builder.add(plan);
  for (const auto& row : std::move(builder).finish({}).hours) {
    auto& sum = hours_[row.hour];
    sum.up += row.up;
    sum.down += row.down;
    sum.outages += row.outages;
  }
}

void ShadowMarket::apply(const history::Window& gap) {
  if (!gaps_.empty() && gap.since < gaps_.back().until) broken_.emplace_back("gaps overlap");
  gaps_.push_back(gap);
}

std::string ShadowMarket::judge_history() const {
  std::map<std::int64_t, std::uint64_t> outages;  // by hour, that nobody told yet
  for (const auto& [hour, row] : hours_) outages[hour] = row.outages;
  market::HourRow all;
  for (const auto& [hour, row] : hours_) {
    all.up += row.up;
    all.down += row.down;
  }
  const auto gaps = history::merge(gaps_);
  for (const auto& [provider, history] : histories_) {
    if (history.closed.empty()) continue;
    const history::Window whole{history.closed.front().since, *history.closed.back().until};
    history::Totals kept;
    for (const auto& day : history.days) {
      kept.up += day.up_total();
      kept.down += day.down_total();
    }
    const auto exact = history::statistics(history.closed, gaps_, whole);
    if (kept != history::Totals{exact.up, exact.down}) {
      return "the sums of " + provider + " are not those of its intervals";
    }
    all.up -= exact.up;
    all.down -= exact.down;
    for (const auto& interval : history.closed) {
      if (interval.presence == domain::Presence::kUp || !history::is_observed(interval.since, gaps)) continue;
      --outages[std::chrono::floor<std::chrono::hours>(interval.since).time_since_epoch().count()];
    }
  }
  if (all != market::HourRow()) return "the pool's sums by hour are not those of its providers";
  for (const auto& [hour, more] : outages) {
    if (more != 0) return "the pool's outages in hour " + std::to_string(hour) + " are not those of its providers";
  }
  return {};
}

std::vector<const market::GrantRow*> ShadowMarket::grants_of(const std::string& request) const {
  std::vector<const market::GrantRow*> found;
  for (const auto& [id, grant] : live_) {
    if (grant.request.value == request) found.push_back(&grant);
  }
  return found;
}

bool ShadowMarket::is_barred(const domain::Jid& provider, base::Timestamp now) const {
  const auto found = sanctions_.find(provider.text());
  if (found == sanctions_.end()) return false;
  return found->second.drained || (found->second.quarantined_until && now < *found->second.quarantined_until);
}

base::Status ShadowMarket::load(market::StateLoader& loader) const {
  const auto by_seq = [](const auto& entries) {
    std::vector<decltype(entries.begin()->second.row)> sorted;
    for (const auto& [id, entry] : entries) sorted.push_back(entry.row);
    std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.seq < b.seq; });
    return sorted;
  };
  for (auto& row : by_seq(offers_)) {
    if (auto status = loader.on_offer(std::move(row)); !status) return status;
  }
  for (auto& row : by_seq(requests_)) {
    if (auto status = loader.on_request(std::move(row)); !status) return status;
  }
  for (const auto& [jid, row] : usage_) {
    if (auto status = loader.on_usage(market::UsageRow(row)); !status) return status;
  }
  for (const auto& [id, grant] : live_) {
    if (auto status = loader.on_grant(market::GrantRow(grant)); !status) return status;
  }
  for (const auto& [key, value] : policies_) {
    const auto space = key.find(' ');
    if (auto status = loader.on_policy({key.substr(0, space), key.substr(space + 1), value}); !status) return status;
  }
  for (const auto& [jid, row] : sanctions_) {
    if (auto status = loader.on_sanction(market::SanctionRow(row)); !status) return status;
  }
  for (const auto& [jid, history] : histories_) {
    if (!history.running) continue;
    if (auto status = loader.on_provider(market::ProviderRow(*history.running)); !status) return status;
  }
  for (const auto& gap : gaps_) {
    if (auto status = loader.on_gap(gap); !status) return status;
  }
  if (!history_counts_.empty()) {
    if (auto status = loader.on_history_counts(std::string(history_counts_)); !status) return status;
  }
  return log_.load(loader);
}

}  // namespace bourse::simulation
