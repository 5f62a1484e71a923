#include "market/daemon.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "domain/ticket.h"
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

struct PoolParts {
  PoolParts(const Settings& settings, const domain::PoolName& pool, market::Outbox& outbox, const base::Clock& clock)
      : store({.uri = settings.database_uri, .application = "boursed " + pool.value}),
        spine(
            {.pool = {pool, settings.operators, settings.pubsub, settings.rules, pool == settings.pools.front(),
                      settings.history},
             .holder = settings.holder,
             .queue_capacity = settings.queue},
            store, [] { return std::make_unique<matching::IndexEngine>(); }, outbox, clock) {}
  storage::PgStore store;
  market::Spine spine;
};

// A grant names its offer but not its pool; with several pools the ticket names the one it was asked in.
xmpp::TicketSigner signer(const Settings& settings, const base::SigningKey& key) {
  return [issuer = settings.jid, pool = settings.pools.front(), key](const domain::Grant& grant) {
    return domain::sign_ticket({issuer, pool, grant}, key);
  };
}

xmpp::ServiceConfig service_config(const Settings& settings, const base::SigningKey& key) {
  return {.service = settings.jid,
          .pools = settings.pools,
          .operators = settings.operators,
          .policy = settings.pubsub,
          .max_payload_bytes = settings.max_payload_bytes,
          .ticket_key = key.verify_key().raw(),
          .version = BOURSE_VERSION,
          .contacts = settings.contacts,
          .bounce = settings.bounces,
          .rules = settings.rules};
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

}  // namespace

base::Status run_daemon(const Settings& settings, const base::SigningKey& ticket_key, const std::stop_token& stop) {
  auto secret = xmpp::read_secret_file(settings.secret_file);
  if (!secret) return secret.error();
  const auto schema = wait_for_schema(settings, stop);
  if (!schema) return schema.error();
  if (!*schema) return base::Done{};

  const base::SystemClock clock;
  PoolsBackend backend;
  xmpp::Service service(service_config(settings, ticket_key), backend, signer(settings, ticket_key), clock);
  xmpp::LinkConfig link_config;
  link_config.host = settings.host;
  link_config.port = static_cast<std::uint16_t>(settings.port);
  link_config.jid = settings.jid.text();
  link_config.secret = *secret;
  xmpp::ComponentLink link(std::move(link_config), service);
  service.attach(link);

  storage::PgReader reader({.uri = settings.database_uri, .application = "boursed reader"});
  market::QueryPool queries(reader, service, settings.readers, settings.queue, settings.history);
  backend.answer_with(queries);
  std::vector<std::unique_ptr<PoolParts>> pools;
  for (const auto& pool : settings.pools) {
    pools.push_back(std::make_unique<PoolParts>(settings, pool, service, clock));
    backend.add(pool, pools.back()->spine);
  }

  // Stopped in this order: what the spines still commit must find the link.
  std::jthread network;
  {
    std::vector<std::jthread> deciders;
    for (auto& pool : pools) {
      deciders.emplace_back([&pool](const std::stop_token& own_stop) { pool->spine.run(own_stop); });
    }
    if (wait_until_ready(pools, stop)) {
      network = std::jthread([&link](const std::stop_token& own_stop) { link.run(own_stop); });
      std::mutex mutex;
      std::condition_variable_any stopped;
      std::unique_lock lock(mutex);
      stopped.wait(lock, stop, [] { return false; });
      spdlog::info("stopping: what was decided is committed first");
    }
  }
  return base::Done{};
}

}  // namespace bourse::boursed
