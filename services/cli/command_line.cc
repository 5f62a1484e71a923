#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <array>
#include <memory>

#include "xmpp/client_config.h"
#include "xmpp/config_files.h"

namespace bourse::cli {
namespace {

constexpr const char* kGroup = "Options of every command";

struct Shared {
  const char* flag;
  const char* key;
  const char* help;
  const char* type;
};
constexpr std::array kShared{
    Shared{"--jid", "xmpp.jid", "your account, such as me@example.org", "JID"},
    Shared{"--password-file", "xmpp.password-file", "its password; - reads standard input", "FILE"},
    Shared{"--host", "xmpp.host", "the server, where the account's domain does not lead there", "HOST"},
    Shared{"--port", "xmpp.port", "of the server", "PORT"},
    Shared{"--tls", "xmpp.tls", "required, or off-on-loopback", "MODE"},
    Shared{"--ca-file", "xmpp.ca-file", "authorities to trust instead of the system's", "FILE"},
    Shared{"--timeout", "xmpp.timeout", "of connecting and of each question, such as 30s", "SPAN"},
    Shared{"--service", "market.service", "the market's address, such as bourse.example.org", "JID"},
    Shared{"--pool", "market.pool", "the pool in it; commons without it", "POOL"},
};

// CLI11's own lists of which option excludes which fill the screen and say little.
class HelpFormatter final : public CLI::Formatter {
 public:
  std::string make_option_opts(const CLI::Option* option) const override {
    if (option->get_type_size() == 0) return {};
    std::string text = " " + option->get_type_name();
    if (!option->get_default_str().empty()) text += " (" + option->get_default_str() + ")";
    if (option->get_required() && !option->get_positional()) text += " (required)";
    return text;
  }
};

}  // namespace

void CommandLine::add_to(CLI::App& app) {
  app_ = &app;
  app.formatter(std::make_shared<HelpFormatter>());  // subcommands inherit it
  app.require_subcommand(1);
  app.fallthrough();  // so that shared options may stand after the command, too
  app.add_option("--config", config_file_, "the only settings file to read")->type_name("FILE")->group(kGroup);
  flags_.clear();
  flags_.reserve(kShared.size() + 1);  // CLI11 keeps their addresses
  for (const auto& shared : kShared) {
    flags_.push_back({shared.key, {}});
    app.add_option(shared.flag, flags_.back().value, shared.help)->type_name(shared.type)->group(kGroup);
  }
  flags_.push_back({"output", {}});
  app.add_option("-o,--output", flags_.back().value, "table, wide or json; history also csv or fta")
      ->check(CLI::IsMember({"table", "wide", "json", "csv", "fta"}))
      ->type_name("FORMAT")
      ->group(kGroup);
  app.footer(
      "\nExamples:\n"
      "  bourse market status\n"
      "  bourse offer list -o wide\n"
      "  bourse request submit --cpu 4 --memory 8Gi --duration 2h --wait=5m\n"
      "  bourse request explain render\n"
      "  bourse grant release g42\n\n"
      "Settings: ~/.config/bourse/bourse.toml, /etc/bourse/bourse.toml, or BOURSE_XMPP_JID and its siblings:\n"
      "  [xmpp]\n  jid = \"me@example.org\"\n  password-file = \"/home/me/.config/bourse/password\"\n"
      "  [market]\n  service = \"bourse.example.org\"\n\n"
      "Exit codes: 0 ok, 1 failure, 2 usage, 3 not found, 4 not allowed, 5 conflict, 6 verification failed, 75 try "
      "again.");
  add_offer_commands(app, action_);
  add_request_commands(app, action_);
  add_grant_commands(app, action_);
  add_history_commands(app, action_);
  add_audit_commands(app, action_);
  add_market_commands(app, action_);
  add_completion_command(app);
}

base::Result<base::Config> CommandLine::config(const base::Config::Environment& environment) const {
  auto keys = xmpp::kClientKeys;
  keys.emplace_back("output");
  auto config = xmpp::load_config(std::move(keys), "bourse.toml", config_file_, environment);
  if (!config) return config;
  for (const auto& flag : flags_) {
    if (!flag.value.empty()) config->set_flag(flag.key, flag.value);
  }
  const auto output = config->choice("output", {"table", "wide", "json", "csv", "fta"}, "table");
  if (!output) return output.error();
  const bool of_history = app_ != nullptr && app_->got_subcommand("history");
  const bool of_usage =
      app_ != nullptr && app_->got_subcommand("audit") && app_->get_subcommand("audit")->got_subcommand("usage");
  if ((*output == "csv" && !of_history && !of_usage) || (*output == "fta" && !of_history)) {
    return base::Error{base::Errc::kBadRequest, "output " + *output + " is for bourse history" +
                                                    (*output == "csv" ? " and bourse audit usage" : "") +
                                                    ": use table, wide or json"};
  }
  return config;
}

Format CommandLine::format(const base::Config& config) const {
  const auto output = config.text("output", "table");
  if (output && *output == "json") return Format::kJson;
  if (output && *output == "csv") return Format::kCsv;
  if (output && *output == "fta") return Format::kFta;
  return output && *output == "wide" ? Format::kWide : Format::kTable;
}

}  // namespace bourse::cli
