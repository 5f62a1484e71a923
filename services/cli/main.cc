// bourse: what people do at a market.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>

#include "base/log.h"
#include "cli/command_line.h"
#include "xmpp/config_files.h"

int main(int argc, char** argv) {
  using namespace bourse;
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app("Lend and borrow computers at a Bourse market.", "bourse");
  app.set_version_flag("--version", BOURSE_VERSION);
  cli::CommandLine line;
  line.add_to(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& failure) {
    return app.exit(failure) == 0 ? cli::kOk : cli::kUsage;
  }
  if (!line.action()) return cli::kOk;  // `completion` has printed already
  const auto complain = [](const base::Error& error) {
    std::fprintf(stderr, "bourse: %s\n", error.text.c_str());
    return cli::exit_code(error.code);
  };
  const auto environment = xmpp::process_environment();
  if (const auto started = base::start_log({"bourse", environment("BOURSE_LOG_LEVEL").value_or("warning"), ""});
      !started) {
    return complain(started.error());
  }
  auto config = line.config(environment);
  if (!config) return complain(config.error());
  const auto format = line.format(*config);
  const base::SystemClock clock;
  cli::Session session(std::move(*config), format, clock);
  const auto code = line.action()(session);
  // Output that did not reach its reader is a failure, whatever was done.
  if (std::fflush(stdout) != 0 && code == cli::kOk) return cli::kFailure;
  return code;
}
