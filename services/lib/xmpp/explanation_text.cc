#include "xmpp/explanation_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/config.h"
#include "xmpp/timestamps.h"

namespace bourse::xmpp {
namespace {

using market::RequestExplanation;
using matching::Obstacle;
using matching::Rejection;

std::string whole_seconds(base::Timestamp at) { return format_timestamp(std::chrono::floor<std::chrono::seconds>(at)); }

std::string offers(std::uint64_t count) {
  return count == 1 ? std::string("1 offer") : fmt::format("{} offers", count);
}

// How long it has waited; nothing when the clocks disagree.
std::string since(base::Timestamp submitted, base::Timestamp now) {
  const auto waited = std::chrono::floor<std::chrono::seconds>(now - submitted);
  return waited.count() <= 0 ? std::string() : " for " + base::format_duration(waited);
}

// Why so many offers do not serve it: what stands alone in the way of most, else what rules out most.
std::string greatest(const RequestExplanation& explanation) {
  const auto& rejections = explanation.rejections;
  if (rejections.empty()) return {};
  const auto alone = std::max_element(rejections.begin(), rejections.end(),
                                      [](const auto& a, const auto& b) { return a.alone < b.alone; });
  if (alone->alone > 0) return fmt::format("{} would serve it but for {}", offers(alone->alone), in_words(*alone));
  const auto most = std::max_element(rejections.begin(), rejections.end(),
                                     [](const auto& a, const auto& b) { return a.offers < b.offers; });
  return fmt::format("{} of {} are ruled out by {}", most->offers, offers(explanation.offers), in_words(*most));
}

std::string why_waiting(const RequestExplanation& explanation) {
  if (explanation.quota) return *explanation.quota;
  if (explanation.offers == 0) return "there is no open offer in this pool";
  if (explanation.fitting > 0 && explanation.count - explanation.granted > 1) {
    return fmt::format("{} could serve it now, it needs more", offers(explanation.fitting));
  }
  if (explanation.fitting > 0)
    return fmt::format("{} could serve it now: it is next in line", offers(explanation.fitting));
  const auto reason = greatest(explanation);
  return reason.empty() ? "no offer serves it now" : reason;
}

}  // namespace

std::string headline(const RequestExplanation& explanation, base::Timestamp now) {
  const std::string& id = explanation.request.value;
  const auto granted = fmt::format("{} of {}", explanation.granted, explanation.count);
  switch (explanation.state) {
    case domain::RequestState::kWaiting:
      return fmt::format("Request '{}' waits{}, with {} granted: {}.", id, since(explanation.submitted, now), granted,
                         why_waiting(explanation));
    case domain::RequestState::kGranted:
      return fmt::format("Request '{}' does not wait: {} are granted.", id, granted);
    case domain::RequestState::kDone:
      return fmt::format("Request '{}' is done.", id);
    case domain::RequestState::kCancelled:
      return fmt::format("Request '{}' was cancelled.", id);
    case domain::RequestState::kExpired:
      return fmt::format("Request '{}' is over: its deadline has passed.", id);
  }
  return id;
}

std::string in_words(const Rejection& rejection) {
  const std::string& what = rejection.what;
  switch (rejection.obstacle) {
    case Obstacle::kResource:
      return what.empty() ? "too little of a resource" : "too little " + what;
    case Obstacle::kInUse:
      return what.empty() ? "others' use of it" : what + " in use by others";
    case Obstacle::kNeeds:
      return what.empty() ? "what it needs" : "its need " + what;
    case Obstacle::kServes:
      return "whom they serve";
    case Obstacle::kLease:
      return what.empty() ? "the length of the lease" : "the length of the lease (" + what + ")";
    case Obstacle::kClosed:
      return "their opening times";
    case Obstacle::kReserved:
      return "what is reserved for others";
    case Obstacle::kBarred:
      return "taking nothing new at the moment";
    case Obstacle::kExcluded:
      return what.empty() ? "what the request keeps away from" : "what the request keeps away from (" + what + ")";
  }
  return what;
}

std::string in_words(const market::NearMiss& miss) {
  auto text = fmt::format("{} of {}", miss.offer.value, miss.provider.text());
  if (miss.from) text += ", from " + whole_seconds(*miss.from);
  return miss.lacks.empty() ? text : fmt::format("{}: {}", text, fmt::join(miss.lacks, "; "));
}

std::vector<std::string> remarks(const RequestExplanation& explanation) {
  std::vector<std::string> all;
  if (explanation.quota) all.push_back("Quota: " + *explanation.quota + ".");
  if (explanation.held_offer) {
    all.push_back(fmt::format("Offer '{}' is kept for it{}.", explanation.held_offer->value,
                              explanation.held_from ? ", free from " + whole_seconds(*explanation.held_from) : ""));
  }
  if (explanation.state == domain::RequestState::kWaiting) {
    all.push_back(fmt::format("You hold or used {:.1f} % of the pool; who has less goes first.",
                              100.0 * std::clamp(explanation.share, 0.0, 1.0)));
  }
  return all;
}

}  // namespace bourse::xmpp
