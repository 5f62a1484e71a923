// bourse-agent: lends this machine to a market.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>

#include "agent/agent.h"
#include "agent/machine.h"
#include "agent/machine_offer.h"
#include "base/log.h"
#include "domain/availability.h"
#include "xmpp/client_config.h"
#include "xmpp/client_json.h"
#include "xmpp/config_files.h"

namespace {

using namespace bourse;

agent::Agent* running = nullptr;  // for the signal handlers

extern "C" void on_stop_signal(int) {
  if (running != nullptr) running->stop();
}

constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr int kNotAllowed = 4;

int complain(const base::Error& error) {
  std::fprintf(stderr, "bourse-agent: %s\n", error.text.c_str());
  if (error.code == base::Errc::kForbidden || error.code == base::Errc::kNotAllowed ||
      error.code == base::Errc::kNotAuthorized) {
    return kNotAllowed;
  }
  return error.code == base::Errc::kBadRequest || error.code == base::Errc::kInvalidPayload ? kUsage : kFailed;
}

std::vector<std::string> known_keys() {
  std::vector<std::string> keys = xmpp::kClientKeys;
  keys.insert(keys.end(), agent::kOfferKeys.begin(), agent::kOfferKeys.end());
  for (const char* key :
       {"hooks.on-proposal", "hooks.on-grant", "hooks.on-reclaim", "hooks.on-release", "hooks.timeout",
        "agent.state-dir", "agent.keepalive", "agent.heartbeat", "log.level", "log.file"}) {
    keys.emplace_back(key);
  }
  return keys;
}

base::Result<agent::AgentOptions> agent_options(const base::Config& config, const std::string& state_folder,
                                                const agent::Machine& machine, const agent::MachineSources& sources) {
  agent::AgentOptions options;
  options.sources = sources;
  auto address = xmpp::market_address(config);
  if (!address) return address.error();
  options.service = std::move(address->service);
  options.pool = std::move(address->pool);
  auto id = agent::offer_id(config, machine);
  if (!id) return id.error();
  options.offer_id = {std::move(*id)};
  for (const auto& [key, program] :
       {std::pair{"hooks.on-proposal", &options.on_proposal}, std::pair{"hooks.on-grant", &options.on_grant},
        std::pair{"hooks.on-reclaim", &options.on_reclaim}, std::pair{"hooks.on-release", &options.on_release}}) {
    auto text = config.text(key);
    if (!text) return text.error();
    *program = std::move(*text);
  }
  auto offer = agent::machine_offer(config, machine, !options.on_proposal.empty());
  if (!offer) return offer.error();
  options.offer = std::move(*offer);
  for (const auto& [key, duration] :
       {std::pair{"hooks.timeout", &options.hook_timeout}, std::pair{"agent.keepalive", &options.keepalive},
        std::pair{"agent.heartbeat", &options.heartbeat}}) {
    const auto value = config.duration(key, *duration);
    if (!value) return value.error();
    *duration = *value;
  }
  if (options.heartbeat != base::Duration::zero() && !domain::is_heartbeat(options.heartbeat)) {
    return base::Error{base::Errc::kBadRequest,
                       std::string("agent.heartbeat is 0s (never) or ") + domain::kHeartbeatBounds};
  }
  auto folder = config.text("agent.state-dir", state_folder);
  if (!folder) return folder.error();
  options.state_folder = std::move(*folder);
  if (options.state_folder.empty()) {
    return base::Error{base::Errc::kBadRequest,
                       "agent.state-dir is not set and there is no home folder to keep "
                       "state in: set [agent] state-dir"};
  }
  return options;
}

base::Status start_logging(const base::Config& config) {
  const auto level = config.choice("log.level", base::kLogLevels, "info");
  if (!level) return level.error();
  const auto file = config.text("log.file");
  if (!file) return file.error();
  return base::start_log({"bourse-agent", *level, *file});
}

int serve(const base::Config& config, const agent::Machine& machine, const agent::MachineSources& sources) {
  const auto environment = xmpp::process_environment();
  auto options = agent_options(config, xmpp::default_state_folder(environment), machine, sources);
  if (!options) return complain(options.error());
  const base::SystemClock clock;
  if (const auto valid = domain::validate(options->offer, clock.now()); !valid) return complain(valid.error());
  auto connection = xmpp::connect_options(config);
  if (!connection) return complain(connection.error());
  connection->receive_events = true;
  auto session = xmpp::ClientSession::make(std::move(*connection));
  if (!session) return complain(session.error());
  auto book = agent::GrantBook::open(options->state_folder, options->service.text(), options->offer_id.value);
  if (!book) return complain(book.error());
  agent::Agent lender(std::move(*options), std::move(*book), **session, clock);
  running = &lender;
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGTERM, on_stop_signal);
  std::signal(SIGINT, on_stop_signal);
  const auto status = lender.run();
  std::signal(SIGTERM, SIG_IGN);
  std::signal(SIGINT, SIG_IGN);
  running = nullptr;
  return status ? 0 : complain(status.error());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Lends this machine to a Bourse market: publishes what it has as an offer, and runs your programs when a grant "
      "of it begins and ends.\n\nExamples:\n"
      "  bourse-agent                         with ~/.config/bourse/agent.toml or /etc/bourse/agent.toml\n"
      "  bourse-agent --config var/agent.toml\n"
      "  bourse-agent --print-offer           show what would be offered, and publish nothing\n\n"
      "Your programs ([hooks] of the settings) get the grant as JSON on standard input:\n"
      "  on-proposal   decides: exit code 0 agrees; otherwise the last line it prints is the reason why not\n"
      "  on-grant      somebody may use this machine from now on\n"
      "  on-reclaim    they have until `state_until` to finish\n"
      "  on-release    they may not use it any more\n",
      "bourse-agent");
  app.set_version_flag("--version", BOURSE_VERSION);
  std::optional<std::string> config_file;
  bool print_offer = false;
  app.add_option("--config", config_file, "the only settings file to read");
  app.add_flag("--print-offer", print_offer, "print the offer as JSON and exit");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& failure) {
    const int code = app.exit(failure);
    return code == 0 ? 0 : kUsage;
  }
  const auto environment = xmpp::process_environment();
  const auto config = xmpp::load_config(known_keys(), "agent.toml", config_file, environment);
  if (!config) return complain(config.error());
  if (const auto started = start_logging(*config); !started) return complain(started.error());
  const auto storage = config->text("offer.storage-path", environment("HOME").value_or("/"));
  if (!storage) return complain(storage.error());
  const agent::MachineSources sources = agent::machine_sources(*storage);
  const agent::Machine machine = agent::read_machine(sources);
  if (!print_offer) return serve(*config, machine, sources);
  const auto id = agent::offer_id(*config, machine);
  const auto offer = agent::machine_offer(*config, machine, config->has("hooks.on-proposal"));
  if (!id || !offer) return complain(id ? offer.error() : id.error());
  std::printf("%s\n", xmpp::to_json(xmpp::ListedOffer{{*id}, "", *offer}).dump(2).c_str());
  return 0;
}
