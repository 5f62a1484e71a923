#include "audit/tlog_proof.h"

#include <optional>
#include <utility>

#include "audit/decimal.h"
#include "base/base64.h"

namespace bourse::audit {
namespace {

using base::Errc;

constexpr std::string_view kHeading = "c2sp.org/tlog-proof@v1";
constexpr std::string_view kExtra = "extra ";
constexpr std::string_view kIndex = "index ";
constexpr std::size_t kMostHashes = 63;          // no tree of kMaxTreeSize leaves has a longer path
constexpr std::size_t kMostExtraText = 1 << 20;  // base64

base::Error wrong(const std::string& what) { return {Errc::kCorrupt, "not a proof (C2SP tlog-proof): " + what}; }

// The next line without its end; nothing when no line ends any more.
std::optional<std::string_view> take_line(std::string_view& bytes) {
  const auto end = bytes.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const auto line = bytes.substr(0, end);
  bytes.remove_prefix(end + 1);
  return line;
}

}  // namespace

std::string format_tlog_proof(const TlogProof& proof) {
  BOURSE_CHECK(proof.index <= kMaxTreeSize && proof.inclusion.size() <= kMostHashes);
  std::string text = std::string(kHeading) + '\n';
  if (!proof.extra.empty()) text += std::string(kExtra) + base::base64_encode(proof.extra) + '\n';
  text += std::string(kIndex) + std::to_string(proof.index) + '\n';
  for (const auto& hash : proof.inclusion) text += hash_text(hash) + '\n';
  return text + '\n' + proof.checkpoint;
}

base::Result<TlogProof> parse_tlog_proof(std::string_view bytes) {
  TlogProof proof;
  if (take_line(bytes) != kHeading) return wrong("its first line is not " + std::string(kHeading));
  auto line = take_line(bytes);
  if (line && line->starts_with(kExtra)) {
    line->remove_prefix(kExtra.size());
    auto extra =
        line->size() > kMostExtraText ? base::Result<std::string>(Errc::kCorrupt, "") : base::base64_decode(*line);
    if (!extra || extra->empty()) return wrong("its extra data is empty, too long or not base64");
    proof.extra = std::move(*extra);
    line = take_line(bytes);
  }
  if (!line || !line->starts_with(kIndex)) return wrong("the line with the index is missing");
  const auto index = parse_decimal(line->substr(kIndex.size()));
  if (!index) return wrong("its index is not a number");
  proof.index = *index;
  for (line = take_line(bytes); line && !line->empty(); line = take_line(bytes)) {
    const auto hash = parse_hash(*line);
    if (!hash) return wrong("a line of the inclusion proof is not a hash in base64");
    if (proof.inclusion.size() == kMostHashes) return wrong("its inclusion proof is too long");
    proof.inclusion.push_back(*hash);
  }
  if (!line) return wrong("no empty line stands before its checkpoint");
  if (const auto checkpoint = read_unverified(bytes); !checkpoint) return checkpoint.error();
  proof.checkpoint = bytes;
  return proof;
}

base::Result<ReceiptCheck> check_tlog_proof(const TlogProof& proof, std::string_view entry, const TrustPolicy& trust) {
  auto opened = open_checkpoint(proof.checkpoint, trust.log);
  if (!opened) return opened.error();
  auto witnesses = verify_cosignatures(opened->note, trust.witnesses);
  if (!witnesses) return witnesses.error();
  const auto& [origin, size, root, extensions] = opened->checkpoint;
  ReceiptCheck check{opened->checkpoint,
                     check_inclusion(leaf_hash(entry), proof.index, size, root, proof.inclusion),
                     std::move(*witnesses),
                     {}};
  check.problem = check.inclusion.problem;
  if (check.ok() && check.witnesses.size() < trust.quorum) {
    check.problem = std::to_string(check.witnesses.size()) + " of the known witnesses cosigned the checkpoint; " +
                    std::to_string(trust.quorum) + " must";
  }
  return check;
}

}  // namespace bourse::audit
