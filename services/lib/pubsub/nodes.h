// Purpose: the nodes of a pool in memory with their affiliations, subscriptions and the index of their items, and the
//   decisions on them (XEP-0060). Payloads are not kept, except each leaf's last item for those who subscribe.
// Lifetime: part of a pool's state: loaded from rows, moved along by decide(), thrown away when a batch fails.
// Threads: the decider's only; recipient lists may be read anywhere.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "domain/filter_index.h"
#include "pubsub/command.h"
#include "pubsub/market_nodes.h"
#include "pubsub/outcome.h"
#include "pubsub/policy.h"
#include "pubsub/presences.h"
#include "pubsub/rows.h"

namespace bourse::pubsub {

// Who asks, and when.
struct Context {
  domain::Jid actor;  // full, as the server stamped it; empty: the service itself
  bool is_operator = false;
  base::Timestamp now{};
  domain::EventSeq last_event{};  // notices are numbered from the next on
  // Whether that bare JID may have one more subscription, to that node, beside those it has and so many that the
  // command adds for it, and for its domain, already. None: it may.
  std::function<base::Status(const domain::NodeName& node, const domain::Jid& bare, std::size_t of_jid,
                             std::size_t of_domain)>
      may_subscribe = {};
};

class Nodes {
 public:
  // `operators` own the market nodes. `hosts_ordinary`: only one pool of a service has ordinary nodes.
  Nodes(domain::PoolName pool, std::vector<domain::Jid> operators, Policy policy, bool hosts_ordinary);
  ~Nodes();
  Nodes(const Nodes&) = delete;
  Nodes& operator=(const Nodes&) = delete;

  // Loading: nodes first, parents before nothing in particular; then affiliations, subscriptions, items by seq (the
  // payload is kept of the last of each node only). kCorrupt names the row. The pool's market nodes exist from the
  // start.
  base::Status load(NodeRow&& row);
  base::Status load(AffiliationRow&& row);
  base::Status load(SubscriptionRow&& row);
  base::Status load(ItemRow&& row);

  // The whole of XEP-0060 except publish and retract on market nodes, which are the market's own commands.
  [[nodiscard]] Outcome decide(const Context& context, const Command& command);
  // A session came: what its subscriptions want to be sent then (send_last on_sub_and_presence). Its presence is set
  // already.
  [[nodiscard]] Outcome session_came(const Context& context);
  // Whose presence decides what they are told, or how long they are subscribed: bare JIDs, and sessions with temporary
  // subscriptions. Nobody tells a restarted service of presence by itself: it has to ask.
  [[nodiscard]] std::vector<domain::Jid> presence_wanted() const;
  // A session went: temporary subscriptions of it end, items of purge_offline nodes go. Presence is erased already.
  [[nodiscard]] Outcome session_gone(const Context& context);
  // Leases of subscriptions and items that have run out.
  [[nodiscard]] Outcome expire(const Context& context);
  [[nodiscard]] base::Timestamp next_expiry() const;  // max(): none

  // Whether the actor may publish to a market node: outcasts may not. (The market's own commands ask this.)
  [[nodiscard]] base::Status may_publish_to_market(MarketNode node, const domain::Jid& actor) const;

  // Subscribers of an event on a node that everybody may see. `offer`, `before`: attributes of the offer as it is and
  // as it was, for content filters; null where there is none. Lists of a node without filters, presence or collections
  // are shared.
  [[nodiscard]] Recipients recipients(const domain::NodeName& node, const domain::AttributeSource* offer = nullptr,
                                      const domain::AttributeSource* before = nullptr) const;
  // Subscribers of a node whose bare JID is one of `those`: for nodes where each sees only its own.
  [[nodiscard]] std::vector<Recipient> recipients_among(const domain::NodeName& node,
                                                        std::span<const domain::Jid> those) const;
  // Whether any subscription of the node has a content filter: otherwise nobody need gather attributes.
  [[nodiscard]] bool has_filters(const domain::NodeName& node) const;
  // Whom to tell of a logged notice when it is told again after a restart.
  [[nodiscard]] Recipients recipients_again(const Notice& notice) const;

  [[nodiscard]] bool exists(const domain::NodeName& node) const;
  [[nodiscard]] std::size_t subscription_count() const;
  [[nodiscard]] std::size_t subscription_count(const domain::Jid& bare) const;  // of that one
  [[nodiscard]] std::size_t subscriptions_at(std::string_view domain) const;

  Presences presences;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bourse::pubsub
