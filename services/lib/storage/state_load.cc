#include "storage/state_load.h"

#include <utility>

#include "storage/fields.h"
#include "storage/history_reader.h"
#include "storage/log_reader.h"
#include "storage/node_reader.h"
#include "storage/slots.h"

namespace bourse::storage {
namespace {

constexpr int kPortion = 2000;

const std::string kOffers =
    "SELECT offer_id, provider, session, array_to_string(slots, ' '), array_to_string(capacity, ','), record, seq, "
    "bourse.to_micros(published), open FROM bourse.offers WHERE pool_id = $pool";

class Load {
 public:
  Load(pqxx::transaction_base& tx, std::int64_t pool_id, const std::function<void()>& between)
      : tx_(tx), pool_(std::to_string(pool_id)), between_(between) {}

  // `sql` selects with $pool for the pool's id; `take` gets each row.
  template <class Take>
  base::Status each(std::string sql, Take take) {
    const std::string placeholder = "$pool";
    for (auto at = sql.find(placeholder); at != std::string::npos; at = sql.find(placeholder, at)) {
      sql.replace(at, placeholder.size(), pool_);
    }
    tx_.exec("DECLARE loading NO SCROLL CURSOR FOR " + sql);
    while (true) {
      const pqxx::result portion = tx_.exec("FETCH " + std::to_string(kPortion) + " FROM loading");
      for (pqxx::result::size_type i = 0; i < portion.size(); ++i) {
        if (auto taken = take(portion[i]); !taken.ok()) return taken;
      }
      between_();
      if (static_cast<int>(portion.size()) < kPortion) break;
    }
    tx_.exec("CLOSE loading");
    return base::Done{};
  }

  [[nodiscard]] pqxx::transaction_base& tx() { return tx_; }
  [[nodiscard]] const std::string& pool() const { return pool_; }

