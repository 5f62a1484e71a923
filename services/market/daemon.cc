#include "market/daemon.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "domain/ticket.h"
#include "market/pool_log.h"
#include "market/pools_backend.h"
#include "matching/index_engine.h"
#include "storage/migrate.h"
#include "storage/pg_reader.h"
#include "storage/pg_store.h"
#include "xmpp/component_link.h"
#include "xmpp/secret_file.h"
#include "xmpp/service.h"

namespace bourse::boursed {
namespace {

using namespace std::chrono_literals;

constexpr auto kLookAtLogs = 1s;
constexpr auto kFarewell = 1s;  // for the last checkpoints

struct PoolParts {
  PoolParts(const Settings& settings, const domain::PoolName& pool, std::unique_ptr<PoolLog> its_log,
            market::Outbox& outbox, market::PolicyBoard& policies, const base::Clock& clock)
      : name(pool),
        log(std::move(its_log)),
        store({.uri = settings.database_uri, .application = "boursed " + pool.value}),
        sequencer(
            pool, log->sequencer_config(), log->keeper(),
            [this](market::Command&& command) { return spine.submit(std::move(command)); }, clock),
        spine(
            {.pool = {pool, settings.operators, settings.pubsub, settings.rules, pool == settings.pools.front(),
                      settings.history},
             .holder = settings.holder,
             .queue_capacity = settings.queue,
             .sequencer = &sequencer,
             .policies = &policies},
            store, [] { return std::make_unique<matching::IndexEngine>(); }, outbox, clock) {
    if (log->restart_pending()) sequencer.sign_from(market::Sequencer::kNothing);
  }
  domain::PoolName name;
  std::unique_ptr<PoolLog> log;
  storage::PgStore store;
  market::Sequencer sequencer;
  market::Spine spine;

