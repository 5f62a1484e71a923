#include "cli/trace_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "cli/progress.h"
#include "history/fta.h"
#include "xmpp/payload_import.h"

namespace bourse::cli {
namespace {

using base::Done;
using base::Errc;
using base::Result;
using base::Status;

constexpr std::size_t kMostAtOnce = 400'000;  // intervals of one import
constexpr std::uint64_t kMostComplaints = 100;
constexpr std::size_t kMostIntervals = 10'000'000;
constexpr std::size_t kMostNames = 10'000'000;

// One import: parts as big as a server takes, one after the other.
class Import {
 public:
  Import(xmpp::MarketClient& market, const Trace& trace, Progress& progress)
      : market_(market), trace_(trace), progress_(progress) {}

  Status send(std::size_t begin, std::size_t end, const std::string& name) {
    market::ImportHistory part{.name = name, .part = 0, .last = false, .intervals = {}};
    std::size_t bytes = 0;
    for (std::size_t i = begin; i < end; ++i) {
      auto interval = closed_interval(trace_, i);
      const std::size_t size = xmpp::render_imported(interval).size();
      if (!part.intervals.empty() && (bytes + size > xmpp::kPartBytes || part.intervals.size() >= xmpp::kMostInPart)) {
        if (auto sent = send_part(part, i); !sent) return sent;
        ++part.part;
        part.intervals.clear();
        bytes = 0;
      }
      bytes += size;
      part.intervals.push_back(std::move(interval));
    }
    part.last = true;
    return send_part(part, end);
  }

 private:
  Status send_part(const market::ImportHistory& part, std::size_t done) {
    if (interrupted()) return {Errc::kUnavailable, "stopped"};
    if (auto sent = market_.import_part(part); !sent) return sent;
    progress_.at(done);
    return Done{};
  }

