// Purpose: what a database says is open and live, and how it differs from what the log says.
// Lifetime: values. Threads: none.
#pragma once

#include <string>
#include <vector>

#include "audit/replay.h"
#include "domain/grant.h"
#include "domain/ids.h"
#include "domain/jid.h"
#include "domain/resources.h"

namespace bourse::audit {

struct LiveOffer {
  domain::OfferId id{};
  domain::Jid provider{};
  bool open = true;
  domain::Resources capacity{};
  std::string record{};
};

struct LiveRequest {
  domain::RequestId id{};
  domain::Jid consumer{};
  std::string record{};
};

struct LiveSanction {
  domain::Jid id{};  // bare
  bool drained = false;
  bool banned = false;
};

struct LiveState {
  std::vector<LiveOffer> offers;        // open, or with live grants
  std::vector<LiveRequest> requests;    // waiting or granted
  std::vector<domain::Grant> grants;    // live
  std::vector<LiveSanction> sanctions;  // of who is drained or banned
};

// One line for each offer, request, grant or sanction that one of the two has and the other has not, or has otherwise:
// what the state has in its order, then what only the log has by id. The state must be the one after the last entry
// replayed.
[[nodiscard]] std::vector<std::string> differences(const Replay& log, const LiveState& state);

// The same of one grant, such as one that is over: appends its line if they differ.
void add_difference(const domain::Grant& database, const domain::Grant& log, std::vector<std::string>& lines);

}  // namespace bourse::audit
