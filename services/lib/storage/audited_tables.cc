#include "storage/audited_tables.h"

#include <fmt/format.h>

#include <utility>

#include "audit/entry.h"
#include "storage/array_literal.h"
#include "storage/failure.h"
#include "storage/fields.h"
#include "storage/log_writer.h"
#include "storage/state_load.h"

namespace bourse::storage {
namespace {

const std::string kColumns =
    "SELECT index, entry, bourse.to_micros(at), kind, actor, provider, consumer, offer_id, request_id, "
    "coalesce(grant_id, 0) FROM bourse.audit_entries WHERE pool_id = $1 AND index >= $2 AND index < $3 ORDER BY index";

// Every one is a single statement, so that both of its sides are of one moment.
const std::string kWrongUse =
    "WITH held AS (SELECT g.offer_id, s.slot, sum(s.amount) AS amount FROM bourse.grants g, "
    "LATERAL unnest(g.slots, g.amounts) AS s(slot, amount) WHERE g.pool_id = $1 AND g.ended IS NULL AND g.booked "
    "GROUP BY 1, 2), used AS (SELECT u.offer_id, s.slot, s.used::numeric AS amount FROM bourse.offer_use u, "
    "LATERAL unnest(u.slots, u.used) AS s(slot, used) "
    "WHERE u.pool_id = $1 AND u.used <> '{}' AND s.used IS DISTINCT FROM 0) "
    "SELECT offer_id, slot, used.amount, held.amount FROM held FULL JOIN used USING (offer_id, slot) "
    "WHERE held.amount IS DISTINCT FROM used.amount ORDER BY 1, 2 LIMIT 200";
const std::string kWrongCapacity =
    "SELECT u.offer_id FROM bourse.offer_use u LEFT JOIN bourse.offers o USING (pool_id, offer_id) "
    "WHERE u.pool_id = $1 AND (o.slots IS DISTINCT FROM u.slots OR o.capacity IS DISTINCT FROM u.capacity) "
    "ORDER BY 1 LIMIT 200";
const std::string kWrongGranted =
    "SELECT r.request_id, r.granted, coalesce(g.live, 0) FROM bourse.requests r LEFT JOIN (SELECT request_id, "
    "count(*) AS live FROM bourse.grants WHERE pool_id = $1 AND ended IS NULL GROUP BY 1) g USING (request_id) "
    "WHERE r.pool_id = $1 AND r.state <= 1 AND r.granted <> coalesce(g.live, 0) ORDER BY 1 LIMIT 200";
const std::string kUncounted =
    "SELECT g.grant_id FROM bourse.pools p JOIN bourse.grants g ON g.pool_id = p.id "
    "WHERE p.id = $1 AND (g.grant_id > p.last_grant OR g.grant_id < 1) ORDER BY 1 LIMIT 200";

// The names of the columns that are wrong.
std::string wrong_columns_of(const pqxx::row& row, const audit::Entry& entry) {
  std::string names;
  const auto compare = [&](const char* name, bool equal) {
    if (!equal) names += (names.empty() ? "" : ", ") + std::string(name);
  };
  compare("at", number(row[2]) == micros(entry.at));
  compare("kind", number(row[3]) == static_cast<int>(entry.kind));
  compare("actor", view(row[4]) == separate_actor(entry));
  compare("provider", view(row[5]) == entry.provider.text());
  compare("consumer", view(row[6]) == entry.consumer.text());
  compare("offer_id", view(row[7]) == entry.offer.value);
  compare("request_id", view(row[8]) == entry.request.value);
  compare("grant_id", count(row[9]) == entry.grant.value);
  return names;
}

std::string or_nothing(const pqxx::field& field) { return field.is_null() ? "nothing" : text(field); }

}  // namespace

template <class T, class Ask>
base::Result<T> AuditedTables::ask(Ask ask) {
  if (!connection_) {
    auto connected = connect(options_, Use::kReader);
    if (!connected) return connected.error();
    connection_ = std::move(*connected);
  }
  try {
    pqxx::work tx(*connection_);
    const auto found = run(tx, "SELECT id FROM bourse.pools WHERE name = $1", {{pool_.value}, {}});
    if (found.empty()) return {base::Errc::kNotFound, "there is no pool " + pool_.value};
    return ask(tx, text(found[0][0]));
  } catch (const std::exception&) {
    return as_error(current_failure(), "cannot read pool " + pool_.value);
  }
}

base::Result<std::vector<std::string>> AuditedTables::wrong_columns(std::uint64_t from, std::uint64_t until) {
  using Lines = std::vector<std::string>;
  return ask<Lines>([&](pqxx::transaction_base& tx, const std::string& pool) {
    Lines lines;
    const auto rows = run(tx, kColumns, {{pool, std::to_string(from), std::to_string(until)}, {}});
    for (const auto& row : rows) {
      const auto entry = audit::decode_entry(bytes(row[1]));
      if (!entry) continue;
      const auto names = wrong_columns_of(row, *entry);
      if (names.empty()) continue;
      lines.push_back(fmt::format(
          "entry {}: its columns say something else than its bytes, so that it is not found, or for others: {}",
          text(row[0]), names));
    }
    return lines;
  });
}

base::Result<std::vector<market::GrantRow>> AuditedTables::grants(const std::vector<domain::GrantId>& ids) {
  using Rows = std::vector<market::GrantRow>;
  ArrayLiteral wanted;
  for (const auto id : ids) wanted.add(static_cast<std::int64_t>(id.value));
  const auto list = std::move(wanted).take();
  return ask<Rows>([&](pqxx::transaction_base& tx, const std::string& pool) {
    Rows grants;
    const auto rows = run(tx,
                          std::string("SELECT ") + kGrantColumns +
                              " FROM bourse.grants WHERE pool_id = $1 AND grant_id = ANY ($2::bigint[])",
                          {{pool, list}, {}});
    for (const auto& row : rows) grants.push_back(grant_row(row));
    return grants;
  });
}

base::Result<std::vector<std::string>> AuditedTables::wrong_sums() {
  using Lines = std::vector<std::string>;
  return ask<Lines>([&](pqxx::transaction_base& tx, const std::string& pool) {
    Lines lines;
    for (const auto& row : run(tx, kWrongUse, {{pool}, {}})) {
      lines.push_back(fmt::format("offer {}: {} of {} is booked, its live grants hold {}", text(row[0]),
                                  or_nothing(row[2]), text(row[1]), or_nothing(row[3])));
    }
    for (const auto& row : run(tx, kWrongCapacity, {{pool}, {}})) {
      lines.push_back(fmt::format("offer {}: it is booked against another capacity than it has", text(row[0])));
    }
    for (const auto& row : run(tx, kWrongGranted, {{pool}, {}})) {
      lines.push_back(
          fmt::format("request {}: it counts {} grants, {} are live", text(row[0]), text(row[1]), text(row[2])));
    }
    for (const auto& row : run(tx, kUncounted, {{pool}, {}})) {
      lines.push_back(fmt::format("grant g{}: the pool's counter of grants does not have it", text(row[0])));
    }
    return lines;
  });
}

}  // namespace bourse::storage
