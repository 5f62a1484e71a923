#include "pubsub/features.h"

#include <algorithm>
#include <array>

namespace bourse::pubsub {
namespace {

constexpr Announced kNo = Announced::kNo;
constexpr Announced kYes = Announced::kYes;

// Ascending. README.md has a row for each, with where it is tested; a test compares the two.
constexpr std::array kFeatures{
    Feature{"access-authorize", kNo, "announces the default access model, which is open; authorize can be chosen"},
    Feature{"access-open", kYes, "the default access model is open"},
    Feature{"access-presence", kNo, "announces the default access model, which is open; presence can be chosen"},
    Feature{"access-roster", kNo, "announces the default access model, which is open; roster can be chosen"},
    Feature{"access-whitelist", kNo, "announces the default access model, which is open; whitelist can be chosen"},
    Feature{"auto-create", Announced::kByPolicy, "a publish to a node that is not there makes it"},
    Feature{"auto-subscribe", kNo, "of accounts that are services themselves (XEP-0163): a component sees no rosters"},
    Feature{"collections", kYes, "collection nodes (XEP-0248)"},
    Feature{"config-node", kYes, "owners configure nodes"},
    Feature{"config-node-max", kYes, "max_items, item_expire and children_max can be max"},
    Feature{"create-and-configure", kYes, "a node is created with its configuration"},
    Feature{"create-nodes", kYes, "nodes can be created, by those the policy names"},
    Feature{"delete-items", kYes, "items can be deleted"},
    Feature{"delete-nodes", kYes, "nodes can be deleted"},
    Feature{"filtered-notifications", kNo,
            "of accounts that are services themselves (XEP-0163): entity capabilities do not reach a component"},
    Feature{"get-pending", kYes, "owners can ask for subscriptions to decide"},
    Feature{"instant-nodes", kYes, "a node without a name is given one"},
    Feature{"item-ids", kYes, "publishers may choose the ids of items"},
    Feature{"last-published", kYes,
            "the last item is sent to new subscribers and, where configured, to those who come online"},
    Feature{"leased-subscription", kYes, "subscriptions can end at a time"},
    Feature{"manage-subscriptions", kYes, "owners manage subscriptions"},
    Feature{"member-affiliation", kYes, "members get in whatever the access model"},
    Feature{"meta-data", kYes, "disco#info of a node describes it"},
    Feature{"modify-affiliations", kYes, "owners manage affiliations"},
    Feature{"multi-collection", kYes, "a node can be in several collections (the name in the tables of XEP-0060)"},
    Feature{"multi-collections", kYes, "the same (the name in the text of XEP-0248)"},
    Feature{"multi-items", kYes, "a node keeps more than one item"},
    Feature{"multi-subscribe", kYes, "one address can have several subscriptions to a node"},
    Feature{"outcast-affiliation", kYes, "outcasts are kept out"},
    Feature{"persistent-items", kYes, "items are kept"},
    Feature{"presence-notifications", kYes, "notifications can be for those online only (presence_based_delivery)"},
    Feature{"presence-subscribe", kNo,
            "of accounts that are services themselves (XEP-0163): presence is no subscription here"},
    Feature{"publish", kYes, "items can be published"},
    Feature{"publish-node-full", kNo, "the choice is not offered: the oldest item always makes room for a new one"},
    Feature{"publish-only-affiliation", kYes, "some may publish and not read"},
    Feature{"publish-options", kYes, "a publish can state what the node must be configured as"},
    Feature{"publisher-affiliation", kYes, "publishers may publish whatever the publish model"},
    Feature{"purge-nodes", kYes, "owners can delete all items at once"},
    Feature{"retract-items", kYes, "publishers can retract their items"},
    Feature{"retrieve-affiliations", kYes, "one's own affiliations can be asked for"},
    Feature{"retrieve-default", kYes, "the default configuration can be asked for"},
    Feature{"retrieve-default-sub", kYes, "the default subscription options can be asked for"},
    Feature{"retrieve-items", kYes, "items can be asked for"},
    Feature{"retrieve-subscriptions", kYes, "one's own subscriptions can be asked for"},
    Feature{"rsm", kYes, "items and nodes are listed in pages (XEP-0059)"},
    Feature{"subscribe", kYes, "nodes can be subscribed to"},
    Feature{"subscription-notifications", kYes, "subscribers are told when their subscriptions change"},
    Feature{"subscription-options", kYes, "subscriptions have options"},
};
static_assert(std::is_sorted(kFeatures.begin(), kFeatures.end(),
                             [](const Feature& a, const Feature& b) { return a.name < b.name; }));

}  // namespace

std::span<const Feature> features() { return kFeatures; }

std::vector<std::string_view> announced(const Policy& policy) {
  std::vector<std::string_view> names;
  for (const auto& feature : kFeatures) {
    const bool switched_on = feature.announced == Announced::kByPolicy && policy.auto_create;
    if (feature.announced == Announced::kYes || switched_on) names.push_back(feature.name);
  }
  return names;
}

}  // namespace bourse::pubsub
