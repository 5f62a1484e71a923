// Purpose: receipts that anyone can verify offline (C2SP tlog-proof): an entry's index, its inclusion proof, and the
//   checkpoint with all its signatures, in one text file (.tlog-proof).
// Lifetime: values. Threads: free functions from any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit/checkpoint.h"
#include "audit/cosignature.h"
#include "audit/proof.h"
#include "base/result.h"

namespace bourse::audit {

struct TlogProof {
  std::string extra{};  // any bytes; nobody vouches for them. The entry itself, in receipts of this service
  std::uint64_t index = 0;
  Proof inclusion{};
  std::string checkpoint{};  // the signed note, verbatim
  friend bool operator==(const TlogProof&, const TlogProof&) = default;
};

[[nodiscard]] std::string format_tlog_proof(const TlogProof& proof);
// kCorrupt for anything that format_tlog_proof would not give back byte by byte. The checkpoint is one by its form;
// nothing is verified.
[[nodiscard]] base::Result<TlogProof> parse_tlog_proof(std::string_view bytes);

// Whom the verifier trusts: a log, and how many of which witnesses must have seen the checkpoint.
struct TrustPolicy {
  NoteVerifier log;
  std::vector<NoteVerifier> witnesses{};  // kCosignature keys
  std::size_t quorum = 0;
};

struct ReceiptCheck {
  Checkpoint checkpoint;
  InclusionCheck inclusion;
  std::vector<Witnessed> witnesses;
  std::string problem;  // for a person; empty: the entry is in the log
  [[nodiscard]] bool ok() const { return problem.empty(); }
};
// An error when the checkpoint itself cannot be believed (open_checkpoint, verify_cosignatures). Otherwise all there is
// to see, with the problem if there is one.
[[nodiscard]] base::Result<ReceiptCheck> check_tlog_proof(const TlogProof& proof, std::string_view entry,
                                                          const TrustPolicy& trust);

}  // namespace bourse::audit
