#include "shadow_replay.h"

#include "audit/live_state.h"
#include "domain/records.h"

namespace bourse::simulation {
namespace {

audit::LiveState state_of(const ShadowMarket& shadow) {
  audit::LiveState state;
  for (const auto& [id, offer] : shadow.offers()) {
    state.offers.push_back(
        {{id}, offer.row.provider, offer.row.open, domain::capacity_of(offer.content), domain::encode(offer.content)});
  }
  for (const auto& [id, request] : shadow.requests()) {
    state.requests.push_back({{id}, request.row.consumer, request.row.record});
  }
  for (const auto& [id, grant] : shadow.live_grants()) state.grants.push_back(grant);
  for (const auto& [jid, row] : shadow.sanctions()) {
    if (row.drained || row.banned) state.sanctions.push_back({row.jid, row.drained, row.banned});
  }
  return state;
}

}  // namespace

void ShadowReplay::apply(const market::Plan& plan) {
  for (const auto& record : plan.audit) replay_.take(record.index, audit::encode(record.entry));
}

std::string ShadowReplay::broken(const ShadowMarket& shadow) {
  replay_.finish();
  if (!replay_.findings().empty()) {
    const auto& finding = replay_.findings().front();
    return "the log, entry " + std::to_string(finding.index.value) + ": " + finding.text;
  }
  const auto different = audit::differences(replay_, state_of(shadow));
  return different.empty() ? std::string() : "the log: " + different.front();
}

}  // namespace bourse::simulation
