#include "xmpp/payload_history.h"

#include <fmt/format.h>
#include <gloox/tag.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "xmpp/element.h"
#include "xmpp/page_fit.h"
#include "xmpp/payload.h"
#include "xmpp/payload_fields.h"
#include "xmpp/rsm.h"
#include "xmpp/timestamps.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

using base::Done;
using base::Duration;
using base::Result;
using base::Status;
using history::Statistics;
using history::Survival;
using market::HistoryReport;
using market::ProviderHistory;

constexpr std::size_t kMostRows = 10'000;  // of anything in an answer
constexpr std::size_t kMostDays = 40'000;
constexpr Duration kMostTime = std::chrono::hours(24 * 365) * 100'000;  // of many providers together
constexpr double kBand = 1.96;                                          // as history::Survival draws it
constexpr std::uint64_t kMostCount = std::numeric_limits<std::int64_t>::max();

// ---- up and observed seconds, or '-'

std::string share_token(Duration up, Duration down) {
  if (up + down == Duration::zero()) return "-";
  const auto seconds = [](Duration time) { return std::chrono::floor<std::chrono::seconds>(time).count(); };
  return fmt::format("{}/{}", seconds(up), seconds(up + down));
}

struct Share {
  Duration up{};
  Duration down{};
};

std::optional<std::int64_t> whole_number(std::string_view text) {
  constexpr std::int64_t kMostSeconds = std::int64_t{1} << 42;  // in microseconds it still fits
  std::int64_t value = 0;
  const auto [at, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || at != text.data() + text.size() || value < 0 || value > kMostSeconds) return std::nullopt;
  return value;
}

std::optional<Share> parse_share(std::string_view token) {
  if (token == "-") return Share{};
  const auto slash = token.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto up = whole_number(token.substr(0, slash));
  const auto observed = whole_number(token.substr(slash + 1));
  if (!up || !observed || *up > *observed) return std::nullopt;
  return Share{std::chrono::seconds(*up), std::chrono::seconds(*observed - *up)};
}

