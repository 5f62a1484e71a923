// Purpose: durable grants through a real Spine on a real database, without XMPP: commands go in at one end, replies are
//   counted at the other (grants/session.h).
// Threads: the caller's; the spine brings its own.
#pragma once

#include <string>

namespace bourse::bench {

struct GrantsPlan {
  std::string uri;  // of the database, as the service
  std::string pool = "commons";
  std::string nodes;  // machines of the openb trace: offers to publish first; empty: the database has offers
  std::string jobs;   // and what is asked of them: lines cores, MiB, filter, how many; tab-separated
};

// Says "ready" once the pool is loaded, then obeys lines on stdin until there are no more:
//   grants REQUESTS COUNT    that many requests for COUNT grants each
//   jobs                     those of the file, once, all given back afterwards
// each answered with one JSON object, {"grants", "seconds"}: from the first command submitted to the last reply.
int run_grants(const GrantsPlan& plan);

}  // namespace bourse::bench
