// Purpose: who is subscribed to which node, in memory, with a snapshot per node that notifications share:
//   it is copied only when somebody subscribes between two of them.
// Lifetime: part of a pool's state. Threads: the decider's; a snapshot may be read anywhere.
#pragma once

#include <memory>
#include <set>
#include <unordered_map>
#include <vector>

#include "domain/ids.h"
#include "domain/jid.h"

namespace bourse::pubsub {

class Subscriptions {
 public:
  using Snapshot = std::shared_ptr<const std::vector<domain::Jid>>;  // sorted

  bool add(const domain::NodeName& node, const domain::Jid& subscriber);     // false: was there
  bool remove(const domain::NodeName& node, const domain::Jid& subscriber);  // false: was not there
  [[nodiscard]] bool contains(const domain::NodeName& node, const domain::Jid& subscriber) const;
  [[nodiscard]] Snapshot of(const domain::NodeName& node) const;  // never null

 private:
  struct Node {
    std::set<domain::Jid> subscribers;
    Snapshot snapshot;  // null: changed since
  };
  mutable std::unordered_map<domain::NodeName, Node> nodes_;
};

}  // namespace bourse::pubsub
