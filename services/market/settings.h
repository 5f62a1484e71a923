// Purpose: what boursed is told by boursed.toml, BOURSE_* and flags (ops/runbook.md lists the keys).
// Lifetime: read once at start. Threads: none.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/config.h"
#include "base/log.h"
#include "base/result.h"
#include "domain/ids.h"
#include "domain/jid.h"
#include "market/history_answer.h"
#include "market/rules.h"
#include "pubsub/policy.h"
#include "xmpp/bounces.h"
#include "xmpp/disco.h"

namespace bourse::boursed {

struct Settings {
  domain::Jid jid;   // of the component: the pubsub service's address
  std::string host;  // where the XMPP server listens for components
  int port = 5347;
  std::string secret_file;         // the component's shared secret
  std::string database_uri;        // as the service's role
  std::string owner_database_uri;  // for `boursed migrate`
  std::string migrations;          // folder
  std::vector<domain::PoolName> pools;
  std::vector<domain::Jid> operators;
  std::string holder;                 // the name under which pools are leased
  std::string ticket_key_file;        // created at first start
  std::string audit_directory;        // the audit log's keys and last checkpoints
  std::vector<domain::Jid> auditors;  // bare: see every audit entry
  std::size_t queue = 20'000;
  std::size_t max_payload_bytes = 65'536;
  std::size_t readers = 2;  // connections for queries
  pubsub::Policy pubsub;
  market::Rules rules;
  market::HistoryPolicy history;
  // What `boursed maintain` keeps; none: for ever.
  std::optional<base::Duration> keep_intervals = std::chrono::days(731);
  std::optional<base::Duration> keep_sums = std::chrono::days(3660);
  std::optional<base::Duration> keep_events;
  xmpp::BouncePolicy bounces;
  xmpp::ContactAddresses contacts;
  base::LogOptions log;
};

// kBadRequest names the setting, where it stands and what is expected.
[[nodiscard]] base::Result<Settings> read_settings(const std::optional<std::string>& config_file);

}  // namespace bourse::boursed
