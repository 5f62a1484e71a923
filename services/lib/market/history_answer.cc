#include "market/history_answer.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "history/running_cells.h"

namespace bourse::market {
namespace {

using base::Duration;
using base::Errc;
using base::Result;
using base::Timestamp;
using history::Window;
using std::chrono::days;

constexpr std::size_t kMostProviders = 100;
constexpr std::size_t kMostSampled = 200;            // of a pool, for its survival curve
constexpr Duration kLongestWindow = days(366 * 30);  // archives go back decades
constexpr Duration kLongestOfPool = days(366 * 2);

constexpr Duration kMoment(1);  // more, so that what began before the window does not begin with it

std::int64_t micros(Timestamp at) { return at.time_since_epoch().count(); }

base::Status check(const HistoryQuery& query) {
  if (query.since >= query.until) return {Errc::kInvalidPayload, "the time asked about ends before it begins"};
  if (query.until - query.since > (query.providers.empty() ? kLongestOfPool : kLongestWindow)) {
    return {Errc::kInvalidPayload,
            "the time asked about is too long: ask about 2 years of a pool, or 30 of a provider"};
  }
  if (query.providers.size() > kMostProviders) {
    return {Errc::kInvalidPayload, "ask about at most " + std::to_string(kMostProviders) + " providers at once"};
  }
  return base::Done{};
}

// What is running stays so.
history::Intervals within(history::Intervals intervals, const Window& window) {
  std::erase_if(intervals, [&window](const auto& each) {
    return each.since < window.since && each.until && *each.until <= window.since;
  });
  for (auto& each : intervals) {
    each.since = std::max(each.since, window.since);
    if (each.until) each.until = std::min(*each.until, window.until);
  }
  return intervals;
}

// One page of what is in memory, in order of its ids; place(id) says where that row is.
template <class Row, class Place>
Result<PageOf<Row>> page_of(const std::vector<Row>& all, const Page& page, Place place) {
  const std::size_t most = std::min(page.max, kMaxPage);
  std::size_t first = 0;
  std::size_t end = all.size();
  if (page.index) first = std::min<std::uint64_t>(*page.index, end);
  if (page.after) {
    const auto after = place(*page.after);
    if (!after) return after.error();
    first = *after + 1;
  }
  if (page.before) {
    if (!page.before->empty()) {
      const auto before = place(*page.before);
      if (!before) return before.error();
      end = *before;
    }
    first = end - std::min(most, end);
  }
  end = std::min(end, first + most);
  PageOf<Row> found;
  found.rows.assign(all.begin() + static_cast<std::ptrdiff_t>(first), all.begin() + static_cast<std::ptrdiff_t>(end));
  found.count = all.size();
  found.first_index = first;
  found.complete = page.before ? first == 0 : end == all.size();
  return found;
}

// Ids are beginnings in microseconds. What has no length may begin when another does: page by index then.
Result<PageOf<domain::AvailabilityInterval>> page_of(const history::Intervals& intervals, const Page& page) {
  const auto begins = [](const domain::AvailabilityInterval& each) { return micros(each.since); };
  return page_of(intervals, page, [&](const std::string& id) -> Result<std::size_t> {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), value);
    const auto found = std::ranges::lower_bound(intervals, value, {}, begins);
    if (error != std::errc() || end != id.data() + id.size() || found == intervals.end() || begins(*found) != value) {
      return {Errc::kNotFound, "there is no interval '" + id + "' to go on from"};
    }
    return static_cast<std::size_t>(found - intervals.begin());
  });
}

Result<PageOf<domain::Jid>> names_of(const std::vector<ProviderNow>& providers, const Page& page) {
  std::vector<domain::Jid> names;
  names.reserve(providers.size());
  for (const auto& each : providers) names.push_back(each.provider);
  const auto text = [](const domain::Jid& jid) -> const std::string& { return jid.text(); };
  std::ranges::sort(names, {}, text);
  return page_of(names, page, [&](const std::string& id) -> Result<std::size_t> {
    const auto found = std::ranges::lower_bound(names, id, {}, text);
    if (found == names.end() || found->text() != id) {
      return {Errc::kNotFound, "there is no provider '" + id + "' to go on from"};
    }
    return static_cast<std::size_t>(found - names.begin());
  });
}

