// Who is there: presence, the answers to probes, messages that come back, and what of all that the market could not
// take at once.
#include <gloox/tag.h>
#include <spdlog/spdlog.h>

#include <utility>

#include "market/lane.h"
#include "xmpp/element.h"
#include "xmpp/payload_heartbeat.h"
#include "xmpp/service.h"
#include "xmpp/stanza_error.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

constexpr std::size_t kMostSessions = 200'000;
constexpr std::size_t kMostAsked = 200'000;

// What a ping's error says about the session: only the client itself can say that it does not know pings.
bool says_alive(const gloox::Tag& iq) {
  const gloox::Tag* error = iq.findChild("error");
  return error != nullptr && error->findChild("feature-not-implemented") != nullptr;
}

pubsub::Show show_of(const gloox::Tag& presence) {
  using pubsub::Show;
  const gloox::Tag* said = presence.findChild("show");
  const std::string show = said == nullptr ? "" : text_of(*said);
  if (show == "away") return Show::kAway;
  if (show == "chat") return Show::kChat;
  if (show == "dnd") return Show::kDnd;
  if (show == "xa") return Show::kXa;
  return Show::kOnline;
}

// RFC 6120 §8.3.3; empty: it has none.
std::string condition_of(const gloox::Tag& stanza) {
  const gloox::Tag* error = stanza.findChild("error");
  if (error == nullptr) return {};
  for (const auto* child : error->children()) {
    if (child->name() != "text" && is_in(*child, kStanzaErrorNs)) return child->name();
  }
  return {};
}

bool says_unreachable(std::string_view condition) {
  return condition == "remote-server-not-found" || condition == "remote-server-timeout";
}

}  // namespace

void Service::on_probe_answer(const gloox::Tag& iq, domain::Jid&& from) {
  if (!probe_.answered(attribute_or_empty(iq, "id"), from)) return;
  domains_.met(from, clock_.now());
  if (says_unreachable(condition_of(iq))) return;
  if (attribute_or_empty(iq, "type") == "error" && !says_alive(iq)) return session_went(std::move(from));
  note_session(from);
}

Service::Session& Service::note_session(const domain::Jid& session) {
  if (sessions_.size() >= kMostSessions) sessions_.clear();  // forgets only what is known, not what is so
  return sessions_[session];
}

void Service::on_presence(const gloox::Tag& presence, const domain::Jid& from) {
  const std::string& type = attribute_or_empty(presence, "type");
  if (type.empty() || type == "unavailable" || type == "error") {
    if (!from.is_bare()) on_session_presence(presence, from);  // a session has a resource
  } else if (is_address(presence, "to", config_.service)) {
    on_roster_presence(type, from);
  }
}

// The first one, and what changes in what it shows.
void Service::on_session_presence(const gloox::Tag& presence, const domain::Jid& session) {
  probe_.alive(session);
  if (!attribute_or_empty(presence, "type").empty()) {
    if (!says_unreachable(condition_of(presence))) session_went(domain::Jid(session));
    return;
  }
  const auto show = show_of(presence);
  const auto known = sessions_.find(session);
  const bool told = known != sessions_.end() && known->second.show;
  if (told && (*known->second.show == show || !admit(session))) {
    return;  // what it shows, others are told of: not faster than they like
  }
  domains_.met(session, clock_.now());
  note_session(session).show = show;
  submit_later(session, market::SessionAvailable{show});
}

// Who has the service in the roster shows it presence by that: it is asked for in return, once, or two services of
// this kind would ask each other for ever. Answers to what was asked are never answered (RFC 6121 §3).
void Service::on_roster_presence(const std::string& type, const domain::Jid& from) {
  if (!admit(from)) return;
  const domain::Jid bare = from.bare();
  if (type == "subscribe") {
    send_presence("subscribed", bare);
    send_presence("", bare);
    if (asked_.size() >= kMostAsked) asked_.clear();
    if (asked_.insert(bare).second) send_presence("subscribe", bare);
  } else if (type == "unsubscribe") {
    send_presence("unsubscribed", bare);
  } else if (type == "unsubscribed") {
    asked_.erase(bare);
  } else if (type == "probe") {
    send_presence("", from);
  }
}

