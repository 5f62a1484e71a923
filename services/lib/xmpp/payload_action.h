// Purpose: what parties do with a live grant besides ending it (<confirm/>, <decline/>, <renew/>, <reclaim/>), and the
//   question why a request waits (<explain/>) with its answer; namespace urn:bourse:market:1, both ways.
// Errors: as in payload.h. A duration is at most domain::kMaxDuration, a grace may be nothing.
// Lifetime: Tags are only borrowed during the call. Threads: free functions, no state.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "domain/ids.h"
#include "market/command.h"
#include "market/request_explanation.h"

namespace gloox {
class Tag;
}

namespace bourse::xmpp {

// The child of an iq-set; answered by an empty result.
struct ActionPayload {
  domain::PoolName pool;  // kDefaultPool where the element names none
  market::GrantAction action;
};
[[nodiscard]] bool is_action(std::string_view element);  // confirm, decline, renew, reclaim
// kUnsupported: an element that is none of the four.
[[nodiscard]] base::Result<ActionPayload> parse_action(const gloox::Tag& tag);
[[nodiscard]] std::string render_action(const domain::PoolName& pool, const market::GrantAction& action);

// <explain request='' pool=''/>, the child of an iq-get …
struct ExplainPayload {
  domain::PoolName pool;
  market::ExplainRequest request;
};
[[nodiscard]] base::Result<ExplainPayload> parse_explain(const gloox::Tag& tag);
[[nodiscard]] std::string render_explain(const domain::PoolName& pool, const market::ExplainRequest& request);

// … and of its result. A share is told to a millionth.
[[nodiscard]] base::Result<market::RequestExplanation> parse_explanation(const gloox::Tag& tag);
[[nodiscard]] std::string render_explanation(const market::RequestExplanation& explanation);

}  // namespace bourse::xmpp
