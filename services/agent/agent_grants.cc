// What the agent does about the grants of its offer, from the proposal to the end.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <utility>

#include "agent/agent.h"
#include "domain/ticket.h"
#include "xmpp/client_json.h"
#include "xmpp/timestamps.h"

namespace bourse::agent {
namespace {

using base::Duration;
using base::Status;

void warn_unless(const Status& status) {
  if (!status) spdlog::error("{}", status.error().text);
}

}  // namespace

bool Agent::is_ours(const domain::Grant& grant) const {
  return grant.offer == options_.offer_id && grant.provider == session_.jid().bare();
}

void Agent::on_grant(const xmpp::GrantPayload& payload) {
  using enum domain::GrantState;
  const domain::GrantId id = payload.grant.id;
  const auto state = payload.grant.state;
  if (state != kProposed) proposals_.erase(id.value);
  if (!domain::is_live(state)) return end_grant(payload);
  const auto verdict = book_.judge(id);
  if (verdict == GrantBook::Verdict::kStale) {
    spdlog::error("grant {} is refused: its fencing token is not higher than one acted on before",
                  domain::to_item_id(id));
    return;
  }
  switch (state) {
    case kProposed:
      if (verdict == GrantBook::Verdict::kNew) on_proposed(payload);
      return;
    case kReserved:
      if (verdict == GrantBook::Verdict::kNew) warn_unless(book_.expect(id));
      return;
    case kActive:
      return on_active(payload, verdict);
    case kReclaiming:
      return on_reclaiming(payload);
    case kSuspect:  // that is us: it is active again once the market has our offer
    case kReleased:
    case kExpired:
    case kRevoked:
    case kDeclined:
    case kTimedOut:
    case kLost:
      return;
  }
}

void Agent::on_proposed(const xmpp::GrantPayload& payload) {
  const domain::Grant& grant = payload.grant;
  warn_unless(book_.expect(grant.id));
  const auto [proposal, fresh] = proposals_.try_emplace(grant.id.value);
  if (!fresh) {
    if (!caught_up_) decide(grant.id);  // our word may have been lost
    return;
  }
  spdlog::info("grant {} is proposed: {} wants to use {}{}", domain::to_item_id(grant.id), grant.consumer.text(),
               options_.offer_id.value,
               options_.on_proposal.empty() ? "; it waits for `bourse grant confirm` or `decline`" : "");
  if (!options_.on_proposal.empty()) run_hook(HookKind::kProposal, options_.on_proposal, "on-proposal", payload);
}

void Agent::decide(domain::GrantId id) {
  const auto found = proposals_.find(id.value);
  if (found == proposals_.end() || !found->second.agreed) return;
  using Kind = market::GrantAction::Kind;
  const bool agreed = *found->second.agreed;
  market::GrantAction action{.kind = agreed ? Kind::kConfirm : Kind::kDecline, .grant = id};
  if (!agreed) action.reason = found->second.reason;
  market_.begin_act(action, [id, agreed](const Status& told) {
    const char* word = agreed ? "confirmed" : "declined";
    if (told) {
      spdlog::info("grant {} is {}", domain::to_item_id(id), word);
    } else {
      spdlog::warn("grant {} is not {}: {}", domain::to_item_id(id), word, told.error().text);
    }
  });
}

void Agent::on_active(const xmpp::GrantPayload& payload, GrantBook::Verdict verdict) {
  const domain::GrantId id = payload.grant.id;
  if (verdict == GrantBook::Verdict::kNew) return begin_grant(payload);
  if (book_.find(id)->expires != payload.grant.expires) renew_grant(payload);
  // A crash between remembering the grant and running its hook: run it now.
  if (!caught_up_ && !book_.find(id)->hook_done && !starting_.contains(id.value)) run_grant_hook(payload);
}

void Agent::on_reclaiming(const xmpp::GrantPayload& payload) {
  const domain::GrantId id = payload.grant.id;
  const auto* known = book_.find(id);
  if (known == nullptr || known->reclaimed) return;  // one that never began here has nothing to finish
  spdlog::info("grant {} is to be given back{}", domain::to_item_id(id),
               payload.grant.reason.empty() ? "" : ": " + payload.grant.reason);
  warn_unless(book_.reclaimed(id));
  if (!options_.on_reclaim.empty()) run_hook(HookKind::kOther, options_.on_reclaim, "on-reclaim", payload);
}

bool Agent::ticket_holds(const xmpp::GrantPayload& payload) const {
  const domain::Grant& grant = payload.grant;
  const std::string name = domain::to_item_id(grant.id);
  const auto ticket = domain::verify_ticket(payload.ticket, *key_, session_.jid().bare(), clock_.now());
  if (!ticket) {
    spdlog::error("grant {} is refused: its ticket does not verify: {}", name, ticket.error().text);
    return false;
  }
  const domain::Grant& signed_grant = ticket->grant;
  if (ticket->issuer != options_.service || ticket->pool != options_.pool || signed_grant.id != grant.id ||
      signed_grant.offer != grant.offer || signed_grant.consumer != grant.consumer ||
      signed_grant.resources != grant.resources || signed_grant.devices != grant.devices ||
      signed_grant.expires != std::chrono::floor<std::chrono::seconds>(grant.expires)) {
    spdlog::error("grant {} is refused: its ticket says something else than the grant", name);
    return false;
  }
  return true;
}

void Agent::begin_grant(const xmpp::GrantPayload& payload) {
  const domain::Grant& grant = payload.grant;
  const std::string name = domain::to_item_id(grant.id);
  if (!ticket_holds(payload)) return;
  if (const auto begun = book_.begin(grant.id, grant.expires); !begun) {
    spdlog::error("grant {} is not acted on: {}", name, begun.error().text);
    return;
  }
  spdlog::info("grant {}: {} may use {} until its lease ends", name, grant.consumer.text(), options_.offer_id.value);
  run_grant_hook(payload);
}

void Agent::renew_grant(const xmpp::GrantPayload& payload) {
  const domain::Grant& grant = payload.grant;
  if (!ticket_holds(payload)) return;
  warn_unless(book_.renew(grant.id, grant.expires));
  spdlog::info("grant {} has a lease until {} now", domain::to_item_id(grant.id),
               xmpp::format_timestamp(grant.expires));
}

void Agent::end_grant(const xmpp::GrantPayload& payload) {
  const domain::Grant& grant = payload.grant;
  const bool was_live = book_.is_live(grant.id);
  if (!was_live && !book_.is_expected(grant.id)) return;
  spdlog::info("grant {} is {}{}", domain::to_item_id(grant.id), domain::name(grant.state),
               grant.reason.empty() ? "" : ": " + grant.reason);
  warn_unless(book_.end(grant.id));
  if (was_live && !options_.on_release.empty()) {
    run_hook(HookKind::kOther, options_.on_release, "on-release", payload);
  }
}

void Agent::run_grant_hook(const xmpp::GrantPayload& payload) {
  const domain::GrantId id = payload.grant.id;
  if (options_.on_grant.empty()) return warn_unless(book_.hook_done(id));
  starting_.insert(id.value);
  run_hook(HookKind::kGrant, options_.on_grant, "on-grant", payload);
}

void Agent::run_hook(HookKind kind, const std::string& program, const char* name, const xmpp::GrantPayload& payload) {
  const domain::GrantId id = payload.grant.id;
  const bool proposal = kind == HookKind::kProposal;
  Hook hook{program, {}, xmpp::to_json(payload).dump() + "\n", fmt::format("{} {}", name, domain::to_item_id(id)), {}};
  hook.keep_output = proposal;
  if (kind != HookKind::kOther) {
    hook.finished = [this, kind, id](bool succeeded, const std::string& said) {
      if (finished_.try_push({kind, id, succeeded, said})) session_.wake();
    };
  }
  if (!(proposal ? proposal_hooks_ : hooks_).run(std::move(hook))) {
    starting_.erase(id.value);
    spdlog::error("{} {} is not run: too many hooks wait", name, domain::to_item_id(id));
  }
}

void Agent::note_finished_hooks() {
  if (finished_.size() == 0) return;
  for (auto& end : finished_.pop_some(1024, Duration{0})) {
    if (end.kind == HookKind::kGrant) {
      starting_.erase(end.id.value);
      if (end.succeeded) warn_unless(book_.hook_done(end.id));
      continue;
    }
    const auto proposal = proposals_.find(end.id.value);
    if (proposal == proposals_.end()) continue;
    proposal->second = {end.succeeded, end.succeeded ? std::string() : std::move(end.said)};
    decide(end.id);
  }
}

}  // namespace bourse::agent
