// Purpose: why a waiting request waits, in numbers of offers: what each thing it asks for rules out, which offers come
//   nearest, and what change would get it served.
// Lifetime: value. Threads: none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace bourse::matching {

enum class Obstacle {
  kResource,  // what: the resource; the offer, empty, has less of it (or no device that gives it)
  kInUse,     // what: the resource; it has enough, but others use it now
  kNeeds,     // what: one comparison of the request's <needs>, as RFC 4515 text, that is not true of the offer
  kServes,    // the offer does not serve this consumer
  kLease,     // the offer lends for shorter or longer only
  kClosed,    // outside its schedule or window, or it closes before the lease would end
  kReserved,  // reserved or held for others in that time
  kBarred,    // its provider is drained or quarantined, or the offer itself takes no more
  kExcluded,  // spread, anti-affinity, or a provider that took a grant of it back
};
[[nodiscard]] const char* name(Obstacle obstacle);  // "resource", "in-use", …

struct Rejection {
  Obstacle obstacle = Obstacle::kResource;
  std::string what;          // see Obstacle; may be empty
  std::uint64_t offers = 0;  // it rules out, alone or with others
  std::uint64_t alone = 0;   // of these, ruled out by nothing else: they would serve without it
};

struct Miss {
  std::uint32_t offer = 0;                   // OfferHandle
  std::vector<std::string> lacks;            // each in words: "cpu: has 8, needs 16", "(arch=arm64): arch is x86_64"
  std::optional<base::Timestamp> from = {};  // when it could serve, as far as that can be told
};

struct Explanation {
  std::uint64_t offers = 0;           // open ones that were looked at
  std::uint64_t drawn_from = 0;       // … of so many: very large markets are looked at in part, drawn evenly
  std::uint64_t fitting = 0;          // of these, could serve it now
  std::vector<Rejection> rejections;  // most `alone` first, then most offers
  std::vector<Miss> nearest;          // least lacking first, at most kMostMisses
  std::vector<std::string>
      changes;  // each alone would get a grant now, in words: "ask for cpu 8 instead of 16 (12 offers)"
  static constexpr std::size_t kMostMisses = 5;
};

}  // namespace bourse::matching
