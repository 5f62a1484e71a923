#include "storage/history_reader.h"

#include <algorithm>
#include <utility>

#include "storage/array_literal.h"
#include "storage/fields.h"
#include "storage/history_writer.h"

namespace bourse::storage {
namespace {

using domain::Presence;

// Any moment that is asked for, brought to where months can be counted and PostgreSQL has dates.
base::Timestamp within_reason(base::Timestamp at) {
  constexpr auto kMost = base::Timestamp(std::chrono::hours(24) * 365 * 1000);
  return std::clamp(at, base::Timestamp(), kMost);
}

std::string moment(base::Timestamp at) { return std::to_string(micros(within_reason(at))); }

std::string names_of(const std::vector<domain::Jid>& providers) {
  ArrayLiteral names(providers.size() * 40);
  for (const auto& provider : providers) names.add(provider.text());
  return std::move(names).take();
}

std::optional<float> optional_real(const pqxx::field& field) {
  if (field.is_null()) return std::nullopt;
  return static_cast<float>(real(view(field)));
}

market::ProviderNow provider_now(const pqxx::row& row) {
  market::ProviderNow now;
  now.provider = jid(row[0]);
  now.zone = text(row[1]);
  if (!row[2].is_null()) {
    now.presence = static_cast<Presence>(number(row[2]));
    now.since = time(row[3]);
  }
  now.heard = optional_time(row[4]);
  now.load.cpu = optional_real(row[5]);
  now.load.memory = optional_real(row[6]);
  if (!row[7].is_null()) now.load.disk_free = number(row[7]);
  now.load.temperature = optional_real(row[8]);
  return now;
}

// Rows that continue one another are one interval again.
void append(history::Intervals& intervals, const pqxx::row& row) {
  const bool continues = flag(row[1]);
  const base::Timestamp since = time(row[3]);
  const base::Timestamp until = time(row[4]);
  if (continues) {
    // Moments may lie between.
    const auto before =
        std::find_if(intervals.rbegin(), intervals.rend(), [](const auto& each) { return each.since != *each.until; });
    if (before != intervals.rend() && before->until == since) {
      before->until = until;
      return;
    }
  }
  intervals.push_back({static_cast<Presence>(number(row[0])), since, until, static_cast<std::int32_t>(number(row[2]))});
}

// Rows begin in the month they are stored in and end with it: no earlier month has any that touches the window.
history::Intervals closed_intervals(pqxx::transaction_base& tx, const std::string& provider_id,
                                    const history::Window& window) {
  const auto found =
      run(tx,
          "SELECT presence, continues, reason, bourse.to_micros(lower(period)), bourse.to_micros(upper(period)) "
          "FROM bourse.availability WHERE provider_id = $1 AND period && tstzrange(bourse.from_micros($2), "
          "bourse.from_micros($3)) AND lower(period) >= bourse.from_micros($4) AND lower(period) < "
          "bourse.from_micros($3) UNION ALL "
          "SELECT presence, false, reason, bourse.to_micros(at), bourse.to_micros(at) FROM bourse.availability_moments "
          "WHERE provider_id = $1 AND at >= bourse.from_micros($2) AND at < bourse.from_micros($3) ORDER BY 4, 5",
          {{provider_id, moment(window.since), moment(window.until), moment(month_begins(within_reason(window.since)))},
           {}});
  history::Intervals intervals;
  intervals.reserve(static_cast<std::size_t>(found.size()) + 1);
  for (pqxx::result::size_type i = 0; i < found.size(); ++i) append(intervals, found[i]);
  return intervals;
}

}  // namespace

base::Result<history::Intervals> read_intervals(pqxx::transaction_base& tx, const std::string& pool_id,
                                                const domain::PoolName& pool, const domain::Jid& provider,
                                                const history::Window& window) {
  const auto known = run(tx,
                         "SELECT provider_id, presence, bourse.to_micros(since) FROM bourse.providers "
                         "WHERE pool_id = $1 AND provider = $2",
                         {{pool_id, provider.text()}, {}});
  if (known.empty()) {
    return {base::Errc::kNotFound, "no provider " + provider.text() + " was ever seen in pool " + pool.value};
  }
  if (window.since >= window.until) return history::Intervals();
  const auto row = known[0];
  history::Intervals intervals = closed_intervals(tx, text(row[0]), window);
  for (auto& interval : intervals) {
    interval.since = std::max(interval.since, window.since);
    interval.until = std::min(*interval.until, window.until);
  }
  if (row[1].is_null()) return intervals;
  const base::Timestamp since = time(row[2]);
  if (since < window.until) {
    intervals.push_back({static_cast<Presence>(number(row[1])), std::max(since, window.since), std::nullopt});
  }
  return intervals;
}

history::Gaps read_gaps(pqxx::transaction_base& tx, const std::string& pool_id, const history::Window& window) {
  history::Gaps gaps;
  if (window.since >= window.until) return gaps;
  const auto found = run(tx,
                         "SELECT bourse.to_micros(lower(period)), bourse.to_micros(upper(period)) "
                         "FROM bourse.availability_gaps WHERE pool_id = $1 AND period && "
                         "tstzrange(bourse.from_micros($2), bourse.from_micros($3)) ORDER BY lower(period)",
                         {{pool_id, moment(window.since), moment(window.until)}, {}});
  gaps.reserve(static_cast<std::size_t>(found.size()));
  for (pqxx::result::size_type i = 0; i < found.size(); ++i) {
    const history::Window gap = gap_row(found[i]);
    gaps.push_back({std::max(gap.since, window.since), std::min(gap.until, window.until)});
  }
  return gaps;
}

std::vector<market::ProviderNow> read_providers_now(pqxx::transaction_base& tx, const std::string& pool_id,
                                                    const std::vector<domain::Jid>& providers) {
  std::string sql =
      "SELECT p.provider, p.zone, p.presence, bourse.to_micros(p.since), bourse.to_micros(l.heard), l.cpu, l.memory, "
      "l.disk_free, l.temperature FROM bourse.providers p "
      "LEFT JOIN bourse.provider_loads l ON l.pool_id = p.pool_id AND l.provider = p.provider WHERE p.pool_id = $1";
  Params params{{pool_id}, {}};
  if (!providers.empty()) {
    sql += " AND p.provider = ANY ($2::text[])";
    params.texts.push_back(names_of(providers));
  }
  const auto found = run(tx, sql, params);
  std::vector<market::ProviderNow> all;
  all.reserve(static_cast<std::size_t>(found.size()));
  for (pqxx::result::size_type i = 0; i < found.size(); ++i) all.push_back(provider_now(found[i]));
  return all;
}

std::vector<market::Reader::DaySum> read_day_sums(pqxx::transaction_base& tx, const std::string& pool_id,
                                                  const std::vector<domain::Jid>& providers, std::int32_t since,
                                                  std::int32_t until) {
  std::string sql =
      "SELECT d.day - date '1970-01-01', sum(d.up), sum(d.down), sum(d.outages) FROM bourse.availability_days d "
      "JOIN bourse.providers p USING (provider_id) WHERE p.pool_id = $1 "
      "AND d.day >= date '1970-01-01' + $2::int AND d.day < date '1970-01-01' + $3::int";
  constexpr std::int32_t kMostDays = 365'000;
  Params params{
      {pool_id, std::to_string(std::clamp(since, 0, kMostDays)), std::to_string(std::clamp(until, 0, kMostDays))}, {}};
  if (!providers.empty()) {
    sql += " AND p.provider = ANY ($4::text[])";
    params.texts.push_back(names_of(providers));
  }
  const auto found = run(tx, sql + " GROUP BY d.day ORDER BY d.day", params);
  std::vector<market::Reader::DaySum> sums;
  for (pqxx::result::size_type i = 0; i < found.size(); ++i) {
    const auto row = found[i];
    sums.push_back({static_cast<std::int32_t>(number(row[0])), base::Duration(number(row[1])),
                    base::Duration(number(row[2])), count(row[3])});
  }
  return sums;
}

std::vector<market::HourRow> read_hour_sums(pqxx::transaction_base& tx, const std::string& pool_id, std::int64_t since,
                                            std::int64_t until) {
  const auto found = run(tx,
                         "SELECT hour, up, down FROM bourse.availability_hours WHERE pool_id = $1 AND hour >= $2 AND "
                         "hour < $3 ORDER BY hour",
                         {{pool_id, std::to_string(since), std::to_string(until)}, {}});
  std::vector<market::HourRow> sums;
  sums.reserve(static_cast<std::size_t>(found.size()));
  for (pqxx::result::size_type i = 0; i < found.size(); ++i) {
    const auto row = found[i];
    sums.push_back({number(row[0]), base::Duration(number(row[1])), base::Duration(number(row[2]))});
  }
  return sums;
}

market::HistoryAccess read_history_access(pqxx::transaction_base& tx, const std::string& pool_id,
                                          const domain::Jid& provider, const domain::Jid& viewer) {
  const auto found = run(tx,
                         "SELECT EXISTS (SELECT FROM bourse.providers WHERE pool_id = $1 AND provider = $2), "
                         "EXISTS (SELECT FROM bourse.offers WHERE pool_id = $1 AND provider = $2 AND open), "
                         "EXISTS (SELECT FROM bourse.grants WHERE pool_id = $1 AND provider = $2 AND consumer = $3)",
                         {{pool_id, provider.text(), viewer.text()}, {}});
  const auto row = found[0];
  return {.known = flag(row[0]), .lends = flag(row[1]), .concerned = viewer == provider || flag(row[2])};
}

RowSet availability_set(const std::string& pool_id, const market::ItemQuery& query, const market::Viewer& viewer) {
  RowSet set;
  set.columns = "provider, presence, bourse.to_micros(since)";
  set.table = "bourse.providers";
  set.where = "since IS NOT NULL AND pool_id = " + set.bind(pool_id);
  if (query.own) set.where += " AND provider = " + set.bind(viewer.jid.text());
  set.key = {"since", "provider"};
  set.id = "provider";
  return set;
}

const char* const kLoadProviders =
    "SELECT provider, presence, bourse.to_micros(since), zone, counts FROM bourse.providers "
    "WHERE pool_id = $pool AND since IS NOT NULL ORDER BY provider";

market::ProviderRow provider_row(const pqxx::row& row) {
  return {.provider = jid(row[0]),
          .presence = static_cast<Presence>(number(row[1])),
          .since = time(row[2]),
          .zone = text(row[3]),
          .counts = bytes(row[4])};
}

const char* const kLoadGaps =
    "SELECT bourse.to_micros(lower(period)), bourse.to_micros(upper(period)) FROM bourse.availability_gaps "
    "WHERE pool_id = $pool AND upper(period) > now() - interval '730 days' ORDER BY lower(period)";

history::Window gap_row(const pqxx::row& row) { return {time(row[0]), time(row[1])}; }

const char* const kLoadHistoryCounts = "SELECT counts FROM bourse.history_counts WHERE pool_id = $pool";

}  // namespace bourse::storage
