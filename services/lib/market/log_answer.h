// Purpose: answers to questions about the audit log: checkpoints, proofs, receipts, tiles and entries, to whoever may
// have
//   them. Proofs are made from stored tiles, and hold only as far as these are what was signed: whoever asks verifies.
// Threads: free function; as many at once as the reader serves.
#pragma once

#include "base/result.h"
#include "market/reader.h"

namespace bourse::market {

// Checkpoints, consistency proofs and tiles are anybody's. kForbidden: entries, for who is not privileged; receipts of
// entries by index in which the viewer is neither actor, provider nor consumer. Of a grant, and of nobody else, such
// entries are left out; it gives the first kMostReceipts. kNotFound: no such pool; nothing is signed yet (entries are
// there before).
[[nodiscard]] base::Result<LogAnswer> answer_log(Reader& reader, const LogQuery& query, const Viewer& viewer);

}  // namespace bourse::market
