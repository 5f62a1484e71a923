// Purpose: whether the domains of sessions can be reached. A machine that goes off is seen by its server, which says
//   so; when the link between two servers fails nobody says anything, and it is the whole domain that falls silent. So
//   a silent domain's server is asked (XEP-0199), and when it does not answer, its domain is lost, not its machines.
// Time is counted in ticks of about a second, as in session_probe.h.
// Lifetime: one per service. Threads: the network thread's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "domain/jid.h"
#include "xmpp/stanza_sender.h"

namespace bourse::xmpp {

class DomainWatch {
 public:
  static constexpr std::uint64_t kSilentTicks = 5;   // then its server is asked
  static constexpr std::uint64_t kHeardTicks = 10;   // as long it counts as heard
  static constexpr std::uint64_t kAnswerTicks = 15;  // since it was asked first, then it is lost
  static constexpr std::uint64_t kPatienceTicks = kSilentTicks + kAnswerTicks;
  static constexpr std::size_t kMostDomains = 10'000;   // others are as if they were heard
  static constexpr std::size_t kMostSessions = 20'000;  // of a domain, that are called when it is back
  static constexpr std::size_t kMostLostAtOnce = 50;    // in a tick: each is work for the market

  // `service`: its own server's domain, the one above it, needs no watching: without it there is no link at all.
  explicit DomainWatch(const domain::Jid& service);

  [[nodiscard]] bool is_afar(std::string_view domain) const { return domain != own_; }
  // A session is there, and its domain to be watched from now on; it went.
  void met(const domain::Jid& session, base::Timestamp now);
  void left(const domain::Jid& session);
  // Something came from that domain. True when it was lost until now.
  [[nodiscard]] bool heard(std::string_view domain, base::Timestamp now);
  // Some server says that it was not to be reached, perhaps long ago, or somebody says that a server says so: it is
  // asked now.
  void doubt(std::string_view domain);
  // Our own server says so of what asked the domain, by the id of that: no need to be patient.
  void unreachable(std::string_view domain, std::string_view id);
  // Whether silence of somebody there says something of himself: his domain was heard of late.
  [[nodiscard]] bool is_heard(std::string_view domain) const;
  [[nodiscard]] bool is_lost(std::string_view domain) const;
  // Sessions there that were known when it was lost, or came since.
  [[nodiscard]] std::vector<domain::Jid> sessions_at(std::string_view domain) const;

  struct Lost {
    std::string domain;
    base::Timestamp since{};
  };
  // Asks those that are silent, and says which are lost now.
  [[nodiscard]] std::vector<Lost> tick(StanzaSender& sender);
  // The link to our own server went: everything begins anew, but who is lost stays so until it is heard.
  void forget();

 private:
  struct Watched {
    std::unordered_set<domain::Jid> sessions;
    std::uint64_t heard = 0;  // tick
    base::Timestamp heard_at{};
    std::uint64_t asked_first = 0;  // tick, since it was heard; 0: not yet
    std::uint64_t asked_last = 0;   // tick, ever
    bool doubted = false;
    bool given_up = false;  // our server said so
    bool lost = false;
  };

  [[nodiscard]] bool is_to_be_asked(const Watched& watched) const;
  [[nodiscard]] bool ask(const std::string& domain, Watched& watched, StanzaSender& sender) const;
  [[nodiscard]] bool has_room();

  std::string service_;
  std::string own_;
  std::unordered_map<std::string, Watched> domains_;
  std::uint64_t ticks_ = 0;
};

}  // namespace bourse::xmpp
