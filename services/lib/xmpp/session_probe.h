// Purpose: asks sessions whether they are still there (XEP-0199), some at a time, and says which are not; asks for the
//   presence of bare JIDs, which answer with it or not at all.
// Time is counted in ticks of about a second, so that a clock that is set wrong kills nobody's session.
// Lifetime: one per service. Threads: ask() from any; everything else on the network thread.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "domain/jid.h"
#include "xmpp/stanza_sender.h"

namespace bourse::xmpp {

class SessionProbe {
 public:
  static constexpr std::uint64_t kPatienceTicks = 20;
  static constexpr std::size_t kMostPerTick = 5'000;

  explicit SessionProbe(std::string service) : service_(std::move(service)) {}

  void ask(std::vector<domain::Jid>&& sessions);
  // Sends the next pings and returns the sessions that did not answer in time.
  [[nodiscard]] std::vector<domain::Jid> tick(StanzaSender& sender);
  // It sent something since it was asked: whatever becomes of the question, it is there. The ping may have gone to an
  // earlier stream of the same full JID, and its fate says nothing about this one.
  void alive(const domain::Jid& session);
  // True when the iq result or error `id` from `from` answered a ping.
  [[nodiscard]] bool answered(std::string_view id, const domain::Jid& from);
  // The link went: every session is asked again after the next LinkUp.
  void forget();

 private:
  struct Asked {
    domain::Jid session;
    std::uint64_t until = 0;
  };

  [[nodiscard]] bool send_question(const domain::Jid& to, std::string_view id, StanzaSender& sender) const;

  std::string service_;
  std::mutex mutex_;  // of waiting_
  std::deque<domain::Jid> waiting_;
  std::unordered_map<std::string, Asked> asked_;                // by iq id
  std::unordered_map<domain::Jid, std::string> id_by_session_;  // of asked_
  std::uint64_t ticks_ = 0;
  std::uint64_t next_id_ = 0;
};

}  // namespace bourse::xmpp
