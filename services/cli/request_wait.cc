#include "cli/request_wait.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "cli/session.h"
#include "xmpp/explanation_text.h"

namespace bourse::cli {
namespace {

using base::Done;
using base::Errc;
using base::Status;
using Steady = std::chrono::steady_clock;

constexpr std::size_t kMostGrants = 100'000;

}  // namespace

RequestWait::RequestWait(xmpp::MarketClient& market, domain::RequestId id, std::uint32_t wanted)
    : market_(market), id_(std::move(id)), wanted_(wanted) {
  market_.on_event([this](const xmpp::MarketEvent& event) {
    const auto* changed = std::get_if<xmpp::GrantChanged>(&event);
    if (changed != nullptr && changed->payload.grant.request == id_) note(changed->payload);
  });
}

base::Result<bool> RequestWait::wait(std::optional<base::Duration> at_most) {
  const auto until = Steady::now() + at_most.value_or(std::chrono::hours(24 * 365));
  auto next_question = Steady::now();
  while (!all_granted_ && there_.size() < wanted_) {
    if (Steady::now() >= next_question) {
      if (const auto asked = ask(); !asked) return asked.error();
      next_question = Steady::now() + std::chrono::seconds(2);
      continue;
    }
    if (interrupted() || Steady::now() >= until) return false;
    const auto left = std::chrono::duration_cast<base::Duration>(std::min(until, next_question) - Steady::now());
    const auto pumped = market_.session().pump(std::min<base::Duration>(left, std::chrono::milliseconds(250)));
    if (!pumped) return pumped.error();
  }
  return true;
}

std::vector<xmpp::GrantPayload> RequestWait::grants() const {
  std::vector<xmpp::GrantPayload> list;
  for (const auto& [number, payload] : there_) list.push_back(payload);
  return list;
}

std::string RequestWait::missing(base::Timestamp now) {
  std::string text;
  if (const auto explanation = market_.explain(id_);
      explanation && explanation->state == domain::RequestState::kWaiting) {
    text = xmpp::headline(*explanation, now);
  }
  for (const auto& [number, payload] : proposed_) {
    text += fmt::format("{}Grant {} waits for {} to confirm it.", text.empty() ? "" : " ",
                        domain::to_item_id(payload.grant.id), payload.grant.provider.text());
  }
  if (!text.empty()) return text;
  return fmt::format("Request '{}' still waits, with {} of {} grants.", id_.value, there_.size(), wanted_);
}

void RequestWait::note(const xmpp::GrantPayload& payload) {
  const auto& grant = payload.grant;
  there_.erase(grant.id.value);
  proposed_.erase(grant.id.value);
  if (domain::is_usable(grant.state) || grant.state == domain::GrantState::kReserved) {
    there_.emplace(grant.id.value, payload);
  } else if (grant.state == domain::GrantState::kProposed) {
    proposed_.emplace(grant.id.value, payload);
  }  // any other is over: the market looks for the next
}

Status RequestWait::list() {
  const auto all = market_.grants(false, kMostGrants);
  if (!all) return all.error();
  there_.clear();
  proposed_.clear();
  for (const auto& payload : *all) {
    if (payload.grant.request == id_) note(payload);
  }
  return Done{};
}

Status RequestWait::ask() {
  const auto listed = market_.request(id_);
  if (!listed) return listed.error();
  const auto standing = listed->standing.value_or(xmpp::RequestStanding{});
  if (standing.granted > there_.size()) {
    if (auto done = list(); !done) return done;
  }
  switch (standing.state) {
    case domain::RequestState::kWaiting:
      return Done{};
    case domain::RequestState::kGranted:
      all_granted_ = proposed_.empty();
      return Done{};
    case domain::RequestState::kDone:
    case domain::RequestState::kCancelled:
    case domain::RequestState::kExpired:
      break;
  }
  return {Errc::kConflict, fmt::format("request '{}' is over: it is {}", id_.value, domain::name(standing.state))};
}

}  // namespace bourse::cli
