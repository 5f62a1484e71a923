#include "xmpp/service.h"

#include <gloox/tag.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "xmpp/answer.h"
#include "xmpp/element.h"
#include "xmpp/payload.h"
#include "xmpp/stanza_error.h"

namespace bourse::xmpp {
namespace {

using base::Errc;

constexpr std::size_t kPieceBytes = 64 * 1024;
constexpr std::size_t kMostAvailable = 200'000;
constexpr std::size_t kMostRetries = 200'000;

const std::string& text_attribute(const gloox::Tag& tag, std::string_view name) {
  static const std::string kNone;
  const std::string* value = attribute(tag, name);
  return value == nullptr ? kNone : *value;
}

// What a ping's error says about the session: only the client itself can say that it does not know pings.
bool says_alive(const gloox::Tag& iq) {
  const gloox::Tag* error = iq.findChild("error");
  return error != nullptr && error->findChild("feature-not-implemented") != nullptr;
}

}  // namespace

Service::Service(ServiceConfig config, Backend& backend, TicketSigner sign, const base::Clock& clock)
    : config_(std::move(config)),
      backend_(backend),
      sign_(std::move(sign)),
      clock_(clock),
      facts_{config_.service.text(), config_.pools, config_.ticket_key, config_.max_payload_bytes, config_.version},
      rules_{config_.pools, config_.max_payload_bytes, random_item_id},
      operators_(config_.operators.begin(), config_.operators.end()),
      probe_(config_.service.text()) {
  BOURSE_CHECK(!config_.pools.empty());
}

void Service::on_stanza(const gloox::Tag& stanza) {
  if (stanza.name() == "iq") {
    on_iq(stanza);
  } else if (stanza.name() == "presence") {
    on_presence(stanza);
  }
  // Messages mean nothing here, and answering one with an error invites loops.
}

void Service::on_iq(const gloox::Tag& iq) {
  const std::string& type = text_attribute(iq, "type");
  if (type == "result" || type == "error") {
    on_probe_answer(iq);
    return;
  }
  auto from = domain::Jid::parse(text_attribute(iq, "from"));
  if (!from) return;  // no server sends such, and there is nobody to answer
  market::ReplyTo address{std::move(*from), text_attribute(iq, "to"), text_attribute(iq, "id")};
  if (address.stanza_id.empty()) return;  // RFC 6120 §8.1.3: it must have one; no answer could be told from another
  if (type != "get" && type != "set") {
    reply_error(address, {Errc::kBadRequest, "the type of an iq is get, set, result or error"});
  } else if (iq.children().size() != 1) {
    reply_error(address, {Errc::kBadRequest, "an iq of type " + type + " has exactly one child element"});
  } else if (address.to != config_.service.text()) {
    const auto to = domain::Jid::parse(address.to);
    if (to && to->bare() == config_.service && !to->is_bare()) {
      on_request(*iq.children().front(), type == "set", std::move(address));
    } else {
      reply_error(address, {Errc::kNotFound,
                            "nobody of that name is here: address the service itself, " + config_.service.text()});
    }
  } else {
    on_request(*iq.children().front(), type == "set", std::move(address));
  }
}

void Service::on_request(const gloox::Tag& payload, bool set, market::ReplyTo&& address) {
  const std::string ns = namespace_of(payload);
  if (ns == kPubsubNs) return on_pubsub(payload, set, std::move(address));
  if (ns == "http://jabber.org/protocol/pubsub#owner") {
    return reply_error(address, {Errc::kUnsupported, "nodes of this service are not configured by its users"});
  }
  const bool known = ns == kMarketNs || ns == kDiscoInfoNs || ns == kDiscoItemsNs || ns == kPingNs || ns == kVersionNs;
  if (known && set) return reply_error(address, {Errc::kBadRequest, "ask this with an iq of type get"});
  if (ns == kMarketNs) return on_market_query(payload, std::move(address));
  if (ns == kDiscoInfoNs || ns == kDiscoItemsNs) return on_disco(payload, address);
  if (ns == kPingNs) return reply_result(address, {});
  if (ns == kVersionNs) return reply_result(address, render_version(facts_));
  std::string xml;
  append_error(xml, address, render_not_served("this service does not know the namespace of the request"));
  send_piece(xml);
}

void Service::on_pubsub(const gloox::Tag& payload, bool set, market::ReplyTo&& address) {
  auto request = parse_pubsub(payload, set, address.from, clock_.now(), rules_);
  if (!request) return reply_error(address, request.error());
  if (auto* query = std::get_if<market::QueryBody>(&*request)) return ask(std::move(*query), std::move(address));
  if (!to_retry_.empty()) retry();
  if (!to_retry_.empty()) {  // an offer must not overtake the presence it lives by
    return reply_error(address, {Errc::kUnavailable, "the market is catching up; try again in a moment"});
  }
  auto& wanted = std::get<PoolCommand>(*request);
  market::Command command{std::move(wanted.pool), address.from, address, std::move(wanted.body)};
  if (const auto taken = backend_.submit(std::move(command)); !taken) reply_error(address, taken.error());
}

void Service::on_market_query(const gloox::Tag& payload, market::ReplyTo&& address) {
  auto query = parse_query(payload, clock_.now());
  if (!query) return reply_error(address, query.error());
  const auto& pool = std::visit([](const auto& each) -> const domain::PoolName& { return each.pool; }, *query);
  if (std::find(config_.pools.begin(), config_.pools.end(), pool) == config_.pools.end()) {
    return reply_error(address, {Errc::kNotFound, "there is no pool '" + pool.value + "' here"});
  }
  ask(std::move(*query), std::move(address));
}

void Service::ask(market::QueryBody&& body, market::ReplyTo&& address) {
  const domain::Jid viewer = address.from.bare();
  market::Query query{{viewer, operators_.contains(viewer)}, address, std::move(body)};
  if (const auto taken = backend_.ask(std::move(query)); !taken) reply_error(address, taken.error());
}

void Service::on_disco(const gloox::Tag& payload, const market::ReplyTo& address) {
  const std::string* node = attribute(payload, "node");
  const auto query = is_in(payload, kDiscoInfoNs) ? render_disco_info(facts_, node) : render_disco_items(facts_, node);
  if (!query) return reply_error(address, query.error());
  reply_result(address, *query);
}

void Service::on_probe_answer(const gloox::Tag& iq) {
  auto from = domain::Jid::parse(text_attribute(iq, "from"));
  if (!from || !probe_.answered(text_attribute(iq, "id"), *from)) return;
  if (text_attribute(iq, "type") != "error" || says_alive(iq)) return;
  available_.erase(*from);  // its next presence is news again
  submit_later(std::move(*from), market::SessionGone{});
}

void Service::on_presence(const gloox::Tag& presence) {
  auto from = domain::Jid::parse(text_attribute(presence, "from"));
  if (!from || from->is_bare()) return;  // a session has a resource
  const std::string& type = text_attribute(presence, "type");
  if (type.empty()) {
    if (available_.size() >= kMostAvailable) available_.clear();  // forgets only what is known, not what is so
    if (available_.insert(*from).second) submit_later(std::move(*from), market::SessionAvailable{});
  } else if (type == "unavailable" || type == "error") {
    available_.erase(*from);
    submit_later(std::move(*from), market::SessionGone{});
  }
}

void Service::on_link_up() {
  spdlog::info("ready: connected to the XMPP server as {}", config_.service.text());
  submit_later({}, market::LinkUp{});
}

void Service::on_link_down(const std::string& reason) {
  if (reason == kStopped) {
    spdlog::info("left the XMPP server");
  } else {
    spdlog::warn("no connection to the XMPP server: {}", reason);
  }
  available_.clear();
  probe_.forget();
}

void Service::on_tick() {
  for (auto& gone : probe_.tick(*sender_)) {
    spdlog::info("{} did not answer for {} s and counts as gone", gone.text(), SessionProbe::kPatienceTicks);
    available_.erase(gone);
    submit_later(std::move(gone), market::SessionGone{});
  }
  retry();
  if (const auto dropped = dropped_.exchange(0); dropped != 0) {
    spdlog::warn("{} pieces of output were dropped: the link was down or its queue full", dropped);
  }
}

// In order: what came later must not overtake what waits.
void Service::submit_later(domain::Jid actor, market::CommandBody body) {
  if (to_retry_.size() >= kMostRetries) {
    spdlog::error("too much presence is waiting for the market: dropping some");
    to_retry_.erase(to_retry_.begin(), to_retry_.begin() + kMostRetries / 2);
  }
  to_retry_.push_back({{}, std::move(actor), {}, std::move(body)});
  if (to_retry_.size() == 1) retry();
}

void Service::retry() {
  std::size_t taken = 0;
  while (taken < to_retry_.size()) {
    market::Command command = to_retry_[taken];
    if (!backend_.submit(std::move(command))) break;
    ++taken;
  }
  to_retry_.erase(to_retry_.begin(), to_retry_.begin() + static_cast<std::ptrdiff_t>(taken));
}

void Service::reply_result(const market::ReplyTo& address, std::string_view payload) {
  scratch_.clear();
  append_result(scratch_, address, payload);
  send_piece(scratch_);
}

void Service::reply_error(const market::ReplyTo& address, const base::Error& error) {
  scratch_.clear();
  append_error(scratch_, address, render_error(error));
  send_piece(scratch_);
}

void Service::send_piece(std::string& xml) {
  if (xml.empty()) return;
  if (!sender_->send(xml)) dropped_.fetch_add(1, std::memory_order_relaxed);
  xml.clear();
}

void Service::deliver(std::vector<market::Reply>&& replies, std::vector<market::Notification>&& notifications) {
  std::string xml;
  xml.reserve(kPieceBytes + 4096);
  for (const auto& reply : replies) {
    append_reply(xml, reply);
    if (xml.size() >= kPieceBytes) send_piece(xml);
  }
  for (const auto& notification : notifications) {
    const auto appended = append_notification(xml, config_.service.text(), notification, sign_);
    if (!appended) {
      spdlog::error("event {} cannot be told: {}", notification.event.seq.value, appended.error().text);
    }
    if (xml.size() >= kPieceBytes) send_piece(xml);
  }
  send_piece(xml);
}

void Service::answer(market::Answer&& answer) {
  const auto payload = render_answer(answer, config_.version, sign_);
  std::string xml;
  if (payload) {
    append_result(xml, answer.query.reply_to, *payload);
  } else {
    append_error(xml, answer.query.reply_to, render_error(payload.error()));
  }
  send_piece(xml);
}

void Service::probe(std::vector<domain::Jid>&& sessions) { probe_.ask(std::move(sessions)); }

}  // namespace bourse::xmpp
