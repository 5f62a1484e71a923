#include "pubsub/presences.h"

#include <algorithm>

namespace bourse::pubsub {

bool Presences::set(const domain::Jid& full, Show show) {
  auto& sessions = by_bare_[full.bare().text()];
  const auto at = std::find_if(sessions.begin(), sessions.end(),
                               [&full](const Session& session) { return session.resource == full.resource(); });
  if (at != sessions.end()) {
    at->show = show;
    return false;
  }
  sessions.push_back({std::string(full.resource()), show});
  ++size_;
  return true;
}

void Presences::erase(const domain::Jid& full) {
  const auto of_bare = by_bare_.find(full.bare().text());
  if (of_bare == by_bare_.end()) return;
  auto& sessions = of_bare->second;
  size_ -= std::erase_if(sessions, [&full](const Session& session) { return session.resource == full.resource(); });
  if (sessions.empty()) by_bare_.erase(of_bare);
}

bool Presences::is_there(const domain::Jid& jid, std::uint8_t shows) const {
  const auto of_bare = by_bare_.find(jid.bare().text());
  if (of_bare == by_bare_.end()) return false;
  return std::any_of(of_bare->second.begin(), of_bare->second.end(), [&jid, shows](const Session& session) {
    const bool addressed = jid.is_bare() || session.resource == jid.resource();
    return addressed && (shows == 0 || (shows & static_cast<std::uint8_t>(session.show)) != 0);
  });
}

}  // namespace bourse::pubsub
