#include "cli/usage_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <limits>
#include <memory>

#include "cli/usage_reader.h"

namespace bourse::cli {
namespace {

using base::Errc;
using base::Status;

struct UsageFlags {
  std::string by = "provider";
  std::string month;
};

// Lists have no resources in them; the entries themselves, which receipts bring, have.
Status take_own(xmpp::MarketClient& market, audit::Usage& usage, base::Timestamp until) {
  market::AuditQuery query;
  query.until = until;
  const auto records = market.audit(std::move(query), std::numeric_limits<std::size_t>::max());
  if (!records) return records.error();
  std::vector<domain::AuditIndex> wanted;
  for (const auto& record : *records) {
    if (record.entry.grant.value != 0) wanted.push_back(record.index);
  }
  xmpp::LogClient log(market);
  return count_some(log, std::move(wanted), usage, until);
}

// RFC 4180: a JID may have commas and quotes in it.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string number(double hours) { return fmt::format("{:.3f}", hours); }

void print(const Session& session, const std::vector<audit::UsageLine>& lines) {
  if (session.format() == Format::kCsv) {
    std::string csv = "month,who,resource,unit,given,used\n";
    for (const auto& line : lines) {
      csv += fmt::format("{},{},{},{},{},{}\n", audit::format_month(line.month), csv_field(line.who),
                         csv_field(line.resource), audit::hours_unit(line.resource), number(line.given),
                         number(line.used));
    }
    std::fwrite(csv.data(), 1, csv.size(), stdout);
    return;
  }
  Table table({{"MONTH"}, {"WHO"}, {"RESOURCE"}, {"GIVEN"}, {"USED"}, {"UNIT"}});
  xmpp::Json json = xmpp::Json::array();
  for (const auto& line : lines) {
    const std::string unit(audit::hours_unit(line.resource));
    const auto month = audit::format_month(line.month);
    table.add({month, line.who, line.resource, number(line.given), number(line.used), unit});
    json.push_back({{"month", month},
                    {"who", line.who},
                    {"resource", line.resource},
                    {"unit", unit},
                    {"given", line.given},
                    {"used", line.used}});
  }
  print_list(session.format(), table, json);
}

ExitCode show(Session& session, const UsageFlags& flags) {
  const auto by = audit::usage_by(flags.by);
  if (!by) return session.fail({Errc::kBadRequest, "--by: say provider, consumer or domain"});
  const auto month = audit::parse_month(flags.month);
  if (!month && !flags.month.empty()) {
    return session.fail({Errc::kBadRequest, fmt::format("--month: '{}' is not a month such as 2026-11", flags.month)});
  }
  auto until = session.now();
  if (month) until = std::min<base::Timestamp>(until, std::chrono::sys_days{(*month + std::chrono::months(1)) / 1});

  const auto market = session.market();
  if (!market) return session.fail(market.error());
  audit::Usage usage(*by);
  xmpp::LogClient log(**market);
  auto taken = count_all(log, usage, until);
  if (!taken && taken.error().code == Errc::kForbidden) {
    session.say("of your own grants only: the whole log is for auditors");
    taken = take_own(**market, usage, until);
  }
  if (!taken) return session.fail(taken.error());
  auto lines = usage.lines(until);
  if (month) std::erase_if(lines, [&](const auto& line) { return line.month != *month; });
  if (lines.empty()) session.say("nothing was used that you may see");
  print(session, lines);
  return kOk;
}

}  // namespace

void add_usage_command(CLI::App& audit, Action& action) {
  auto flags = std::make_shared<UsageFlags>();
  auto* verb = audit.add_subcommand("usage", "Resource-hours given and used, by month (UTC)");
  verb->add_option("--by", flags->by, "provider, consumer, or domain")->capture_default_str()->type_name("WHO");
  verb->add_option("--month", flags->month, "only this one, such as 2026-11")->type_name("MONTH");
  verb->footer(
      "\nExamples:\n  bourse audit usage --by provider --month 2026-11 -o csv\n  bourse audit usage --by domain");
  verb->callback([flags, &action] { action = [flags](Session& session) { return show(session, *flags); }; });
}

}  // namespace bourse::cli
