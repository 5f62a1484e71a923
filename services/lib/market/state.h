// Purpose: a pool's open offers, wanted requests and live grants in memory, as decide() sees them:
//   speculative while a batch commits, thrown away and loaded again when one fails.
// Lifetime: from one load to the next. Threads: the decider's only.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "market/fair_share.h"
#include "market/rules.h"
#include "market/store.h"
#include "matching/engine.h"
#include "pubsub/market_nodes.h"
#include "pubsub/nodes.h"

namespace bourse::market {

struct PoolConfig {
  domain::PoolName pool;
  std::vector<domain::Jid> operators;  // bare
  pubsub::Policy policy = {};
  Rules rules = {};
  bool hosts_ordinary = true;  // whether nodes that are no pool's are decided here: in one pool of a service
};

// When something happens to a live grant by itself: its lease begins or ends, or its state does.
[[nodiscard]] base::Timestamp due(const GrantRow& grant);

// What an offer's or request's content is recognised by when it is published again.
struct ContentDigest {
  std::uint64_t hash = 0;
  std::uint32_t size = 0;
  static ContentDigest of(const std::string& record);
  friend bool operator==(const ContentDigest&, const ContentDigest&) = default;
};

// Ids and JIDs are pointers to the keys of the maps below: a million offers share what they have in common.
struct OfferEntry {
  const domain::OfferId* id = nullptr;    // null: the handle is free
  const domain::Jid* provider = nullptr;  // bare
  const domain::Jid* session = nullptr;   // null: bound to none
  ContentDigest content;
  std::vector<domain::GrantId> grants;  // live, oldest first
  base::Timestamp expires = base::Timestamp::max();
  base::Duration grace{};  // its terms
  bool confirms = false;   // its terms: the provider is asked
  bool open = true;        // false: withdrawn, only its grants are left; the engine does not know it
};

struct RequestEntry {
  const domain::RequestId* id = nullptr;  // null: the handle is free
  domain::Jid consumer;                   // bare
  domain::Request content;
  std::string record;
  domain::RequestState state = domain::RequestState::kWaiting;
  std::uint32_t granted = 0;  // grants that count: live, or ended as they should
  domain::EventSeq seq;
  base::Timestamp submitted;
  std::vector<domain::GrantId> grants;      // live
  std::unordered_set<domain::Jid> refused;  // providers that declined or took a grant of it back themselves
  base::Timestamp looked_after{};           // its place in `starving` while it waits
  bool complete = false;      // a gang: all of it was there once, so that what goes is replaced one by one
  std::uint32_t missing = 0;  // a gang: at least so many more must come before it is worth another search
};

struct ProviderEntry {
  std::uint32_t offers = 0;  // open
  base::Timestamp up_since{};
};

struct SessionEntry {
  bool present = false;  // it sent us presence since the link is up
  std::set<matching::OfferHandle> offers;
};

class State final : public StateLoader {
 public:
  // `now`: when it is loaded; what is reserved counts as held from then on.
  State(PoolConfig config, std::unique_ptr<matching::Engine> engine, base::Timestamp now = {});
  ~State() override = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  base::Status on_offer(OfferRow&& row) override;
  base::Status on_request(RequestRow&& row) override;
  base::Status on_grant(GrantRow&& row) override;
  base::Status on_sanction(SanctionRow&& row) override;
  base::Status on_usage(UsageRow&& row) override;
  base::Status on_node(pubsub::NodeRow&& row) override;
  base::Status on_affiliation(pubsub::AffiliationRow&& row) override;
  base::Status on_subscription(pubsub::SubscriptionRow&& row) override;
  base::Status on_item(pubsub::ItemRow&& row) override;
  base::Status on_provider_up(const domain::Jid& provider, base::Timestamp since) override;
  base::Status on_undelivered(Event&& event) override;

  [[nodiscard]] const domain::NodeName& node(pubsub::MarketNode node) const;
  [[nodiscard]] bool is_operator(const domain::Jid& bare) const;
  [[nodiscard]] bool is_banned(const domain::Jid& bare) const;
  [[nodiscard]] bool is_drained(const domain::Jid& bare) const;

  // Null when there is none. Pointers and handles stay valid until the entry is removed.
  [[nodiscard]] OfferEntry* find_offer(const domain::OfferId& id);
  [[nodiscard]] RequestEntry* find_request(const domain::RequestId& id);
  [[nodiscard]] GrantRow* find_grant(domain::GrantId id);
  [[nodiscard]] SessionEntry* find_session(const domain::Jid& full);
  OfferEntry& offer_at(matching::OfferHandle handle) { return offers_[handle]; }
  RequestEntry& request_at(matching::RequestHandle handle) { return requests_[handle]; }
  [[nodiscard]] matching::OfferHandle handle_of(const OfferEntry& entry) const;
  [[nodiscard]] matching::RequestHandle handle_of(const RequestEntry& entry) const;

