// Purpose: a pool's open offers, wanted requests and live grants in memory, as decide() sees them:
//   speculative while a batch commits, thrown away and loaded again when one fails.
// Lifetime: from one load to the next. Threads: the decider's only.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "market/access_policy.h"
#include "market/fair_share.h"
#include "market/history_book.h"
#include "market/history_query.h"
#include "market/holdings.h"
#include "market/log_head.h"
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
  HistoryPolicy history = {};
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
  std::uint32_t proposed = 0;               // of them
  std::unordered_set<domain::Jid> refused;  // providers that declined or took a grant of it back themselves
  base::Timestamp looked_after{};           // its place in `starving` while it waits
  bool complete = false;      // a gang: all of it was there once, so that what goes is replaced one by one
  std::uint32_t missing = 0;  // a gang: at least so many more must come before it is worth another search
};

// What is held for a gang that waited too long: places for all of it at the same moment.
struct GangPlaces {
  matching::RequestHandle request = 0;
  base::Timestamp from;
  std::vector<domain::OfferId> offers;  // one for each of its grants
};

struct ProviderEntry {
  std::uint32_t offers = 0;  // open
};

struct SessionEntry {
  bool present = false;      // it sent us presence since the link is up
  base::Timestamp heard{};   // its last heartbeat
  base::Timestamp silent{};  // … is long enough ago then; its place in `silences`; the epoch: it sends none
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
  base::Status on_policy(PolicyRow&& row) override;
  base::Status on_usage(UsageRow&& row) override;
  base::Status on_node(pubsub::NodeRow&& row) override;
  base::Status on_affiliation(pubsub::AffiliationRow&& row) override;
  base::Status on_subscription(pubsub::SubscriptionRow&& row) override;
  base::Status on_item(pubsub::ItemRow&& row) override;
  base::Status on_provider(ProviderRow&& row) override;
  base::Status on_gap(const history::Window& gap) override;
  base::Status on_history_counts(std::string&& counts) override;
  base::Status on_undelivered(Event&& event) override;
  base::Status on_statement(const AuditRecord& statement) override;
  base::Status on_checkpoint(CheckpointRow&& row) override;
  base::Status on_log_tile(LogTileRow&& row) override;
  base::Status on_unintegrated(AuditRow&& row) override;

  [[nodiscard]] const domain::NodeName& node(pubsub::MarketNode node) const;
  [[nodiscard]] bool is_operator(const domain::Jid& bare) const;
  void follow_ban(const SanctionRow& row);
  // Itself, its domain, or one above that.
  [[nodiscard]] bool is_banned(const domain::Jid& bare) const { return !access.check_ban(bare).ok(); }
  // Whether anything but what there is can stand in a request's way.
  [[nodiscard]] bool has_quotas() const { return !config.rules.groups.empty() || access.bounds(Bounded::kGrants); }
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
  // The engine forgets it, its session and timers go; itself when it has no grants.
  void close(OfferEntry& entry);
  void reopen(OfferEntry& entry);  // the engine is the caller's to tell
  // All values of an attribute of an offer, as Engine::values; also of one that is closed and has grants.
  [[nodiscard]] std::vector<std::string> values(const OfferEntry& entry, const std::string& attribute) const;
  void remove_offer(OfferEntry& entry);                      // that has no grants
  void bind(OfferEntry& entry, const domain::Jid& session);  // empty: unbind
  void set_expiry(OfferEntry& entry, base::Timestamp expires);
  RequestEntry& add_request(const domain::RequestId& id, domain::Request content);
  void remove_request(RequestEntry& entry);  // that does not wait
  void wait(RequestEntry& entry);            // hands it to the engine; its timers
  void drop_hold(RequestEntry& entry);       // of one that waits: all it holds
  // Where something is held for it.
  [[nodiscard]] std::vector<domain::OfferId> places_of(const RequestEntry& entry) const;
  void stop_waiting(RequestEntry& entry);  // the inverse; its state is the caller's to set
  void look_after(RequestEntry& entry, base::Timestamp next);
  GrantRow& add_grant(GrantRow grant);          // live; also lists it with its offer and request
  void change_grant(GrantRow grant);            // live before and after
  GrantRow take_out_grant(domain::GrantId id);  // the inverse
  void set_present(const domain::Jid& full);
  void forget_session(const domain::Jid& full);
  // It was heard, and will be again before `silent`.
  void hear(const domain::Jid& full, base::Timestamp heard, base::Timestamp silent);
  void hush(const domain::Jid& full);  // nothing is expected of it any more
  void hear_all(base::Timestamp now);  // nobody could be heard until now: everybody gets the time anew
  // Open ones of a bare JID, in no particular order; looks at all of them.
  // Of a bare JID; of a domain: of everybody there and below it.
  [[nodiscard]] std::vector<domain::OfferId> offers_of(const domain::Jid& provider) const;
  [[nodiscard]] std::vector<domain::RequestId> requests_of(const domain::Jid& consumer) const;
  [[nodiscard]] std::vector<domain::Jid> sessions() const;  // present, or offers live by them
  [[nodiscard]] std::vector<domain::Jid> present_sessions() const;
  [[nodiscard]] std::size_t session_count() const { return sessions_.size(); }
  // Sessions of anybody at that domain.
  [[nodiscard]] std::vector<domain::Jid> sessions_at(std::string_view domain_name) const;
  [[nodiscard]] std::uint64_t count_of(Bounded what, const domain::Jid& bare) const;
  [[nodiscard]] std::uint64_t count_at(Bounded what, std::string_view domain) const;  // of everybody there
  [[nodiscard]] std::uint64_t offer_count(const domain::Jid& provider) const;         // open ones
  [[nodiscard]] bool lends(const domain::Jid& provider) const { return offer_count(provider) > 0; }
  // Open offers of a provider after adding `by` (+1, -1).
  std::uint32_t count_offers(const domain::Jid& provider, int by);
  // Tells the engine what to think of a provider: its sanctions, its staying power.
  void judge(const domain::Jid& provider, base::Timestamp now);
  void judge_some(base::Timestamp now);  // in turn, all of them now and then
  // When Tick has something to do next.
  [[nodiscard]] base::Timestamp next_timer() const;

