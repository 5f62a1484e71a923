#include "xmpp/client_market.h"

#include <fmt/format.h>
#include <gloox/tag.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "base/base64url.h"
#include "xmpp/element.h"
#include "xmpp/payload_action.h"
#include "xmpp/payload_heartbeat.h"
#include "xmpp/payload_history.h"
#include "xmpp/payload_import.h"
#include "xmpp/payload_log.h"
#include "xmpp/payload_predict.h"
#include "xmpp/stamped_sender.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

using base::Done;
using base::Errc;
using base::Error;
using base::Result;
using base::Status;

constexpr const char* kPubsubNs = "http://jabber.org/protocol/pubsub";
constexpr std::uint32_t kPage = 200;

Error unexpected(const std::string& what) {
  return {Errc::kInternal, fmt::format("the market's answer has no <{}/>: is it a market of this version?", what)};
}

// The first child of the namespace, whatever it is called.
const gloox::Tag* payload_of(const gloox::Tag& iq, std::string_view ns) {
  for (const gloox::Tag* child : iq.children()) {
    if (is_in(*child, ns)) return child;
  }
  return nullptr;
}

std::string pubsub(std::string_view inner, std::string_view set = {}) {
  return fmt::format("<pubsub xmlns='{}'>{}{}</pubsub>", kPubsubNs, inner, set);
}

std::string published_id(const gloox::Tag& iq, std::string_view wanted) {
  const gloox::Tag* child = payload_of(iq, kPubsubNs);
  const gloox::Tag* publish = child == nullptr ? nullptr : child->findChild("publish");
  const gloox::Tag* item = publish == nullptr ? nullptr : publish->findChild("item");
  return item == nullptr ? std::string(wanted) : item->findAttribute("id");
}

Result<std::vector<ListedOffer>> parse_offer_items(const gloox::Tag& items) {
  std::vector<ListedOffer> offers;
  for (const gloox::Tag* item : items.findChildren("item")) {
    const gloox::Tag* payload = payload_of(*item, kMarketNs);
    if (payload == nullptr) return unexpected("offer");
    auto offer = parse_offer(*payload);
    if (!offer) return offer.error();
    offers.push_back({{item->findAttribute("id")}, item->findAttribute("publisher"), std::move(*offer)});
  }
  return offers;
}

const gloox::Tag* items_of(const gloox::Tag& iq) {
  const gloox::Tag* child = payload_of(iq, kPubsubNs);
  return child == nullptr ? nullptr : child->findChild("items");
}

}  // namespace

MarketClient::MarketClient(ClientSession& session, domain::Jid service, domain::PoolName pool)
    : session_(session), service_(std::move(service)), pool_(std::move(pool)) {}

domain::NodeName MarketClient::node(std::string_view name) const { return {fmt::format("{}/{}", pool_.value, name)}; }

void MarketClient::begin_publish(const domain::NodeName& node, std::string_view id, std::string_view payload,
                                 IdHandler handler) {
  std::string inner = "<publish";
  append_attribute(inner, "node", node.value);
  inner += "><item";
  if (!id.empty()) append_attribute(inner, "id", id);
  inner += '>';
  inner += payload;
  inner += "</item></publish>";
  session_.request(
      IqType::kSet, service_, pubsub(inner),
      [handler = std::move(handler), wanted = std::string(id)](const Result<const gloox::Tag*>& reply) {
        handler(reply ? Result<std::string>(published_id(**reply, wanted)) : Result<std::string>(reply.error()));
      });
}

Result<std::string> MarketClient::publish_item(const domain::NodeName& node, std::string_view id,
                                               std::string_view payload) {
  const auto answer = std::make_shared<std::optional<Result<std::string>>>();
  begin_publish(node, id, payload, [answer](const Result<std::string>& result) { answer->emplace(result); });
  while (!answer->has_value()) {
    if (const auto pumped = session_.pump(std::chrono::seconds(1)); !pumped && !answer->has_value()) {
      return pumped.error();
    }
  }
  return std::move(**answer);
}

Result<std::string> MarketClient::publish(const domain::OfferId& id, const domain::Offer& offer) {
  return publish_item(node("offers"), id.value, render_offer(offer));
}