  OfferEntry& add_offer(const domain::OfferId& id, const domain::Jid& provider);
  void keep_terms(OfferEntry& entry, const domain::Offer& content);
  void close(OfferEntry& entry);                             // its session and timers; it goes when it has no grants
  void remove_offer(OfferEntry& entry);                      // that has no grants
  void bind(OfferEntry& entry, const domain::Jid& session);  // empty: unbind
  void set_expiry(OfferEntry& entry, base::Timestamp expires);
  RequestEntry& add_request(const domain::RequestId& id, domain::Request content);
  void remove_request(RequestEntry& entry);  // that does not wait
  void wait(RequestEntry& entry);            // hands it to the engine; its timers
  void drop_hold(RequestEntry& entry);       // of one that waits
  void stop_waiting(RequestEntry& entry);    // the inverse; its state is the caller's to set
  void look_after(RequestEntry& entry, base::Timestamp next);
  GrantRow& add_grant(GrantRow grant);          // live; also lists it with its offer and request
  void change_grant(GrantRow grant);            // live before and after
  GrantRow take_out_grant(domain::GrantId id);  // the inverse
  void set_present(const domain::Jid& full);
  void forget_session(const domain::Jid& full);
  // Open ones of a bare JID, in no particular order; looks at all of them.
  [[nodiscard]] std::vector<domain::OfferId> offers_of(const domain::Jid& provider) const;
  [[nodiscard]] std::vector<domain::RequestId> requests_of(const domain::Jid& consumer) const;
  [[nodiscard]] std::vector<domain::Jid> sessions() const;  // present, or offers live by them
  [[nodiscard]] std::vector<domain::Jid> present_sessions() const;
  [[nodiscard]] std::size_t session_count() const { return sessions_.size(); }
  // Open offers of a provider after adding `by` (+1, -1). Who has none for the first time is up from `now` on.
  std::uint32_t count_offers(const domain::Jid& provider, int by, base::Timestamp now);
  // Tells the engine what to think of a provider: its sanctions, its staying power.
  void judge(const domain::Jid& provider, base::Timestamp now);
  void judge_all(base::Timestamp now);
  // When Tick has something to do next.
  [[nodiscard]] base::Timestamp next_timer() const;

  PoolConfig config;
  PoolCounters counters;
  std::unique_ptr<matching::Engine> engine;
  pubsub::Nodes nodes;
  FairShare shares;
  std::unordered_map<domain::Jid, SanctionRow> sanctions;  // by bare JID
  std::vector<Event> undelivered;                          // found at load, as many as kMostUndeliveredBytes hold
  bool undelivered_left_out = false;                       // there are more in the log
  // Presence is the network's to tell, not the database's: a state that is loaded again takes it over.
  void take_presence_from(State& earlier);
  // Timers of Tick.
  std::set<std::pair<base::Timestamp, domain::GrantId>> grant_timers;  // by due()
  std::set<std::pair<base::Timestamp, matching::RequestHandle>> deadlines;
  std::set<std::pair<base::Timestamp, matching::OfferHandle>> offer_expiries;
  std::set<std::pair<base::Timestamp, domain::Jid>> quarantine_ends;
  std::set<std::pair<base::Timestamp, matching::RequestHandle>> starving;         // when to see to a waiting request
  std::vector<matching::RequestHandle> holders;                                   // may hold an offer (Engine::hold)
  base::Timestamp judged{};                                                       // when all providers were judged last
  std::unordered_map<domain::RequestId, std::set<domain::RequestId>> kept_apart;  // which wait apart from it
  std::set<domain::RequestId> over_quota;  // waiting for nothing but their group's quota

  static constexpr base::Duration kJudgeEvery = std::chrono::minutes(10);

 private:
  static constexpr std::size_t kMostUndeliveredBytes = std::size_t{64} << 20;

  const domain::Jid* intern_provider(const domain::Jid& provider);
  void unbind(OfferEntry& entry);

  base::Timestamp loaded_;
  std::size_t undelivered_bytes_ = 0;
  domain::NodeName nodes_[std::size(pubsub::kMarketNodes)];
  std::unordered_map<domain::OfferId, matching::OfferHandle> offer_index_;
  std::vector<OfferEntry> offers_;
  std::vector<matching::OfferHandle> free_offers_;
  std::unordered_map<domain::RequestId, matching::RequestHandle> request_index_;
  std::vector<RequestEntry> requests_;
  std::vector<matching::RequestHandle> free_requests_;
  std::unordered_map<domain::GrantId, GrantRow> grants_;
  std::unordered_map<domain::Jid, ProviderEntry> providers_;
  std::unordered_map<domain::Jid, SessionEntry> sessions_;
};

}  // namespace bourse::market
