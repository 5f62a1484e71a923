// Owners decide about requests and manage subscriptions (XEP-0060 §8.6–8.8).
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "pubsub/decider.h"

namespace bourse::pubsub {
namespace {

using base::Errc;

constexpr std::size_t kFormsAtOnce = 500;  // requests sent again for one command; the rest when these are decided

bool is_meant(const Subscription& subscription, const std::optional<SubId>& id) {
  return !id || subscription.id == *id;
}

}  // namespace

Decided Decider::decide(const SetSubscriptions& command, Turn& turn) {
  const auto found = find_owned(command.node, turn);
  if (!found) return found.error();
  Node& node = **found;

  struct Step {
    const SubscriptionChange* change;
    std::vector<Subscription*> there;
  };
  std::vector<Step> steps;
  std::set<std::pair<domain::Jid, SubId>> named;
  std::map<domain::Jid, std::size_t> added;                  // of each bare JID
  std::map<std::string, std::size_t, std::less<>> added_at;  // of each domain
  for (const auto& change : command.wanted) {
    const auto& jid = change.subscriber;
    if (jid.empty()) return base::Error{Errc::kJidRequired, "whose subscription? Name the address"};
    if (!named.insert({jid, change.id.value_or(SubId{})}).second) {
      return base::Error{Errc::kNotAcceptable, "'" + jid.text() + "' is there twice: name different subids"};
    }
    const Person* const person = directory_.find_person(jid.bare());
    Step step{&change, Directory::subscriptions_of(node, jid, person)};
    std::erase_if(step.there, [&change](const Subscription* one) { return !is_meant(*one, change.id); });
    if (change.state == SubscriptionState::kUnconfigured) {
      return base::Error{Errc::kNotAcceptable, "no subscription is 'unconfigured' here: options have defaults"};
    }
    if (step.there.empty() && change.id) {
      return base::Error{Errc::kInvalidSubid,
                         "'" + jid.text() + "' has no subscription " + std::to_string(change.id->value) + " here"};
    }
    if (step.there.empty() && change.state != SubscriptionState::kNone) {
      if (!jid.is_bare()) {  // otherwise one account's subscriptions could all be used up by somebody else
        return base::Error{Errc::kNotAcceptable,
                           "an owner subscribes accounts, not their sessions: use '" + jid.bare().text() + "'"};
      }
      if (auto status = check_storable(node, jid); !status) return status.error();
      if (!may_subscribe(affiliation_of(node, jid.bare()), node.config)) {
        return base::Error{Errc::kNotAcceptable,
                           "'" + jid.text() + "' may not subscribe to this node: change the affiliation first"};
      }
      const std::size_t more = added[jid.bare()]++;
      const std::size_t there = added_at[std::string(jid.domain())]++;
      if (auto status = may_add(node, jid.bare(), more, there, turn); !status) return status.error();
      const std::size_t has = (person == nullptr ? 0 : person->subscriptions) + more;
      if (has >= policy_.max_subscriptions_per_jid) {
        return base::Error{Errc::kTooManySubscriptions,
                           "'" + jid.text() + "' has as many subscriptions as anybody may"};
      }
    }
    steps.push_back(std::move(step));
  }

  // One without a subid may have ended what another names: by address and id, not by what was found above.
  for (const Step& step : steps) {
    const auto& change = *step.change;
    const auto there =
        Directory::subscriptions_of(node, change.subscriber, directory_.find_person(change.subscriber.bare()));
    if (step.there.empty() && there.empty() && change.state != SubscriptionState::kNone) {
      tell_state(info_of(subscribe(node, change.subscriber, change.state, {}, turn)), node, true, turn);
      continue;
    }
    for (Subscription* one : there) {
      if (!is_meant(*one, change.id) || one->state == change.state) continue;
      if (change.state == SubscriptionState::kNone) {
        end(*one, true, turn);
      } else if (change.state == SubscriptionState::kSubscribed) {
        approve(*one, turn);
      } else {
        directory_.set_state(*one, change.state);
        write(*one, false, turn);
        tell_state(info_of(*one), node, true, turn);
      }
    }
  }
  return Answer{};
}

Decided Decider::decide(const ApproveSubscription& command, Turn& turn) {
  const auto found = find_owned(command.node, turn);
  if (!found) return found.error();
  auto asked =
      Directory::subscriptions_of(**found, command.subscriber, directory_.find_person(command.subscriber.bare()));
  std::erase_if(asked, [&command](const Subscription* one) { return !is_meant(*one, command.id); });
  if (asked.empty()) {
    return base::Error{Errc::kNotFound, "'" + command.subscriber.text() + "' does not ask to subscribe to '" +
                                            command.node.value + "' (any more)"};
  }
  for (Subscription* one : asked) {
    // What another owner has granted already stays: an old form that comes back denied does not end it.
    if (one->state != SubscriptionState::kPending) continue;
    if (command.allow) {
      approve(*one, turn);
    } else {
      end(*one, true, turn);
    }
  }
  return Answer{};
}

Decided Decider::decide(const GetPending& command, Turn& turn) {
  if (!command.node) {
    PendingAnswer answer;
    if (is_market_operator(turn.actor())) {
      for (const Node* node : directory_.market_nodes()) {
        if (node->pending != 0) answer.nodes.push_back(node->name);
      }
    }
    const Person* const person = directory_.find_person(turn.actor());
    if (person != nullptr && person->ties) {
      for (const auto& [node, affiliation] : person->ties->affiliations) {
        if (affiliation == Affiliation::kOwner && node->pending != 0) answer.nodes.push_back(node->name);
      }
    }
    return Answer{std::move(answer)};
  }
  const auto found = find_owned(*command.node, turn);
  if (!found) return found.error();
  std::vector<const Subscription*> pending;
  if ((*found)->pending != 0) {
    for (const Subscription* one : (*found)->subscriptions) {
      if (one->state == SubscriptionState::kPending) pending.push_back(one);
    }
  }
  std::sort(pending.begin(), pending.end(), [](const auto* a, const auto* b) { return a->id < b->id; });
  if (pending.size() > kFormsAtOnce) pending.resize(kFormsAtOnce);
  for (const Subscription* one : pending) {
    Notice& notice = turn.tell(NoticeKind::kSubscriptionRequested, **found);
    notice.publisher = *one->person->jid;
    notice.subject = one->address();
    notice.item_id = std::to_string(one->id.value);
    notice.recipients = to_addresses({turn.context().actor});
  }
  return Answer{PendingAnswer{.nodes = {*command.node}}};
}

}  // namespace bourse::pubsub
