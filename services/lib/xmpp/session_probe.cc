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
    gone.push_back(std::move(each->second.session));
    each = asked_.erase(each);
  }
  const std::lock_guard lock(mutex_);
  for (std::size_t sent = 0; sent < kMostPerTick && !waiting_.empty(); ++sent) {
    std::string id = "probe-" + std::to_string(++next_id_);
    std::string xml = "<iq type='get'";
    append_attribute(xml, "from", service_);
    append_attribute(xml, "to", waiting_.front().text());
    append_attribute(xml, "id", id);
    xml.append("><ping xmlns='").append(kPingNs).append("'/></iq>");
    if (!sender.send(xml)) break;  // full: the next tick goes on
    asked_.emplace(std::move(id), Asked{std::move(waiting_.front()), ticks_ + kPatienceTicks});
    waiting_.pop_front();
  }
  return gone;
}

bool SessionProbe::answered(std::string_view id, const domain::Jid& from) {
  const auto found = asked_.find(std::string(id));
  if (found == asked_.end() || found->second.session != from) return false;
  asked_.erase(found);
  return true;
}

void SessionProbe::forget() {
  asked_.clear();
  const std::lock_guard lock(mutex_);
  waiting_.clear();
}

}  // namespace bourse::xmpp
