// Owners decide who is what (XEP-0060 §8.9).
#include <algorithm>
#include <map>
#include <utility>

#include "pubsub/decider.h"

namespace bourse::pubsub {
namespace {

using base::Errc;

base::Status check_market(const domain::Jid& jid, Affiliation wanted, bool is_operator) {
  if (is_operator) {
    if (wanted == Affiliation::kOwner) return base::Done{};
    return {Errc::kNotAcceptable, "'" + jid.text() + "' is an operator of this service, and so an owner of its market"};
  }
  switch (wanted) {
    case Affiliation::kNone:
    case Affiliation::kMember:
    case Affiliation::kOutcast:
      return base::Done{};
    case Affiliation::kOwner:
    case Affiliation::kPublisher:
    case Affiliation::kPublishOnly:
      break;
  }
  return {Errc::kNotAcceptable,
          "with the market's nodes one can be outcast, member or none: operators are configured "
          "where the service runs, and everybody may publish"};
}

}  // namespace

Decided Decider::decide(const SetAffiliations& command, Turn& turn) {
  const auto found = find_owned(command.node, turn);
  if (!found) return found.error();
  Node& node = **found;

  std::map<domain::Jid, Affiliation> wanted;  // what really changes; of one named twice the last word counts
  for (const auto& [jid, affiliation] : command.wanted) {
    if (jid.empty()) return base::Error{Errc::kJidRequired, "an affiliation needs the address of somebody"};
    wanted.insert_or_assign(jid.bare(), affiliation);
  }
  std::size_t owners = owners_of(node).size();
  bool adds_owner = false;
  std::size_t size = node.affiliations.size();
  for (const auto& [jid, affiliation] : wanted) {
    if (node.market) {
      if (auto status = check_market(jid, affiliation, is_market_operator(jid)); !status) return status.error();
      if (is_market_operator(jid)) continue;
    }
    const Affiliation before = Directory::affiliation(node, directory_.find_person(jid));
    if (before == Affiliation::kOwner) --owners;
    if (affiliation == Affiliation::kOwner) ++owners;
    adds_owner = adds_owner || (affiliation == Affiliation::kOwner && before != affiliation);
    if (before != Affiliation::kNone) --size;
    if (affiliation != Affiliation::kNone) ++size;
  }
  if (!node.market && owners == 0) {
    return base::Error{Errc::kNotAcceptable, "the node '" + node.name.value +
                                                 "' would be left without an owner: make somebody else owner first"};
  }
  if (adds_owner && owners > policy_.max_owners_per_node) {
    return base::Error{Errc::kNotAcceptable,
                       "a node has at most " + std::to_string(policy_.max_owners_per_node) + " owners here"};
  }
  if (size > node.affiliations.size() && size > policy_.max_affiliations_per_node) {
    return base::Error{Errc::kNotAcceptable, "a node has at most " + std::to_string(policy_.max_affiliations_per_node) +
                                                 " affiliations here: take some away first"};
  }

  for (const auto& [jid, affiliation] : wanted) {
    if (node.market && is_market_operator(jid)) continue;
    const Affiliation before = Directory::affiliation(node, directory_.find_person(jid));
    if (before == affiliation) continue;
    directory_.set_affiliation(node, jid, affiliation);
    turn.change(AffiliationRow{.node = node.name, .jid = jid, .affiliation = affiliation});
    // Subscriptions follow (§8.7.5): those not allowed any more end, requests of those let in now are granted.
    for (Subscription* one : Directory::subscriptions_of(node, directory_.find_person(jid))) {
      if (!may_subscribe(affiliation, node.config)) {
        end(*one, true, turn);
      } else if (one->state == SubscriptionState::kPending &&
                 right(affiliation, Operation::kSubscribe) == Right::kYes) {
        approve(*one, turn);
      }
    }
  }
  return Answer{};
}

}  // namespace bourse::pubsub