 private:
  pqxx::transaction_base& tx_;
  const std::string pool_;
  const std::function<void()>& between_;
};

market::OfferRow offer_row(const pqxx::row& row) {
  market::OfferRow offer;
  offer.id.value = text(row[0]);
  offer.provider = jid(row[1]);
  offer.session = jid(row[2]);
  offer.resources = shares(view(row[3]), view(row[4])).resources;
  offer.record = bytes(row[5]);
  offer.seq.value = count(row[6]);
  offer.published = time(row[7]);
  offer.open = flag(row[8]);
  return offer;
}

market::RequestRow request_row(const pqxx::row& row) {
  market::RequestRow request;
  request.id.value = text(row[0]);
  request.consumer = jid(row[1]);
  request.state = static_cast<domain::RequestState>(number(row[2]));
  request.granted = static_cast<std::uint32_t>(number(row[3]));
  request.record = bytes(row[4]);
  request.seq.value = count(row[5]);
  request.submitted = time(row[6]);
  request.refused = jids(view(row[7]), '/');
  request.complete = flag(row[8]);
  return request;
}

market::SanctionRow sanction_row(const pqxx::row& row) {
  market::SanctionRow sanction;
  sanction.jid = jid(row[0]);
  sanction.drained = flag(row[1]);
  sanction.banned = flag(row[2]);
  sanction.reason = text(row[3]);
  sanction.since = time(row[4]);
  sanction.failures = real(view(row[5]));
  sanction.failed_at = time(row[6]);
  sanction.quarantines = static_cast<std::uint32_t>(number(row[7]));
  sanction.quarantined_until = optional_time(row[8]);
  sanction.quarantine_reason = text(row[9]);
  return sanction;
}

market::UsageRow usage_row(const pqxx::row& row) {
  market::UsageRow usage;
  usage.consumer = jid(row[0]);
  usage.at = time(row[1]);
  const auto names = texts(view(row[2]));
  const auto amounts = texts(view(row[3]));
  if (names.size() != amounts.size()) throw Corrupt("the database holds usage of unequal arrays");
  for (std::size_t i = 0; i < names.size(); ++i) usage.used.emplace_back(names[i], real(amounts[i]));
  return usage;
}

pubsub::NodeRow node_row(const pqxx::row& row) {
  pubsub::NodeRow node;
  node.name.value = text(row[0]);
  node.kind = node_kind(row[1]);
  node.config = bytes(row[2]);
  node.title = text(row[3]);
  node.hidden = flag(row[4]);
  node.parents = texts(view(row[5]));
  node.creator = jid(row[6]);
  node.created = time(row[7]);
  node.archive_from.value = count(row[8]);
  return node;
}

pubsub::AffiliationRow affiliation_row(const pqxx::row& row) {
  return {.node = {text(row[0])}, .jid = jid(row[1]), .affiliation = affiliation(row[2])};
}

pubsub::SubscriptionRow subscription_row(const pqxx::row& row) {
  pubsub::SubscriptionRow subscription;
  subscription.node.value = text(row[0]);
  subscription.subscriber = jid(row[1]);
  subscription.id.value = count(row[2]);
  subscription.state = static_cast<pubsub::SubscriptionState>(number(row[3]));
  subscription.options = bytes(row[4]);
  subscription.expires = optional_time(row[5]);
  return subscription;
}

base::Status load_nodes(Load& load, market::StateLoader& to) {
  base::Status done = load.each(
      "SELECT jid, drained, banned, reason, bourse.to_micros(since), failures, bourse.to_micros(failed_at), "
      "quarantines, bourse.to_micros(quarantined_until), quarantine_reason FROM bourse.sanctions "
      "WHERE pool_id = $pool ORDER BY jid",
      [&](const pqxx::row& row) { return to.on_sanction(sanction_row(row)); });
  if (!done.ok()) return done;
  done = load.each(
      "SELECT name, kind, config, title, hidden, parents, creator, bourse.to_micros(created), archive_from "
      "FROM bourse.nodes WHERE pool_id = $pool ORDER BY name",
      [&](const pqxx::row& row) { return to.on_node(node_row(row)); });
  if (!done.ok()) return done;
  done = load.each("SELECT node, jid, affiliation FROM bourse.affiliations WHERE pool_id = $pool ORDER BY node, jid",
                   [&](const pqxx::row& row) { return to.on_affiliation(affiliation_row(row)); });
  if (!done.ok()) return done;
  done = load.each(
      "SELECT node, subscriber, subid, state, options, bourse.to_micros(expires) FROM bourse.subscriptions "
      "WHERE pool_id = $pool ORDER BY node, subscriber, subid",
      [&](const pqxx::row& row) { return to.on_subscription(subscription_row(row)); });
  if (!done.ok()) return done;
  return load.each(
      std::string("SELECT ") + item_columns("CASE WHEN lead(seq) OVER in_order IS NULL THEN payload ELSE '' END") +
          " FROM bourse.items WHERE pool_id = $pool AND seq >= 0 WINDOW in_order AS (PARTITION BY node ORDER BY seq) "
          "ORDER BY node, seq",
      [&](const pqxx::row& row) { return to.on_item(item_row(row)); });
}

base::Status load_history(Load& load, market::StateLoader& to) {
  base::Status done =
      load.each(kLoadProviders, [&](const pqxx::row& row) { return to.on_provider(provider_row(row)); });
  if (!done.ok()) return done;
  done = load.each(kLoadGaps, [&](const pqxx::row& row) { return to.on_gap(gap_row(row)); });
  if (!done.ok()) return done;
  return load.each(kLoadHistoryCounts, [&](const pqxx::row& row) { return to.on_history_counts(bytes(row[0])); });
}

base::Status load_log(Load& load, market::StateLoader& to) {
  // One that cannot be read is only said again; the entry itself is for others to judge.
  base::Status done = load.each(kLoadStatements, [&](const pqxx::row& row) -> base::Status {
    const auto said = audit_row(row);
    auto entry = audit::decode_entry(said.entry);
    return entry ? to.on_statement({said.index, std::move(entry).value()}) : base::Done{};
  });
  if (!done.ok()) return done;
  std::uint64_t integrated = 0;
  if (auto last = read_checkpoint(load.tx(), load.pool(), {}); last.ok()) {
    integrated = last->size;
    if (done = to.on_checkpoint(std::move(last).value()); !done.ok()) return done;
  }
  for (auto& tile : read_partial_tiles(load.tx(), load.pool(), integrated)) {
    if (done = to.on_log_tile(std::move(tile)); !done.ok()) return done;
  }
  return load.each(std::string("SELECT ") + kAuditColumns +
                       " FROM bourse.audit_entries WHERE pool_id = $pool AND index >= " + std::to_string(integrated) +
                       " ORDER BY index",
                   [&](const pqxx::row& row) { return to.on_unintegrated(audit_row(row)); });
}

base::Status load_all(Load& load, domain::EventSeq delivered, market::StateLoader& to) {
  base::Status done =
      load.each("SELECT name, subject, value FROM bourse.policies WHERE pool_id = $pool ORDER BY name, subject",
                [&](const pqxx::row& row) {
                  return to.on_policy({text(row[0]), text(row[1]), text(row[2])});
                });
  if (!done.ok()) return done;
  done = load_history(load, to);
  if (!done.ok()) return done;
  done = load.each(
      kOffers + " AND open UNION ALL " + kOffers +
          " AND NOT open AND offer_id IN (SELECT offer_id FROM bourse.grants WHERE pool_id = $pool AND ended IS NULL) "
          "ORDER BY seq",
      [&](const pqxx::row& row) { return to.on_offer(offer_row(row)); });
  if (!done.ok()) return done;
  done = load.each(
      "SELECT request_id, consumer, state, granted, record, seq, bourse.to_micros(submitted), array_to_string(refused, "
      "'/'), complete FROM bourse.requests "
      "WHERE pool_id = $pool AND state <= 1 ORDER BY seq",
      [&](const pqxx::row& row) { return to.on_request(request_row(row)); });
  if (!done.ok()) return done;
  done = load.each(
      "SELECT consumer, bourse.to_micros(at), resources, amounts FROM bourse.usage WHERE pool_id = $pool "
      "ORDER BY consumer",
      [&](const pqxx::row& row) { return to.on_usage(usage_row(row)); });
  if (!done.ok()) return done;
  done = load.each(std::string("SELECT ") + kGrantColumns +
                       " FROM bourse.grants WHERE pool_id = $pool AND ended IS NULL ORDER BY grant_id",
                   [&](const pqxx::row& row) { return to.on_grant(grant_row(row)); });
  if (!done.ok()) return done;
  done = load_nodes(load, to);
  if (!done.ok()) return done;
  done = load.each(std::string("SELECT ") + kEventColumns + " FROM bourse.events WHERE pool_id = $pool AND seq > " +
                       std::to_string(delivered.value) + " ORDER BY seq",
                   [&](const pqxx::row& row) { return to.on_undelivered(event_row(row)); });
  if (!done.ok()) return done;
  return load_log(load, to);
}

}  // namespace

const char* const kEventColumns =
    "seq, bourse.to_micros(at), kind, node, item_id, publisher, provider, consumer, record";

market::Event event_row(const pqxx::row& row) {
  market::Event event;
  event.seq.value = count(row[0]);
  event.at = time(row[1]);
  event.kind = static_cast<market::EventKind>(number(row[2]));
  event.node.value = text(row[3]);
  event.item_id = text(row[4]);
  event.publisher = jid(row[5]);
  event.provider = jid(row[6]);
  event.consumer = jid(row[7]);
  event.record = bytes(row[8]);
  return event;
}

const char* const kGrantColumns =
    "grant_id, offer_id, request_id, provider, consumer, array_to_string(slots, ' '), array_to_string(amounts, ','), "
    "state, bourse.to_micros(started), bourse.to_micros(expires), bourse.to_micros(ended), reason, ahead, "
    "bourse.to_micros(state_until), entry";

market::GrantRow grant_row(const pqxx::row& row) {
  market::GrantRow grant;
  grant.id.value = count(row[0]);
  grant.offer.value = text(row[1]);
  grant.request.value = text(row[2]);
  grant.provider = jid(row[3]);
  grant.consumer = jid(row[4]);
  Shares held = shares(view(row[5]), view(row[6]));
  grant.resources = std::move(held.resources);
  grant.devices = std::move(held.devices);
  grant.state = static_cast<domain::GrantState>(number(row[7]));
  grant.started = time(row[8]);
  grant.expires = time(row[9]);
  grant.ended = optional_time(row[10]);
  grant.reason = text(row[11]);
  grant.ahead = flag(row[12]);
  grant.state_until = optional_time(row[13]);
  if (!row[14].is_null()) grant.entry = domain::AuditIndex{count(row[14])};
  return grant;
}

base::Status load_state(pqxx::connection& connection, std::int64_t pool_id, domain::EventSeq delivered,
                        market::StateLoader& loader, const std::function<void()>& between) {
  pqxx::work tx(connection);
  tx.exec("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
  Load load(tx, pool_id, between);
  auto done = load_all(load, delivered, loader);
  if (done.ok()) tx.commit();
  return done;
}

}  // namespace bourse::storage
