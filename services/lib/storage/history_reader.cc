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

// By place in the array of the providers' numbers. Rows begin in the month they are stored in and end with it: no
// earlier month has any that touches the window.
const char* const kClosedIntervals =
    "SELECT t.presence, t.continues, t.reason, bourse.to_micros(t.since), bourse.to_micros(t.until), asked.place "
    "FROM unnest($1::int[]) WITH ORDINALITY AS asked(id, place) CROSS JOIN LATERAL ("
    "SELECT presence, continues, reason, lower(period), upper(period) FROM bourse.availability "
    "WHERE provider_id = asked.id AND period && tstzrange(bourse.from_micros($2), bourse.from_micros($3)) "
    "AND lower(period) >= bourse.from_micros($4) AND lower(period) < bourse.from_micros($3) UNION ALL "
    "SELECT presence, false, reason, at, at FROM bourse.availability_moments "
    "WHERE provider_id = asked.id AND at >= bourse.from_micros($2) AND at < bourse.from_micros($3)"
    ") AS t(presence, continues, reason, since, until) ORDER BY asked.place, t.since, t.until";

std::vector<history::Intervals> closed_intervals(pqxx::transaction_base& tx, const pqxx::result& providers,
                                                 const history::Window& window) {
  ArrayLiteral ids;
  for (pqxx::result::size_type i = 0; i < providers.size(); ++i) ids.add(number(providers[i][0]));
  const auto found = run(tx, kClosedIntervals,
                         {{std::move(ids).take(), moment(window.since), moment(window.until),
                           moment(month_begins(within_reason(window.since)))},
                          {}});
  std::vector<history::Intervals> all(static_cast<std::size_t>(providers.size()));
  for (pqxx::result::size_type i = 0; i < found.size(); ++i) append(all.at(count(found[i][5]) - 1), found[i]);
  return all;
}

}  // namespace

base::Result<std::vector<history::Intervals>> PgHistory::intervals(const std::vector<domain::Jid>& providers,
                                                                   const history::Window& window) {
  const auto known =
      run(tx_,
          "SELECT p.provider_id, p.presence, bourse.to_micros(p.since), asked.place "
          "FROM unnest($2::text[]) WITH ORDINALITY AS asked(name, place) "
          "LEFT JOIN bourse.providers p ON p.pool_id = $1 AND p.provider = asked.name ORDER BY asked.place",
          {{pool_id_, names_of(providers)}, {}});
  for (std::size_t i = 0; i < providers.size(); ++i) {
    if (!known[static_cast<pqxx::result::size_type>(i)][0].is_null()) continue;
    return {base::Errc::kNotFound, "no provider " + providers[i].text() + " was ever seen in this pool"};
  }
  if (window.since >= window.until) return std::vector<history::Intervals>(providers.size());
  auto all = closed_intervals(tx_, known, window);
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (auto& interval : all[i]) {
      interval.since = std::max(interval.since, window.since);
      interval.until = std::min(*interval.until, window.until);
    }
    const auto row = known[static_cast<pqxx::result::size_type>(i)];
    if (row[1].is_null()) continue;
    const base::Timestamp since = time(row[2]);
    if (since >= window.until) continue;
    all[i].push_back({static_cast<Presence>(number(row[1])), std::max(since, window.since), std::nullopt});
  }
  return all;
}

history::Gaps PgHistory::gaps(const history::Window& window) {
  history::Gaps gaps;
  if (window.since >= window.until) return gaps;
  const auto found = run(tx_,
                         "SELECT bourse.to_micros(lower(period)), bourse.to_micros(upper(period)) "
                         "FROM bourse.availability_gaps WHERE pool_id = $1 AND period && "
                         "tstzrange(bourse.from_micros($2), bourse.from_micros($3)) ORDER BY lower(period)",
                         {{pool_id_, moment(window.since), moment(window.until)}, {}});
  gaps.reserve(static_cast<std::size_t>(found.size()));
  for (pqxx::result::size_type i = 0; i < found.size(); ++i) {
    const history::Window gap = gap_row(found[i]);
    gaps.push_back({std::max(gap.since, window.since), std::min(gap.until, window.until)});
  }
  return gaps;
}

std::vector<market::ProviderNow> PgHistory::providers_now(const std::vector<domain::Jid>& providers) {
  std::string sql =
      "SELECT p.provider, p.zone, p.presence, bourse.to_micros(p.since), bourse.to_micros(l.heard), l.cpu, l.memory, "
      "l.disk_free, l.temperature FROM bourse.providers p "
      "LEFT JOIN bourse.provider_loads l ON l.pool_id = p.pool_id AND l.provider = p.provider WHERE p.pool_id = $1";
  Params params{{pool_id_}, {}};
  if (!providers.empty()) {
    sql += " AND p.provider = ANY ($2::text[])";
    params.texts.push_back(names_of(providers));
  }
  const auto found = run(tx_, sql, params);
  std::vector<market::ProviderNow> all;
  all.reserve(static_cast<std::size_t>(found.size()));
  for (pqxx::result::size_type i = 0; i < found.size(); ++i) all.push_back(provider_now(found[i]));
  return all;
}

std::vector<market::HourRow> PgHistory::hour_sums(std::int64_t since, std::int64_t until) {
  const auto found =
      run(tx_,
          "SELECT hour, up, down, outages FROM bourse.availability_hours WHERE pool_id = $1 AND hour >= $2 AND "
          "hour < $3 ORDER BY hour",
          {{pool_id_, std::to_string(since), std::to_string(until)}, {}});
  std::vector<market::HourRow> sums;
  sums.reserve(static_cast<std::size_t>(found.size()));
  for (pqxx::result::size_type i = 0; i < found.size(); ++i) {
    const auto row = found[i];
    sums.push_back({number(row[0]), base::Duration(number(row[1])), base::Duration(number(row[2])), count(row[3])});
  }
  return sums;
}

market::HistoryAccess PgHistory::access(const domain::Jid& provider, const domain::Jid& viewer) {
  const auto found = run(tx_,
                         "SELECT EXISTS (SELECT FROM bourse.providers WHERE pool_id = $1 AND provider = $2), "
                         "EXISTS (SELECT FROM bourse.offers WHERE pool_id = $1 AND provider = $2 AND open), "
                         "EXISTS (SELECT FROM bourse.grants WHERE pool_id = $1 AND provider = $2 AND consumer = $3)",
                         {{pool_id_, provider.text(), viewer.text()}, {}});
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
    "WHERE pool_id = $pool AND (since IS NOT NULL OR counts <> '') ORDER BY provider";

market::ProviderRow provider_row(const pqxx::row& row) {
  const bool known = !row[1].is_null();
  return {.provider = jid(row[0]),
          .presence = known ? std::optional(static_cast<Presence>(number(row[1]))) : std::nullopt,
          .since = known ? time(row[2]) : base::Timestamp(),
          .zone = text(row[3]),
          .counts = bytes(row[4])};
}

const char* const kLoadGaps =
    "SELECT bourse.to_micros(lower(period)), bourse.to_micros(upper(period)) FROM bourse.availability_gaps "
    "WHERE pool_id = $pool AND upper(period) > now() - interval '730 days' ORDER BY lower(period)";

history::Window gap_row(const pqxx::row& row) { return {time(row[0]), time(row[1])}; }

const char* const kLoadHistoryCounts = "SELECT counts FROM bourse.history_counts WHERE pool_id = $pool";

}  // namespace bourse::storage
