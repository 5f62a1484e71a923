// Purpose: what the log's tree and signatures cost a market that grants as fast as it can, and how long an entry waits
//   for its checkpoint meanwhile.
// Threads: the caller's. Both databases have the same offers, and no audit entry.
#pragma once

#include <cstdint>
#include <string>

namespace bourse::bench {

struct LoggedGrantsPlan {
  std::string with;               // database of the market that signs
  std::string without;            // … of the one that only writes entries
  std::string checkpoint;         // file for the last one, on the disk that is measured
  int rounds = 6;                 // each: signed, only written, only written, signed, so that drift cancels out
  std::uint64_t grants = 30'000;  // of each of the four
};

// Prints figures.
void measure_logged_grants(const LoggedGrantsPlan& plan);

}  // namespace bourse::bench
