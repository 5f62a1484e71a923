#include "cli/history_output.h"

#include <fmt/format.h>

#include "xmpp/history_text.h"
#include "xmpp/timestamps.h"

namespace bourse::cli {
namespace {

using xmpp::in_short;
using xmpp::percent;

std::string memory_text(const std::optional<std::int64_t>& bytes) {
  if (!bytes) return {};
  return fmt::format("{:.1f}Gi", static_cast<double>(*bytes) / (1024.0 * 1024 * 1024));
}

std::string whole_percent(const std::optional<float>& share) {
  return share ? fmt::format("{:.0f} %", static_cast<double>(*share) * 100) : std::string();
}

std::string seconds(std::optional<base::Duration> duration) {
  if (!duration) return {};
  std::string text = fmt::format("{:.6f}", std::chrono::duration<double>(*duration).count());
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string share_field(std::optional<double> share) { return share ? fmt::format("{:.6f}", *share) : std::string(); }

// RFC 4180.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::vector<std::string> figures(const std::string& who, const history::Statistics& each) {
  return {who,
          percent(each.availability()),
          percent(each.coverage()),
          std::to_string(each.outages),
          in_short(each.mtbf()),
          in_short(each.mttr()),
          each.longest_outage > base::Duration::zero() ? in_short(each.longest_outage) : std::string(),
          in_short(each.up),
          in_short(each.down)};
}

}  // namespace

Table statistics_table(const market::HistoryReport& report) {
  Table table({{"PROVIDER"},
               {"UP"},
               {"OBSERVED"},
               {"OUTAGES"},
               {"MTBF"},
               {"MTTR"},
               {"LONGEST"},
               {"TIME UP", true},
               {"TIME DOWN", true},
               {"NOW"},
               {"SINCE", true},
               {"HEARD", true},
               {"CPU", true},
               {"MEMORY", true},
               {"DISK FREE", true},
               {"TEMP", true}});
  for (const auto& provider : report.providers) {
    auto cells = figures(provider.provider.text(), provider.statistics);
    cells.push_back(provider.now ? std::string(domain::name(*provider.now)) : std::string());
    cells.push_back(provider.now ? short_time(provider.since) : std::string());
    cells.push_back(provider.heard ? short_time(*provider.heard) : std::string());
    const auto& load = provider.load;
    cells.push_back(whole_percent(load.cpu));
    cells.push_back(whole_percent(load.memory));
    cells.push_back(memory_text(load.disk_free));
    cells.push_back(load.temperature ? fmt::format("{:.0f} °C", static_cast<double>(*load.temperature))
                                     : std::string());
    table.add(std::move(cells));
  }
  if (report.providers.size() == 1) return table;
  auto cells =
      figures(report.providers.empty() ? fmt::format("{} providers", report.provider_count) : "together", report.total);
  cells.resize(cells.size() + 7);
  table.add(std::move(cells));
  return table;
}

// The latest ones.
Table intervals_table(const std::vector<domain::AvailabilityInterval>& intervals, base::Timestamp until,
                      std::size_t most) {
  Table table({{"STATE"}, {"SINCE"}, {"UNTIL"}, {"LASTED"}, {"ENDED BECAUSE"}});
  for (std::size_t i = intervals.size() > most ? intervals.size() - most : 0; i < intervals.size(); ++i) {
    const auto& interval = intervals[i];
    table.add({std::string(domain::name(interval.presence)), short_time(interval.since),
               interval.until ? short_time(*interval.until) : "now",
               in_short(interval.until.value_or(until) - interval.since), xmpp::reason_words(interval.reason)});
  }
  return table;
}

std::string up_for_words(const market::Prediction::Provider& provider) {
  if (provider.up_for) return in_short(*provider.up_for);
  return provider.stays > 0 ? "not shown" : "down or unknown";
}

Table prediction_table(const market::Prediction& prediction) {
  Table table({{"PROVIDER"}, {"UP FOR"}, {"STAYS UP"}});
  for (const auto& provider : prediction.providers) {
    table.add({provider.provider.text(), up_for_words(provider), percent(provider.stays)});
  }
  return table;
}

std::string prediction_words(const market::Prediction& prediction) {
  const auto count = prediction.providers.size();
  const std::string length = in_short(prediction.further);
  if (count == 1) return fmt::format("It stays up for {}: {}.", length, percent(prediction.together));
  const std::string who = prediction.at_least == count
                              ? fmt::format("All {}", count)
                              : fmt::format("At least {} of the {}", prediction.at_least, count);
  return fmt::format("{} stay up for {}: {}.", who, length, percent(prediction.together));
}

std::string statistics_csv(const market::HistoryReport& report) {
  std::string text =
      "provider,availability,coverage,window_s,up_s,down_s,outages,longest_outage_s,mtbf_s,mttr_s,state,state_since\n";
  const auto add = [&text](const std::string& who, const history::Statistics& each, const std::string& now,
                           const std::string& since) {
    text += fmt::format("{},{},{:.6f},{},{},{},{},{},{},{},{},{}\n", csv_field(who), share_field(each.availability()),
                        each.coverage(), seconds(each.window), seconds(each.up), seconds(each.down), each.outages,
                        seconds(each.longest_outage), seconds(each.mtbf()), seconds(each.mttr()), now, since);
  };
  for (const auto& provider : report.providers) {
    add(provider.provider.text(), provider.statistics,
        provider.now ? std::string(domain::name(*provider.now)) : std::string(),
        provider.now ? xmpp::format_timestamp(provider.since) : std::string());
  }
  if (report.providers.size() != 1) add("", report.total, "", "");
  return text;
}

std::string intervals_csv(const domain::Jid& provider, const std::vector<domain::AvailabilityInterval>& intervals) {
  std::string text = "provider,state,since,until,seconds,reason\n";
  for (const auto& interval : intervals) {
    std::optional<base::Duration> length;
    if (interval.until) length = *interval.until - interval.since;
    text += fmt::format("{},{},{},{},{},{}\n", csv_field(provider.text()), domain::name(interval.presence),
                        xmpp::format_timestamp(interval.since),
                        interval.until ? xmpp::format_timestamp(*interval.until) : std::string(), seconds(length),
                        interval.reason);
  }
  return text;
}

std::string prediction_csv(const market::Prediction& prediction) {
  std::string text = "provider,up_for_s,stays\n";
  for (const auto& provider : prediction.providers) {
    text +=
        fmt::format("{},{},{:.6f}\n", csv_field(provider.provider.text()), seconds(provider.up_for), provider.stays);
  }
  return text;
}

}  // namespace bourse::cli
