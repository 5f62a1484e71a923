// Purpose: the provider's side of a market: keeps one offer published while it is connected, and acts on
//   the grants of that offer through hooks, once each, after checking their tickets.
// Lifetime: run() lasts until stop(). Threads: run() on one; stop() from any thread or signal handler.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "agent/grant_book.h"
#include "agent/hook_runner.h"
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
  std::string on_grant;  // programs; empty: none
  std::string on_release;
  base::Duration hook_timeout = std::chrono::seconds(30);
  base::Duration keepalive = std::chrono::seconds(60);
  std::string state_folder;
};

class Agent {
 public:
  Agent(AgentOptions options, GrantBook book, xmpp::ClientSession& session, const base::Clock& clock);

  // Done after stop(). An error is one that trying again cannot mend: wrong password, certificate, changed
  // ticket key, an offer the market refuses.
  [[nodiscard]] base::Status run();
  void stop() noexcept;

 private:
  [[nodiscard]] base::Status serve();     // one connection, until it is lost or stop()
  [[nodiscard]] base::Status take_up();   // presence, key, offer, live grants
  [[nodiscard]] base::Status catch_up();  // grants that began or ended while we were away
  [[nodiscard]] base::Status publish_again_if_gone();
  [[nodiscard]] base::Status withdraw();
  void wait_before_retry();

  [[nodiscard]] bool is_ours(const domain::Grant& grant) const;
  void on_event(const xmpp::MarketEvent& event);
  void on_grant(const xmpp::GrantPayload& payload);
  void begin_grant(const xmpp::GrantPayload& payload);
  void end_grant(const xmpp::GrantPayload& payload);
  void run_hook(const std::string& program, const char* name, const xmpp::GrantPayload& payload);
  void note_finished_hooks();

  const AgentOptions options_;
  GrantBook book_;
  xmpp::ClientSession& session_;
  xmpp::MarketClient market_;
  const base::Clock& clock_;
  std::optional<base::VerifyKey> key_;
  bool caught_up_ = false;  // events wait until what happened before them is known
  std::vector<xmpp::MarketEvent> early_events_;
  base::BoundedQueue<domain::GrantId> finished_{4096};  // on-grant hooks that succeeded
  HookRunner hooks_;
  std::atomic<bool> stopping_ = false;
  unsigned failed_attempts_ = 0;
};

}  // namespace bourse::agent
