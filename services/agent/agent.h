// Purpose: the provider's side of a market: keeps one offer published while it is connected, and acts on
//   the grants of that offer through hooks, once each, after checking their tickets.
// Lifetime: run() lasts until stop(). Threads: run() on one; stop() from any thread or signal handler.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/grant_book.h"
#include "agent/hook_runner.h"
#include "agent/load_meter.h"
#include "base/bounded_queue.h"
#include "base/clock.h"
#include "domain/offer.h"
#include "xmpp/client_market.h"
#include "xmpp/client_session.h"

namespace bourse::agent {

struct AgentOptions {
  domain::Jid service;
  domain::PoolName pool;
  domain::OfferId offer_id;
  domain::Offer offer;
  std::string on_proposal;  // programs; empty: none. Its word decides, where the offer confirms
  std::string on_grant;
  std::string on_reclaim;
  std::string on_release;
  base::Duration hook_timeout = std::chrono::seconds(30);
  base::Duration keepalive = std::chrono::seconds(60);
  base::Duration heartbeat = std::chrono::seconds(60);  // how often the market is told of the load; 0: never
  MachineSources sources = {};                          // where the load is read
  std::string state_folder;
};

class Agent {
 public:
  Agent(AgentOptions options, GrantBook book, xmpp::ClientSession& session, const base::Clock& clock);

  // Done after stop(): when what was granted has ended, for which an offer with a grace period takes that long; after
  // a second stop() at once. An error is one that trying again cannot mend: wrong password, certificate, changed
  // ticket key, an offer the market refuses.
  [[nodiscard]] base::Status run();
  void stop() noexcept;

 private:
  [[nodiscard]] base::Status serve();     // one connection, until it is lost or stop()
  [[nodiscard]] base::Status take_up();   // presence, key, offer, live grants
  [[nodiscard]] base::Status catch_up();  // grants that began or ended while we were away
  [[nodiscard]] base::Status publish_again_if_gone();
  [[nodiscard]] base::Status take_up_again();  // after the market lost sight of us
  // Of what the market could not do now: later again.
  [[nodiscard]] base::Status tolerate(base::Status&& outcome);
  [[nodiscard]] base::Status withdraw();
  void wait_before_retry();
  void beat_if_due();

  [[nodiscard]] bool is_ours(const domain::Grant& grant) const;
  void on_event(const xmpp::MarketEvent& event);
  void on_grant(const xmpp::GrantPayload& payload);
  void on_proposed(const xmpp::GrantPayload& payload);
  void on_active(const xmpp::GrantPayload& payload, GrantBook::Verdict verdict);
  void on_reclaiming(const xmpp::GrantPayload& payload);
  [[nodiscard]] bool ticket_holds(const xmpp::GrantPayload& payload) const;  // says why not
  void begin_grant(const xmpp::GrantPayload& payload);
  void renew_grant(const xmpp::GrantPayload& payload);
  void end_grant(const xmpp::GrantPayload& payload);
  void decide(domain::GrantId id);

  enum class HookKind { kProposal, kGrant, kOther };
  void run_hook(HookKind kind, const std::string& program, const char* name, const xmpp::GrantPayload& payload);
  void run_grant_hook(const xmpp::GrantPayload& payload);
  void note_finished_hooks();

  const AgentOptions options_;
  GrantBook book_;
  xmpp::ClientSession& session_;
  xmpp::MarketClient market_;
  const base::Clock& clock_;
  LoadMeter load_;
  std::chrono::steady_clock::time_point next_beat_;
  std::optional<base::VerifyKey> key_;
  bool called_ = false;  // the market asked who is there
  std::optional<std::chrono::steady_clock::time_point> look_again_at_;
  bool caught_up_ = false;  // events wait until what happened before them is known
  std::vector<xmpp::MarketEvent> early_events_;
  struct HookEnd {
    HookKind kind = HookKind::kOther;
    domain::GrantId id;
    bool succeeded = false;
    std::string said;
  };
  base::BoundedQueue<HookEnd> finished_{4096};
  struct Proposal {
    std::optional<bool> agreed;  // none: not decided yet
    std::string reason;
  };
  std::map<std::uint64_t, Proposal> proposals_;  // by grant
  std::set<std::uint64_t> starting_;             // grants whose on-grant hook waits or runs
  HookRunner hooks_;
  HookRunner proposal_hooks_;  // of its own: a proposal waits for nothing that takes long
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> leaving_at_once_ = false;
  unsigned failed_attempts_ = 0;
};

}  // namespace bourse::agent
