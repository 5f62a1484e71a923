// Purpose: the answer to "why does my request wait?": where it stands, and what matching says of it.
// Lifetime: value. Threads: none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "domain/ids.h"
#include "domain/jid.h"
#include "domain/request.h"
#include "matching/explanation.h"

namespace bourse::market {

struct NearMiss {
  domain::OfferId offer;
  domain::Jid provider;  // bare
  std::vector<std::string> lacks;
  std::optional<base::Timestamp> from;
};

struct RequestExplanation {
  domain::RequestId request;
  domain::RequestState state = domain::RequestState::kWaiting;
  std::uint32_t granted = 0;
  std::uint32_t count = 1;
  base::Timestamp submitted;
  double share = 0;                           // the consumer's dominant share of the pool, usage included, 0 to 1
  std::optional<std::string> quota;           // which group's quota it would exceed, in words
  std::optional<domain::OfferId> held_offer;  // kept for it since it waited too long …
  std::optional<base::Timestamp> held_from;   // … and free for it from then on
  std::uint64_t offers = 0;                   // looked at …
  std::uint64_t drawn_from = 0;               // … when more are open: of so many, drawn evenly
  std::uint64_t fitting = 0;
  std::vector<matching::Rejection> rejections;
  std::vector<NearMiss> nearest;
  std::vector<std::string> changes;
};

}  // namespace bourse::market
