// Purpose: how likely chosen providers stay up: <predict/> and its answer <prediction/> of namespace
//   urn:bourse:market:1, both ways.
// Errors: as in payload.h. Lifetime: Tags are only borrowed during the call. Threads: free functions, no state.
#pragma once

#include <string>

#include "base/result.h"
#include "domain/ids.h"
#include "market/reply.h"

namespace gloox {
class Tag;
}

namespace bourse::xmpp {

// The child of an iq-get.
struct PredictPayload {
  domain::PoolName pool;  // kDefaultPool where the element names none
  market::PredictAvailability question;
};
[[nodiscard]] base::Result<PredictPayload> parse_predict(const gloox::Tag& tag);
[[nodiscard]] std::string render_predict(const domain::PoolName& pool, const market::PredictAvailability& question);

// Its answer. At most market::kMostPredicted providers.
[[nodiscard]] base::Result<market::Prediction> parse_prediction(const gloox::Tag& tag);
[[nodiscard]] std::string render_prediction(const market::Prediction& prediction);

}  // namespace bourse::xmpp
