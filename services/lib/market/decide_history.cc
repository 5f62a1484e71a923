// Who is there to lend, and who will be: transitions, heartbeats, when nobody looked, and what is asked about it.
#include <algorithm>
#include <utility>

#include "domain/records.h"
#include "history/together.h"
#include "market/decision.h"

namespace bourse::market {
namespace {

using base::Errc;
using domain::Presence;

constexpr int kMissed = 3;  // heartbeats, until an agent counts as silent
// … but from afar not before it would have shown that the whole domain cannot be reached, which may have fallen silent
// just before the next of them was due.
constexpr base::Duration kDomainShows = std::chrono::seconds(30);
constexpr std::size_t kMostLoads = 5'000;
constexpr base::Duration kLongestPredicted = std::chrono::hours(24 * 90);
constexpr std::size_t kMostImported = 500'000;  // intervals of one import
constexpr std::int64_t kMostCells = 2'000'000;  // days they touch, together
constexpr base::Duration kSettled = std::chrono::hours(1);
constexpr std::size_t kMostImports = 4;  // at a time
constexpr base::Duration kImportPatience = std::chrono::minutes(10);

}  // namespace

void Decision::change_availability(const domain::Jid& provider, Presence presence) {
  const auto reason = presence == Presence::kUp ? domain::EndReason::kCameBack : end_reason_;
  auto turn = state_.history.turn(provider, presence, ended_at_.value_or(now_), reason);
  if (!turn) return;
  const domain::AvailabilityChange change{provider, presence, turn->row.since};
  plan_.changes.emplace_back(std::move(turn->row));
  if (turn->closed) plan_.changes.emplace_back(std::move(*turn->closed));
  auto bytes = domain::encode(change);
  record({.kind = presence == Presence::kUp ? audit::EntryKind::kProviderUp : audit::EntryKind::kProviderDown,
          .provider = provider,
          .record = bytes});
  publish(EventKind::kAvailabilityChanged, pubsub::MarketNode::kAvailability, provider.text(), provider, {},
          std::move(bytes));
}

void Decision::lose_track_of(const domain::Jid& provider) {
  auto turn = state_.history.lose_track(provider, ended_at_.value_or(now_));
  if (!turn) return;
  plan_.changes.emplace_back(std::move(turn->row));
  if (turn->closed) plan_.changes.emplace_back(std::move(*turn->closed));
  record({.kind = audit::EntryKind::kProviderUnobserved, .provider = provider});
}

// Whose presence we never saw is nobody's session: anybody may send messages.
void Decision::operator()(const Heartbeat& heartbeat) {
  const auto& session = command_.actor;
  if (state_.find_session(session) == nullptr) return;
  if (!domain::is_heartbeat(heartbeat.every)) {
    return fail(Errc::kInvalidPayload, std::string("a heartbeat comes every so often: ") + domain::kHeartbeatBounds);
  }
  const base::Duration patience = kMissed * heartbeat.every;
  state_.hear(session, now_, now_ + (heartbeat.afar ? std::max(patience, heartbeat.every + kDomainShows) : patience));
  const auto provider = session.bare();
  if (!state_.history.running(provider)) return;
  if (!heartbeat.zone.empty()) {
    if (auto row = state_.history.set_zone(provider, heartbeat.zone)) plan_.changes.emplace_back(std::move(*row));
  }
  state_.loads.insert_or_assign(provider, LoadRow{provider, now_, heartbeat.load});
}

// Down since it was heard last: nobody knows of anything later. Its session is there still, as far as its server knows:
// what it publishes again lives by it.
void Decision::pass_heartbeats() {
  if (!state_.history.looks()) return;  // nobody can be heard
  while (!state_.silences.empty() && state_.silences.begin()->first <= now_) {
    const auto session = state_.silences.begin()->second;
    end_reason_ = domain::EndReason::kHeartbeatMissed;
    ended_at_ = state_.find_session(session)->heard;
    state_.hush(session);
    lose_session(session, "its agent fell silent");
    ended_at_.reset();
  }
}

// Together, now and then: a row each time would be a thousand times the work for the same knowledge.
void Decision::keep_loads() {
  const bool due = state_.loads_kept + State::kKeepLoadsEvery <= now_ || now_ < state_.loads_kept;
  if (state_.loads.empty() || (!due && state_.loads.size() < kMostLoads)) return;
  for (auto& [provider, row] : state_.loads) plan_.changes.emplace_back(std::move(row));
  state_.loads.clear();
  state_.loads_kept = now_;
}

void Decision::operator()(const LinkDown& /*down*/) { state_.history.look_away(now_); }

// Piece by piece, so that a process that ends meanwhile forgets no more than the last one.
void Decision::keep_gap() {
  const auto since = state_.history.away_since();
  if (!since || now_ - *since < State::kKeepGapEvery) return;
  if (auto gap = state_.history.look_again(now_)) plan_.changes.emplace_back(*gap);
  state_.history.look_away(now_);
}

void Decision::operator()(const Unobserved& unobserved) {
  if (unobserved.gap.since >= unobserved.gap.until) return;
  state_.hear_all(now_);
  if (!state_.history.looks()) return;  // the gap that is open covers it
  if (auto gap = state_.history.add_gap(unobserved.gap)) plan_.changes.emplace_back(*gap);
}

void Decision::look_again() {
  state_.hear_all(now_);
  if (auto gap = state_.history.look_again(now_)) plan_.changes.emplace_back(*gap);
}

// As history queries are answered, but of grants only those count that live: others are the database's to know.
HistoryAccess Decision::access_to(const domain::Jid& provider) const {
  const auto actor = command_.actor.bare();
  HistoryAccess access{.known = true, .lends = state_.lends(provider)};
  access.concerned = actor == provider || state_.is_operator(actor);
  // Looks at every request: not for those who hold nothing, nor had anything of late.
  if (access.concerned || state_.shares.dominant_share(actor, now_) == 0) return access;
  for (const auto& id : state_.requests_of(actor)) {
    access.concerned = access.concerned || std::ranges::any_of(state_.find_request(id)->grants, [&](auto grant) {
                         return state_.find_grant(grant)->provider == provider;
                       });
  }
  return access;
}

void Decision::operator()(const PredictAvailability& question) {
  if (question.further > kLongestPredicted) {
    return fail(Errc::kInvalidPayload, "nobody can say who stays for longer than 90 days");
  }
  if (question.providers.empty() || question.providers.size() > kMostPredicted) {
    return fail(Errc::kInvalidPayload, "ask about 1 to " + std::to_string(kMostPredicted) + " providers");
  }
  Prediction answer;
  answer.further = question.further;
  answer.at_least = question.at_least.value_or(static_cast<std::uint32_t>(question.providers.size()));
  std::vector<double> stays;
  for (const auto& provider : question.providers) {
    Prediction::Provider one{.provider = provider};
    const auto running = state_.history.running(provider);
    const auto access = running ? access_to(provider) : HistoryAccess();
    if (running && !state_.config.history.shows_figures(access)) {
      const auto refusal = state_.config.history.refusal(provider);
      return fail(refusal.code, refusal.text);
    }
    if (running && running->presence == Presence::kUp) {
      if (state_.config.history.shows_details(access)) {
        one.up_for = std::max(now_ - running->since, base::Duration::zero());
      }
      one.stays = state_.history.up_for(provider, question.further, now_);
    }
    stays.push_back(one.stays);
    answer.providers.push_back(std::move(one));
  }
  answer.together = history::at_least(answer.at_least, stays, state_.history.correlation(question.further));
  reply(std::move(answer));
}

void Decision::operator()(const ImportHistory& part) {
  const auto actor = command_.actor.bare();
  if (!state_.is_operator(actor)) return fail(Errc::kForbidden, "only operators of the market import history");
  std::erase_if(state_.imports, [this](const auto& each) { return each.second.touched + kImportPatience < now_; });
  if (part.part == 0) state_.imports.erase(actor);
  if (part.part == 0 && state_.imports.size() >= kMostImports) {
    return fail(Errc::kResourceConstraint, "other imports are under way: try again in a few minutes");
  }
  auto& import = state_.imports[actor];
  if (part.part != import.parts || (part.part > 0 && part.name != import.name)) {
    state_.imports.erase(actor);
    return fail(Errc::kConflict, "part " + std::to_string(part.part) + " of import '" + part.name +
                                     "' does not follow what came before it: nothing was imported, begin again");
  }
  import.name = part.name;
  import.touched = now_;
  ++import.parts;
  import.intervals.insert(import.intervals.end(), part.intervals.begin(), part.intervals.end());
  if (import.intervals.size() > kMostImported) {
    state_.imports.erase(actor);
    return fail(Errc::kResourceConstraint,
                "more than " + std::to_string(kMostImported) +
                    " intervals at once: nothing was imported, bring them in several imports");
  }
  if (!part.last) return reply(Acknowledged{});
  auto intervals = std::move(import.intervals);
  state_.imports.erase(actor);
  import_history(std::move(intervals));
}

// What is recorded already is the database's to compare with: it refuses the batch.
void Decision::import_history(std::vector<ClosedInterval>&& intervals) {
  std::ranges::stable_sort(intervals, [](const auto& a, const auto& b) {
    return std::pair(a.provider.text(), a.interval.since) < std::pair(b.provider.text(), b.interval.since);
  });
  const ClosedInterval* before = nullptr;
  std::int64_t cells = 0;
  for (const auto& each : intervals) {
    const auto& interval = each.interval;
    const auto refuse = [&](const std::string& why) {
      fail(Errc::kConflict, each.provider.text() + ": " + why + ": nothing was imported");
    };
    if (!interval.until || *interval.until < interval.since) return refuse("an interval ends before it begins");
    if (*interval.until > now_) return refuse("an interval ends in the future");
    if (before != nullptr && before->provider == each.provider && *before->interval.until > interval.since) {
      return refuse("two intervals overlap");
    }
    const auto running = state_.history.running(each.provider);
    if (running && *interval.until > running->since) return refuse("it overlaps what is recorded already");
    if (!running && *interval.until > now_ - kSettled) return refuse("it ends less than an hour ago");
    cells += 1 + (*interval.until - interval.since) / std::chrono::hours(24);
    if (cells > kMostCells) return refuse("the import covers too many days: bring it in several imports");
    if (*interval.until > interval.since) before = &each;  // what has no length is in nobody's way
  }
  const auto count = intervals.size();
  for (auto& each : intervals) plan_.changes.emplace_back(state_.history.import(std::move(each)));
  record({.kind = audit::EntryKind::kHistoryImported, .reason = std::to_string(count) + " intervals"});
  reply(Acknowledged{});
}

}  // namespace bourse::market
