// Purpose: why a request waits, in sentences for a person: the same on a command line and in a form.
// Threads: free functions, no state.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "market/request_explanation.h"

namespace bourse::xmpp {

// One sentence: where the request stands, and what stands most in its way.
[[nodiscard]] std::string headline(const market::RequestExplanation& explanation, base::Timestamp now);

// What an offer that is ruled out so lacks: "(arch=arm64)", "cpu, all of it in use".
[[nodiscard]] std::string in_words(const matching::Rejection& rejection);

// "rack-1 of lab@b.test, from 2026-11-24T18:00:00Z: cpu: has 8, needs 16; …"
[[nodiscard]] std::string in_words(const market::NearMiss& miss);

// What else there is to know: share, quota, hold. One sentence each.
[[nodiscard]] std::vector<std::string> remarks(const market::RequestExplanation& explanation);

}  // namespace bourse::xmpp
