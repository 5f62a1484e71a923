#include "xmpp/client_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "xmpp/client_market.h"

namespace bourse::xmpp {
namespace {

using base::Errc;
using base::Error;
using base::Result;
using market::LogQuery;

Error unexpected(const std::string& what) {
  return {Errc::kInternal, fmt::format("the market's answer about its log {}: is it a market of this version?", what)};
}

audit::Proof proof_of(const std::vector<std::string>& hashes) {
  audit::Proof proof;
  for (const auto& hash : hashes) proof.push_back(audit::hash_of_bytes(hash));
  return proof;
}

template <class Row>
std::vector<Row> front(const std::vector<Row>& all, std::size_t most) {
  return {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(std::min(most, all.size()))};
}

}  // namespace

LogClient::LogClient(MarketClient& market) : ask_([&market](const LogQuery& query) { return market.log(query); }) {}

Result<market::CheckpointRow> LogClient::checkpoint() {
  auto answer = ask_({{}, LogQuery::LastCheckpoint{}});
  if (!answer) return answer.error();
  if (!answer->checkpoint) return {Errc::kNotFound, "the log has no checkpoint yet: nothing is signed"};
  return std::move(*answer->checkpoint);
}

Result<LogClient::Consistency> LogClient::consistency(std::uint64_t from) {
  auto answer = ask_({{}, LogQuery::Consistency{from}});
  if (!answer) return answer.error();
  if (!answer->checkpoint) return unexpected("has no checkpoint");
  return Consistency{std::move(*answer->checkpoint), proof_of(answer->consistency)};
}

Result<std::vector<audit::TlogProof>> LogClient::receipts(std::vector<domain::AuditIndex> indices) {
  std::vector<audit::TlogProof> all;
  while (!indices.empty()) {
    const auto asked = front(indices, market::kMostReceipts);
    auto answer = ask_({{}, LogQuery::Receipts{asked, {}}});
    if (!answer) return answer.error();
    if (answer->receipts.empty()) {  // none of these is signed yet
      indices.erase(indices.begin(), indices.begin() + static_cast<std::ptrdiff_t>(asked.size()));
      continue;
    }
    if (!answer->checkpoint) return unexpected("has no checkpoint");
    for (auto& receipt : answer->receipts) {
      if (std::erase(indices, receipt.index) == 0) return unexpected("has a receipt that nobody asked for");
      all.push_back(
          {std::move(receipt.entry), receipt.index.value, proof_of(receipt.hashes), answer->checkpoint->note});
    }
  }
  return all;
}

Result<std::vector<market::LogTileRow>> LogClient::tiles(const std::vector<market::LogTileId>& ids) {
  std::vector<market::LogTileRow> all;
  while (all.size() < ids.size()) {
    const std::vector<market::LogTileId> left(ids.begin() + static_cast<std::ptrdiff_t>(all.size()), ids.end());
    auto answer = ask_({{}, LogQuery::Tiles{front(left, market::kMostLogTiles)}});
    if (!answer) return answer.error();
    if (answer->tiles.empty() || answer->tiles.size() > left.size()) return unexpected("has not the tiles asked for");
    for (auto& tile : answer->tiles) {
      const auto& wanted = ids[all.size()];
      if (tile.level != wanted.level || tile.index != wanted.index) return unexpected("has other tiles");
      all.push_back(std::move(tile));
    }
  }
  return all;
}

Result<std::vector<market::AuditRow>> LogClient::entries(std::uint64_t from) {
  auto answer = ask_({{}, LogQuery::Entries{from}});
  if (!answer) return answer.error();
  if (answer->entries.empty()) return {Errc::kNotFound, fmt::format("the log has no entry {}", from)};
  for (std::size_t i = 0; i < answer->entries.size(); ++i) {
    if (answer->entries[i].index.value != from + i) {
      if (i == 0) return {Errc::kNotFound, fmt::format("the log has no entry {}", from)};
      answer->entries.resize(i);  // the next question tells
    }
  }
  return std::move(answer->entries);
}

Error missing_below(std::uint64_t size, const Error& error) {
  if (error.code != Errc::kNotFound) return error;
  return {Errc::kCorrupt, fmt::format("{}, but its signed checkpoint is of {} entries", error.text, size)};
}

}  // namespace bourse::xmpp
