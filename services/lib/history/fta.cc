#include "history/fta.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <vector>

namespace bourse::history {
namespace {

using base::Errc;
using base::Timestamp;

constexpr std::array<std::string_view, 9> kColumns = {"event_id",         "component_id",    "node_id",
                                                      "platform_id",      "node_name",       "event_type",
                                                      "event_start_time", "event_stop_time", "event_end_reason"};
enum Column : std::size_t { kId, kComponent, kNode, kPlatform, kName, kType, kStart, kStop, kReason };
constexpr std::int64_t kMicros = 1'000'000;

// One more than there are columns is enough to know that there are too many.
using Fields = std::vector<std::string_view>;
Fields split(std::string_view text, std::string_view separators) {
  Fields fields;
  while (fields.size() <= kColumns.size()) {
    const auto begin = text.find_first_not_of(separators);
    if (begin == std::string_view::npos) break;
    const auto end = std::min(text.find_first_of(separators, begin), text.size());
    std::string_view field = text.substr(begin, end - begin);
    text.remove_prefix(end);
    while (field.ends_with(' ')) field.remove_suffix(1);
    while (field.starts_with(' ')) field.remove_prefix(1);
    if (!field.empty()) fields.push_back(field);
  }
  return fields;
}

// Columns are padded with blanks and tabs alike. Names may have blanks within where tabs alone part the columns.
Fields fields_of(std::string_view line) {
  Fields fields = split(line, "\t");
  return fields.size() == kColumns.size() ? fields : split(line, "\t ");
}

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

// Seconds with at most six digits of fraction; up to the year 9999.
std::optional<Timestamp> parse_seconds(std::string_view text) {
  constexpr std::int64_t kLast = 253'402'300'799;
  std::int64_t seconds = 0;
  const char* const end = text.data() + text.size();
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  auto [at, fault] = std::from_chars(text.data(), end, seconds);
  if (fault != std::errc() || seconds > kLast) return std::nullopt;
  std::int64_t micros = 0;
  if (at != end) {
    if (*at++ != '.' || at == end || end - at > 6) return std::nullopt;
    for (std::int64_t unit = kMicros / 10; at != end; ++at, unit /= 10) {
      if (*at < '0' || *at > '9') return std::nullopt;
      micros += unit * (*at - '0');
    }
  }
  return Timestamp(base::Duration(seconds * kMicros + micros));
}

std::string format_seconds(Timestamp at) {
  const std::int64_t micros = at.time_since_epoch().count();
  if (micros % kMicros == 0) return fmt::format("{}", micros / kMicros);
  std::string text = fmt::format("{}.{:06}", micros / kMicros, micros % kMicros);
  while (text.ends_with('0')) text.pop_back();
  return text;
}

std::optional<std::int32_t> parse_reason(std::string_view text) {
  if (text == "NULL") return 0;
  std::int32_t reason = 0;
  const auto [at, fault] = std::from_chars(text.data(), text.data() + text.size(), reason);
  if (fault != std::errc() || at != text.data() + text.size()) return std::nullopt;
  return reason;
}

}  // namespace

base::Error FtaReader::wrong(const std::string& what) const {
  return {Errc::kInvalidPayload, fmt::format("line {}: {}", lines_, what)};
}

base::Result<std::optional<FtaEvent>> FtaReader::line(std::string_view text) {
  ++lines_;
  if (text.size() > limits_.line) return wrong(fmt::format("it is longer than {} bytes", limits_.line));
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  const Fields fields = fields_of(text);
  if (fields.empty() || fields[0].starts_with('#')) return std::optional<FtaEvent>();
  if (fields[0] == kColumns[0]) {
    if (std::ranges::equal(fields, kColumns)) return std::optional<FtaEvent>();
    return wrong(fmt::format("the heading names other columns than {}", fmt::join(kColumns, " ")));
  }
  if (fields.size() != kColumns.size()) {
    return wrong(fmt::format("it has {} fields where {} are needed ({})",
                             fields.size() > kColumns.size() ? "more" : fmt::format("{}", fields.size()),
                             kColumns.size(), fmt::join(kColumns, " ")));
  }
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].size() > limits_.field) return wrong(fmt::format("{} is too long", kColumns[i]));
    if (!is_plain(fields[i])) return wrong(fmt::format("{} has characters that are not ASCII", kColumns[i]));
  }
  FtaEvent event{std::string(fields[kNode]),
                 {},
                 std::string(fields[kPlatform]),
                 std::string(fields[kComponent]),
                 std::string(fields[kName])};
  if (fields[kType] != "0" && fields[kType] != "1") {
    return wrong(fmt::format("event_type '{}' is neither 1 (up) nor 0 (down)", fields[kType]));
  }
  event.interval.presence = fields[kType] == "1" ? domain::Presence::kUp : domain::Presence::kDown;
  const auto since = parse_seconds(fields[kStart]);
  const auto until = parse_seconds(fields[kStop]);
  const auto reason = parse_reason(fields[kReason]);
  for (const auto& [column, good] : {std::pair{kStart, since.has_value()}, {kStop, until.has_value()}}) {
    if (!good)
      return wrong(fmt::format("{} '{}' is not a time in seconds since 1970", kColumns[column], fields[column]));
  }
  if (!reason) return wrong(fmt::format("event_end_reason '{}' is not a number", fields[kReason]));
  event.interval.since = *since;
  event.interval.until = until;
  event.interval.reason = *reason;
  if (const auto good = check_interval(event.interval); !good) return good.error();
  if (const auto good = cover(event); !good) return good.error();
  return std::optional(std::move(event));
}

