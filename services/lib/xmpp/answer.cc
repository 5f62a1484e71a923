#include "xmpp/answer.h"

#include "domain/records.h"
#include "pubsub/market_nodes.h"
#include "xmpp/payload.h"
#include "xmpp/stanza_error.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

using base::Result;
using market::Item;
using market::ItemKind;
using market::ItemQuery;
using market::PageOf;

pubsub::MarketNode node_of(ItemKind kind) {
  switch (kind) {
    case ItemKind::kOffer:
      return pubsub::MarketNode::kOffers;
    case ItemKind::kRequest:
      return pubsub::MarketNode::kRequests;
    case ItemKind::kGrant:
      return pubsub::MarketNode::kGrants;
    case ItemKind::kAvailability:
      return pubsub::MarketNode::kAvailability;
  }
  return pubsub::MarketNode::kOffers;
}

ResultSet result_set(std::uint64_t count, std::uint64_t first_index, std::string first, std::string last) {
  return {count, first_index, std::move(first), std::move(last)};
}

ResultSet result_set(const PageOf<Item>& page) {
  if (page.rows.empty()) return result_set(page.count, 0, {}, {});
  return result_set(page.count, page.first_index, page.rows.front().id, page.rows.back().id);
}

Result<GrantPayload> grant_payload(const Item& item, const market::Viewer& viewer, const TicketSigner& sign) {
  auto grant = domain::decode_grant(item.record);
  if (!grant) return grant.error();
  const bool party = viewer.jid == grant->provider || viewer.jid == grant->consumer;
  std::string ticket = party && sign && domain::is_live(grant->state) ? sign(*grant) : std::string();
  return GrantPayload{std::move(*grant), std::move(ticket)};
}

Result<ListedRequest> listed_request(const Item& item, bool with_id) {
  auto request = domain::decode_request(item.record);
  if (!request) return request.error();
  return ListedRequest{{with_id ? item.id : std::string()},
                       std::move(*request),
                       RequestStanding{item.request_state, item.granted, item.published}};
}

Result<std::string> item_payload(const Item& item, const market::Viewer& viewer, const TicketSigner& sign) {
  switch (item.kind) {
    case ItemKind::kOffer: {
      const auto offer = domain::decode_offer(item.record);
      if (!offer) return offer.error();
      return render_offer(*offer);
    }
    case ItemKind::kRequest: {
      const auto request = listed_request(item, false);
      if (!request) return request.error();
      return render_request(*request);
    }
    case ItemKind::kGrant: {
      const auto grant = grant_payload(item, viewer, sign);
      if (!grant) return grant.error();
      return render_grant(grant->grant, grant->ticket);
    }
    case ItemKind::kAvailability: {
      const auto change = domain::decode_availability(item.record);
      if (!change) return change.error();
      return render_availability(*change);
    }
  }
  return base::Error{base::Errc::kCorrupt, "an item of unknown kind"};
}

// <pubsub><items node=''><item id='' publisher=''>…</item>…</items><set/></pubsub>
Result<std::string> node_items(const ItemQuery& query, const PageOf<Item>& page, const market::Viewer& viewer,
                               const TicketSigner& sign) {
  std::string xml = std::string("<pubsub xmlns='") + kPubsubNs + "'><items";
  append_attribute(xml, "node", pubsub::node_name(query.pool, node_of(query.kind)).value);
  xml += '>';
  for (const auto& item : page.rows) {
    const auto payload = item_payload(item, viewer, sign);
    if (!payload) return payload.error();
    xml += "<item";
    append_attribute(xml, "id", item.id);
    if (!item.publisher.empty()) append_attribute(xml, "publisher", item.publisher.text());
    xml.append(">").append(*payload).append("</item>");
  }
  xml += "</items>";
  if (query.ids.empty()) xml += render_result_set(result_set(page));
  return xml += "</pubsub>";
}

Result<std::string> own_requests(const PageOf<Item>& page) {
  RequestList list;
  list.set = result_set(page);
  for (const auto& item : page.rows) {
    auto request = listed_request(item, true);
    if (!request) return request.error();
    list.requests.push_back(std::move(*request));
  }
  return render_requests(list);
}

Result<std::string> own_grants(const PageOf<Item>& page, const market::Viewer& viewer, const TicketSigner& sign) {
  GrantList list;
  list.set = result_set(page);
  for (const auto& item : page.rows) {
    auto grant = grant_payload(item, viewer, sign);
    if (!grant) return grant.error();
    list.grants.push_back(std::move(*grant));
  }
  return render_grants(list);
}

struct Render {
  const market::Viewer& viewer;
  std::string_view version;
  const TicketSigner& sign;

  Result<std::string> operator()(const ItemQuery& query, const PageOf<Item>& page) const {
    if (!query.own) return node_items(query, page, viewer, sign);
    return query.kind == ItemKind::kRequest ? own_requests(page) : own_grants(page, viewer, sign);
  }
  Result<std::string> operator()(const market::SubscriptionsQuery& query,
                                 const std::vector<market::SubscriptionRow>& rows) const {
    std::string xml = std::string("<pubsub xmlns='") + kPubsubNs + "'><subscriptions";
    if (query.node) append_attribute(xml, "node", query.node->value);
    xml += '>';
    for (const auto& row : rows) {
      if (query.node && *query.node != row.node) continue;
      xml += "<subscription";
      append_attribute(xml, "node", row.node.value);
      append_attribute(xml, "jid", row.subscriber.text());
      xml += " subscription='subscribed'/>";
    }
    return xml += "</subscriptions></pubsub>";
  }
  Result<std::string> operator()(const market::AvailabilityQuery& query,
                                 const std::vector<domain::AvailabilityInterval>& intervals) const {
    return render_history({query.provider, query.since, query.until, intervals});
  }
  Result<std::string> operator()(const market::AuditQuery&, const PageOf<market::AuditRecord>& page) const {
    AuditList list{page.rows, result_set(page.count, 0, {}, {})};
    if (!page.rows.empty()) {
      list.set = result_set(page.count, page.first_index, std::to_string(page.rows.front().index.value),
                            std::to_string(page.rows.back().index.value));
    }
    return render_audit(list);
  }
  Result<std::string> operator()(const market::StatusQuery& query, const market::PoolStatus& counts) const {
    return render_status({query.pool, counts, std::string(version)});
  }
  // Query and answer are parallel variants: anything else is a mistake of the backend.
  template <class Query, class Body>
  Result<std::string> operator()(const Query&, const Body&) const {
    return base::Error{base::Errc::kInternal, "the answer does not belong to the question"};
  }
};

}  // namespace

Result<std::string> render_answer(const market::Answer& answer, std::string_view version, const TicketSigner& sign) {
  if (!answer.result) return answer.result.error();
  return std::visit(Render{answer.query.viewer, version, sign}, answer.query.body, *answer.result);
}

}  // namespace bourse::xmpp
