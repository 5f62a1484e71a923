// What happens by itself: sessions come and go, time runs out (XEP-0060 §12.1, §12.4, §12.18).
#include <set>
#include <utility>

#include "pubsub/decider.h"

namespace bourse::pubsub {
namespace {

constexpr std::size_t kEndingsAtOnce = 10'000;  // what is left is due at once: next_expiry() stays in the past

}  // namespace

void Decider::session_came(Turn& turn) {
  const Person* const person = directory_.find_person(turn.actor());
  if (person == nullptr) return;
  std::set<Node*, ByName> nodes;
  for (const Subscription* at = person->first; at != nullptr; at = at->next) {
    if (at->node->config.send_last == SendLast::kOnSubscribeAndPresence) nodes.insert(at->node);
  }
  for (const Node* node : nodes) {
    if (auto to = recipient_at(*node, *person, turn.context().actor, presences_))
      send_last(*node, std::move(*to), turn);
  }
}

void Decider::session_gone(Turn& turn) {
  const Person* const person = directory_.find_person(turn.actor());
  if (person == nullptr) return;
  const bool all_gone = !presences_.is_there(turn.actor());
  std::vector<Subscription*> ended;
  for (Subscription* at = person->first; at != nullptr; at = at->next) {
    if (!at->node->config.temporary_subscriptions) continue;
    if (at->full ? at->is_to(turn.context().actor) : all_gone) ended.push_back(at);
  }
  std::vector<std::pair<Node*, Item*>> gone;
  if (all_gone && person->ties) {
    for (const auto& [node, count] : person->ties->items) {
      if (!node->config.purge_offline) continue;
      for (Item& item : node->items.all()) {
        if (item.publisher == person) gone.emplace_back(node, &item);
      }
    }
  }
  // The last of these may be all that is known of the person.
  for (Subscription* one : ended) end(*one, false, turn);
  for (const auto& [node, item] : gone) retract(*node, *item, node->config.notify_retract, turn);
}

void Decider::expire(Turn& turn) {
  for (std::size_t count = 0; count < kEndingsAtOnce; ++count) {
    const auto* const next = directory_.next_ending();
    if (next == nullptr || next->at > turn.now()) return;
    if (next->subscription != nullptr) {
      end(*next->subscription, true, turn);
    } else {
      remove_item(*next->node, *next->item, turn);
    }
  }
}

}  // namespace bourse::pubsub
