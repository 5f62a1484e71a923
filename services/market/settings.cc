#include "market/settings.h"

#include <filesystem>
#include <utility>

#include "market/rules_settings.h"
#include "xmpp/config_files.h"

namespace bourse::boursed {
namespace {

const std::vector<std::string> kKnown{"xmpp.jid",
                                      "xmpp.host",
                                      "xmpp.port",
                                      "xmpp.secret-file",
                                      "database.uri",
                                      "database.owner-uri",
                                      "database.migrations",
                                      "database.readers",
                                      "market.pools",
                                      "market.operators",
                                      "market.holder",
                                      "market.ticket-key-file",
                                      "audit.directory",
                                      "audit.auditors",
                                      "pubsub.create-nodes",
                                      "pubsub.create-nodes-domains",
                                      "pubsub.auto-create",
                                      "pubsub.max-items",
                                      "pubsub.max-nodes-per-jid",
                                      "pubsub.max-subscriptions-per-jid",
                                      "pubsub.max-items-per-publish",
                                      "pubsub.longest-subscription-lease-days",
                                      "pubsub.hard-bounces",
                                      "pubsub.soft-bounces",
                                      "history.figures",
                                      "history.details",
                                      "history.keep-intervals-days",
                                      "history.keep-sums-days",
                                      "history.keep-events-days",
                                      "contact.abuse",
                                      "contact.admin",
                                      "contact.feedback",
                                      "contact.security",
                                      "contact.support",
                                      "limits.queue",
                                      "limits.max-payload-bytes",
                                      "log.level",
                                      "log.file"};

// Reads settings one after the other and keeps the first thing that is wrong.
class SettingsReader {
 public:
  explicit SettingsReader(const base::Config& config) : config_(config) {}

  void text(const char* key, std::string& into, const char* otherwise) { take(config_.text(key, otherwise), into); }
  void required(const char* key, std::string& into) { take(config_.required(key), into); }

  template <class Number>
  void number(const char* key, Number& into, std::int64_t least, std::int64_t most) {
    auto value = config_.number(key, static_cast<std::int64_t>(into), least, most);
    if (value) into = static_cast<Number>(*value);
    keep(value);
  }

  void flag(const char* key, bool& into) {
    std::string value;
    text(key, value, into ? "true" : "false");
    if (error_) return;
    if (value == "true" || value == "false") {
      into = value == "true";
    } else {
      error_ = base::Error{base::Errc::kBadRequest, config_.where(key) + ": '" + value + "' is not true or false"};
    }
  }

  void list(const char* key, std::vector<std::string>& into) {
    auto values = config_.list(key);
    keep(values);
    if (values) into = std::move(values).value();
  }

  void creation(const char* key, pubsub::CreationPolicy& into) {
    std::string value;
    text(key, value, "anyone");
    if (error_) return;
    if (value == "anyone") {
      into = pubsub::CreationPolicy::kAnyone;
    } else if (value == "domains") {
      into = pubsub::CreationPolicy::kDomains;
    } else if (value == "operators") {
      into = pubsub::CreationPolicy::kOperators;
    } else {
      error_ = base::Error{base::Errc::kBadRequest,
                           config_.where(key) + ": '" + value + "' is none of anyone, domains, operators"};
    }
  }

  // "everyone" or "parties": those a provider lent to.
  void readers(const char* key, bool& for_all) {
    std::string value;
    text(key, value, for_all ? "everyone" : "parties");
    if (error_) return;
    if (value == "everyone" || value == "parties") {
      for_all = value == "everyone";
    } else {
      error_ =
          base::Error{base::Errc::kBadRequest, config_.where(key) + ": '" + value + "' is none of everyone, parties"};
    }
  }

