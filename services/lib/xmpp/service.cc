#include "xmpp/service.h"

#include <gloox/tag.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "xmpp/answer.h"
#include "xmpp/archive_request.h"
#include "xmpp/element.h"
#include "xmpp/payload.h"
#include "xmpp/payload_action.h"
#include "xmpp/payload_heartbeat.h"
#include "xmpp/payload_import.h"
#include "xmpp/payload_predict.h"
#include "xmpp/pubsub_fields.h"
#include "xmpp/stanza_error.h"

namespace bourse::xmpp {

using base::Errc;

namespace {

constexpr const char* kAskWithGet = "ask this with an iq of type get";

}  // namespace

Service::Service(ServiceConfig config, Backend& backend, TicketSigner sign, const base::Clock& clock)
    : config_(std::move(config)),
      backend_(backend),
      sign_(std::move(sign)),
      clock_(clock),
      facts_{config_.service.text(), config_.pools,    config_.ticket_key, config_.max_payload_bytes, config_.version,
             config_.policy,         config_.contacts, config_.rules,      config_.log_keys},
      rules_{config_.pools, config_.policy, random_item_id, config_.max_payload_bytes},
      operators_(config_.operators.begin(), config_.operators.end()),
      auditors_(config_.auditors.begin(), config_.auditors.end()),
      probe_(config_.service.text()),
      bounces_(config_.bounce),
      adhoc_(config_.service, rules_, config_.operators),
      domains_(config_.service) {
  BOURSE_CHECK(!config_.pools.empty());
}

void Service::on_stanza(const gloox::Tag& stanza) {
  auto from = senders_.of(stanza);
  if (!from) return;
  hear(stanza, *from);
  if (stanza.name() == "iq") {
    on_iq(stanza, std::move(*from));
  } else if (stanza.name() == "presence") {
    on_presence(stanza, *from);
  } else if (stanza.name() == "message") {
    on_message(stanza, std::move(*from));
  }
}

// Nothing but a heartbeat and an owner's decision on a subscription means anything here, and answering a message with
// an error invites loops.
void Service::on_message(const gloox::Tag& message, domain::Jid&& from) {
  if (attribute_or_empty(message, "type") == "error") return on_bounce(message, std::move(from));
  if (const gloox::Tag* heartbeat = find_heartbeat(message)) return on_heartbeat(std::move(from), *heartbeat);
  if (!admit(from)) return;
  const auto decision = parse_authorization(message, rules_);
  if (!decision) return;
  if (!*decision) {
    spdlog::info("{} decided on a subscription in a form that is wrong: {}", from.text(), decision->error().text);
    return;
  }
  PoolCommand wanted = **decision;
  const market::ReplyTo nobody{from, config_.service.text(), {}};
  const auto taken = backend_.submit({std::move(wanted.pool), std::move(from), nobody, std::move(wanted.body)});
  if (!taken) spdlog::warn("a decision of {} on a subscription is lost: {}", nobody.from.text(), taken.error().text);
}

void Service::on_iq(const gloox::Tag& iq, domain::Jid&& from) {
  const std::string& type = attribute_or_empty(iq, "type");
  if (type == "result" || type == "error") {
    on_probe_answer(iq, std::move(from));
    return;
  }
  market::ReplyTo address{std::move(from), attribute_or_empty(iq, "to"), attribute_or_empty(iq, "id")};
  if (address.stanza_id.empty()) return;  // RFC 6120 §8.1.3: it must have one; no answer could be told from another
  if (const auto admitted = admit(address.from); !admitted) {
    reply_error(address, admitted.error());
  } else if (type != "get" && type != "set") {
    reply_error(address, {Errc::kBadRequest, "the type of an iq is get, set, result or error"});
  } else if (iq.children().size() != 1) {
    reply_error(address, {Errc::kBadRequest, "an iq of type " + type + " has exactly one child element"});
  } else if (address.to != config_.service.text()) {
    const auto to = domain::Jid::parse(address.to);
    if (to && to->bare() == config_.service) {
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
  if (ns == kPubsubNs || ns == kPubsubOwnerNs) return on_pubsub(payload, set, std::move(address));
  if (ns == kArchiveNs) return on_archive(payload, set, std::move(address));
  if (ns == kCommandsNs) return on_command(payload, set, std::move(address));
  if (ns == kMarketNs) return on_market(payload, set, std::move(address));
  const bool known = ns == kDiscoInfoNs || ns == kDiscoItemsNs || ns == kPingNs || ns == kVersionNs;
  if (known && set) return reply_error(address, {Errc::kBadRequest, kAskWithGet});
  if (ns == kDiscoInfoNs) return on_disco_info(payload, std::move(address));
  if (ns == kDiscoItemsNs) return on_disco_items(payload, std::move(address));
  if (ns == kPingNs) return reply_result(address, {});
  if (ns == kVersionNs) return reply_result(address, render_version(facts_));
  std::string xml;
  append_error(xml, address, render_not_served("this service does not know the namespace of the request"));
  send_piece(xml);
}

void Service::on_pubsub(const gloox::Tag& payload, bool set, market::ReplyTo&& address) {
  if (payload.name() != "pubsub") {
    return reply_error(address, {Errc::kBadRequest, describe(payload) + ": <pubsub/> is expected in its namespace"});
  }
  auto request = is_in(payload, kPubsubOwnerNs) ? parse_pubsub_owner(payload, set, address.from, rules_)
                                                : parse_pubsub(payload, set, address.from, clock_.now(), rules_);
  if (!request) return reply_error(address, request.error());
  if (std::holds_alternative<Nothing>(*request)) return reply_result(address, {});
  if (auto* query = std::get_if<market::QueryBody>(&*request)) return ask(std::move(*query), std::move(address));
  submit(std::move(std::get<PoolCommand>(*request)), std::move(address));
}

void Service::on_archive(const gloox::Tag& payload, bool set, market::ReplyTo&& address) {
  if (!set && payload.name() == "query") return reply_result(address, render_archive_form());
  auto query = parse_archive(payload, set, rules_);
  if (!query) return reply_error(address, query.error());
  ask(std::move(*query), std::move(address));
}

void Service::on_command(const gloox::Tag& payload, bool set, market::ReplyTo&& address) {
  if (!set || payload.name() != "command") {
    return reply_error(address, {Errc::kBadRequest, "a <command/> belongs into an iq of type set"});
  }
  auto step = adhoc_.execute(payload, address, clock_.now());
  if (!step) return reply_error(address, step.error());
  if (const auto* answer = std::get_if<AdhocAnswer>(&*step)) return reply_result(address, answer->payload);
  if (const auto* refusal = std::get_if<AdhocRefusal>(&*step)) {
    scratch_.clear();
    append_error(scratch_, address, refusal->error);
    return send_piece(scratch_);
  }
  if (auto* query = std::get_if<market::QueryBody>(&*step)) return ask(std::move(*query), std::move(address));
  submit(std::move(std::get<PoolCommand>(*step)), std::move(address));
}

void Service::submit(PoolCommand&& wanted, market::ReplyTo&& address) {
  market::Command command{std::move(wanted.pool), address.from, address, std::move(wanted.body)};
  const auto lane = lane_of(command);
  if (to_retry_.holds_up(lane) && to_retry_.few()) retry();
  if (to_retry_.holds_up(lane)) {  // an offer must not overtake the presence it lives by
    return refuse(address, {Errc::kUnavailable, "the market is catching up; try again in a moment"});
  }
  if (const auto taken = backend_.submit(std::move(command)); !taken) refuse(address, taken.error());
}

void Service::on_market(const gloox::Tag& payload, bool set, market::ReplyTo&& address) {
  if (is_action(payload.name())) {
    if (!set) return reply_error(address, {Errc::kBadRequest, "do this with an iq of type set"});
    auto action = parse_action(payload);
    if (!action) return reply_error(address, action.error());
    return on_market_command({std::move(action->pool), std::move(action->action)}, std::move(address));
  }
  if (payload.name() == "history-import") return on_import(payload, set, std::move(address));
  if (set) return reply_error(address, {Errc::kBadRequest, kAskWithGet});
  if (payload.name() == "predict") {
    auto wanted = parse_predict(payload);
    if (!wanted) return reply_error(address, wanted.error());
    return on_market_command({std::move(wanted->pool), std::move(wanted->question)}, std::move(address));
  }
  if (payload.name() != "explain") return on_market_query(payload, std::move(address));
  auto wanted = parse_explain(payload);
  if (!wanted) return reply_error(address, wanted.error());
  on_market_command({std::move(wanted->pool), std::move(wanted->request)}, std::move(address));
}

void Service::on_import(const gloox::Tag& payload, bool set, market::ReplyTo&& address) {
  if (!set) return reply_error(address, {Errc::kBadRequest, "do this with an iq of type set"});
  if (!operators_.contains(address.from.bare())) {
    return reply_error(address, {Errc::kForbidden, "only operators of the market import history"});
  }
  auto part = parse_import(payload);
  if (!part) return reply_error(address, part.error());
  on_market_command({std::move(part->pool), std::move(part->part)}, std::move(address));
}

void Service::on_market_command(PoolCommand&& wanted, market::ReplyTo&& address) {
  if (const auto known = check_pool(wanted.pool); !known) return reply_error(address, known.error());
  submit(std::move(wanted), std::move(address));
}

void Service::on_market_query(const gloox::Tag& payload, market::ReplyTo&& address) {
  auto query = parse_query(payload, clock_.now());
  if (!query) return reply_error(address, query.error());
  const auto& pool = std::visit([](const auto& each) -> const domain::PoolName& { return each.pool; }, *query);
  if (const auto known = check_pool(pool); !known) return reply_error(address, known.error());
  ask(std::move(*query), std::move(address));
}

base::Status Service::check_pool(const domain::PoolName& pool) const {
  if (std::find(config_.pools.begin(), config_.pools.end(), pool) != config_.pools.end()) return base::Done{};
  return {Errc::kNotFound, "there is no pool '" + pool.value + "' here"};
}

void Service::ask(market::QueryBody&& body, market::ReplyTo&& address) {
  const domain::Jid viewer = address.from.bare();
  // Auditors see the log, whoever it speaks of; of anything else they see what everybody sees.
  const bool of_log =
      std::holds_alternative<market::AuditQuery>(body) || std::holds_alternative<market::LogQuery>(body);
  const bool privileged = operators_.contains(viewer) || (of_log && auditors_.contains(viewer));
  market::Query query{{viewer, privileged}, address, std::move(body)};
  if (const auto taken = backend_.ask(std::move(query)); !taken) refuse(address, taken.error());
}

void Service::on_link_up() {
  up_ = true;
  spdlog::info("ready: connected to the XMPP server as {}", config_.service.text());
  submit_later({}, market::LinkUp{});
}

void Service::on_link_down(const std::string& reason) {
  if (reason == kStopped) {
    spdlog::info("left the XMPP server");
  } else {
    spdlog::warn("no connection to the XMPP server: {}", reason);
  }
  sessions_.clear();
  probe_.forget();
  domains_.forget();
  if (std::exchange(up_, false)) submit_later({}, market::LinkDown{});
}

void Service::on_tick() {
  ++ticks_;
  std::vector<domain::Jid> to_ask_again;
  for (auto& silent : probe_.tick(*sender_)) {
    if (!domains_.is_heard(silent.domain())) {  // that says nothing of this session
      domains_.met(silent, clock_.now());
      if (!domains_.is_lost(silent.domain())) to_ask_again.push_back(std::move(silent));
      continue;
    }
    spdlog::info("{} did not answer for {} s and counts as gone", silent.text(), SessionProbe::kPatienceTicks);
    session_went(std::move(silent));
  }
  probe_.ask(std::move(to_ask_again));
  watch_domains();
  retry();
  senders_.report(clock_.now());
  if (const auto dropped = dropped_.exchange(0); dropped != 0) {
    spdlog::warn("{} pieces of output were dropped: the link was down or its queue full", dropped);
  }
}

void Service::append(std::string& xml, const market::Reply& reply) {
  const auto wrapped = adhoc_.render(reply);
  if (!wrapped) return append_reply(xml, reply);
  if (*wrapped) return append_result(xml, reply.to, **wrapped);
  append_error(xml, reply.to, render_error(wrapped->error()));
}

void Service::append(std::string& xml, const market::Answer& answer) {
  const auto wrapped = adhoc_.render(answer, sign_);
  if (!wrapped) return append_answer(xml, answer, config_.version, sign_);
  if (*wrapped) return append_result(xml, answer.query.reply_to, **wrapped);
  append_error(xml, answer.query.reply_to, render_error(wrapped->error()));
}

// What the market could not take is answered like what it refuses: a command forgets that it waits.
void Service::refuse(const market::ReplyTo& address, const base::Error& error) {
  scratch_.clear();
  append(scratch_, market::Reply{address, error});
  send_piece(scratch_);
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

}  // namespace bourse::xmpp
