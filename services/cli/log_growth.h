// Purpose: whether a newer checkpoint of a log follows from an older one: what witnesses, and everybody who kept an
//   older one, hold the service to.
// Lifetime: values. Threads: free functions, no state.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "audit/checkpoint.h"
#include "audit/proof.h"
#include "base/result.h"
#include "xmpp/client_log.h"

namespace bourse::cli {

enum class Growth {
  kSame,        // the same tree
  kGrown,       // every entry of the older one is in the newer one where it was
  kRolledBack,  // the newer one has fewer entries
  kForked,      // the entries of the older one were changed
};
[[nodiscard]] std::string_view name(Growth growth);  // "rolled back"
[[nodiscard]] constexpr bool is_alarm(Growth growth) { return growth >= Growth::kRolledBack; }

struct GrowthCheck {
  Growth growth = Growth::kSame;
  audit::SignedCheckpoint newest;  // the one that was compared, whose bytes are `note`
  std::string note;
  audit::ConsistencyCheck proof;  // of kGrown, and of kForked where sizes differ
  std::string problem;            // for a person; of an alarm
};

// Of one log; `proof` is that from older to newer, and looked at only where the newer one has more entries.
[[nodiscard]] GrowthCheck compare(const audit::Checkpoint& older, const audit::SignedCheckpoint& newer,
                                  const std::string& note, const audit::Proof& proof);

// How a checkpoint that comes with a proof is read, and whether it is one that counts.
using Open = std::function<base::Result<audit::SignedCheckpoint>(const std::string& note)>;

// Asks for the proof where it takes one; the log may have grown meanwhile, so that `newest` is another one than
// `newer`. kCorrupt: what it answers is not signed by `key`, or it has no proof for what it signed. Others: the
// market's own answer.
[[nodiscard]] base::Result<GrowthCheck> follow(xmpp::LogClient& log, const audit::Checkpoint& older,
                                               const audit::SignedCheckpoint& newer, const std::string& note,
                                               const audit::NoteVerifier& key);
[[nodiscard]] base::Result<GrowthCheck> follow(xmpp::LogClient& log, const audit::Checkpoint& older,
                                               const audit::SignedCheckpoint& newer, const std::string& note,
                                               const Open& open);

}  // namespace bourse::cli
