#include "market/lane.h"

#include <variant>

namespace bourse::market {

std::string lane_of(const Command& command, bool by_operator) {
  if (by_operator) return command.actor.bare().text();
  if (!command.actor.empty()) return std::string(command.actor.domain());
  if (const auto* lost = std::get_if<DomainLost>(&command.body)) return lost->domain;
  if (const auto* on_nodes = std::get_if<pubsub::Command>(&command.body)) {
    const auto* drop = std::get_if<pubsub::DropSubscriber>(on_nodes);
    if (drop != nullptr) return std::string(drop->subscriber.domain());
  }
  return {};
}

}  // namespace bourse::market