class Answer {
 public:
  Answer(HistorySnapshot& history, const HistoryQuery& query, const Viewer& viewer, const HistoryPolicy& policy)
      : history_(history), query_(query), viewer_(viewer), policy_(policy) {}

  Result<HistoryReport> give() {
    report_.since = query_.since;
    report_.until = query_.until;
    report_.zone = query_.zone;
    const auto done = query_.providers.empty() ? pool() : providers();
    if (!done) return done.error();
    return std::move(report_);
  }

 private:
  [[nodiscard]] Window window() const { return {report_.since, report_.until}; }

  void read_gaps() { report_.gaps = history::merge(history_.gaps(window())); }

  base::Status may_read(const domain::Jid& provider) {
    auto access = history_.access(provider, viewer_.jid);
    const base::Error unknown{Errc::kNotFound, "the market has never seen provider " + provider.text()};
    if (!access.known) return unknown;
    access.concerned = access.concerned || viewer_.privileged;
    if (!policy_.shows_figures(access)) return policy_.refusal(provider);
    report_.details_withheld = report_.details_withheld || !policy_.shows_details(access);
    return base::Done{};
  }

  base::Status providers() {
    for (const auto& provider : query_.providers) {
      if (const auto may = may_read(provider); !may) return may;
    }
    read_gaps();
    const auto now = history_.providers_now(query_.providers);
    if (report_.zone.empty() && query_.providers.size() == 1 && !now.empty()) report_.zone = now.front().zone;
    std::vector<history::Run> runs;
    history::DayCells cells;
    for (const auto& provider : query_.providers) {
      const auto read = history_.intervals({provider}, {query_.since - kMoment, query_.until});
      if (!read) return read.error();
      const auto& intervals = read->front();
      add(provider, now, intervals);
      if (query_.days) history::add(cells, history::day_cells(intervals, report_.gaps, window()));
      if (query_.survival) add_runs(runs, intervals);
      if (const auto week = add_week(intervals); !week) return week;
      if (const auto listed = list(intervals); !listed) return listed;
    }
    report_.provider_count = query_.providers.size();
    put_days(cells);
    put_survival(runs);
    return base::Done{};
  }

  void add(const domain::Jid& provider, const std::vector<ProviderNow>& all, const history::Intervals& intervals) {
    ProviderHistory one;
    one.provider = provider;
    one.statistics = history::statistics(intervals, report_.gaps, window());
    const auto now = std::ranges::find(all, provider, &ProviderNow::provider);
    if (now != all.end() && !report_.details_withheld) {
      one.now = now->presence;
      one.since = now->since;
      one.heard = now->heard;
      one.load = now->load;
    }
    report_.total += one.statistics;
    report_.providers.push_back(std::move(one));
  }

  base::Status add_week(const history::Intervals& intervals) {
    if (!query_.week) return base::Done{};
    const auto week = history::week_profile(intervals, report_.gaps, window(), report_.zone);
    if (!week) return week.error();
    if (!report_.week) report_.week.emplace();
    *report_.week += *week;
    return base::Done{};
  }

  base::Status list(const history::Intervals& intervals) {
    if (!query_.intervals || query_.providers.size() != 1 || report_.details_withheld) return base::Done{};
    auto page = page_of(within(intervals, window()), query_.page);
    if (!page) return page.error();
    report_.intervals = std::move(*page);
    return base::Done{};
  }

  // Only those whose beginning was seen: the age of the others is not known.
  void add_runs(std::vector<history::Run>& runs, const history::Intervals& intervals) const {
    for (const auto& run : history::up_runs(intervals, report_.gaps, window())) {
      if (run.born > report_.since) runs.push_back(run);
    }
  }