  xmpp::MarketClient& market_;
  const Trace& trace_;
  Progress& progress_;
};

ExitCode report(Session& session, const Trace& trace, std::size_t imported) {
  if (session.format() == Format::kJson) {
    print_record(Format::kJson, {{"lines", trace.lines},
                                 {"bad_lines", trace.bad},
                                 {"nodes", trace.nodes.size()},
                                 {"intervals", trace.events.size()},
                                 {"imported", imported}});
    return kOk;
  }
  session.say(fmt::format("{} lines, {} bad; {} intervals of {} nodes; {} imported", trace.lines, trace.bad,
                          trace.events.size(), trace.nodes.size(), imported));
  return kOk;
}

ExitCode send_all(Session& session, const Trace& trace, const std::vector<std::size_t>& ends) {
  const auto market = session.market();
  if (!market) return session.fail(market.error());
  watch_for_interrupts();
  Progress progress(trace.events.size(), "intervals", session.format() != Format::kJson);
  Import import(**market, trace, progress);
  std::size_t begin = 0;
  for (std::size_t group = 0; group < ends.size(); ++group) {
    const auto name = fmt::format("trace-{}-{}", session.now().time_since_epoch().count(), group);
    const auto sent = import.send(begin, ends[group], name);
    progress.clear();
    if (!sent) {
      std::string text = sent.error().text;
      if (begin > 0) {
        text += fmt::format(" (the {} intervals of nodes before {} are imported)", begin,
                            closed_interval(trace, begin).provider.text());
      } else if (text.find("nothing was imported") == std::string::npos) {
        text += " (nothing was imported)";
      }
      return session.fail({sent.error().code, text});
    }
    begin = ends[group];
  }
  return report(session, trace, begin);
}

Result<std::vector<domain::Jid>> everybody(xmpp::MarketClient& market, base::Timestamp now) {
  market::HistoryQuery query;
  query.since = now - std::chrono::hours(24);  // names have no time, a question has
  query.until = now;
  query.names = true;
  auto report = market.history(std::move(query), kMostNames);
  if (!report) return report.error();
  return std::move(report->names.rows);
}

// All of a provider's intervals. A market answers about so many years at once; an interval that a seam cuts is one
// again.
Result<std::vector<domain::AvailabilityInterval>> intervals_of(xmpp::MarketClient& market, const domain::Jid& provider,
                                                               const history::Window& window) {
  constexpr base::Duration kAtOnce = std::chrono::hours(24 * 365) * 29;
  std::vector<domain::AvailabilityInterval> all;
  for (auto since = window.since; since < window.until; since = std::min(since + kAtOnce, window.until)) {
    market::HistoryQuery query;
    query.providers = {provider};
    query.since = since;
    query.until = std::min(since + kAtOnce, window.until);
    query.intervals = true;
    auto report = market.history(std::move(query), kMostIntervals);
    if (!report) return report.error();
    auto& found = report->intervals.rows;
    const bool cut = since > window.since && !all.empty() && !found.empty() && found.front().since == since &&
                     all.back().until.value_or(since) == since && all.back().presence == found.front().presence;
    if (cut) {
      found.front().since = all.back().since;
      all.pop_back();
    }
    std::ranges::move(found, std::back_inserter(all));
  }
  return all;
}

Result<std::vector<domain::Jid>> parse_providers(const std::vector<std::string>& texts) {
  std::vector<domain::Jid> providers;
  for (const auto& text : texts) {
    const auto jid = domain::Jid::parse(text);
    if (!jid) return jid.error();
    providers.push_back(jid->bare());
  }
  return providers;
}

}  // namespace

ExitCode import_trace(Session& session, const TraceImport& options) {
  std::uint64_t told = 0;
  const auto complain = [&told](const std::string& what) {
    if (++told <= kMostComplaints) std::fprintf(stderr, "%s\n", printable(what).c_str());
  };
  const auto trace = read_trace(options.trace, session.now(), complain);
  if (!trace) return session.fail(trace.error());
  if (told > kMostComplaints) session.say(fmt::format("… and {} more lines", told - kMostComplaints));
  if (trace->bad > 0 && !options.keep_good) {
    return session.fail({Errc::kInvalidPayload,
                         fmt::format("{} of {} lines are wrong: nothing was imported (--keep-good leaves them out)",
                                     trace->bad, trace->lines)});
  }
  if (trace->events.empty()) return session.fail({Errc::kBadRequest, options.trace.file + " has no intervals"});
  const auto ends = trace_groups(*trace, kMostAtOnce);
  if (!ends) return session.fail(ends.error());
  return options.dry_run ? report(session, *trace, 0) : send_all(session, *trace, *ends);
}

std::string trace_lines(const domain::Jid& provider, const std::vector<domain::AvailabilityInterval>& intervals,
                        base::Timestamp until, bool whole_address) {
  history::FtaEvent event;
  event.name = provider.text();
  event.node = whole_address || provider.local().empty() ? provider.text() : std::string(provider.local());
  std::string text;
  std::uint64_t number = 0;
  for (const auto& interval : intervals) {
    event.interval = interval;
    if (!interval.until) event.interval.until = std::max(until, interval.since);
    text += history::fta_line(event, number++);
  }
  return text;
}

ExitCode export_trace(Session& session, const TraceExport& options) {
  const auto since =
      options.since.empty() ? Result<base::Timestamp>(base::Timestamp{}) : parse_past(options.since, session.now());
  if (!since) return session.fail(since.error());
  const auto until =
      options.until.empty() ? Result<base::Timestamp>(session.now()) : parse_past(options.until, session.now());
  if (!until) return session.fail(until.error());
  if (*since >= *until) return session.fail({Errc::kBadRequest, "--since is not before --until"});
  auto providers = parse_providers(options.providers);
  if (!providers) return session.fail(providers.error());
  const auto market = session.market();
  if (!market) return session.fail(market.error());
  watch_for_interrupts();
  if (providers->empty()) providers = everybody(**market, session.now());
  if (!providers) return session.fail(providers.error());
  if (providers->empty()) return session.fail({Errc::kNotFound, "the pool has no providers to write about"});
  const bool mixed = std::ranges::any_of(
      *providers, [&](const domain::Jid& each) { return each.domain() != providers->front().domain(); });
  std::string text = history::fta_heading();
  Progress progress(providers->size(), "providers", true);
  for (std::size_t i = 0; i < providers->size(); ++i) {
    if (interrupted()) return kFailure;
    const auto intervals = intervals_of(**market, (*providers)[i], {*since, *until});
    if (!intervals) return progress.clear(), session.fail(intervals.error());
    text += trace_lines((*providers)[i], *intervals, *until, mixed);
    std::fwrite(text.data(), 1, text.size(), stdout);
    text.clear();
    progress.at(i + 1);
  }
  std::fwrite(text.data(), 1, text.size(), stdout);
  return kOk;
}

}  // namespace bourse::cli
