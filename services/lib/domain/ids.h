// Purpose: the ids of the market, each its own type.
#pragma once

#include <string>

#include "base/strong_id.h"

namespace bourse::domain {

using PoolName = base::TextId<struct PoolTag>;       // "commons"
using NodeName = base::TextId<struct NodeTag>;       // "commons/offers"
using OfferId = base::TextId<struct OfferTag>;       // the item id on <pool>/offers
using RequestId = base::TextId<struct RequestTag>;   // the item id on <pool>/requests
using GrantId = base::NumberId<struct GrantTag>;     // strictly increasing in a pool: also the fencing token
using EventSeq = base::NumberId<struct EventTag>;    // 1, 2, 3 … in a pool, without gaps
using AuditIndex = base::NumberId<struct AuditTag>;  // 0, 1, 2 … in a pool, without gaps

// The item id of a grant on <pool>/grants: "g42". The inverse gives 0 for anything else.
[[nodiscard]] std::string to_item_id(GrantId id);
[[nodiscard]] GrantId grant_id_from_item(const std::string& item_id);

}  // namespace bourse::domain
