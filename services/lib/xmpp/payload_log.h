// Purpose: <log/>, the audit log itself, both ways: questions for checkpoints, proofs, tiles and entries, and their
//   answers; and <checkpoint/>, the payload of the items of node <pool>/audit. Bytes are base64, notes are text.
// Errors: as payload.h says. A checkpoint is parsed here, but verified by nobody: do not believe it.
// Lifetime: Tags are only borrowed during the call. Threads: free functions, no state.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "market/reader.h"

namespace gloox {
class Tag;
}

namespace bourse::xmpp {

[[nodiscard]] base::Result<market::LogQuery> parse_log_query(const gloox::Tag& tag);
[[nodiscard]] std::string render_log_query(const market::LogQuery& query);

// As much as one stanza may carry: receipts, tiles and entries are cut to the first that fit, at least one; whoever
// asked asks again for the rest.
[[nodiscard]] base::Result<market::LogAnswer> parse_log(const gloox::Tag& tag);
[[nodiscard]] std::string render_log(const market::LogAnswer& answer);

struct CheckpointPayload {
  std::uint64_t size = 0;
  std::string note;
  friend bool operator==(const CheckpointPayload&, const CheckpointPayload&) = default;
};
[[nodiscard]] base::Result<CheckpointPayload> parse_checkpoint_payload(const gloox::Tag& tag);
[[nodiscard]] std::string render_checkpoint_payload(const CheckpointPayload& payload);

}  // namespace bourse::xmpp