  void put_survival(const std::vector<history::Run>& runs) {
    if (query_.survival) report_.survival = history::Survival::estimate(runs).steps();
  }

  void put_days(const history::DayCells& cells) {
    if (!query_.days) return;
    for (const auto& cell : cells) report_.days.push_back({cell.day, cell.up_total(), cell.down_total()});
  }

  // Whole days, but for the present one.
  base::Status pool() {
    report_.since = std::chrono::floor<days>(report_.since);
    const Timestamp next_midnight = std::chrono::ceil<days>(report_.until);
    report_.until = query_.asked == Timestamp{} ? next_midnight : std::min(next_midnight, query_.asked);
    read_gaps();
    const auto now = history_.providers_now({});
    history::RunningCells running(report_.gaps, window());
    for (const auto& provider : now) {
      if (provider.presence) running.add(*provider.presence, provider.since);
    }
    auto cells = running.cells();
    add_closed(cells);
    report_.provider_count = now.size();
    if (query_.names) {
      if (!viewer_.privileged && !policy_.details_for_all) {
        return base::Error{Errc::kForbidden, "who the providers of a pool ever were is shown to operators"};
      }
      auto names = names_of(now, query_.page);
      if (!names) return names.error();
      report_.names = std::move(*names);
    }
    sum_up(cells);
    put_days(cells);
    if (query_.week) {
      auto week = history::week_profile(cells, report_.zone);
      if (!week) return week.error();
      report_.week = std::move(*week);
    }
    return query_.survival ? sample(now) : base::Status(base::Done{});
  }

  void sum_up(const history::DayCells& cells) {
    report_.total.window = window().length() * static_cast<std::int64_t>(report_.provider_count);
    for (const auto& cell : cells) {
      report_.total.up += cell.up_total();
      report_.total.down += cell.down_total();
      report_.total.outages += cell.outages;
    }
  }

  void add_closed(history::DayCells& cells) {
    const auto first = history::day_of(report_.since);
    const auto end = static_cast<std::int32_t>(std::chrono::ceil<days>(report_.until).time_since_epoch().count());
    history::DayCells closed;
    for (const auto& row : history_.hour_sums(std::int64_t{first} * 24, std::int64_t{end} * 24)) {
      const auto day = static_cast<std::int32_t>(row.hour / 24 - (row.hour % 24 < 0 ? 1 : 0));
      if (closed.empty() || closed.back().day != day) closed.push_back({.day = day});
      const auto hour = static_cast<std::size_t>(row.hour - std::int64_t{day} * 24);
      closed.back().up[hour] = row.up;
      closed.back().down[hour] = row.down;
      closed.back().outages += static_cast<std::uint32_t>(row.outages);
    }
    history::add(cells, closed);
  }

  base::Status sample(const std::vector<ProviderNow>& all) {
    const std::size_t sampled = std::min(all.size(), kMostSampled);
    std::vector<domain::Jid> sample;
    for (std::size_t i = 0; i < sampled; ++i) sample.push_back(all[i * all.size() / sampled].provider);
    const auto read = history_.intervals(sample, window());
    if (!read) return read.error();
    std::vector<history::Run> runs;
    for (const auto& intervals : *read) add_runs(runs, intervals);
    put_survival(runs);
    return base::Done{};
  }

  HistorySnapshot& history_;
  const HistoryQuery& query_;
  const Viewer& viewer_;
  const HistoryPolicy& policy_;
  HistoryReport report_;
};

}  // namespace

Result<HistoryReport> answer_history(Reader& reader, const HistoryQuery& query, const Viewer& viewer,
                                     const HistoryPolicy& policy) {
  if (const auto sound = check(query); !sound) return sound.error();
  Result<HistoryReport> answer = HistoryReport();
  const auto read = reader.history(
      query.pool, [&](HistorySnapshot& history) { answer = Answer(history, query, viewer, policy).give(); });
  if (!read) return read.error();
  return answer;
}

}  // namespace bourse::market
