// boursed: the market service behind an XMPP server.
#include <signal.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <optional>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/log.h"
#include "market/audit_commands.h"
#include "market/daemon.h"
#include "market/exit_status.h"
#include "market/fair_share.h"
#include "market/settings.h"
#include "market/ticket_key.h"
#include "storage/maintenance.h"
#include "storage/migrate.h"
#include "storage/pools.h"

namespace {

using namespace bourse;

int migrate(const boursed::Settings& settings) {
  const storage::ConnectionOptions owner{.uri = settings.owner_database_uri, .application = "boursed migrate"};
  const auto applied = storage::migrate(owner, settings.migrations);
  if (!applied) return boursed::complain(applied.error());
  for (const auto& name : *applied) std::printf("applied %s\n", name.c_str());
  if (applied->empty()) std::printf("the database is up to date\n");
  if (const auto created = storage::create_pools(owner, settings.pools); !created)
    return boursed::complain(created.error());
  return 0;
}

int maintain(const boursed::Settings& settings) {
  const storage::ConnectionOptions owner{.uri = settings.owner_database_uri, .application = "boursed maintain"};
  const storage::Retention retention{settings.keep_intervals, settings.keep_sums, settings.keep_events,
                                     market::FairShare::kHalfLivesRemembered * settings.rules.usage_half_life};
  const auto done = storage::maintain(owner, retention, base::SystemClock().now());
  if (!done) return boursed::complain(done.error());
  if (done->months_made > 0) {
    std::printf("made %llu months ahead\n", static_cast<unsigned long long>(done->months_made));
  }
  for (const auto& month : done->dropped) std::printf("dropped %s\n", month.c_str());
  for (const auto& [table, rows] : done->deleted) {
    std::printf("deleted %llu rows of %s\n", static_cast<unsigned long long>(rows), table.c_str());
  }
  if (done->months_made == 0 && done->dropped.empty() && done->deleted.empty()) std::printf("nothing to do\n");
  return 0;
}

// SIGTERM and SIGINT are blocked in every thread and taken here.
int serve(const boursed::Settings& settings) {
  if (const auto started = base::start_log(settings.log); !started) return boursed::complain(started.error());
  auto key = boursed::load_or_create_ticket_key(settings.ticket_key_file);
  if (!key) return boursed::complain(key.error());

  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  base::Status result = base::Done{};
  std::jthread daemon([&](const std::stop_token& stop) {
    result = boursed::run_daemon(settings, *key, stop);
    kill(getpid(), SIGTERM);  // also ends the wait below when the daemon ended by itself
  });
  int received = 0;
  sigwait(&signals, &received);
  daemon.request_stop();
  daemon.join();
  return result ? 0 : boursed::complain(result.error());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("The market service: an XMPP component that pairs requests with offers.", "boursed");
  app.set_version_flag("--version", std::string("boursed ") + BOURSE_VERSION);
  std::string config_file;
  app.add_option("--config", config_file,
                 "settings (default: $XDG_CONFIG_HOME/bourse/boursed.toml, /etc/bourse/boursed.toml)");
  auto* migrating = app.add_subcommand("migrate", "bring the database's schema up to date and create the pools");
  migrating->fallthrough();
  auto* maintaining =
      app.add_subcommand("maintain", "make tables for the months to come, and forget history as [history] says");
  maintaining->fallthrough();
  const boursed::AuditCommands audit(app);
  app.footer(
      "Examples:\n  boursed migrate --config /etc/bourse/boursed.toml\n  boursed maintain --config "
      "/etc/bourse/boursed.toml\n"
      "  boursed audit keys --config /etc/bourse/boursed.toml\n"
      "  boursed --config /etc/bourse/boursed.toml");
  CLI11_PARSE(app, argc, argv);

  const auto settings = boursed::read_settings(config_file.empty() ? std::nullopt : std::optional(config_file));
  if (!settings) return boursed::complain(settings.error());
  if (audit.parsed()) return audit.run(*settings);
  if (migrating->parsed()) return migrate(*settings);
  return maintaining->parsed() ? maintain(*settings) : serve(*settings);
}
