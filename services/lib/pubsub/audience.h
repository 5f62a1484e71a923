// Purpose: whom to tell of what happens on a node: its own subscribers by filter and presence, and those of the
//   collections it is in. One message per address, naming subscriptions where an address has several.
// Threads: the decider's; the lists may be read anywhere.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "domain/filter_index.h"
#include "pubsub/node.h"
#include "pubsub/presences.h"
#include "pubsub/recipients.h"

namespace bourse::pubsub {

// What subscriptions of a collection ask for (XEP-0248 §5.1): items, or nodes.
enum class Topic { kItems, kNodes };

// Of an event of the node itself. Nobody when the node delivers no notifications. Without `offer` and `before` those
// with a filter are told too.
[[nodiscard]] Recipients audience(const Node& node, Topic topic, const Presences& presences,
                                  const domain::AttributeSource* offer = nullptr,
                                  const domain::AttributeSource* before = nullptr);
// Of a node that came to, or left, a collection.
[[nodiscard]] Recipients association_audience(const Node& collection, const Node& child, const Presences& presences);
// Subscribers of the node among these, whatever their filters.
[[nodiscard]] std::vector<Recipient> audience_among(const Node& node, std::span<const Person* const> people,
                                                    const Presences& presences);
// Of a last item sent to one session: its subscriptions as they are told there. None: it is not.
[[nodiscard]] std::optional<Recipient> recipient_at(const Node& node, const Person& person, const domain::Jid& session,
                                                    const Presences& presences);

// Whether it is told now, by its options and, where they or the node ask for it, presence.
[[nodiscard]] bool is_told_now(const Subscription& subscription, const Presences& presences);
[[nodiscard]] bool has_subscribed(const Node& node, const Person* person);
[[nodiscard]] Recipient recipient_of(const Subscription& subscription);
[[nodiscard]] Manner manner_of(const NodeConfig& config);

// The same, as one list that many notices can share.
[[nodiscard]] Recipients shared_by_all(Recipients recipients);

}  // namespace bourse::pubsub
