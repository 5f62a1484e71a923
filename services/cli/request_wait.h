// Purpose: waits for the grants of one request: from events as they come, and by asking every other second, because
//   an event may be lost while the connection is. A proposed grant is not there yet: its provider may decline.
// Lifetime: made before the request is sent; takes over the market's events. Threads: the session's thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "xmpp/client_market.h"

namespace bourse::cli {

class RequestWait {
 public:
  RequestWait(xmpp::MarketClient& market, domain::RequestId id, std::uint32_t wanted);

  // True when all are granted; false when the time is over or we were interrupted. kConflict: the request is over.
  base::Result<bool> wait(std::optional<base::Duration> at_most);
  // Usable ones and those that are reserved, by id.
  [[nodiscard]] std::vector<xmpp::GrantPayload> grants() const;
  // What still is to come, in a sentence; asks the market why.
  [[nodiscard]] std::string missing(base::Timestamp now);

 private:
  void note(const xmpp::GrantPayload& payload);
  base::Status ask();
  base::Status list();

  xmpp::MarketClient& market_;
  const domain::RequestId id_;
  const std::uint32_t wanted_;
  bool all_granted_ = false;
  std::map<std::uint64_t, xmpp::GrantPayload> there_;
  std::map<std::uint64_t, xmpp::GrantPayload> proposed_;
};

}  // namespace bourse::cli
