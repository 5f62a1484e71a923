// What somebody may know of nodes (XEP-0060 §5.3–5.7, §6.3, §8.2, §8.3, §8.8, §8.9): answers, no changes.
#include <algorithm>
#include <tuple>
#include <utility>

#include "pubsub/decider.h"

namespace bourse::pubsub {
namespace {

using base::Errc;

void sort(std::vector<SubscriptionInfo>& infos) {
  std::sort(infos.begin(), infos.end(), [](const SubscriptionInfo& a, const SubscriptionInfo& b) {
    return std::tuple<const domain::NodeName&, const domain::Jid&, SubId>(a.node, a.subscriber, a.id) <
           std::tuple<const domain::NodeName&, const domain::Jid&, SubId>(b.node, b.subscriber, b.id);
  });
}

void sort(std::vector<AffiliationInfo>& infos) {
  std::sort(infos.begin(), infos.end(), [](const AffiliationInfo& a, const AffiliationInfo& b) {
    return std::pair<const domain::NodeName&, const domain::Jid&>(a.node, a.jid) <
           std::pair<const domain::NodeName&, const domain::Jid&>(b.node, b.jid);
  });
}

}  // namespace

Decided Decider::decide(const GetOptions& command, Turn& turn) {
  const auto node = find(command.node);
  if (!node) return node.error();
  const auto picked = pick(**node, command.subscriber, command.id, turn);
  if (!picked) return picked.error();
  return Answer{OptionsAnswer{.node = command.node,
                              .subscriber = command.subscriber,
                              .id = (*picked)->id,
                              .form = options_form((*picked)->chosen(), scope_of(**node))}};
}

Decided Decider::decide(const GetDefaultOptions& command, Turn&) {
  OptionScope scope{.longest_lease = policy_.longest_lease};
  if (command.node) {
    const auto node = find(*command.node);
    if (!node) return node.error();
    scope = scope_of(**node);
  }
  return Answer{OptionsAnswer{.node = command.node, .form = options_form(SubscriptionOptions{}, scope)}};
}

Decided Decider::decide(const GetSubscriptions& command, Turn& turn) {
  const Node* only = nullptr;
  if (command.node) {
    const auto node = find(*command.node);
    if (!node) return node.error();
    only = *node;
  }
  SubscriptionsAnswer answer{.node = command.node, .owner = false, .subscriptions = {}};
  const Person* const person = directory_.find_person(turn.actor());
  for (const Subscription* at = person == nullptr ? nullptr : person->first; at != nullptr; at = at->next) {
    if (only == nullptr || at->node == only) answer.subscriptions.push_back(info_of(*at));
  }
  sort(answer.subscriptions);
  return Answer{std::move(answer)};
}

Decided Decider::decide(const GetAffiliations& command, Turn& turn) {
  AffiliationsAnswer answer{.node = command.node, .owner = false, .affiliations = {}};
  const auto add = [&](const Node& node, Affiliation affiliation) {
    if (affiliation != Affiliation::kNone) answer.affiliations.push_back({node.name, turn.actor(), affiliation});
  };
  if (command.node) {
    const auto node = find(*command.node);
    if (!node) return node.error();
    add(**node, affiliation_of(**node, turn.actor()));
    return Answer{std::move(answer)};
  }
  const bool is_operator = is_market_operator(turn.actor());
  if (is_operator) {
    for (const Node* node : directory_.market_nodes()) add(*node, Affiliation::kOwner);
  }
  const Person* const person = directory_.find_person(turn.actor());
  if (person != nullptr && person->ties) {
    for (const auto& [node, affiliation] : person->ties->affiliations) {
      if (!node->market || !is_operator) add(*node, affiliation);
    }
  }
  sort(answer.affiliations);
  return Answer{std::move(answer)};
}

Decided Decider::decide(const GetConfig& command, Turn& turn) {
  const auto node = find_owned(command.node, turn);
  if (!node) return node.error();
  return Answer{ConfigAnswer{.node = command.node, .form = config_form(whole_config(**node), policy_.limits)}};
}

Decided Decider::decide(const GetDefaultConfig& command, Turn&) {
  return Answer{ConfigAnswer{.node = {}, .form = config_form(default_config(command.type), policy_.limits)}};
}

Decided Decider::decide(const GetNodeAffiliations& command, Turn& turn) {
  const auto found = find_owned(command.node, turn);
  if (!found) return found.error();
  const Node& node = **found;
  AffiliationsAnswer answer{.node = command.node, .owner = true, .affiliations = {}};
  if (node.market) {
    for (const auto& owner : operators_) answer.affiliations.push_back({node.name, owner, Affiliation::kOwner});
  }
  for (const auto& [person, affiliation] : node.affiliations) {
    if (node.market && is_market_operator(*person->jid)) continue;
    answer.affiliations.push_back({node.name, *person->jid, affiliation});
  }
  sort(answer.affiliations);
  return Answer{std::move(answer)};
}

// Without those who wait for an approval: GetPending shows them.
Decided Decider::decide(const GetNodeSubscriptions& command, Turn& turn) {
  const auto found = find_owned(command.node, turn);
  if (!found) return found.error();
  SubscriptionsAnswer answer{.node = command.node, .owner = true, .subscriptions = {}};
  for (const Subscription* one : (*found)->subscriptions) {
    if (one->state != SubscriptionState::kPending) answer.subscriptions.push_back(info_of(*one));
  }
  sort(answer.subscriptions);
  return Answer{std::move(answer)};
}

Decided Decider::decide(const GetNode& command, Turn& turn) {
  const auto found = find(command.node);
  if (!found) return found.error();
  const Node& node = **found;
  if (affiliation_of(node, turn.actor()) == Affiliation::kOutcast) {
    return base::Error{Errc::kForbidden, "the owners of '" + node.name.value + "' have made you an outcast"};
  }
  NodeInfo info{.node = node.name,
                .kind = node.kind,
                .config = whole_config(node),
                .creator = node.creator == nullptr ? domain::Jid{} : *node.creator->jid,
                .created = node.created,
                .owners = owners_of(node),
                .subscribers = node.subscriptions.size() - node.pending,
                .items = node.config.persist_items ? node.items.size() : 0};
  for (const auto& [person, affiliation] : node.affiliations) {
    if (affiliation == Affiliation::kPublisher || affiliation == Affiliation::kPublishOnly) {
      info.publishers.push_back(*person->jid);
    }
  }
  std::sort(info.publishers.begin(), info.publishers.end());
  constexpr std::size_t kMostNamed = 100;  // meta-data is for everybody: the owners' own list has all
  if (info.publishers.size() > kMostNamed) info.publishers.resize(kMostNamed);
  return Answer{std::move(info)};
}

}  // namespace bourse::pubsub