  std::deque<market::RecordStatement> to_record;
  std::string refusal;       // why nothing is signed, as far as it was logged
  bool cannot_look = false;  // for a recorded restart; logged
};

// What this process has to say in the log. A full queue takes the rest the next time.
void record_statements(PoolParts& pool) {
  for (; !pool.to_record.empty(); pool.to_record.pop_front()) {
    if (!pool.spine.submit({pool.name, {}, {}, pool.to_record.front()})) return;
  }
}

// A log that began anew says so in what is signed first.
void sign_after_restart(PoolParts& pool, market::Reader& reader) {
  if (!pool.log->restart_pending()) return;
  const auto recorded = pool.log->recorded_restart(reader, pool.name);
  if (recorded && *recorded) pool.sequencer.sign_from((*recorded)->value + 1);
  if (recorded || pool.cannot_look) return;
  pool.cannot_look = true;
  spdlog::warn(
      "pool {}: nothing is signed before it is recorded that its audit log began anew; whether it is, cannot be "
      "seen: {}",
      pool.name.value, recorded.error().text);
}

// The sequencer logs why it refuses; here is said, once, what that means.
void warn_of_refusal(PoolParts& pool) {
  auto why = pool.sequencer.status().refuses.value_or("");
  if (why == pool.refusal) return;
  pool.refusal = std::move(why);
  if (pool.refusal.empty()) {
    spdlog::info("pool {}: the audit log is signed again", pool.name.value);
  } else {
    spdlog::warn(
        "pool {}: the audit log is written but not signed ({}); the runbook says what to do: \"The audit log\"",
        pool.name.value, pool.refusal);
  }
}

// A grant names its offer but not its pool; with several pools the ticket names the one it was asked in.
xmpp::TicketSigner signer(const Settings& settings, const base::SigningKey& key) {
  return [issuer = settings.jid, pool = settings.pools.front(), key](const domain::Grant& grant) {
    return domain::sign_ticket({issuer, pool, grant}, key);
  };
}

xmpp::ServiceConfig service_config(const Settings& settings, const base::SigningKey& key,
                                   const std::vector<std::unique_ptr<PoolLog>>& logs) {
  std::vector<std::string> log_keys;
  for (const auto& log : logs) {
    for (auto& vkey : log->announced()) log_keys.push_back(std::move(vkey));
  }
  return {.service = settings.jid,
          .pools = settings.pools,
          .operators = settings.operators,
          .policy = settings.pubsub,
          .max_payload_bytes = settings.max_payload_bytes,
          .ticket_key = key.verify_key().raw(),
          .version = BOURSE_VERSION,
          .contacts = settings.contacts,
          .bounce = settings.bounces,
          .rules = settings.rules,
          .auditors = settings.auditors,
          .log_keys = std::move(log_keys)};
}

base::Result<std::vector<std::unique_ptr<PoolLog>>> open_logs(const Settings& settings, market::Reader& reader) {
  std::vector<std::unique_ptr<PoolLog>> logs;
  for (const auto& pool : settings.pools) {
    auto log = PoolLog::open(settings, pool, reader);
    if (!log) return log.error();
    logs.push_back(std::move(*log));
  }
  return logs;
}

// Presence tells whose offers live by which session: whatever was said while a pool was not loaded would be
// lost, so the link comes up only when all are.
bool wait_until_ready(const std::vector<std::unique_ptr<PoolParts>>& pools, const std::stop_token& stop) {
  const auto all_ready = [&] {
    return std::all_of(pools.begin(), pools.end(), [](const auto& p) { return p->spine.ready(); });
  };
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  while (!all_ready() && !stop.stop_requested()) changed.wait_for(lock, stop, 20ms, [] { return false; });
  return !stop.stop_requested();
}

// Waits for a database that is away; false when stopped. A wrong schema is an error a person must mend.
base::Result<bool> wait_for_schema(const Settings& settings, const std::stop_token& stop) {
  auto known = storage::read_migrations(settings.migrations);
  if (!known) return known.error();
  std::mutex mutex;
  std::condition_variable_any changed;
  auto pause = 200ms;
  while (!stop.stop_requested()) {
    const auto status = storage::check_schema({.uri = settings.database_uri, .application = "boursed"}, *known);
    if (status) return true;
    if (status.error().code != base::Errc::kUnavailable) return status.error();
    spdlog::warn("waiting for the database: {}", status.error().text);
    std::unique_lock lock(mutex);
    changed.wait_for(lock, stop, pause, [] { return false; });
    pause = std::min(pause * 2, 5'000ms);
  }
  return false;
}

// Until stopped.
void attend_logs(const std::vector<std::unique_ptr<PoolParts>>& pools, market::Reader& reader,
                 const std::stop_token& stop) {
  for (const auto& pool : pools) {
    sign_after_restart(*pool, reader);
    for (auto& statement : pool->log->statements()) pool->to_record.push_back(std::move(statement));
  }
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) {
    for (const auto& pool : pools) {
      record_statements(*pool);
      sign_after_restart(*pool, reader);
      warn_of_refusal(*pool);
    }
    stopped.wait_for(lock, stop, kLookAtLogs, [] { return false; });
  }
}

// What is committed later, by those who are still being answered, is signed at the next start.
void sign_the_rest(const std::vector<std::unique_ptr<PoolParts>>& pools) {
  for (const auto& pool : pools) pool->sequencer.hurry();
  const auto until = std::chrono::steady_clock::now() + kFarewell;
  for (const auto& pool : pools) {
    if (pool->sequencer.wait_stored(until) || pool->sequencer.status().refuses) continue;
    spdlog::warn("pool {}: the end of the audit log is not signed yet; that is done at the next start",
                 pool->name.value);
  }
}

}  // namespace

base::Status run_daemon(const Settings& settings, const base::SigningKey& ticket_key, const std::stop_token& stop) {
  auto secret = xmpp::read_secret_file(settings.secret_file);
  if (!secret) return secret.error();
  if (const auto folder = prepare_log_directory(settings.audit_directory); !folder) return folder.error();
  const auto schema = wait_for_schema(settings, stop);
  if (!schema) return schema.error();
  if (!*schema) return base::Done{};
  storage::PgReader reader({.uri = settings.database_uri, .application = "boursed reader"});
  auto logs = open_logs(settings, reader);
  if (!logs) return logs.error();

  const base::SystemClock clock;
  PoolsBackend backend;
  market::PolicyBoard policies;
  auto its_config = service_config(settings, ticket_key, *logs);
  its_config.policies = &policies;
  xmpp::Service service(std::move(its_config), backend, signer(settings, ticket_key), clock);
  xmpp::LinkConfig link_config;
  link_config.host = settings.host;
  link_config.port = static_cast<std::uint16_t>(settings.port);
  link_config.jid = settings.jid.text();
  link_config.secret = *secret;
  xmpp::ComponentLink link(std::move(link_config), service);
  service.attach(link);

  market::QueryPool queries(reader, service, settings.readers, settings.queue, settings.history, &policies);
  backend.answer_with(queries);
  std::vector<std::unique_ptr<PoolParts>> pools;
  for (std::size_t i = 0; i < settings.pools.size(); ++i) {
    const auto& pool = settings.pools[i];
    pools.push_back(std::make_unique<PoolParts>(settings, pool, std::move((*logs)[i]), service, policies, clock));
    backend.add(pool, pools.back()->spine);
  }

  // Stopped in reverse order: what the spines still commit must find sequencers and link.
  std::jthread network;
  {
    std::vector<std::jthread> sequencers;
    for (auto& pool : pools) {
      sequencers.emplace_back([&pool](const std::stop_token& own_stop) { pool->sequencer.run(own_stop); });
    }
    std::vector<std::jthread> deciders;
    for (auto& pool : pools) {
      deciders.emplace_back([&pool](const std::stop_token& own_stop) { pool->spine.run(own_stop); });
    }
    if (wait_until_ready(pools, stop)) {
      network = std::jthread([&link](const std::stop_token& own_stop) { link.run(own_stop); });
      attend_logs(pools, reader, stop);
      spdlog::info("stopping: what was decided is committed first");
      sign_the_rest(pools);
    }
  }
  return base::Done{};
}

}  // namespace bourse::boursed
