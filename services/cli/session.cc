#include "cli/session.h"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>

#include "xmpp/client_config.h"
#include "xmpp/timestamps.h"

namespace bourse::cli {
namespace {

using base::Errc;
using base::Error;
using base::Result;

volatile std::sig_atomic_t stop_asked = 0;

extern "C" void on_interrupt(int) { stop_asked = 1; }

Result<base::Timestamp> parse_time(const std::string& text, base::Timestamp now, int direction) {
  if (const auto span = base::parse_duration(text)) return now + direction * *span;
  if (auto at = xmpp::parse_timestamp(text)) return at;
  return Error{Errc::kBadRequest,
               fmt::format("'{}' is not a time: write a span such as 30m, 8h or 7d {}, or a time such "
                           "as 2026-12-01T00:00:00Z",
                           text, direction < 0 ? "(ago)" : "(from now)")};
}

}  // namespace

Result<xmpp::MarketClient*> Session::market(bool receive_events) {
  if (market_) return market_.get();
  auto address = xmpp::market_address(config_);
  if (!address) return address.error();
  auto options = xmpp::connect_options(config_);
  if (!options) return options.error();
  options->receive_events = receive_events;
  auto connection = xmpp::ClientSession::make(std::move(*options));
  if (!connection) return connection.error();
  connection_ = std::move(*connection);
  if (const auto connected = connection_->connect(); !connected) return connected.error();
  market_ = std::make_unique<xmpp::MarketClient>(*connection_, address->service, address->pool);
  return market_.get();
}

ExitCode Session::fail(const Error& error) const {
  std::fprintf(stderr, "bourse: %s\n", error.text.c_str());
  return exit_code(error.code);
}

void Session::say(const std::string& message) const {
  if (format_ != Format::kJson) std::fprintf(stderr, "%s\n", message.c_str());
}

bool interrupted() { return stop_asked != 0; }

void watch_for_interrupts() {
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
}

Result<base::Timestamp> parse_past(const std::string& text, base::Timestamp now) { return parse_time(text, now, -1); }
Result<base::Timestamp> parse_future(const std::string& text, base::Timestamp now) { return parse_time(text, now, 1); }

}  // namespace bourse::cli
