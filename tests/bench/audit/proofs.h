// Purpose: how long the receipt of one entry of a large log takes, as the service answers it: checkpoint, entry, and
//   the proof made from tiles in PostgreSQL.
// Threads: the caller's. The database is a market's without audit entries.
#pragma once

#include <cstdint>
#include <string>

namespace bourse::bench {

struct ProofsPlan {
  std::string uri;
  std::uint64_t leaves = 10'000'000;
  std::uint64_t questions = 5'000;
};

// Writes tiles and checkpoint of such a log, and the entries that are asked for; prints figures. Every answer is
// verified.
void measure_proofs(const ProofsPlan& plan);

}  // namespace bourse::bench
