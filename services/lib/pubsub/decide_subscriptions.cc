// Subscribers subscribe, leave and choose (XEP-0060 §6.1–6.3).
#include <algorithm>
#include <utility>

#include "domain/domain_tree.h"
#include "pubsub/decider.h"
#include "pubsub/notice_record.h"

namespace bourse::pubsub {

using base::Errc;

void Decider::write(const Subscription& subscription, bool removed, Turn& turn) const {
  turn.change(
      SubscriptionRow{.node = subscription.node->name,
                      .subscriber = subscription.address(),
                      .id = subscription.id,
                      .state = subscription.state,
                      .options = subscription.options ? encode(values_of(*subscription.options)) : std::string{},
                      .expires = subscription.chosen().expire,
                      .removed = removed});
}

base::Status Decider::check_storable(const Node& node, const domain::Jid& address) {
  constexpr std::size_t kMostKeyBytes = 2'600;  // what a database index takes of one row
  if (node.name.value.size() + address.text().size() <= kMostKeyBytes) return base::Done{};
  return {Errc::kInvalidJid, "the address has " + std::to_string(address.text().size()) +
                                 " bytes, too many to be subscribed to this node: use a shorter one"};
}

base::Status Decider::may_add(const Node& node, const domain::Jid& bare, std::size_t of_jid, std::size_t of_domain,
                              const Turn& turn) {
  const auto& may = turn.context().may_subscribe;
  return may ? may(node.name, bare, of_jid, of_domain) : base::Done{};
}

Subscription& Decider::subscribe(Node& node, const domain::Jid& address, SubscriptionState state,
                                 SubscriptionOptions options, Turn& turn) {
  Subscription& added = directory_.add_subscription(node, address, {node.last_subid + 1}, state, std::move(options));
  write(added, false, turn);
  return added;
}

void Decider::tell_state(const SubscriptionInfo& now, const Node& node, bool to_subscriber, Turn& turn) {
  std::vector<domain::Jid> addresses;
  if (to_subscriber) addresses.push_back(now.subscriber);
  if (node.config.notify_sub) {
    for (auto& owner : owners_of(node)) {
      if (!to_subscriber || owner != now.subscriber) addresses.push_back(std::move(owner));
    }
  }
  if (addresses.empty()) return;
  Notice& notice = turn.log(NoticeKind::kSubscriptionChanged, node);
  notice.subject = now.subscriber;
  notice.record = subscription_record(now, addresses);
  notice.recipients = to_addresses(addresses);
}

void Decider::end(Subscription& subscription, bool to_subscriber, Turn& turn) {
  const SubscriptionInfo info = info_of(subscription, SubscriptionState::kNone);
  const Node& node = *subscription.node;
  write(subscription, true, turn);
  directory_.remove_subscription(subscription);
  tell_state(info, node, to_subscriber, turn);
}

void Decider::approve(Subscription& subscription, Turn& turn) {
  directory_.set_state(subscription, SubscriptionState::kSubscribed);
  write(subscription, false, turn);
  tell_state(info_of(subscription), *subscription.node, true, turn);
  if (is_told_now(subscription, presences_)) send_last(*subscription.node, recipient_of(subscription), turn);
}

void Decider::send_last(const Node& node, Recipient to, Turn& turn) {
  const Item* const last = node.items.last();
  if (node.config.send_last == SendLast::kNever || !node.config.deliver_notifications) return;
  if (last == nullptr || !last->kept || last->expires <= turn.now()) return;
  Notice& notice = turn.tell(NoticeKind::kItemPublished, node);
  notice.at = last->kept->modified;
  notice.item_id = last->id;
  notice.publisher = *last->publisher->jid;
  notice.record = last->kept->payload;
  notice.recipients.manner = manner_of(node.config);
  notice.recipients.manner.delayed = true;
  notice.recipients.others.push_back(std::move(to));
}

base::Result<Subscription*> Decider::pick(const Node& node, const domain::Jid& subscriber,
                                          const std::optional<SubId>& id, const Turn& turn) const {
  if (subscriber.empty()) return {Errc::kJidRequired, "whose subscription? Name the address that is subscribed"};
  if (subscriber.bare() != turn.actor()) {
    return {Errc::kForbidden, "'" + subscriber.text() + "' is not you: everybody manages their own subscriptions"};
  }
  const auto found = Directory::subscriptions_of(node, subscriber, directory_.find_person(turn.actor()));
  if (found.empty()) {
    return {Errc::kNotSubscribed, "'" + subscriber.text() + "' is not subscribed to '" + node.name.value + "'"};
  }
  if (!id) {
    if (found.size() == 1) return found.front();
    return {Errc::kSubidRequired, "'" + subscriber.text() + "' has " + std::to_string(found.size()) +
                                      " subscriptions to '" + node.name.value +
                                      "': name the subid of the one you mean"};
  }
  for (Subscription* one : found) {
    if (one->id == *id) return one;
  }
  return {Errc::kInvalidSubid, "'" + subscriber.text() + "' has no subscription " + std::to_string(id->value) +
                                   " to '" + node.name.value + "'"};
}

Decided Decider::decide(const Subscribe& command, Turn& turn) {
  const auto found = find(command.node);
  if (!found) return found.error();
  Node& node = **found;
  if (command.subscriber.empty() || command.subscriber.bare() != turn.actor()) {
    return base::Error{Errc::kInvalidJid, "'" + command.subscriber.text() + "' is not your own address: subscribe '" +
                                              turn.actor().text() + "' or one of its sessions"};
  }
  if (auto status = check_storable(node, command.subscriber); !status) return status.error();
  const Affiliation affiliation = affiliation_of(node, turn.actor());
  if (auto status = may_subscribe(affiliation, node.config); !status) return status.error();
  if (!node.config.subscribe) {
    return base::Error{Errc::kUnsupported, "the node '" + node.name.value + "' takes no subscriptions", "subscribe"};
  }
  const Person* const person = directory_.find_person(turn.actor());
  bool approved = node.config.access != AccessModel::kAuthorize || affiliation == Affiliation::kOwner ||
                  affiliation == Affiliation::kPublisher || affiliation == Affiliation::kMember;
  for (const Subscription* one : Directory::subscriptions_of(node, person)) {
    if (one->state == SubscriptionState::kPending) {
      return base::Error{Errc::kPendingSubscription,
                         "an owner of '" + node.name.value + "' has not decided about your subscription yet"};
    }
    if (one->state == SubscriptionState::kSubscribed) approved = true;  // let in before
  }
  SubscriptionOptions options;
  if (command.options) {
    auto chosen = apply(options, *command.options, scope_of(node), turn.now());
    if (!chosen) return chosen.error();
    options = std::move(*chosen);
  }
  for (const Subscription* one : Directory::subscriptions_of(node, command.subscriber, person)) {
    if (!command.options || one->chosen() == options) return Answer{SubscriptionAnswer{info_of(*one)}};
  }
  if (person != nullptr && person->subscriptions >= policy_.max_subscriptions_per_jid) {
    return base::Error{Errc::kTooManySubscriptions,
                       "you have " + std::to_string(person->subscriptions) +
                           " subscriptions, as many as this service lets anybody have: end one first"};
  }
  if (auto status = may_add(node, turn.actor(), 0, 0, turn); !status) return status.error();

  const auto state = approved ? SubscriptionState::kSubscribed : SubscriptionState::kPending;
  const Subscription& added = subscribe(node, command.subscriber, state, std::move(options), turn);
  if (!approved) {
    Notice& notice = turn.log(NoticeKind::kSubscriptionRequested, node);
    notice.subject = command.subscriber;
    notice.item_id = std::to_string(added.id.value);
    notice.recipients = to_addresses(owners_of(node));
  } else {
    tell_state(info_of(added), node, false, turn);
    if (is_told_now(added, presences_)) send_last(node, recipient_of(added), turn);
  }
  return Answer{SubscriptionAnswer{info_of(added)}};
}

Decided Decider::decide(const Unsubscribe& command, Turn& turn) {
  const auto node = find(command.node);
  if (!node) return node.error();
  const auto picked = pick(**node, command.subscriber, command.id, turn);
  if (!picked) return picked.error();
  SubscriptionInfo info = info_of(**picked, SubscriptionState::kNone);
  end(**picked, false, turn);
  return Answer{SubscriptionAnswer{std::move(info)}};
}

Decided Decider::decide(const SetOptions& command, Turn& turn) {
  const auto node = find(command.node);
  if (!node) return node.error();
  const auto picked = pick(**node, command.subscriber, command.id, turn);
  if (!picked) return picked.error();
  Subscription& subscription = **picked;
  auto options = apply(subscription.chosen(), command.options, scope_of(**node), turn.now());
  if (!options) return options.error();
  if (*options == subscription.chosen()) return Answer{};
  directory_.set_options(subscription, std::move(*options));
  write(subscription, false, turn);
  return Answer{};
}

Decided Decider::decide(const DropSubscriber& command, Turn& turn) {
  if (!turn.actor().empty() && !turn.context().is_operator) {
    return base::Error{Errc::kForbidden, "only the service itself and its operators end others' subscriptions"};
  }
  std::vector<Subscription*> gone;
  const auto take = [&](const Person& person) {
    for (Subscription* at = person.first; at != nullptr; at = at->next) {
      if (command.all_below || command.subscriber.is_bare() || at->is_to(command.subscriber)) gone.push_back(at);
    }
  };
  if (command.all_below) {
    directory_.each_person([&](const domain::Jid& bare, const Person& person) {
      if (domain::is_at_or_below(bare, command.subscriber.domain())) take(person);
    });
  } else if (const Person* const person = directory_.find_person(command.subscriber.bare())) {
    take(*person);
  }
  std::sort(gone.begin(), gone.end(), [](const Subscription* a, const Subscription* b) {
    return std::pair<const domain::NodeName&, SubId>(a->node->name, a->id) <
           std::pair<const domain::NodeName&, SubId>(b->node->name, b->id);
  });
  for (Subscription* one : gone) {
    // Nobody is told: its messages do not arrive. The log keeps why they end.
    Notice& notice = turn.log(NoticeKind::kSubscriptionChanged, *one->node);
    notice.subject = one->address();
    notice.record = subscription_record(info_of(*one, SubscriptionState::kNone), {});
    write(*one, true, turn);
    directory_.remove_subscription(*one);
  }
  return Answer{};
}

}  // namespace bourse::pubsub
