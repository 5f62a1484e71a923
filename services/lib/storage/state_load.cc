#include "storage/state_load.h"

#include <utility>

#include "storage/fields.h"
#include "storage/slots.h"

namespace bourse::storage {
namespace {

constexpr int kPortion = 2000;

class Load {
 public:
  Load(pqxx::transaction_base& tx, std::int64_t pool_id, const std::function<void()>& between)
      : tx_(tx), pool_(std::to_string(pool_id)), between_(between) {}

  // `sql` selects with $pool for the pool's id; `take` gets each row.
  template <class Take>
  base::Status each(std::string sql, Take take) {
    const std::string placeholder = "$pool";
    sql.replace(sql.find(placeholder), placeholder.size(), pool_);
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
  return request;
}

market::SubscriptionRow subscription_row(const pqxx::row& row) {
  market::SubscriptionRow subscription;
  subscription.node.value = text(row[0]);
  subscription.subscriber = jid(row[1]);
  return subscription;
}

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

base::Status load_all(Load& load, domain::EventSeq delivered, market::StateLoader& to) {
  base::Status done = load.each(
      "SELECT offer_id, provider, session, array_to_string(slots, ' '), array_to_string(capacity, ','), record, seq, "
      "bourse.to_micros(published) FROM bourse.offers WHERE pool_id = $pool AND open ORDER BY seq",
      [&](const pqxx::row& row) { return to.on_offer(offer_row(row)); });
  if (!done.ok()) return done;
  done = load.each(
      "SELECT request_id, consumer, state, granted, record, seq, bourse.to_micros(submitted), array_to_string(refused, "
      "'/') FROM bourse.requests "
      "WHERE pool_id = $pool AND state <= 1 ORDER BY seq",
      [&](const pqxx::row& row) { return to.on_request(request_row(row)); });
  if (!done.ok()) return done;
  done = load.each(std::string("SELECT ") + kGrantColumns +
                       " FROM bourse.grants WHERE pool_id = $pool AND state = 0 ORDER BY grant_id",
                   [&](const pqxx::row& row) { return to.on_grant(grant_row(row)); });
  if (!done.ok()) return done;
  done = load.each("SELECT node, subscriber FROM bourse.subscriptions WHERE pool_id = $pool ORDER BY node, subscriber",
                   [&](const pqxx::row& row) { return to.on_subscription(subscription_row(row)); });
  if (!done.ok()) return done;
  done = load.each(
      "SELECT provider FROM bourse.availability WHERE pool_id = $pool AND upper_inf(period) AND presence = 0 ORDER BY "
      "provider",
      [&](const pqxx::row& row) { return to.on_provider_up(jid(row[0])); });
  if (!done.ok()) return done;
  return load.each(
      "SELECT seq, bourse.to_micros(at), kind, node, item_id, publisher, provider, consumer, record "
      "FROM bourse.events WHERE pool_id = $pool AND seq > " +
          std::to_string(delivered.value) + " ORDER BY seq",
      [&](const pqxx::row& row) { return to.on_undelivered(event_row(row)); });
}

}  // namespace

const char* const kGrantColumns =
    "grant_id, offer_id, request_id, provider, consumer, array_to_string(slots, ' '), array_to_string(amounts, ','), "
    "state, "
    "bourse.to_micros(started), bourse.to_micros(expires), bourse.to_micros(ended), reason";

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
