#include "agent/agent.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <random>
#include <thread>
#include <unordered_set>

#include "base/base64url.h"
#include "base/config.h"

namespace bourse::agent {
namespace {

using base::Done;
using base::Duration;
using base::Errc;
using base::Status;
using Steady = std::chrono::steady_clock;

Steady::duration some_seconds(double least, double most) {
  static thread_local std::mt19937_64 random{std::random_device{}()};
  const std::chrono::duration<double> chosen(std::uniform_real_distribution<double>(least, most)(random));
  return std::chrono::duration_cast<Steady::duration>(chosen);
}

// What waiting may mend: the server or the market is away, starting, or busy.
bool may_pass(Errc code) {
  switch (code) {
    case Errc::kUnavailable:
    case Errc::kRateLimited:
    case Errc::kResourceConstraint:
    case Errc::kInternal:
      return true;
    case Errc::kBadRequest:
    case Errc::kInvalidPayload:
    case Errc::kPayloadRequired:
    case Errc::kItemRequired:
    case Errc::kNodeRequired:
    case Errc::kInvalidJid:
    case Errc::kNotSubscribed:
    case Errc::kForbidden:
    case Errc::kNotFound:
    case Errc::kConflict:
    case Errc::kNotAcceptable:
    case Errc::kUnsupported:
    case Errc::kPayloadTooBig:
    case Errc::kCorrupt:
    case Errc::kNotAllowed:
    case Errc::kNotAuthorized:
    case Errc::kClosedNode:
    case Errc::kNotInRosterGroup:
    case Errc::kPresenceSubscriptionRequired:
    case Errc::kPendingSubscription:
    case Errc::kTooManySubscriptions:
    case Errc::kInvalidOptions:
    case Errc::kInvalidSubid:
    case Errc::kSubidRequired:
    case Errc::kJidRequired:
    case Errc::kConfigurationRequired:
    case Errc::kPreconditionNotMet:
    case Errc::kMaxItemsExceeded:
    case Errc::kMaxNodesExceeded:
    case Errc::kItemForbidden:
    case Errc::kUnsupportedAccessModel:
    case Errc::kGone:
      return false;
  }
  BOURSE_CHECK(false);
  return false;
}

void warn_unless(const Status& status) {
  if (!status) spdlog::error("{}", status.error().text);
}

constexpr std::size_t kMostGrants = 100'000;
constexpr unsigned kPingsPerOfferCheck = 5;

}  // namespace

Agent::Agent(AgentOptions options, GrantBook book, xmpp::ClientSession& session, const base::Clock& clock)
    : options_(std::move(options)),
      book_(std::move(book)),
      session_(session),
      market_(session, options_.service, options_.pool),
      clock_(clock),
      load_(options_.sources),
      hooks_(options_.hook_timeout),
      proposal_hooks_(options_.hook_timeout) {
  session_.on_presence([this](const domain::Jid& from) { called_ = called_ || from.bare() == options_.service; });
  market_.on_event([this](const xmpp::MarketEvent& event) {
    if (caught_up_) {
      on_event(event);
    } else {
      early_events_.push_back(event);
    }
  });
}

void Agent::stop() noexcept {
  if (stopping_.exchange(true)) leaving_at_once_ = true;
  session_.wake();
}

Status Agent::run() {
  while (!stopping_) {
    const Status status = serve();
    if (stopping_) break;
    if (!status && !may_pass(status.error().code)) return status;
    if (!status) spdlog::warn("{}", status.error().text);
    wait_before_retry();
  }
  return Done{};
}

Status Agent::serve() {
  caught_up_ = false;
  early_events_.clear();
  if (auto connected = session_.connect(); !connected) return connected;
  spdlog::info("connected as {}", session_.jid().text());
  if (auto taken = take_up(); !taken) {
    session_.close();
    return taken;
  }
  failed_attempts_ = 0;
  called_ = false;
  look_again_at_.reset();
  next_beat_ = Steady::now();
  auto next_ping = Steady::now() + options_.keepalive;
  unsigned pings = 0;
  while (!stopping_) {
    if (auto pumped = session_.pump(std::min<Duration>(options_.keepalive, std::chrono::seconds(1))); !pumped) {
      return pumped;
    }
    note_finished_hooks();
    beat_if_due();
    if (std::exchange(called_, false)) {
      spdlog::info("the market asks who is there: publishing again");
      look_again_at_ = Steady::now();
    }
    if (look_again_at_ && *look_again_at_ <= Steady::now()) {
      look_again_at_.reset();
      if (auto taken = tolerate(take_up_again()); !taken) return taken;
    }
    if (Steady::now() < next_ping) continue;
    // The server, not the market: a market that restarts finds us by its own ping.
    const auto server = domain::Jid::parse(session_.jid().domain());
    if (auto answered = server ? session_.ping(*server) : Status(Done{}); !answered) return answered;
    next_ping = Steady::now() + options_.keepalive;
    if (++pings % kPingsPerOfferCheck != 0) continue;
    if (auto published = tolerate(publish_again_if_gone()); !published) return published;
  }
  return withdraw();
}

Status Agent::take_up() {
  session_.send_presence(options_.service, true);
  auto key = market_.ticket_key();
  if (!key) return key.error();
  if (auto accepted = book_.accept_key(base::base64url_encode(key->raw())); !accepted) return accepted;
  key_ = std::move(*key);
  const auto published = market_.publish(options_.offer_id, options_.offer);
  if (!published) return published.error();
  spdlog::info("offer '{}' is published in {}", options_.offer_id.value, market_.node("offers").value);
  return catch_up();
}

// A market that has no time for us is no reason to leave: that would end what we lend. Not all of a domain at once.
Status Agent::tolerate(Status&& outcome) {
  if (outcome || !may_pass(outcome.error().code)) return std::move(outcome);
  spdlog::warn("{}", outcome.error().text);
  const double least = std::max(1.0, static_cast<double>(outcome.error().retry_after.count()));
  look_again_at_ = Steady::now() + some_seconds(least, 2 * least + 5);
  return Done{};
}

// What was told meanwhile came back to the market.
Status Agent::take_up_again() {
  caught_up_ = false;
  early_events_.clear();
  if (auto published = publish_again_if_gone(); !published) return published;
  return catch_up();
}

Status Agent::publish_again_if_gone() {
  // A market that could not reach us for a while takes us for gone and withdraws our offer.
  const auto there = market_.offer(options_.offer_id);
  if (there) return Done{};
  // Who may lend need not be let see what others lend; published twice is published once.
  if (there.error().code != Errc::kNotFound && there.error().code != Errc::kForbidden) return there.error();
  if (there.error().code == Errc::kNotFound) {
    spdlog::warn("the market withdrew offer '{}': publishing it again", options_.offer_id.value);
  }
  session_.send_presence(options_.service, true);
  const auto published = market_.publish(options_.offer_id, options_.offer);
  return published ? Status(Done{}) : Status(published.error());
}

Status Agent::catch_up() {
  const auto grants = market_.grants(false, kMostGrants);
  if (!grants) return grants.error();
  std::unordered_set<std::uint64_t> live;
  for (const auto& payload : *grants) {
    if (is_ours(payload.grant)) live.insert(payload.grant.id.value);
  }
  // What ended comes first: a new grant may hold the same device.
  for (const auto id : book_.live()) {
    if (live.contains(id.value)) continue;
    const auto ended = market_.grant(id);
    if (!ended && may_pass(ended.error().code)) return ended.error();
    if (ended) {
      end_grant(*ended);
    } else {
      spdlog::error("grant {} is gone: {}", domain::to_item_id(id), ended.error().text);
      warn_unless(book_.end(id));
    }
  }
  for (const auto id : book_.expected()) {
    if (!live.contains(id.value)) warn_unless(book_.end(id));
  }
  for (const auto& payload : *grants) {
    if (is_ours(payload.grant)) on_grant(payload);
  }
  caught_up_ = true;
  for (const auto& event : std::exchange(early_events_, {})) on_event(event);
  return Done{};
}

Status Agent::withdraw() {
  const auto retracted = market_.retract(market_.node("offers"), options_.offer_id.value);
  if (retracted) {
    spdlog::info("offer '{}' is withdrawn", options_.offer_id.value);
    // Its grants end with it, or after the grace period it promised: their hooks should run before we leave.
    const auto grace = options_.offer.terms.grace.value_or(Duration{0});
    if (grace > Duration{0} && !book_.live().empty()) {
      spdlog::info("waiting for at most {} until its grants have ended; a second signal ends this",
                   base::format_duration(grace));
    }
    const auto until = Steady::now() + std::chrono::seconds(2) + grace;
    while (!book_.live().empty() && Steady::now() < until && !leaving_at_once_) {
      if (!session_.pump(std::chrono::milliseconds(100))) break;
      note_finished_hooks();
      beat_if_due();
    }
  } else {
    spdlog::error("offer '{}' is not withdrawn: {}", options_.offer_id.value, retracted.error().text);
  }
  session_.send_presence(options_.service, false);
  session_.close();
  hooks_.finish();
  proposal_hooks_.finish();
  note_finished_hooks();
  return Done{};
}

void Agent::beat_if_due() {
  if (options_.heartbeat == Duration::zero() || Steady::now() < next_beat_) return;
  next_beat_ = Steady::now() + options_.heartbeat;
  market_.send_heartbeat(
      {.load = load_.measure(), .every = options_.heartbeat, .zone = machine_zone(options_.sources)});
}

void Agent::wait_before_retry() {
  // Full jitter: a server that comes back is not met by every agent at once.
  const double most = std::min(60.0, 1.0 * static_cast<double>(1U << std::min(failed_attempts_++, 6U)));
  const auto wait = some_seconds(0.5, std::max(1.0, most));
  spdlog::info("trying again in {:.1f} s", std::chrono::duration<double>(wait).count());
  const auto until = Steady::now() + wait;
  while (!stopping_ && Steady::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    note_finished_hooks();
  }
}

void Agent::on_event(const xmpp::MarketEvent& event) {
  const auto* changed = std::get_if<xmpp::GrantChanged>(&event);
  if (changed == nullptr) return;
  if (is_ours(changed->payload.grant)) on_grant(changed->payload);
}

}  // namespace bourse::agent
