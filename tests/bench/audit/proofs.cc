#include "bench/audit/proofs.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <span>
#include <stdexcept>
#include <vector>

#include "audit/checkpoint.h"
#include "audit/proof.h"
#include "audit/tile_edge.h"
#include "bench/audit/log_entries.h"
#include "bench/audit/logged_market.h"
#include "bench/audit/stored_log.h"
#include "bench/figures.h"
#include "bench/grants/workload.h"
#include "market/log_answer.h"
#include "storage/pg_reader.h"

namespace bourse::bench {
namespace {

constexpr std::uint64_t kUnmeasured = 100;         // connects, reads pages
constexpr std::uint64_t kLeavesOfBatch = 1 << 16;  // 256 tiles

std::vector<std::uint64_t> indices_asked(const ProofsPlan& plan) {
  std::set<std::uint64_t> chosen;
  std::vector<std::uint64_t> asked;
  for (std::uint64_t i = 0; asked.size() < plan.questions + kUnmeasured; ++i) {
    const auto index = mixed(i) % plan.leaves;
    if (chosen.insert(index).second) asked.push_back(index);
  }
  return asked;
}

// Entries that nobody asks for are numbers.
audit::Hash leaf_of(std::uint64_t index, bool asked) {
  if (asked) return audit::leaf_hash(audit::encode(entry_of(index)));
  return audit::leaf_hash({reinterpret_cast<const char*>(&index), sizeof(index)});
}

// The root.
audit::Hash write_log(const ProofsPlan& plan, const std::vector<std::uint64_t>& asked, const audit::NoteSigner& key) {
  StoredLog log(plan.uri);
  const std::set<std::uint64_t> chosen(asked.begin(), asked.end());
  auto next = chosen.begin();
  audit::TileEdge edge;
  while (edge.size() < plan.leaves) {
    const auto until = std::min(plan.leaves, edge.size() + kLeavesOfBatch);
    log.write(until, [&](market::Batch& batch) {
      while (edge.size() < until) {
        const bool is_asked = next != chosen.end() && *next == edge.size();
        if (is_asked) add_entry(*next++, batch);
        edge.append(leaf_of(edge.size(), is_asked));
      }
      for (auto& [tile, bytes] : edge.take_changes()) {
        batch.log_tiles.push_back({tile.level, tile.index, std::move(bytes)});
      }
      if (until < plan.leaves) return;
      batch.checkpoints.push_back(
          {until, {}, audit::sign_checkpoint({key.verifier().name(), until, edge.root(), {}}, key)});
    });
  }
  return edge.root();
}

void verify(const market::LogAnswer& answer, std::uint64_t index, const ProofsPlan& plan, const audit::Hash& root,
            const audit::NoteVerifier& key) {
  const auto head = audit::open_checkpoint(answer.checkpoint->note, key);
  if (!head.ok() || head->checkpoint.root != root) throw std::runtime_error("another checkpoint was answered");
  if (answer.receipts.size() != 1) throw std::runtime_error("not one receipt was answered");
  const auto& receipt = answer.receipts.front();
  audit::Proof proof;
  for (const auto& bytes : receipt.hashes) {
    audit::Hash hash;
    if (bytes.size() != hash.size()) throw std::runtime_error("that is no hash");
    std::memcpy(hash.data(), bytes.data(), hash.size());
    proof.push_back(hash);
  }
  const auto check = audit::check_inclusion(audit::leaf_hash(receipt.entry), index, plan.leaves, root, proof);
  if (!check.ok()) throw std::runtime_error("a proof is wrong: " + check.problem);
}

}  // namespace

void measure_proofs(const ProofsPlan& plan) {
  const auto asked = indices_asked(plan);
  const auto key = new_key();
  const auto root = write_log(plan, asked, key);
  storage::PgReader reader({plan.uri, "bench_audit"});
  std::vector<double> times;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const market::Viewer viewer{.jid = party_of(asked[i])};
    const market::LogQuery query{.pool = {"commons"}, .what = market::LogQuery::Receipts{{{asked[i]}}, {}}};
    const auto start = Steady::now();
    const auto answer = market::answer_log(reader, query, viewer);
    const auto spent = Steady::now() - start;
    if (!answer.ok()) throw std::runtime_error(answer.error().text);
    verify(*answer, asked[i], plan, root, key.verifier());
    if (i >= kUnmeasured) times.push_back(std::chrono::duration<double, std::milli>(spent).count());
  }
  figure("proof_leaves", static_cast<double>(plan.leaves), "");
  figure("proof_p50", quantile(times, 0.5), "ms");
  figure("proof_p99", quantile(times, 0.99), "ms");
  figure("proof_max", std::ranges::max(times), "ms");
}

}  // namespace bourse::bench