  PoolConfig config;
  PoolCounters counters;
  std::unique_ptr<matching::Engine> engine;
  pubsub::Nodes nodes;
  AccessPolicy access;
  Holdings holdings;
  FairShare shares;
  HistoryBook history;
  std::unordered_map<domain::Jid, LoadRow> loads;  // heard of and not stored yet, by bare JID
  base::Timestamp loads_kept{};                    // when they were stored last
  struct Import {
    std::string name;
    std::uint32_t parts = 0;
    base::Timestamp touched{};
    std::vector<ClosedInterval> intervals;
  };
  std::unordered_map<domain::Jid, Import> imports;         // under way, by bare JID
  std::unordered_map<domain::Jid, SanctionRow> sanctions;  // by bare JID
  std::vector<Event> undelivered;                          // found at load, as many as kMostUndeliveredBytes hold
  bool undelivered_left_out = false;                       // there are more in the log
  // The audit log.
  std::uint64_t log_integrated = 0;                    // entries that its tree has
  std::uint64_t log_epoch = 0;                         // the lease's
  std::map<audit::EntryKind, std::string> statements;  // the last one of each kind
  LogHead log_head;                                    // as it was loaded: the sequencer's to take
  // Presence is the network's to tell, not the database's: a state that is loaded again takes it over.
  void take_presence_from(State& earlier);
  // Timers of Tick.
  std::set<std::pair<base::Timestamp, domain::GrantId>> grant_timers;  // by due()
  std::set<std::pair<base::Timestamp, matching::RequestHandle>> deadlines;
  std::set<std::pair<base::Timestamp, matching::OfferHandle>> offer_expiries;
  std::set<std::pair<base::Timestamp, domain::Jid>> quarantine_ends;
  std::set<std::pair<base::Timestamp, domain::Jid>> silences;  // sessions, by when their heartbeat is missed
  std::set<std::pair<base::Timestamp, matching::RequestHandle>> starving;  // when to see to a waiting request
  std::vector<matching::RequestHandle> holders;                            // may hold an offer (Engine::hold)
  std::optional<GangPlaces> gang_places;                                   // of one gang at a time
  base::Timestamp judged{};                                                // when judging all providers began last
  std::unordered_map<domain::RequestId, std::set<domain::RequestId>> kept_apart;  // which wait apart from it
  std::set<domain::RequestId> over_quota;  // waiting for nothing but their group's quota

  static constexpr base::Duration kKeepGapEvery = std::chrono::minutes(1);
  static constexpr base::Duration kKeepLoadsEvery = std::chrono::seconds(10);
  static constexpr base::Duration kJudgeEvery = std::chrono::minutes(10);

 private:
  static constexpr std::size_t kMostUndeliveredBytes = std::size_t{64} << 20;

  const domain::Jid* intern_provider(const domain::Jid& provider);
  void unbind(OfferEntry& entry);
  void forget_holder(matching::RequestHandle handle);

  base::Timestamp loaded_;
  std::size_t undelivered_bytes_ = 0;
  domain::NodeName nodes_[std::size(pubsub::kMarketNodes)];
  std::unordered_map<domain::OfferId, matching::OfferHandle> offer_index_;
  std::vector<OfferEntry> offers_;
  std::vector<matching::OfferHandle> free_offers_;
  std::unordered_map<matching::OfferHandle, domain::Offer> closed_;  // what closed offers said last: few
  std::unordered_map<domain::RequestId, matching::RequestHandle> request_index_;
  std::vector<RequestEntry> requests_;
  std::vector<matching::RequestHandle> free_requests_;
  std::unordered_map<domain::GrantId, GrantRow> grants_;
  std::unordered_map<domain::Jid, ProviderEntry> providers_;  // never taken out
  std::vector<const domain::Jid*> to_judge_;                  // keys of it
  std::unordered_map<domain::Jid, SessionEntry> sessions_;
};

}  // namespace bourse::market