void Service::send_presence(std::string_view type, const domain::Jid& to) {
  scratch_ = "<presence";
  if (!type.empty()) append_attribute(scratch_, "type", type);
  append_attribute(scratch_, "from", config_.service.text());
  append_attribute(scratch_, "to", to.text());
  scratch_ += "/>";
  send_piece(scratch_);
}

// A message of type error: what the service sent to somebody came back. The server vouches for the sender, so nobody
// can end anybody else's subscriptions with it.
void Service::on_bounce(const gloox::Tag& message, domain::Jid&& from) {
  if (from == config_.service || !is_address(message, "to", config_.service)) return;
  const std::string condition = condition_of(message);
  if (condition.empty() || !bounces_.count(from, condition, clock_.now())) return;
  spdlog::info("messages to {} come back ({}): its subscriptions end", from.text(), clipped(condition, 60));
  const std::string reason = "messages to it come back: " + clipped(condition, 60);
  submit_later({}, pubsub::Command(pubsub::DropSubscriber{std::move(from), reason}));
}

// Of who is there one a second counts, whatever else his domain sends: that he is silent must not be somebody else's
// doing. Of others, whom the market may know, the next one comes soon.
void Service::on_heartbeat(domain::Jid&& from, const gloox::Tag& heartbeat) {
  if (from.is_bare()) return;  // sessions have a resource
  const auto known = sessions_.find(from);
  const bool is_there = known != sessions_.end();
  if (!is_there && !admit(from)) return;
  auto parsed = parse_heartbeat(heartbeat);
  if (!parsed) {
    spdlog::debug("a heartbeat of {} is wrong: {}", from.text(), parsed.error().text);
    return;
  }
  if (is_there && std::exchange(known->second.beat, ticks_) == ticks_) return;
  parsed->afar = domains_.is_afar(from.domain());
  probe_.alive(from);
  if (is_there) return submit_later(std::move(from), std::move(*parsed));
  static_cast<void>(backend_.submit({{}, std::move(from), {}, std::move(*parsed)}));
}

// In order: what came later must not overtake what waits.
void Service::submit_later(domain::Jid actor, market::CommandBody body) {
  const auto submit = [this](market::Command&& command) { return backend_.submit(std::move(command)); };
  market::Command command{{}, std::move(actor), {}, std::move(body)};
  const auto lane = lane_of(command);
  const auto forgotten = to_retry_.submit(lane, std::move(command), submit);
  if (forgotten > 0) spdlog::error("too much presence is waiting for the market: {} of it is dropped", forgotten);
}

std::string Service::lane_of(const market::Command& command) const {
  return market::lane_of(command, operators_.contains(command.actor.bare()));
}

void Service::retry() {
  to_retry_.retry([this](market::Command&& command) { return backend_.submit(std::move(command)); });
}

base::Status Service::admit(const domain::Jid& from) {
  if (config_.policies == nullptr || operators_.contains(from.bare())) return base::Done{};
  return admission_.admit(*config_.policies->of(config_.pools.front()), from, clock_.now());
}

// What a server answers in place of a domain it cannot reach is no sign of life of that domain. But who there says it
// of himself may say anything, and what was sent long ago comes back late: only our own question counts.
void Service::hear(const gloox::Tag& stanza, const domain::Jid& from) {
  const auto domain = from.domain();
  if (attribute_or_empty(stanza, "type") == "error") {
    const auto condition = condition_of(stanza);
    if (says_unreachable(condition)) {
      const bool own = stanza.name() == "iq" && from.text() == domain;
      return own ? domains_.unreachable(domain, attribute_or_empty(stanza, "id")) : domains_.doubt(domain);
    }
    if (condition == "internal-server-error" || condition == "resource-constraint") return;
  }
  if (!domains_.heard(domain, clock_.now())) return;
  spdlog::info("{} can be reached again", domain);
  auto sessions = domains_.sessions_at(domain);
  for (const auto& session : sessions) send_presence("", session);  // their agents publish anew
  probe_.ask(std::move(sessions));
}

void Service::session_went(domain::Jid&& session) {
  sessions_.erase(session);  // its next presence is news again
  domains_.left(session);
  submit_later(std::move(session), market::SessionGone{});
}

void Service::watch_domains() {
  for (auto& lost : domains_.tick(*sender_)) {
    spdlog::warn("{} cannot be reached: nobody knows whether its providers are there", lost.domain);
    submit_later({}, market::DomainLost{std::move(lost.domain), lost.since});
  }
}

}  // namespace bourse::xmpp
