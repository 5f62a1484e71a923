// The audit log about itself: its tree and signed heads, and what the service states in it.
#include "market/decision.h"

namespace bourse::market {

// The entries are committed: the sequencer has them from there. What does not follow was made before another load, and
// is made again from what that found.
void Decision::operator()(const IntegrateLog& integrated) {
  const bool follows = integrated.epoch == state_.log_epoch && integrated.from == state_.log_integrated &&
                       integrated.size > integrated.from && integrated.size <= state_.counters.next_audit.value;
  if (!follows) return;
  state_.log_integrated = integrated.size;
  for (const auto& tile : integrated.tiles) plan_.changes.emplace_back(tile);
  plan_.changes.emplace_back(CheckpointRow{integrated.size, now_, integrated.checkpoint});
  publish(EventKind::kPublished, pubsub::MarketNode::kAudit, std::to_string(integrated.size), {}, {},
          integrated.checkpoint);
}

void Decision::operator()(const RecordStatement& statement) {
  if (!audit::is_statement(statement.kind)) {
    return fail(base::Errc::kBadRequest,
                "entries of the kind " + std::string(audit::name(statement.kind)) + " state nothing");
  }
  auto& last = state_.statements[statement.kind];
  if (last != statement.text) {
    last = statement.text;
    record({.kind = statement.kind, .reason = statement.text});
  }
  reply(Acknowledged{});
}

}  // namespace bourse::market
