#include "xmpp/answer.h"

#include <utility>
#include <variant>

#include "market/item_kind.h"
#include "pubsub/market_nodes.h"
#include "xmpp/archive_request.h"
#include "xmpp/disco.h"
#include "xmpp/item_payload.h"
#include "xmpp/page_fit.h"
#include "xmpp/payload.h"
#include "xmpp/payload_history.h"
#include "xmpp/payload_log.h"
#include "xmpp/stanza_error.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

using base::Result;
using market::Item;
using market::ItemKind;
using market::ItemQuery;
using market::NodesQuery;
using market::PageOf;

const std::string& id_of(const Item& item) { return item.id; }
const std::string& id_of(const pubsub::ItemRow& item) { return item.id; }
const std::string& id_of(const market::NodeSummary& node) { return node.node.value; }
std::string id_of(const market::AuditRecord& record) { return std::to_string(record.index.value); }

template <class Row>
ResultSet result_set(const PageOf<Row>& page, std::size_t first, std::size_t count) {
  if (count == 0) return {page.count, 0, {}, {}};
  return {page.count, page.first_index + first, id_of(page.rows[first]), id_of(page.rows[first + count - 1])};
}

template <class Row>
ResultSet result_set(const PageOf<Row>& page) {
  return result_set(page, 0, page.rows.size());
}

std::string item_element(const std::string& id, const domain::Jid& publisher, std::string_view payload) {
  std::string xml = "<item";
  append_attribute(xml, "id", id);
  if (!publisher.empty()) append_attribute(xml, "publisher", publisher.text());
  if (payload.empty()) return xml += "/>";
  return xml.append(">").append(payload).append("</item>");
}

// <pubsub><items node=''><item id='' publisher=''>…</item>…</items><set/></pubsub>; items asked for by id are no page,
// unless there are more than fit.
template <class Row, class RenderRow>
Result<std::string> items_element(const domain::NodeName& node, const PageOf<Row>& page, const market::Page& asked,
                                  bool by_id, RenderRow&& render_row) {
  const auto fitted = fit_rows(page.rows, asked, kMostStanzaBytes, render_row);
  if (!fitted) return fitted.error();
  std::string xml = std::string("<pubsub xmlns='") + kPubsubNs + "'><items";
  append_attribute(xml, "node", node.value);
  xml += '>';
  for (const auto& item : fitted->texts) xml += item;
  xml += "</items>";
  if (!by_id || fitted->texts.size() < page.rows.size()) {
    xml += render_result_set(result_set(page, fitted->first, fitted->texts.size()));
  }
  return xml += "</pubsub>";
}

Result<std::string> market_items(const ItemQuery& query, const PageOf<Item>& page, const market::Viewer& viewer,
                                 const TicketSigner& sign) {
  return items_element(pubsub::node_name(query.pool, market::market_node(query.kind)), page, query.page,
                       !query.ids.empty(), [&](const Item& item) -> Result<std::string> {
                         const auto payload = item_payload(item, viewer.jid, sign);
                         if (!payload) return payload.error();
                         return item_element(item.id, item.publisher, *payload);
                       });
}

Result<std::string> node_items(const market::NodeItemsQuery& query, const PageOf<pubsub::ItemRow>& page) {
  return items_element(query.node, page, query.page, !query.ids.empty(),
                       [](const pubsub::ItemRow& item) -> Result<std::string> {
                         return item_element(item.id, item.publisher, item.payload);
                       });
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
    auto grant = grant_payload(item, viewer.jid, sign);
    if (!grant) return grant.error();
    list.grants.push_back(std::move(*grant));
  }
  return render_grants(list);
}

void append_listed(std::string& xml, const market::NodeSummary& summary) {
  append_attribute(xml, "node", summary.node.value);
  if (!summary.title.empty()) {
    append_attribute(xml, "name", summary.title);
  } else if (const auto node = pubsub::parse_node(summary.node.value);
             node && summary.kind == pubsub::NodeKind::kMarket) {
    append_attribute(xml, "name", market_title(node->node));
  }
}
void append_listed(std::string& xml, const Item& item) { append_attribute(xml, "name", item.id); }
void append_listed(std::string& xml, const pubsub::ItemRow& item) { append_attribute(xml, "name", item.id); }

