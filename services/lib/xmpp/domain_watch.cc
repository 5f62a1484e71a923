#include "xmpp/domain_watch.h"

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

}  // namespace

DomainWatch::DomainWatch(const domain::Jid& service) : service_(service.text()), own_(above(service.domain())) {}

void DomainWatch::met(const domain::Jid& session, base::Timestamp now) {
  const std::string domain(session.domain());
  if (!is_afar(domain)) return;
  if (domains_.size() >= kMostDomains && !domains_.contains(domain)) return;
  const auto [found, is_new] = domains_.try_emplace(domain);
  if (is_new) {
    found->second.heard = ticks_;
    found->second.heard_at = now;
  }
  found->second.sessions.insert(session);
}

void DomainWatch::left(const domain::Jid& session) {
  const auto found = domains_.find(std::string(session.domain()));
  if (found == domains_.end()) return;
  found->second.sessions.erase(session);
  if (found->second.sessions.empty() && !found->second.lost) domains_.erase(found);
}

bool DomainWatch::heard(std::string_view domain, base::Timestamp now) {
  if (domains_.empty()) return false;
  const auto found = domains_.find(std::string(domain));
  if (found == domains_.end()) return false;
  auto& watched = found->second;
  watched.heard = ticks_;
  watched.heard_at = now;
  watched.given_up = false;
  const bool was_lost = std::exchange(watched.lost, false);
  if (watched.sessions.empty()) domains_.erase(found);  // they went while it was lost
  return was_lost;
}

void DomainWatch::unreachable(std::string_view domain) {
  const auto found = domains_.find(std::string(domain));
  if (found != domains_.end()) found->second.given_up = true;
}

bool DomainWatch::is_heard(std::string_view domain) const {
  const auto found = domains_.find(std::string(domain));
  if (found == domains_.end()) return !is_afar(domain);
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
  for (auto& [domain, watched] : domains_) {
    const auto silent = ticks_ - watched.heard;
    if (silent < kSilentTicks) continue;
    if (silent % kAskEvery == 0 && !ask(domain, sender)) break;  // full: what is not asked cannot answer
    if (watched.lost || (silent < kPatienceTicks && !watched.given_up)) continue;
    watched.lost = true;
    lost.push_back({domain, watched.heard_at});
  }
  return lost;
}

bool DomainWatch::ask(const std::string& domain, StanzaSender& sender) const {
  std::string xml = "<iq type='get'";
  append_attribute(xml, "from", service_);
  append_attribute(xml, "to", domain);
  append_attribute(xml, "id", "domain-" + std::to_string(ticks_));
  xml.append("><ping xmlns='").append(kPingNs).append("'/></iq>");
  return sender.send(xml);
}

void DomainWatch::forget() { domains_.clear(); }

}  // namespace bourse::xmpp
