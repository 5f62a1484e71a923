// Purpose: a whole log as files (C2SP tlog-tiles): `checkpoint`, `tile/…`; fetched from a market, and verified by
//   computing every hash again. Names of files are made here; nothing in an export or an answer can name another.
// Lifetime: values and free functions. Threads: one owner.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "audit/checkpoint.h"
#include "audit/tile.h"
#include "base/result.h"
#include "xmpp/client_log.h"

namespace bourse::cli {

// More is not one machine's folder any more.
inline constexpr std::uint64_t kMostExported = std::uint64_t{1} << 31U;

class LogFolder {
 public:
  explicit LogFolder(std::string path) : path_(std::move(path)) {}

  [[nodiscard]] std::string file_of(const audit::TileId& tile) const;
  // Full tiles never change: one that is there, of the length it has to have, need not be fetched again.
  [[nodiscard]] bool has_full(const audit::TileId& tile) const;
  // kNotFound: there is no such file.
  [[nodiscard]] base::Result<std::string> read(const audit::TileId& tile) const;
  [[nodiscard]] base::Status write(const audit::TileId& tile, std::string_view bytes) const;

  [[nodiscard]] std::string checkpoint_file() const { return path_ + "/checkpoint"; }
  [[nodiscard]] base::Result<std::string> read_checkpoint() const;
  [[nodiscard]] base::Status write_checkpoint(std::string_view note) const;

 private:
  std::string path_;
};

using Told = std::function<void(std::uint64_t done)>;

struct Exported {
  std::uint64_t written = 0;  // files
  std::uint64_t kept = 0;     // that were there
};
// The market's last checkpoint, or a later one where it follows from the one that the folder has. Signatures are not
// looked at. kConflict: the folder has another log's; kCorrupt: it does not follow. The folder is then to be kept as it
// is: it is the evidence.
[[nodiscard]] base::Result<market::CheckpointRow> head_to_export(xmpp::LogClient& log, const LogFolder& folder);

// The log of `size` entries, without its checkpoint. `told` counts entries and tiles; see export_total().
[[nodiscard]] base::Result<Exported> export_log(xmpp::LogClient& log, std::uint64_t size, const LogFolder& folder,
                                                const Told& told);
[[nodiscard]] std::uint64_t export_total(std::uint64_t size);  // how many files it takes

struct FolderCheck {
  std::uint64_t entries = 0;  // read
  std::uint64_t tiles = 0;    // compared
  audit::Hash computed{};
  std::vector<std::string> problems;  // at most kMostProblems; empty: the files are the log that was signed
};
inline constexpr std::size_t kMostProblems = 20;
// Computes all hashes from the entries and compares them with the tiles, with the root of `head`, and with that of each
// older checkpoint. `told` counts entries.
[[nodiscard]] FolderCheck check_folder(const LogFolder& folder, const audit::Checkpoint& head,
                                       std::span<const audit::Checkpoint> older, const Told& told);

}  // namespace bourse::cli