Result<std::string> MarketClient::publish(const domain::RequestId& id, const domain::Request& request) {
  return publish_item(node("requests"), id.value, render_request(request));
}

Status MarketClient::retract(const domain::NodeName& node, std::string_view id) {
  std::string inner = "<retract notify='true'";
  append_attribute(inner, "node", node.value);
  inner += "><item";
  append_attribute(inner, "id", id);
  inner += "/></retract>";
  const auto answer = session_.ask(IqType::kSet, service_, pubsub(inner));
  return answer ? Status(Done{}) : Status(answer.error());
}

Status MarketClient::act(const market::GrantAction& action) {
  const auto answer = session_.ask(IqType::kSet, service_, render_action(pool_, action));
  return answer ? Status(Done{}) : Status(answer.error());
}

void MarketClient::begin_act(const market::GrantAction& action, DoneHandler handler) {
  session_.request(IqType::kSet, service_, render_action(pool_, action),
                   [handler = std::move(handler)](const Result<const gloox::Tag*>& reply) {
                     handler(reply ? Status(Done{}) : Status(reply.error()));
                   });
}

Status MarketClient::subscription(std::string_view action, const domain::NodeName& node) {
  std::string inner = fmt::format("<{}", action);
  append_attribute(inner, "node", node.value);
  append_attribute(inner, "jid", session_.jid().text());
  inner += "/>";
  const auto answer = session_.ask(IqType::kSet, service_, pubsub(inner));
  return answer ? Status(Done{}) : Status(answer.error());
}

Status MarketClient::subscribe(const domain::NodeName& node) { return subscription("subscribe", node); }
Status MarketClient::unsubscribe(const domain::NodeName& node) { return subscription("unsubscribe", node); }

MarketClient::Reply MarketClient::items(const std::string& inner, const std::string& set) {
  std::string xml = "<items";
  append_attribute(xml, "node", node("offers").value);
  xml += inner.empty() ? "/>" : ">" + inner + "</items>";
  return session_.ask(IqType::kGet, service_, pubsub(xml, set));
}

Result<std::vector<ListedOffer>> MarketClient::offers(std::size_t most) {
  std::vector<ListedOffer> all;
  market::Page page;
  while (all.size() < most) {
    page.max = static_cast<std::uint32_t>(std::min<std::size_t>(kPage, most - all.size()));
    const auto reply = items({}, render_page(page));
    if (!reply) return reply.error();
    const gloox::Tag* list = items_of(**reply);
    if (list == nullptr) return unexpected("items");
    auto rows = parse_offer_items(*list);
    if (!rows) return rows.error();
    const auto set = parse_result_set(*list->parent());
    if (!set) return set.error();
    const bool any = !rows->empty();
    std::move(rows->begin(), rows->end(), std::back_inserter(all));
    if (!any || !set->has_value() || (*set)->last.empty() || all.size() >= (*set)->count) break;
    page.after = (*set)->last;
  }
  return all;
}

Result<ListedOffer> MarketClient::offer(const domain::OfferId& id) {
  std::string inner = "<item";
  append_attribute(inner, "id", id.value);
  const auto reply = items(inner + "/>", {});
  if (!reply) return reply.error();
  const gloox::Tag* list = items_of(**reply);
  if (list == nullptr) return unexpected("items");
  auto rows = parse_offer_items(*list);
  if (!rows) return rows.error();
  if (rows->empty()) return {Errc::kNotFound, fmt::format("no open offer '{}' in pool {}", id.value, pool_.value)};
  return std::move(rows->front());
}

MarketClient::Reply MarketClient::query(const market::QueryBody& body) {
  return session_.ask(IqType::kGet, service_, render_query(body));
}