Result<std::vector<Share>> read_shares(const gloox::Tag& tag, std::size_t most) {
  if (const auto plain = no_children(tag); !plain) return plain.error();
  const std::string text = text_of(tag);
  std::vector<Share> shares;
  for (std::string_view rest = text; !rest.empty();) {
    const auto end = std::min(rest.find_first_of(" \t\r\n"), rest.size());
    if (end > 0) {
      const auto share = parse_share(rest.substr(0, end));
      if (!share) return invalid(tag, "'" + clipped(rest.substr(0, end), 40) + "' is neither up/observed nor -");
      if (shares.size() >= most) return invalid(tag, "too many of them");
      shares.push_back(*share);
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return shares;
}

// ---- <statistics/>

void append_figures(std::string& xml, const Statistics& figures) {
  append_attribute(xml, "window", format_duration(figures.window));
  append_attribute(xml, "up", format_duration(figures.up));
  append_attribute(xml, "down", format_duration(figures.down));
  append_attribute(xml, "outages", figures.outages);
  append_attribute(xml, "longest-outage", format_duration(figures.longest_outage));
  if (const auto share = figures.availability()) append_attribute(xml, "availability", decimal_text(*share));
  append_attribute(xml, "coverage", decimal_text(std::min(figures.coverage(), 1.0)));
  if (const auto mtbf = figures.mtbf()) append_attribute(xml, "mtbf", format_duration(*mtbf));
  if (const auto mttr = figures.mttr()) append_attribute(xml, "mttr", format_duration(*mttr));
}

void append_provider(std::string& xml, const ProviderHistory& provider) {
  xml += "<statistics";
  append_attribute(xml, "jid", provider.provider.text());
  append_figures(xml, provider.statistics);
  if (provider.now) {
    append_attribute(xml, "state", domain::name(*provider.now));
    append_attribute(xml, "since", format_timestamp(provider.since));
  }
  if (provider.heard) append_attribute(xml, "heard", format_timestamp(*provider.heard));
  append_load(xml, provider.load);
  xml += "/>";
}

Status read_figures(const gloox::Tag& tag, Statistics& figures) {
  for (const auto& [name, to] : {std::pair{"window", &figures.window},
                                 {"up", &figures.up},
                                 {"down", &figures.down},
                                 {"longest-outage", &figures.longest_outage}}) {
    const auto duration = read_duration(tag, name);
    if (!duration) return duration.error();
    if (*duration > kMostTime) return invalid(tag, std::string(name) + " is longer than a hundred thousand years");
    *to = *duration;
  }
  const auto text = required(tag, "outages");
  if (!text) return text.error();
  const auto outages = parse_number(*text, kMostCount);
  if (!outages) return within(tag, outages.error());
  figures.outages = *outages;
  for (const char* name : {"availability", "coverage"}) {
    if (attribute(tag, name) == nullptr) continue;
    if (const auto share = read_decimal(tag, name, 0, 1); !share) return share.error();
  }
  for (const char* name : {"mtbf", "mttr"}) {
    if (attribute(tag, name) == nullptr) continue;
    if (const auto duration = read_duration(tag, name); !duration) return duration.error();
  }
  return Done{};
}

Status read_standing(const gloox::Tag& tag, ProviderHistory& provider) {
  if (attribute(tag, "state") != nullptr) {
    const auto presence = read_presence(tag);
    if (!presence) return presence.error();
    const auto since = read_timestamp(tag, "since");
    if (!since) return since.error();
    provider.now = *presence;
    provider.since = *since;
  }
  if (attribute(tag, "heard") != nullptr) {
    const auto heard = read_timestamp(tag, "heard");
    if (!heard) return heard.error();
    provider.heard = *heard;
  }
  auto load = read_load(tag);
  if (!load) return load.error();
  provider.load = *load;
  return Done{};
}

Status read_statistics(const gloox::Tag& tag, HistoryReport& report) {
  if (const auto known = only_attributes(
          tag, {"jid", "window", "up", "down", "outages", "longest-outage", "availability", "coverage", "mtbf", "mttr",
                "state", "since", "heard", "cpu", "memory", "disk-free", "temperature"});
      !known) {
    return known;
  }
  if (const auto empty = empty_element(tag); !empty) return empty;
  if (attribute(tag, "jid") == nullptr) return read_figures(tag, report.total);
  if (report.providers.size() >= kMostRows) return invalid(tag, "too many of them");
  ProviderHistory provider;
  auto jid = read_told_jid(tag, "jid");
  if (!jid) return jid.error();
  provider.provider = std::move(*jid);
  if (const auto read = read_figures(tag, provider.statistics); !read) return read;
  if (const auto read = read_standing(tag, provider); !read) return read;
  report.providers.push_back(std::move(provider));
  return Done{};
}

// ---- <days/> and <week/>

// One token a day from the first on, those without anything observed as '-'.
void append_days(std::string& xml, const std::vector<market::DayShare>& days) {
  if (days.empty()) return;
  xml += "<days";
  append_attribute(xml, "first", format_timestamp(history::day_begins(days.front().day)).substr(0, 10));
  xml += '>';
  std::int32_t next = days.front().day;
  for (const auto& day : days) {
    for (; next < day.day; ++next) xml += "- ";
    xml.append(share_token(day.up, day.down)).append(" ");
    ++next;
  }
  xml.back() = '<';
  xml += "/days>";
}

Status read_days(const gloox::Tag& tag, HistoryReport& report) {
  if (const auto known = only_attributes(tag, {"first"}); !known) return known;
  const auto text = required(tag, "first");
  if (!text) return text.error();
  const auto first = text->size() == 10 ? parse_timestamp(*text + "T00:00:00Z") : parse_timestamp({});
  if (!first) return invalid(tag, "the first day is not a date such as 2026-08-25");
  const auto shares = read_shares(tag, kMostDays);
  if (!shares) return shares.error();
  std::int32_t day = history::day_of(*first);
  for (const auto& share : *shares) {
    if (share.up + share.down > Duration::zero()) report.days.push_back({day, share.up, share.down});
    ++day;
  }
  return Done{};
}

void append_week(std::string& xml, const history::WeekProfile& week) {
  xml += "<week>";
  for (std::size_t hour = 0; hour < history::kHoursOfWeek; ++hour) {
    xml.append(share_token(week.up.at(hour), week.down.at(hour))).append(" ");
  }
  xml.back() = '<';
  xml += "/week>";
}

Status read_week(const gloox::Tag& tag, HistoryReport& report) {
  if (const auto known = only_attributes(tag, {}); !known) return known;
  const auto shares = read_shares(tag, history::kHoursOfWeek);
  if (!shares) return shares.error();
  if (shares->size() != history::kHoursOfWeek) return invalid(tag, "a week has 168 hours");
  history::WeekProfile week;
  for (std::size_t hour = 0; hour < history::kHoursOfWeek; ++hour) {
    week.up.at(hour) = (*shares)[hour].up;
    week.down.at(hour) = (*shares)[hour].down;
  }
  report.week = week;
  return Done{};
}

// ---- <survival/>

// Few enough to be told: a step that stays stands for those left out before it.
std::vector<Survival::Step> thinned(const std::vector<Survival::Step>& steps) {
  if (steps.size() <= kMostSteps) return steps;
  std::vector<Survival::Step> kept;
  std::size_t from = 0;
  for (std::size_t i = 0; i < kMostSteps; ++i) {
    const std::size_t end = (i + 1) * steps.size() / kMostSteps;
    Survival::Step step = steps[end - 1];
    step.at_risk = steps[from].at_risk;
    step.ended = 0;
    for (; from < end; ++from) step.ended += steps[from].ended;
    kept.push_back(step);
  }
  return kept;
}

void append_survival(std::string& xml, const std::vector<Survival::Step>& steps) {
  xml += "<survival>";
  for (const auto& step : thinned(steps)) {
    const double half = kBand * std::sqrt(std::max(step.variance, 0.0));
    xml += "<step";
    append_attribute(xml, "age", format_duration(step.age));
    append_attribute(xml, "at-risk", step.at_risk);
    append_attribute(xml, "ended", step.ended);
    append_attribute(xml, "up", decimal_text(step.up));
    append_attribute(xml, "low", decimal_text(std::max(step.up - half, 0.0)));
    append_attribute(xml, "high", decimal_text(std::min(step.up + half, 1.0)));
    xml += "/>";
  }
  xml += "</survival>";
}

Status read_step(const gloox::Tag& tag, std::vector<Survival::Step>& steps) {
  if (const auto known = only_attributes(tag, {"age", "at-risk", "ended", "up", "low", "high"}); !known) return known;
  if (const auto empty = empty_element(tag); !empty) return empty;
  if (steps.size() >= kMostRows) return invalid(tag, "too many of them");
  Survival::Step step;
  const auto age = read_duration(tag, "age");
  if (!age) return age.error();
  step.age = *age;
  for (const auto& [name, to] : {std::pair{"at-risk", &step.at_risk}, {"ended", &step.ended}}) {
    const auto text = required(tag, name);
    if (!text) return text.error();
    const auto count = parse_number(*text, kMostCount);
    if (!count) return within(tag, count.error());
    *to = *count;
  }
  double low = 0;
  double high = 0;
  for (const auto& [name, to] : {std::pair{"up", &step.up}, {"low", &low}, {"high", &high}}) {
    const auto share = read_decimal(tag, name, 0, 1);
    if (!share) return share.error();
    *to = *share;
  }
  if (low > step.up || high < step.up) return invalid(tag, "its band does not hold the curve");
  // The side that was not cut off at 0 or 1 tells how wide the band is.
  const double half = std::max(step.up - low, high - step.up);
  step.variance = half * half / (kBand * kBand);
  steps.push_back(step);
  return Done{};
}

Status read_survival(const gloox::Tag& tag, HistoryReport& report) {
  if (const auto known = only_attributes(tag, {}); !known) return known;
  if (const auto plain = no_text(tag); !plain) return plain;
  report.survival.emplace();
  for (const auto* child : tag.children()) {
    if (!is_in(*child, kMarketNs)) continue;
    if (child->name() != "step") return unknown_element(*child, tag);
    if (const auto read = read_step(*child, *report.survival); !read) return read;
  }
  return Done{};
}

// ---- the rest

void append_gaps(std::string& xml, const history::Gaps& gaps) {
  const std::size_t first = gaps.size() > kMostGaps ? gaps.size() - kMostGaps : 0;
  for (std::size_t i = first; i < gaps.size(); ++i) {
    xml += "<gap";
    append_attribute(xml, "since", format_timestamp(gaps[i].since));
    append_attribute(xml, "until", format_timestamp(gaps[i].until));
    xml += "/>";
  }
}

Status read_gap(const gloox::Tag& tag, HistoryReport& report) {
  if (const auto known = only_attributes(tag, {"since", "until"}); !known) return known;
  if (const auto empty = empty_element(tag); !empty) return empty;
  if (report.gaps.size() >= kMostRows) return invalid(tag, "too many of them");
  const auto since = read_timestamp(tag, "since");
  if (!since) return since.error();
  const auto until = read_timestamp(tag, "until");
  if (!until) return until.error();
  if (*until < *since) return invalid(tag, "it ends before it begins");
  report.gaps.push_back({*since, *until});
  return Done{};
}

Status read_child(const gloox::Tag& child, const gloox::Tag& parent, HistoryReport& report) {
  if (child.name() == "statistics") return read_statistics(child, report);
  if (child.name() == "days") return read_days(child, report);
  if (child.name() == "week") return read_week(child, report);
  if (child.name() == "survival") return read_survival(child, report);
  if (child.name() == "gap") return read_gap(child, report);
  if (child.name() == "interval") {
    if (const auto known = only_attributes(child, {"state", "since", "until", "reason"}); !known) return known;
    if (report.intervals.rows.size() >= kMostRows) return invalid(child, "too many of them");
    const auto interval = read_interval(child);
    if (!interval) return interval.error();
    report.intervals.rows.push_back(*interval);
    return Done{};
  }
  if (child.name() != "provider") return unknown_element(child, parent);
  if (const auto known = only_attributes(child, {"jid"}); !known) return known;
  if (report.names.rows.size() >= kMostRows) return invalid(child, "too many of them");
  auto jid = read_told_jid(child, "jid");
  if (!jid) return jid.error();
  report.names.rows.push_back(std::move(*jid));
  return Done{};
}

Status read_head(const gloox::Tag& tag, HistoryReport& report) {
  const auto since = read_timestamp(tag, "since");
  if (!since) return since.error();
  const auto until = read_timestamp(tag, "until");
  if (!until) return until.error();
  report.since = *since;
  report.until = *until;
  report.zone = clipped(attribute_or_empty(tag, "zone"), 64);
  if (const std::string* text = attribute(tag, "providers")) {
    const auto count = parse_number(*text, kMostCount);
    if (!count) return within(tag, count.error());
    report.provider_count = *count;
  }
  return Done{};
}

template <class Row>
void count_rows(market::PageOf<Row>& page, const std::optional<ResultSet>& set) {
  if (page.rows.empty() && !set) return;
  page.count = set ? set->count : page.rows.size();
  page.first_index = set ? set->first_index : 0;
  page.complete = page.first_index + page.rows.size() >= page.count;
}

template <class Row, class IdOf, class RenderRow>
Status append_rows(std::string& xml, const market::PageOf<Row>& rows, const market::Page& page, const IdOf& id,
                   const RenderRow& render) {
  if (rows.count == 0 && rows.rows.empty()) return Done{};
  const std::size_t room = kMostStanzaBytes > xml.size() ? kMostStanzaBytes - xml.size() : 0;
  const auto fitted = fit_rows(rows.rows, page, room, render);
  if (!fitted) return fitted.error();
  ResultSet set;
  set.count = rows.count;
  if (!fitted->texts.empty()) {
    set.first_index = rows.first_index + fitted->first;
    set.first = id(rows.rows[fitted->first]);
    set.last = id(rows.rows[fitted->first + fitted->texts.size() - 1]);
  }
  for (const auto& text : fitted->texts) xml += text;
  xml += render_result_set(set);
  return Done{};
}

}  // namespace

std::string interval_id(const domain::AvailabilityInterval& interval) {
  return std::to_string(interval.since.time_since_epoch().count());
}

Result<std::string> render_history(const HistoryReport& report, const market::Page& page) {
  std::string xml = "<history xmlns='";
  xml.append(kMarketNs).append("'");
  const bool one = report.providers.size() == 1;
  if (one) append_attribute(xml, "jid", report.providers.front().provider.text());
  append_attribute(xml, "since", format_timestamp(report.since));
  append_attribute(xml, "until", format_timestamp(report.until));
  if (!report.zone.empty()) append_attribute(xml, "zone", report.zone);
  append_attribute(xml, "providers", report.provider_count);
  xml += '>';
  if (!one) {
    xml += "<statistics";
    append_figures(xml, report.total);
    xml += "/>";
  }
  for (const auto& provider : report.providers) append_provider(xml, provider);
  append_days(xml, report.days);
  if (report.week) append_week(xml, *report.week);
  if (report.survival) append_survival(xml, *report.survival);
  append_gaps(xml, report.gaps);
  const auto interval = [](const domain::AvailabilityInterval& row) -> Result<std::string> {
    std::string text = "<interval";
    append_interval(text, row);
    return text += "/>";
  };
  if (const auto told = append_rows(xml, report.intervals, page, interval_id, interval); !told) return told.error();
  const auto name = [](const domain::Jid& row) -> Result<std::string> {
    std::string text = "<provider";
    append_attribute(text, "jid", row.text());
    return text += "/>";
  };
  const auto name_id = [](const domain::Jid& row) { return row.text(); };
  if (const auto told = append_rows(xml, report.names, page, name_id, name); !told) return told.error();
  return xml += "</history>";
}

Result<HistoryReport> parse_history(const gloox::Tag& tag) {
  if (const auto ours = expect(tag, "history"); !ours) return ours.error();
  if (const auto known = only_attributes(tag, {"jid", "since", "until", "pool", "zone", "providers"}); !known) {
    return known.error();
  }
  if (const auto plain = no_text(tag); !plain) return plain.error();
  HistoryReport report;
  if (const auto read = read_head(tag, report); !read) return read.error();
  for (const auto* child : tag.children()) {
    if (!is_in(*child, kMarketNs)) continue;
    if (const auto read = read_child(*child, tag, report); !read) return read.error();
  }
  if (attribute(tag, "jid") != nullptr) {
    auto jid = read_told_jid(tag, "jid");
    if (!jid) return jid.error();
    if (report.providers.empty()) report.providers.emplace_back().provider = *jid;
    if (report.providers.size() > 1 || report.providers.front().provider != *jid) {
      return invalid(tag, "the statistics are not those of the provider it names");
    }
    report.total = report.providers.front().statistics;
  }
  const auto set = parse_result_set(tag);
  if (!set) return set.error();
  if (report.names.rows.empty()) {
    count_rows(report.intervals, *set);
  } else {
    count_rows(report.names, *set);
  }
  return report;
}

}  // namespace bourse::xmpp
