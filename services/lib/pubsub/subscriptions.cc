#include "pubsub/subscriptions.h"

namespace bourse::pubsub {

bool Subscriptions::add(const domain::NodeName& node, const domain::Jid& subscriber) {
  auto& entry = nodes_[node];
  const bool added = entry.subscribers.insert(subscriber).second;
  if (added) entry.snapshot.reset();
  return added;
}

bool Subscriptions::remove(const domain::NodeName& node, const domain::Jid& subscriber) {
  const auto found = nodes_.find(node);
  if (found == nodes_.end() || found->second.subscribers.erase(subscriber) == 0) return false;
  found->second.snapshot.reset();
  return true;
}

bool Subscriptions::contains(const domain::NodeName& node, const domain::Jid& subscriber) const {
  const auto found = nodes_.find(node);
  return found != nodes_.end() && found->second.subscribers.contains(subscriber);
}

Subscriptions::Snapshot Subscriptions::of(const domain::NodeName& node) const {
  static const auto kNobody = std::make_shared<const std::vector<domain::Jid>>();
  const auto found = nodes_.find(node);
  if (found == nodes_.end()) return kNobody;
  auto& entry = found->second;
  if (!entry.snapshot) {
    entry.snapshot =
        std::make_shared<const std::vector<domain::Jid>>(entry.subscribers.begin(), entry.subscribers.end());
  }
  return entry.snapshot;
}

}  // namespace bourse::pubsub
