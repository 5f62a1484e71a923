// Why a request waits: nothing is decided, the answer comes from what the decider knows.
#include "market/decision.h"

namespace bourse::market {

void Decision::operator()(const ExplainRequest& explain) {
  const auto* request = state_.find_request(explain.id);
  const auto actor = command_.actor.bare();
  if (request == nullptr || (request->consumer != actor && !state_.is_operator(actor))) {
    return fail(base::Errc::kNotFound, "you have no open request '" + explain.id.value + "'");
  }
  RequestExplanation answer;
  answer.request = explain.id;
  answer.state = request->state;
  answer.granted = request->granted;
  answer.count = request->content.count;
  answer.submitted = request->submitted;
  answer.share = state_.shares.dominant_share(request->consumer, now_);
  if (request->state == domain::RequestState::kWaiting) tell_why(*request, answer);
  reply(std::move(answer));
}

void Decision::tell_why(const RequestEntry& request, RequestExplanation& answer) const {
  const auto handle = state_.handle_of(request);
  answer.quota = blocked_by_quota(request);
  if (const auto hold = state_.engine->held_for(handle)) {
    answer.held_offer = *state_.offer_at(hold->offer).id;
    answer.held_from = hold->from;
  }
  auto matching = state_.engine->explain(handle, now_, excluded(request));
  answer.offers = matching.offers;
  if (matching.drawn_from > matching.offers) answer.drawn_from = matching.drawn_from;
  answer.fitting = matching.fitting;
  answer.rejections = std::move(matching.rejections);
  answer.changes = std::move(matching.changes);
  for (auto& miss : matching.nearest) {
    const auto& offer = state_.offer_at(miss.offer);
    answer.nearest.push_back({*offer.id, *offer.provider, std::move(miss.lacks), miss.from});
  }
}

}  // namespace bourse::market
