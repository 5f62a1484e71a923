// The market's side: what it says becomes stanzas on the link. Called from any thread.
#include <spdlog/spdlog.h>

#include <utility>

#include "xmpp/answer.h"
#include "xmpp/notification_text.h"
#include "xmpp/service.h"
#include "xmpp/stanza_error.h"

namespace bourse::xmpp {
namespace {

constexpr std::size_t kPieceBytes = 64 * 1024;
constexpr unsigned kMostPieces = 16;  // of one call, so that who tells can be stopped

}  // namespace

void Service::send_piece(std::string& xml) {
  if (xml.empty()) return;
  if (!sender_->send(xml)) dropped_.fetch_add(1, std::memory_order_relaxed);
  xml.clear();
}

void Service::deliver(std::vector<market::Reply>&& replies) {
  std::string xml;
  xml.reserve(kPieceBytes + 4096);
  for (const auto& reply : replies) {
    append(xml, reply);
    if (xml.size() >= kPieceBytes) send_piece(xml);
  }
  send_piece(xml);
}

std::size_t Service::notify(const market::Notification& notification, std::size_t from) {
  const auto recipients = notification.recipients.size();
  std::size_t told = from;
  std::string xml;
  for (unsigned piece = 0; piece < kMostPieces && told < recipients && sender_->room() > 0; ++piece) {
    const auto appended = append_notification(xml, config_.service.text(), notification, told, kPieceBytes, sign_);
    if (!appended) {
      spdlog::error("event {} cannot be told: {}", notification.event.seq.value, appended.error().text);
      return recipients - from;
    }
    if (!sender_->send(xml)) break;  // the link went just now
    told += *appended;
    xml.clear();
  }
  return told - from;
}

void Service::wait_for_room(base::Duration longest) { sender_->wait_for_room(longest); }

void Service::answer(market::Answer&& answer) {
  std::string xml;
  append(xml, answer);
  send_piece(xml);
}

void Service::probe(std::vector<domain::Jid>&& sessions) { probe_.ask(std::move(sessions)); }

}  // namespace bourse::xmpp