template <class Row, class List>
Result<std::vector<Row>> MarketClient::all_pages(market::ItemQuery query_page, std::size_t most,
                                                 Result<List> (*parse)(const gloox::Tag&),
                                                 std::vector<Row> List::*rows) {
  std::vector<Row> all;
  while (all.size() < most) {
    query_page.page.max = static_cast<std::uint32_t>(std::min<std::size_t>(kPage, most - all.size()));
    const auto reply = query(query_page);
    if (!reply) return reply.error();
    const gloox::Tag* payload = payload_of(**reply, kMarketNs);
    if (payload == nullptr) return unexpected("requests");
    auto list = parse(*payload);
    if (!list) return list.error();
    auto& found = (*list).*rows;
    const bool any = !found.empty();
    std::move(found.begin(), found.end(), std::back_inserter(all));
    if (!any || !query_page.ids.empty() || list->set.last.empty() || all.size() >= list->set.count) break;
    query_page.page.after = list->set.last;
  }
  return all;
}

Result<std::vector<ListedRequest>> MarketClient::requests(bool ended_too, std::size_t most) {
  market::ItemQuery query_all{pool_, market::ItemKind::kRequest, {}, true, ended_too, {}};
  return all_pages<ListedRequest, RequestList>(std::move(query_all), most, &parse_requests, &RequestList::requests);
}

Result<ListedRequest> MarketClient::request(const domain::RequestId& id) {
  market::ItemQuery query_one{pool_, market::ItemKind::kRequest, {id.value}, true, true, {}};
  auto rows = all_pages<ListedRequest, RequestList>(std::move(query_one), 1, &parse_requests, &RequestList::requests);
  if (!rows) return rows.error();
  if (rows->empty())
    return {Errc::kNotFound, fmt::format("you have no request '{}' in pool {}", id.value, pool_.value)};
  return std::move(rows->front());
}

Result<market::RequestExplanation> MarketClient::explain(const domain::RequestId& id) {
  const auto reply = session_.ask(IqType::kGet, service_, render_explain(pool_, {id}));
  if (!reply) return reply.error();
  const gloox::Tag* payload = payload_of(**reply, kMarketNs);
  if (payload == nullptr) return unexpected("explain");
  return parse_explanation(*payload);
}

Result<std::vector<GrantPayload>> MarketClient::grants(bool ended_too, std::size_t most) {
  market::ItemQuery query_all{pool_, market::ItemKind::kGrant, {}, true, ended_too, {}};
  return all_pages<GrantPayload, GrantList>(std::move(query_all), most, &parse_grants, &GrantList::grants);
}

Result<GrantPayload> MarketClient::grant(const domain::GrantId& id) {
  market::ItemQuery query_one{pool_, market::ItemKind::kGrant, {domain::to_item_id(id)}, true, true, {}};
  auto rows = all_pages<GrantPayload, GrantList>(std::move(query_one), 1, &parse_grants, &GrantList::grants);
  if (!rows) return rows.error();
  if (rows->empty()) {
    return {Errc::kNotFound,
            fmt::format("you are no party of a grant '{}' in pool {}", domain::to_item_id(id), pool_.value)};
  }
  return std::move(rows->front());
}

Result<market::HistoryReport> MarketClient::history(market::HistoryQuery query_page, std::size_t most) {
  query_page.pool = pool_;
  query_page.page = {};
  query_page.page.max = static_cast<std::uint32_t>(std::min<std::size_t>(market::kMaxPage, most));
  std::optional<market::HistoryReport> whole;
  while (true) {
    const auto reply = query(query_page);
    if (!reply) return reply.error();
    const gloox::Tag* payload = payload_of(**reply, kMarketNs);
    if (payload == nullptr) return unexpected("history");
    auto report = parse_history(*payload);
    if (!report) return report.error();
    const bool any = !report->intervals.rows.empty() || !report->names.rows.empty();
    if (!whole) {
      whole = std::move(*report);
    } else {
      std::ranges::move(report->intervals.rows, std::back_inserter(whole->intervals.rows));
      std::ranges::move(report->names.rows, std::back_inserter(whole->names.rows));
    }
    const auto have = whole->intervals.rows.size() + whole->names.rows.size();
    if (!any || have >= most || have >= std::max(whole->intervals.count, whole->names.count)) break;
    // By number, because two intervals may begin at the same moment; the rest of the answer is known.
    query_page.page.index = have;
    query_page.page.max = static_cast<std::uint32_t>(std::min<std::size_t>(market::kMaxPage, most - have));
    query_page.days = query_page.week = query_page.survival = false;
  }
  return std::move(*whole);
}