  // 0: for ever.
  void days(const char* key, std::optional<base::Duration>& into) {
    std::int64_t count = into ? *into / std::chrono::days(1) : 0;
    number(key, count, 0, 36'500);
    into.reset();
    if (count > 0) into = std::chrono::days(count);
  }

  void jid(const char* key, domain::Jid& into) {
    std::string value;
    required(key, value);
    if (error_) return;
    add_jid(key, value, [&](domain::Jid parsed) { into = std::move(parsed); });
  }

  void jids(const char* key, std::vector<domain::Jid>& into) {
    auto values = config_.list(key);
    keep(values);
    if (!values) return;
    for (const auto& value : *values) {
      add_jid(key, value, [&](domain::Jid parsed) { into.push_back(parsed.bare()); });
    }
  }

  // As JIDs have them: that is what they are compared with.
  void domains(const char* key, std::vector<std::string>& into) {
    list(key, into);
    for (auto& each : into) {
      add_jid(key, each, [&](const domain::Jid& parsed) { each = parsed.domain(); });
    }
  }

  void pools(const char* key, std::vector<domain::PoolName>& into) {
    auto values = config_.list(key, {"commons"});
    keep(values);
    if (!values) return;
    for (auto& value : *values) into.push_back({std::move(value)});
  }

  [[nodiscard]] const std::optional<base::Error>& error() const { return error_; }

 private:
  template <class Value>
  void keep(const base::Result<Value>& result) {
    if (!result && !error_) error_ = result.error();
  }
  void take(base::Result<std::string>&& result, std::string& into) {
    keep(result);
    if (result) into = std::move(result).value();
  }
  template <class Sink>
  void add_jid(const char* key, const std::string& text, Sink sink) {
    auto parsed = domain::Jid::parse(text);
    if (parsed) return sink(std::move(parsed).value());
    if (!error_) error_ = base::Error{base::Errc::kBadRequest, config_.where(key) + ": " + parsed.error().text};
  }

  const base::Config& config_;
  std::optional<base::Error> error_;
};

}  // namespace

namespace {

void read_pubsub(SettingsReader& reader, Settings& settings) {
  auto& policy = settings.pubsub;
  reader.creation("pubsub.create-nodes", policy.creation);
  reader.domains("pubsub.create-nodes-domains", policy.creation_domains);
  reader.flag("pubsub.auto-create", policy.auto_create);
  reader.number("pubsub.max-items", policy.limits.max_items, 1, 1'000'000);
  reader.number("pubsub.max-nodes-per-jid", policy.max_nodes_per_jid, 0, 1'000'000);
  reader.number("pubsub.max-subscriptions-per-jid", policy.max_subscriptions_per_jid, 1, 10'000'000);
  reader.number("pubsub.max-items-per-publish", policy.max_items_per_publish, 1, 10'000);
  int days = 366;
  reader.number("pubsub.longest-subscription-lease-days", days, 1, 36'500);
  policy.longest_lease = std::chrono::hours(24 * days);
  reader.number("pubsub.hard-bounces", settings.bounces.hard, 1, 1'000'000);
  reader.number("pubsub.soft-bounces", settings.bounces.soft, 1, 1'000'000);
  reader.list("contact.abuse", settings.contacts.abuse);
  reader.list("contact.admin", settings.contacts.admin);
  reader.list("contact.feedback", settings.contacts.feedback);
  reader.list("contact.security", settings.contacts.security);
  reader.list("contact.support", settings.contacts.support);
}

}  // namespace

namespace {

void read_history(SettingsReader& reader, Settings& settings) {
  reader.readers("history.figures", settings.history.figures_for_all);
  reader.readers("history.details", settings.history.details_for_all);
  reader.days("history.keep-intervals-days", settings.keep_intervals);
  reader.days("history.keep-sums-days", settings.keep_sums);
  reader.days("history.keep-events-days", settings.keep_events);
}

}  // namespace

namespace {

std::string beside(const std::string& path, const char* name) {
  return (std::filesystem::path(path).parent_path() / name).string();
}

}  // namespace

base::Result<Settings> read_settings(const std::optional<std::string>& config_file) {
  auto known = kKnown;
  known.insert(known.end(), kRulesKeys.begin(), kRulesKeys.end());
  auto config = xmpp::load_config(std::move(known), "boursed.toml", config_file, xmpp::process_environment());
  if (!config) return config.error();

  Settings settings;
  SettingsReader reader(*config);
  reader.jid("xmpp.jid", settings.jid);
  reader.text("xmpp.host", settings.host, "127.0.0.1");
  reader.number("xmpp.port", settings.port, 1, 65'535);
  reader.required("xmpp.secret-file", settings.secret_file);
  reader.required("database.uri", settings.database_uri);
  reader.text("database.owner-uri", settings.owner_database_uri, settings.database_uri.c_str());
  reader.text("database.migrations", settings.migrations, BOURSE_MIGRATIONS_DIR);
  reader.number("database.readers", settings.readers, 1, 64);
  reader.pools("market.pools", settings.pools);
  reader.jids("market.operators", settings.operators);
  reader.text("market.holder", settings.holder, settings.jid.text().c_str());
  reader.required("market.ticket-key-file", settings.ticket_key_file);
  reader.text("audit.directory", settings.audit_directory, beside(settings.ticket_key_file, "audit").c_str());
  reader.jids("audit.auditors", settings.auditors);
  reader.number("limits.queue", settings.queue, 1, 10'000'000);
  reader.number("limits.max-payload-bytes", settings.max_payload_bytes, 1'024, 196'608);
  settings.pubsub.limits.max_payload_bytes = static_cast<std::uint32_t>(settings.max_payload_bytes);
  read_pubsub(reader, settings);
  read_history(reader, settings);
  reader.text("log.level", settings.log.level, "info");
  reader.text("log.file", settings.log.file, "");
  settings.log.program = "boursed";
  if (reader.error()) return *reader.error();
  auto rules = read_rules(*config);
  if (!rules) return rules.error();
  settings.rules = std::move(*rules);
  return settings;
}

}  // namespace bourse::boursed
