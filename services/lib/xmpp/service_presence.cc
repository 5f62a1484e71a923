// Who is there: presence, the answers to probes, messages that come back, and what of all that the market could not
// take at once.
#include <gloox/tag.h>
#include <spdlog/spdlog.h>

#include <utility>

#include "xmpp/element.h"
#include "xmpp/payload_heartbeat.h"
#include "xmpp/service.h"
#include "xmpp/stanza_error.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

constexpr std::size_t kMostAvailable = 200'000;
constexpr std::size_t kMostAsked = 200'000;
constexpr std::size_t kMostRetries = 200'000;

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
std::string condition_of(const gloox::Tag& message) {
  const gloox::Tag* error = message.findChild("error");
  if (error == nullptr) return {};
  for (const auto* child : error->children()) {
    if (child->name() != "text" && is_in(*child, kStanzaErrorNs)) return child->name();
  }
  return {};
}

}  // namespace

void Service::on_probe_answer(const gloox::Tag& iq) {
  auto from = domain::Jid::parse(attribute_or_empty(iq, "from"));
  if (!from || !probe_.answered(attribute_or_empty(iq, "id"), *from)) return;
  if (attribute_or_empty(iq, "type") != "error" || says_alive(iq)) return;
  available_.erase(*from);  // its next presence is news again
  submit_later(std::move(*from), market::SessionGone{});
}

void Service::on_presence(const gloox::Tag& presence) {
  const auto from = domain::Jid::parse(attribute_or_empty(presence, "from"));
  if (!from) return;
  const std::string& type = attribute_or_empty(presence, "type");
  if (type.empty() || type == "unavailable" || type == "error") {
    if (!from->is_bare()) on_session_presence(presence, *from);  // a session has a resource
  } else if (attribute_or_empty(presence, "to") == config_.service.text()) {
    on_roster_presence(type, *from);
  }
}

// The first one, and what changes in what it shows.
void Service::on_session_presence(const gloox::Tag& presence, const domain::Jid& session) {
  probe_.alive(session);
  if (!attribute_or_empty(presence, "type").empty()) {
    available_.erase(session);
    submit_later(session, market::SessionGone{});
    return;
  }
  const auto show = show_of(presence);
  if (available_.size() >= kMostAvailable) available_.clear();  // forgets only what is known, not what is so
  const auto [known, first] = available_.try_emplace(session, show);
  if (!first && known->second == show) return;
  known->second = show;
  submit_later(session, market::SessionAvailable{show});
}

// Who has the service in the roster shows it presence by that: it is asked for in return, once, or two services of
// this kind would ask each other for ever. Answers to what was asked are never answered (RFC 6121 §3).
void Service::on_roster_presence(const std::string& type, const domain::Jid& from) {
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
void Service::on_bounce(const gloox::Tag& message) {
  auto from = domain::Jid::parse(attribute_or_empty(message, "from"));
  if (!from || *from == config_.service || attribute_or_empty(message, "to") != config_.service.text()) return;
  const std::string condition = condition_of(message);
  if (condition.empty() || !bounces_.count(*from, condition, clock_.now())) return;
  spdlog::info("messages to {} come back ({}): its subscriptions end", from->text(), clipped(condition, 60));
  const std::string reason = "messages to it come back: " + clipped(condition, 60);
  submit_later({}, pubsub::Command(pubsub::DropSubscriber{std::move(*from), reason}));
}

// The next one comes soon: what the market cannot take now is let go.
void Service::on_heartbeat(const gloox::Tag& message, const gloox::Tag& heartbeat) {
  auto from = domain::Jid::parse(attribute_or_empty(message, "from"));
  if (!from || from->is_bare()) return;  // sessions have a resource
  auto parsed = parse_heartbeat(heartbeat);
  if (!parsed) {
    spdlog::debug("a heartbeat of {} is wrong: {}", from->text(), parsed.error().text);
    return;
  }
  probe_.alive(*from);
  static_cast<void>(backend_.submit({{}, std::move(*from), {}, std::move(*parsed)}));
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

}  // namespace bourse::xmpp