Result<market::Prediction> MarketClient::predict(const market::PredictAvailability& question) {
  const auto reply = session_.ask(IqType::kGet, service_, render_predict(pool_, question));
  if (!reply) return reply.error();
  const gloox::Tag* payload = payload_of(**reply, kMarketNs);
  if (payload == nullptr) return unexpected("prediction");
  return parse_prediction(*payload);
}

Status MarketClient::import_part(const market::ImportHistory& part) {
  const auto answer = session_.ask(IqType::kSet, service_, render_import(pool_, part));
  return answer ? Status(Done{}) : Status(answer.error());
}

void MarketClient::send_heartbeat(const market::Heartbeat& heartbeat) {
  session_.send_message(service_, render_heartbeat(heartbeat));
}

Result<std::vector<market::AuditRecord>> MarketClient::audit(market::AuditQuery query_page, std::size_t most) {
  query_page.pool = pool_;
  query_page.page = {};
  query_page.page.before = "";  // the last page first
  std::vector<market::AuditRecord> all;
  while (all.size() < most) {
    query_page.page.max = static_cast<std::uint32_t>(std::min<std::size_t>(kPage, most - all.size()));
    const auto reply = query(query_page);
    if (!reply) return reply.error();
    const gloox::Tag* payload = payload_of(**reply, kMarketNs);
    if (payload == nullptr) return unexpected("audit");
    auto list = parse_audit(*payload);
    if (!list) return list.error();
    const bool any = !list->records.empty();
    all.insert(all.begin(), std::make_move_iterator(list->records.begin()),
               std::make_move_iterator(list->records.end()));
    if (!any || list->set.first.empty() || all.size() >= list->set.count) break;
    query_page.page.before = list->set.first;
  }
  return all;
}

Result<market::LogAnswer> MarketClient::log(market::LogQuery query_log) {
  query_log.pool = pool_;
  const auto reply = query(query_log);
  if (!reply) return reply.error();
  const gloox::Tag* payload = payload_of(**reply, kMarketNs);
  if (payload == nullptr) return unexpected("log");
  return parse_log(*payload);
}

Result<MarketStatus> MarketClient::status() {
  const auto reply = query(market::StatusQuery{pool_});
  if (!reply) return reply.error();
  const gloox::Tag* payload = payload_of(**reply, kMarketNs);
  if (payload == nullptr) return unexpected("status");
  return parse_status(*payload);
}

// The values of a field of the service's own form.
Result<std::vector<std::string>> MarketClient::announced(const std::string& name) {
  const auto reply = session_.ask(IqType::kGet, service_, "<query xmlns='http://jabber.org/protocol/disco#info'/>");
  if (!reply) return reply.error();
  const gloox::Tag* info = payload_of(**reply, "http://jabber.org/protocol/disco#info");
  if (info == nullptr) return unexpected("query");
  for (const gloox::Tag* form : info->findChildren("x")) {
    const gloox::Tag* field = form->findChild("field", "var", name);
    if (field == nullptr) continue;
    std::vector<std::string> values;
    for (const gloox::Tag* value : field->findChildren("value")) values.push_back(value->cdata());
    return values;
  }
  return std::vector<std::string>();
}

Result<std::vector<std::string>> MarketClient::log_keys() { return announced("log-keys"); }

Result<base::VerifyKey> MarketClient::ticket_key() {
  const auto values = announced("ticket-key");
  if (!values) return values.error();
  if (values->empty()) {
    return {Errc::kNotFound, fmt::format("{} announces no ticket key: is it a market?", service_.text())};
  }
  const auto raw = base::base64url_decode(values->front());
  if (!raw) return raw.error();
  return base::VerifyKey::from_raw(*raw);
}

void MarketClient::on_event(EventHandler handler) {
  session_.on_message([this, handler = std::move(handler)](const gloox::Tag& message) {
    if (!is_address(message, "from", service_)) return;
    for (const auto& event : parse_events(message)) handler(event);
  });
}

}  // namespace bourse::xmpp
