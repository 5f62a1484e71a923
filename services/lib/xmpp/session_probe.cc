#include "xmpp/session_probe.h"

#include "xmpp/disco.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {

void SessionProbe::ask(std::vector<domain::Jid>&& sessions) {
  const std::lock_guard lock(mutex_);
  for (auto& session : sessions) waiting_.push_back(std::move(session));
}

std::vector<domain::Jid> SessionProbe::tick(StanzaSender& sender) {
  ++ticks_;
  std::vector<domain::Jid> gone;
  for (auto each = asked_.begin(); each != asked_.end();) {
    if (each->second.until > ticks_) {
      ++each;
      continue;
    }
    id_by_session_.erase(each->second.session);
    gone.push_back(std::move(each->second.session));
    each = asked_.erase(each);
  }
  const std::lock_guard lock(mutex_);
  for (std::size_t sent = 0; sent < kMostPerTick && !waiting_.empty(); ++sent, waiting_.pop_front()) {
    auto& session = waiting_.front();
    if (id_by_session_.contains(session)) continue;  // several pools want to know
    std::string id = "probe-" + std::to_string(next_id_ + 1);
    if (!send_question(session, id, sender)) break;  // full: the next tick goes on
    if (session.is_bare()) continue;
    ++next_id_;
    id_by_session_.emplace(session, id);
    asked_.emplace(std::move(id), Asked{std::move(session), ticks_ + kPatienceTicks});
  }
  return gone;
}

bool SessionProbe::send_question(const domain::Jid& to, std::string_view id, StanzaSender& sender) const {
  std::string xml = to.is_bare() ? "<presence type='probe'" : "<iq type='get'";
  append_attribute(xml, "from", service_);
  append_attribute(xml, "to", to.text());
  if (to.is_bare()) {
    xml += "/>";
  } else {
    append_attribute(xml, "id", id);
    xml.append("><ping xmlns='").append(kPingNs).append("'/></iq>");
  }
  return sender.send(xml);
}

void SessionProbe::alive(const domain::Jid& session) {
  const auto found = id_by_session_.find(session);
  if (found == id_by_session_.end()) return;
  asked_.erase(found->second);
  id_by_session_.erase(found);
}

bool SessionProbe::answered(std::string_view id, const domain::Jid& from) {
  const auto found = asked_.find(std::string(id));
  if (found == asked_.end() || found->second.session != from) return false;
  asked_.erase(found);
  id_by_session_.erase(from);
  return true;
}

void SessionProbe::forget() {
  asked_.clear();
  id_by_session_.clear();
  const std::lock_guard lock(mutex_);
  waiting_.clear();
}

}  // namespace bourse::xmpp
