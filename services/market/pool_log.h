// Purpose: what one pool's audit log needs of the disk while boursed runs: its keys, its last checkpoint, and what this
//   process has to say in it.
// Lifetime: the daemon's; holds the log's lock. Threads: made at start, then const, but for the keeper (the
//   sequencer's).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "domain/ids.h"
#include "market/checkpoint_file.h"
#include "market/command.h"
#include "market/log_files.h"
#include "market/log_keys.h"
#include "market/reader.h"
#include "market/settings.h"

namespace bourse::boursed {

class PoolLog {
 public:
  // Makes the first key when there is none, unless the database has a checkpoint that only a lost one can have signed.
  // kConflict: somebody is deciding about this log.
  [[nodiscard]] static base::Result<std::unique_ptr<PoolLog>> open(const Settings& settings,
                                                                   const domain::PoolName& pool,
                                                                   market::Reader& reader);

  [[nodiscard]] market::SequencerConfig sequencer_config() const {
    return {.signers = keys_.signers, .former = former_};
  }
  [[nodiscard]] market::CheckpointKeeper& keeper() { return keeper_; }
  // The vkeys.
  [[nodiscard]] std::vector<std::string> announced() const;

  // In order. What the log's last statements say already is recorded once (market/decide.h).
  [[nodiscard]] std::vector<market::RecordStatement> statements() const;
  // Whether it is still to be recorded that this log began anew. Nothing is signed before that is part of it.
  [[nodiscard]] bool restart_pending() const { return restart_.has_value(); }
  // Asks what is recorded: the entry that says so, if there is one; it needs no file any more.
  [[nodiscard]] base::Result<std::optional<domain::AuditIndex>> recorded_restart(market::Reader& reader,
                                                                                 const domain::PoolName& pool);

 private:
  PoolLog(LogFiles files, LogKeys keys, FileLock lock)
      : files_(std::move(files)), keys_(std::move(keys)), lock_(std::move(lock)), keeper_(files_.last) {}

  LogFiles files_;
  LogKeys keys_;
  FileLock lock_;
  CheckpointFile keeper_;
  std::vector<audit::NoteVerifier> former_;
  std::optional<std::string> restart_;
  std::string policy_;
};

}  // namespace bourse::boursed
