// Purpose: the market's face on XMPP: every stanza becomes a Command, a Query or an answer at once; what the
//   market says becomes stanzas.
// Lifetime: backend and clock outlive it, it outlives the link it is attached to. Threads: the LinkHandler
//   part on the network thread; the Outbox part from any.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "domain/ids.h"
#include "domain/jid.h"
#include "market/admission.h"
#include "market/outbox.h"
#include "market/policy_board.h"
#include "pubsub/policy.h"
#include "xmpp/adhoc.h"
#include "xmpp/backend.h"
#include "xmpp/bounces.h"
#include "xmpp/component_link.h"
#include "xmpp/disco.h"
#include "xmpp/domain_watch.h"
#include "xmpp/pubsub_request.h"
#include "xmpp/reply_text.h"
#include "xmpp/retries.h"
#include "xmpp/session_probe.h"
#include "xmpp/stamped_sender.h"

namespace bourse::xmpp {

struct ServiceConfig {
  domain::Jid service;                     // the component's JID
  std::vector<domain::PoolName> pools;     // at least one
  std::vector<domain::Jid> operators;      // bare: see everything
  pubsub::Policy policy = {};              // of ordinary nodes
  std::size_t max_payload_bytes = 65'536;  // of offers and requests
  std::string ticket_key = {};             // raw Ed25519 public key, announced
  std::string version = {};                // of the program
  ContactAddresses contacts = {};
  BouncePolicy bounce = {};
  market::Rules rules = {};                // announced
  std::vector<domain::Jid> auditors = {};  // bare: see every audit entry
  std::vector<std::string> log_keys = {};  // announced: of the pools' audit logs, as vkeys
  // Outlives the service: the first pool's rates hold for all of it, as a stanza has a sender before it has a pool.
  // Null: no rates.
  const market::PolicyBoard* policies = nullptr;
};

class Service final : public LinkHandler, public market::Outbox {
 public:
  Service(ServiceConfig config, Backend& backend, TicketSigner sign, const base::Clock& clock);

  // Before the link runs and before anything is delivered.
  void attach(StanzaSender& sender) { sender_ = &sender; }

  void on_stanza(const gloox::Tag& stanza) override;
  void on_link_up() override;
  void on_link_down(const std::string& reason) override;
  void on_tick() override;

  [[nodiscard]] bool linked() const override { return sender_ != nullptr && sender_->linked(); }
  void deliver(std::vector<market::Reply>&& replies) override;
  [[nodiscard]] std::size_t notify(const market::Notification& notification, std::size_t from) override;
  void wait_for_room(base::Duration longest) override;
  void answer(market::Answer&& answer) override;
  void probe(std::vector<domain::Jid>&& sessions) override;

 private:
  void on_iq(const gloox::Tag& iq, domain::Jid&& from);
  void on_request(const gloox::Tag& payload, bool set, market::ReplyTo&& address);
  void on_probe_answer(const gloox::Tag& iq, domain::Jid&& from);
  void on_message(const gloox::Tag& message, domain::Jid&& from);
  void on_bounce(const gloox::Tag& message, domain::Jid&& from);
  void on_heartbeat(domain::Jid&& from, const gloox::Tag& heartbeat);
  void on_presence(const gloox::Tag& presence, const domain::Jid& from);
  struct Session {
    std::optional<pubsub::Show> show = {};   // as the market was told last; none: it answered a ping
    std::optional<std::uint64_t> beat = {};  // tick of its last heartbeat
  };
  Session& note_session(const domain::Jid& session);
  void on_session_presence(const gloox::Tag& presence, const domain::Jid& session);
  void on_roster_presence(const std::string& type, const domain::Jid& from);
  void send_presence(std::string_view type, const domain::Jid& to);  // empty type: available
  void on_pubsub(const gloox::Tag& payload, bool set, market::ReplyTo&& address);
  void on_archive(const gloox::Tag& payload, bool set, market::ReplyTo&& address);
  void on_command(const gloox::Tag& payload, bool set, market::ReplyTo&& address);
  void on_market(const gloox::Tag& payload, bool set, market::ReplyTo&& address);
  void on_market_query(const gloox::Tag& payload, market::ReplyTo&& address);
  void on_import(const gloox::Tag& payload, bool set, market::ReplyTo&& address);
  void on_market_command(PoolCommand&& wanted, market::ReplyTo&& address);
  [[nodiscard]] base::Status check_pool(const domain::PoolName& pool) const;
  void on_disco_info(const gloox::Tag& payload, market::ReplyTo&& address);
  void on_disco_items(const gloox::Tag& payload, market::ReplyTo&& address);
  void submit(PoolCommand&& wanted, market::ReplyTo&& address);
  void ask(market::QueryBody&& body, market::ReplyTo&& address);
  [[nodiscard]] std::string lane_of(const market::Command& command) const;
  void submit_later(domain::Jid actor, market::CommandBody body);
  void retry();
  // Whether to listen to it now; operators always.
  [[nodiscard]] base::Status admit(const domain::Jid& from);
  void hear(const gloox::Tag& stanza, const domain::Jid& from);
  void session_went(domain::Jid&& session);
  void watch_domains();
  // What the market answers, as stanzas; a command's (XEP-0050) in its own wrapping.
  void append(std::string& xml, const market::Reply& reply);
  void append(std::string& xml, const market::Answer& answer);
  void refuse(const market::ReplyTo& address, const base::Error& error);
  void reply_result(const market::ReplyTo& address, std::string_view payload);
  void reply_error(const market::ReplyTo& address, const base::Error& error);
  void send_piece(std::string& xml);

  ServiceConfig config_;
  Backend& backend_;
  TicketSigner sign_;
  const base::Clock& clock_;
  ServiceFacts facts_;
  PubsubRules rules_;
  std::unordered_set<domain::Jid> operators_;
  std::unordered_set<domain::Jid> auditors_;
  StanzaSender* sender_ = nullptr;
  StampedSenders senders_;
  SessionProbe probe_;
  bool up_ = false;  // the market was told so
  Bounces bounces_;
  Adhoc adhoc_;

  std::unordered_map<domain::Jid, Session> sessions_;  // that are there
  std::unordered_set<domain::Jid> asked_;              // bare: whose presence the service asked for
  Retries to_retry_;                                   // presence the market could not take at once; nobody repeats it
  DomainWatch domains_;
  std::uint64_t ticks_ = 0;
  market::Admission admission_;
  std::string scratch_;                    // for answers on the network thread
  std::atomic<std::uint64_t> dropped_{0};  // pieces that found no link or no room, since the last report
};

}  // namespace bourse::xmpp
