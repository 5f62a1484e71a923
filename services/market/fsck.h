// Purpose: checks a pool's audit log against itself and against what the database has live: builds the tree anew out of
//   all entries, compares every tile and every checkpoint, and replays the entries.
// Lifetime: values. Threads: one call at a time; the service may go on meanwhile.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "audit/live_state.h"
#include "audit/note_key.h"
#include "base/result.h"
#include "domain/ids.h"
#include "market/reader.h"

namespace bourse::boursed {

// What the database has beside the entries, asked for while they are read. What is missing is not compared.
struct BesideTheLog {
  // One line for each entry from `from` to before `until` that is found by other columns than its bytes say.
  std::function<base::Result<std::vector<std::string>>(std::uint64_t from, std::uint64_t until)> wrong_columns;
  // Those there are, in any order.
  std::function<base::Result<std::vector<domain::Grant>>(const std::vector<domain::GrantId>& ids)> grants;
};

// What the log is compared with.
struct FsckBasis {
  domain::PoolName pool;
  std::uint64_t size = 0;  // entries there were when the state was read
  audit::LiveState state;
  // Of the service's key files: the last checkpoint must be signed by one of these, older ones may be by keys that the
  // log itself says were its (kKeysChanged).
  std::vector<audit::NoteVerifier> keys;
  std::optional<std::string> kept;  // the last checkpoint that the service keeps outside of the database
  BesideTheLog beside{};
};

struct FsckReport {
  std::uint64_t entries = 0;
  std::uint64_t checkpoints = 0;
  std::uint64_t tiles = 0;
  domain::GrantId last_grant{};       // that the log has
  std::uint64_t set_back = 0;         // entries before which the clock was set back
  std::vector<std::string> problems;  // the first kMostProblems
  std::uint64_t problem_count = 0;

  static constexpr std::size_t kMostProblems = 200;
  void add(std::string problem);
};

// An error: it could not be checked. `progress` is told now and then how many entries were read.
[[nodiscard]] base::Result<FsckReport> check_log(market::Reader& reader, const FsckBasis& basis,
                                                 const std::function<void(std::uint64_t)>& progress);

}  // namespace bourse::boursed
