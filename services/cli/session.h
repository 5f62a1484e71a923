// Purpose: what every command shares: the settings and, once asked for, the connection to the market.
// Lifetime: one per run of the program. Threads: the main thread's.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/config.h"
#include "base/result.h"
#include "cli/exit_code.h"
#include "cli/output.h"
#include "xmpp/client_market.h"
#include "xmpp/client_session.h"

namespace bourse::cli {

class Session {
 public:
  Session(base::Config config, Format format, const base::Clock& clock)
      : config_(std::move(config)), format_(format), clock_(clock) {}

  // Connects at the first call. With `receive_events` the market's messages arrive too.
  [[nodiscard]] base::Result<xmpp::MarketClient*> market(bool receive_events = false);
  [[nodiscard]] Format format() const { return format_; }
  [[nodiscard]] base::Timestamp now() const { return clock_.now(); }

  // Says on standard error what was wrong; gives the exit code.
  ExitCode fail(const base::Error& error) const;
  // A message for people, on standard error; not with -o json.
  void say(const std::string& message) const;

 private:
  base::Config config_;
  Format format_;
  const base::Clock& clock_;
  std::unique_ptr<xmpp::ClientSession> connection_;
  std::unique_ptr<xmpp::MarketClient> market_;
};

// What a command line asked for: chosen while it is parsed, run afterwards.
using Action = std::function<ExitCode(Session&)>;

// True after SIGINT or SIGTERM, for commands that go on until they are stopped.
[[nodiscard]] bool interrupted();
void watch_for_interrupts();

// "7d" ago or ahead of `now`, or a time as in XEP-0082.
[[nodiscard]] base::Result<base::Timestamp> parse_past(const std::string& text, base::Timestamp now);
[[nodiscard]] base::Result<base::Timestamp> parse_future(const std::string& text, base::Timestamp now);

}  // namespace bourse::cli
