// What happens by itself: sessions come and go, time runs out (XEP-0060 §12.1, §12.4, §12.18).
#include <set>
#include <utility>

#include "pubsub/decider.h"

namespace bourse::pubsub {
namespace {

constexpr std::size_t kEndingsAtOnce = 10'000;  // what is left is due at once: next_expiry() stays in the past

}  // namespace

// Those who are sent a last item when they come are not asked: each restart would send it again.
std::vector<domain::Jid> Decider::presence_wanted() const {
  std::set<domain::Jid> wanted;
  directory_.each([&](const Node& node) {
    const bool by_presence = node.config.presence_based_delivery;
    for (const Subscription* one : node.subscriptions) {
      if (node.config.temporary_subscriptions && one->full) wanted.insert(*one->full);
      if (by_presence || one->chosen().show_values != 0) wanted.insert(*one->person->jid);
    }
  });
  return {wanted.begin(), wanted.end()};
}

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
  const Node* last = nullptr;
  Recipients told;
  for (const auto& [node, item] : gone) {
    if (node != last) told = shared_by_all(audience(*node, Topic::kItems, presences_));
    last = node;
    retract(*node, *item, node->config.notify_retract ? &told : nullptr, turn);
  }
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
