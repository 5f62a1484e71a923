// Purpose: the offer this agent publishes: the machine's facts, changed by the settings of [offer].
// Threads: free functions, no state.
#pragma once

#include <string>
#include <vector>

#include "agent/machine.h"
#include "base/config.h"
#include "base/result.h"
#include "domain/offer.h"

namespace bourse::agent {

inline const std::vector<std::string> kOfferKeys{
    "offer.id",
    "offer.cpu",
    "offer.memory",
    "offer.storage",
    "offer.storage-path",
    "offer.gpu",
    "offer.gpu-model",
    "offer.divisible",
    "offer.min-lease",
    "offer.max-lease",
    "offer.serves",
    "offer.services",
    "offer.schedule",
    "offer.tz",
    "offer.confirm",
    "offer.grace",
    "offer.drain",
    "offer.attributes.*",
    "offer.reserve.cpu",
    "offer.reserve.memory",
    "offer.reserve.storage",
};

// The item id: offer.id, or the host's name.
[[nodiscard]] base::Result<std::string> offer_id(const base::Config& config, const Machine& machine);

// A resource of the settings replaces the machine's; "0" leaves it out; a reserve is subtracted. kBadRequest and
// kInvalidPayload name the setting. Memory and storage are rounded down to whole MiB and GiB, so that
// publishing again says the same.
// `confirms_by_hook`: a program decides on what is proposed, so that the offer is one to confirm.
[[nodiscard]] base::Result<domain::Offer> machine_offer(const base::Config& config, const Machine& machine,
                                                        bool confirms_by_hook = false);

}  // namespace bourse::agent
