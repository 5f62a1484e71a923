#include "xmpp/domain_watch.h"

#include <algorithm>
#include <utility>

#include "xmpp/disco.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

constexpr std::uint64_t kAskEvery = 5;

std::string above(std::string_view domain) {
  const auto dot = domain.find('.');
  return dot == std::string_view::npos ? std::string() : std::string(domain.substr(dot + 1));
}

std::string ping_id(std::uint64_t tick) { return "domain-" + std::to_string(tick); }

}  // namespace

DomainWatch::DomainWatch(const domain::Jid& service) : service_(service.text()), own_(above(service.domain())) {}

void DomainWatch::met(const domain::Jid& session, base::Timestamp now) {
  const std::string domain(session.domain());
  if (!is_afar(domain)) return;
  if (!domains_.contains(domain) && !has_room()) return;
  const auto [found, is_new] = domains_.try_emplace(domain);
  if (is_new) {
    found->second.heard = ticks_;
    found->second.heard_at = now;
  }
  if (found->second.sessions.size() < kMostSessions) found->second.sessions.insert(session);
}

// Domains that were lost and never came back give way.
bool DomainWatch::has_room() {
  if (domains_.size() < kMostDomains) return true;
  std::erase_if(domains_, [](const auto& each) { return each.second.lost; });
  return domains_.size() < kMostDomains;
}

void DomainWatch::left(const domain::Jid& session) {
  const auto found = domains_.find(std::string(session.domain()));
  if (found == domains_.end()) return;
  found->second.sessions.erase(session);
  if (found->second.sessions.empty()) domains_.erase(found);
}

bool DomainWatch::heard(std::string_view domain, base::Timestamp now) {
  if (domains_.empty()) return false;
  const auto found = domains_.find(std::string(domain));
  if (found == domains_.end()) return false;
  auto& watched = found->second;
  watched.heard = ticks_;
  watched.heard_at = now;
  watched.asked_first = 0;
  watched.doubted = false;
  watched.given_up = false;
  return std::exchange(watched.lost, false);
}

void DomainWatch::doubt(std::string_view domain) {
  const auto found = domains_.find(std::string(domain));
  if (found != domains_.end()) found->second.doubted = true;
}

void DomainWatch::unreachable(std::string_view domain, std::string_view id) {
  const auto found = domains_.find(std::string(domain));
  if (found == domains_.end()) return;
  auto& watched = found->second;
  if (watched.asked_first != 0 && id == ping_id(watched.asked_last)) watched.given_up = true;
}

bool DomainWatch::is_heard(std::string_view domain) const {
  const auto found = domains_.find(std::string(domain));
  if (found == domains_.end()) return !is_afar(domain) || domains_.size() >= kMostDomains;
  return ticks_ - found->second.heard < kHeardTicks;
}

bool DomainWatch::is_lost(std::string_view domain) const {
  const auto found = domains_.find(std::string(domain));
  return found != domains_.end() && found->second.lost;
}

std::vector<domain::Jid> DomainWatch::sessions_at(std::string_view domain) const {
  const auto found = domains_.find(std::string(domain));
  if (found == domains_.end()) return {};
  return {found->second.sessions.begin(), found->second.sessions.end()};
}

std::vector<DomainWatch::Lost> DomainWatch::tick(StanzaSender& sender) {
  ++ticks_;
  std::vector<Lost> lost;
  bool full = false;
  for (auto& [domain, watched] : domains_) {
    if (!full && is_to_be_asked(watched)) full = !ask(domain, watched, sender);
    const bool asked = watched.asked_first != 0 && watched.asked_first != ticks_;
    if (watched.lost || !asked || lost.size() >= kMostLostAtOnce) continue;
    if (!watched.given_up && ticks_ - watched.asked_first < kAnswerTicks) continue;
    watched.lost = true;
    lost.push_back({domain, watched.heard_at});
  }
  return lost;
}

bool DomainWatch::is_to_be_asked(const Watched& watched) const {
  const bool silent = ticks_ - watched.heard >= kSilentTicks;
  return (silent || watched.doubted) && (watched.asked_last == 0 || ticks_ - watched.asked_last >= kAskEvery);
}

// False: the link takes no more, and what is not asked cannot answer.
bool DomainWatch::ask(const std::string& domain, Watched& watched, StanzaSender& sender) const {
  std::string xml = "<iq type='get'";
  append_attribute(xml, "from", service_);
  append_attribute(xml, "to", domain);
  append_attribute(xml, "id", ping_id(ticks_));
  xml.append("><ping xmlns='").append(kPingNs).append("'/></iq>");
  if (!sender.send(xml)) return false;
  watched.doubted = false;
  watched.asked_last = ticks_;
  if (watched.asked_first == 0) watched.asked_first = ticks_;
  return true;
}

void DomainWatch::forget() {
  std::erase_if(domains_, [](const auto& each) { return !each.second.lost; });
}

}  // namespace bourse::xmpp