struct Render {
  const market::Query& query;
  std::string_view version;
  const TicketSigner& sign;

  Result<std::string> operator()(const ItemQuery& asked, const PageOf<Item>& page) const {
    if (!asked.own) return market_items(asked, page, query.viewer, sign);
    return asked.kind == ItemKind::kRequest ? own_requests(page) : own_grants(page, query.viewer, sign);
  }
  Result<std::string> operator()(const market::NodeItemsQuery& asked, const PageOf<pubsub::ItemRow>& page) const {
    return node_items(asked, page);
  }

  // XEP-0060 §5.2 and §5.5: nodes of the service or a collection, or ids of a leaf's items.
  template <class Row>
  Result<std::string> listing(const NodesQuery& asked, const PageOf<Row>& page) const {
    const std::string_view address = query.reply_to.to;
    const std::string_view service = address.substr(0, address.find('/'));
    const auto fitted = fit_rows(page.rows, asked.page, kMostStanzaBytes, [&](const Row& row) -> Result<std::string> {
      std::string item = "<item";
      append_attribute(item, "jid", service);
      append_listed(item, row);
      return item += "/>";
    });
    if (!fitted) return fitted.error();
    std::string xml = std::string("<query xmlns='") + kDiscoItemsNs + "'";
    if (asked.collection) append_attribute(xml, "node", asked.collection->value);
    xml += '>';
    for (const auto& item : fitted->texts) xml += item;
    return xml.append(render_result_set(result_set(page, fitted->first, fitted->texts.size()))).append("</query>");
  }
  Result<std::string> operator()(const NodesQuery& asked, const PageOf<market::NodeSummary>& page) const {
    return listing(asked, page);
  }
  Result<std::string> operator()(const NodesQuery& asked, const PageOf<pubsub::ItemRow>& page) const {
    return listing(asked, page);
  }
  Result<std::string> operator()(const NodesQuery& asked, const PageOf<Item>& page) const {
    return listing(asked, page);
  }

  Result<std::string> operator()(const market::ArchiveEdgesQuery&, const market::ArchiveEdges& edges) const {
    return render(edges);
  }
  Result<std::string> operator()(const market::HistoryQuery& asked, const market::HistoryReport& report) const {
    return render_history(report, asked.page);
  }
  Result<std::string> operator()(const market::AuditQuery&, const PageOf<market::AuditRecord>& page) const {
    return render_audit({page.rows, result_set(page)});
  }
  Result<std::string> operator()(const market::LogQuery&, const market::LogAnswer& log) const {
    return render_log(log);
  }
  Result<std::string> operator()(const market::StatusQuery& asked, const market::PoolStatus& counts) const {
    return render_status({asked.pool, counts, std::string(version)});
  }
  // Query and answer belong together: anything else is a mistake of the backend.
  template <class Query, class Body>
  Result<std::string> operator()(const Query&, const Body&) const {
    return base::Error{base::Errc::kInternal, "the answer does not belong to the question"};
  }
};

// Of an archive query that was answered: the messages and the iq. False: it is another answer.
Result<bool> append_if_archive(std::string& to, const market::Answer& answer, const TicketSigner& sign) {
  const auto* query = std::get_if<market::ArchiveQuery>(&answer.query.body);
  if (query == nullptr || !answer.result) return false;
  const auto* page = std::get_if<PageOf<market::Event>>(&*answer.result);
  if (page == nullptr) return false;
  if (auto appended = append_archive(to, answer.query.reply_to, *query, *page, sign); !appended)
    return appended.error();
  return true;
}

}  // namespace

void append_answer(std::string& to, const market::Answer& answer, std::string_view version, const TicketSigner& sign) {
  const auto& address = answer.query.reply_to;
  const auto done = append_if_archive(to, answer, sign);
  if (done && *done) return;
  const auto payload = done ? render_answer(answer, version, sign) : Result<std::string>(done.error());
  if (payload) {
    append_result(to, address, *payload);
  } else {
    append_error(to, address, render_error(payload.error()));
  }
}

Result<std::string> render_answer(const market::Answer& answer, std::string_view version, const TicketSigner& sign) {
  if (!answer.result) return answer.result.error();
  return std::visit(Render{answer.query, version, sign}, answer.query.body, *answer.result);
}

}  // namespace bourse::xmpp
