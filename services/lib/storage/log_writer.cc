#include "storage/log_writer.h"

#include <utility>

#include "storage/fields.h"

namespace bourse::storage {
namespace {

TableCall tiles(const std::vector<market::LogTileRow>& rows) {
  const std::size_t n = rows.size();
  SmallintArray levels(n);
  BigintArray indices(n);
  RecordColumn hashes(n, total_bytes(rows, [](const auto& row) -> const std::string& { return row.hashes; }));
  for (const auto& row : rows) {
    levels.add(static_cast<std::int64_t>(row.level));
    indices.add(static_cast<std::int64_t>(row.index));
    hashes.add(row.hashes);
  }
  TableCall call{.function = "write_log_tiles", .letter = 'T'};
  take_into(call, std::move(levels), std::move(indices));
  std::move(hashes).finish(call);
  return call;
}

TableCall checkpoints(const std::vector<market::CheckpointRow>& rows) {
  const std::size_t n = rows.size();
  BigintArray sizes(n), times(n);
  TextArray notes(total_bytes(rows, [](const auto& row) -> const std::string& { return row.note; }) + n * 4);
  for (const auto& row : rows) {
    sizes.add(static_cast<std::int64_t>(row.size));
    times.add(micros(row.at));
    notes.add(row.note);
  }
  TableCall call{.function = "write_checkpoints", .letter = 'S'};
  take_into(call, std::move(sizes), std::move(times), std::move(notes));
  return call;
}

}  // namespace

std::string separate_actor(const audit::Entry& entry) {
  if (entry.actor.empty()) return {};
  const domain::Jid bare = entry.actor.bare();
  return bare == entry.provider || bare == entry.consumer ? std::string() : bare.text();
}

void add_log_calls(const market::Batch& batch, std::vector<TableCall>& calls) {
  if (!batch.log_tiles.empty()) calls.push_back(tiles(batch.log_tiles));
  if (!batch.checkpoints.empty()) calls.push_back(checkpoints(batch.checkpoints));
}

}  // namespace bourse::storage