base::Status FtaReader::check_interval(const domain::AvailabilityInterval& interval) const {
  if (*interval.until < interval.since) {
    return wrong(fmt::format("event_stop_time {} is before event_start_time {}", format_seconds(*interval.until),
                             format_seconds(interval.since)));
  }
  if (*interval.until > now_) {
    return wrong(fmt::format("event_stop_time {} is in the future (it is {})", format_seconds(*interval.until),
                             format_seconds(now_)));
  }
  return base::Done{};
}

// Keeps what is covered of each node, which is one span where its lines touch, in whatever order they come.
base::Status FtaReader::cover(const FtaEvent& event) {
  const std::string key = event.platform + '\t' + event.node;
  auto found = spans_.find(key);
  if (found == spans_.end()) {
    if (spans_.size() >= limits_.nodes) return wrong(fmt::format("there are more than {} nodes", limits_.nodes));
    found = spans_.try_emplace(key).first;
  }
  Spans& spans = found->second;
  const Timestamp since = event.interval.since;
  const Timestamp until = *event.interval.until;
  if (since == until) return base::Done{};
  const auto after = spans.upper_bound(since);
  const auto before = after == spans.begin() ? spans.end() : std::prev(after);
  if ((before != spans.end() && before->second > since) || (after != spans.end() && after->first < until)) {
    return wrong(fmt::format("{} to {} of node {} overlaps with a line before it", format_seconds(since),
                             format_seconds(until), event.node));
  }
  const bool touches_before = before != spans.end() && before->second == since;
  const bool touches_after = after != spans.end() && after->first == until;
  if (!touches_before && !touches_after && span_count_ >= limits_.spans) {
    return wrong(fmt::format("the nodes have more than {} stretches of time in all", limits_.spans));
  }
  const Timestamp end = touches_after ? after->second : until;
  if (touches_after) {
    spans.erase(after);
    --span_count_;
  }
  if (touches_before) {
    before->second = end;
  } else {
    spans.emplace(since, end);
    ++span_count_;
  }
  return base::Done{};
}

std::string fta_heading() { return fmt::format("{}\n", fmt::join(kColumns, "\t")); }

std::string fta_line(const FtaEvent& event, std::uint64_t number) {
  const auto& interval = event.interval;
  BOURSE_CHECK(interval.until.has_value());
  const auto field = [](const std::string& text) { return text.empty() ? std::string_view("-") : text; };
  return fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n", number, field(event.component), field(event.node),
                     field(event.platform), field(event.name), interval.presence == domain::Presence::kUp ? 1 : 0,
                     format_seconds(interval.since), format_seconds(*interval.until), interval.reason);
}

base::Result<domain::Jid> fta_provider(const FtaEvent& event, std::string_view domain) {
  auto jid = domain::Jid::parse(fmt::format("{}@{}", event.node, domain));
  if (jid.ok() && jid->is_bare()) return jid;
  return {Errc::kInvalidJid, fmt::format("node '{}' at '{}' is no address: {}", event.node, domain,
                                         jid.ok() ? "a node's name may not have a slash" : jid.error().text)};
}

}  // namespace bourse::history
