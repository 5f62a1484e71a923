// Purpose: a market as boursed runs it, with the log's sequencer and its key, and the last checkpoint in a real file;
//   or without a sequencer. Its store is watched.
// Lifetime: one a database. Threads: the caller's; it brings the decider's and the sequencer's.
#pragma once

#include <memory>
#include <string>
#include <thread>

#include "audit/note_key.h"
#include "bench/audit/watched_store.h"
#include "bench/grants/session.h"
#include "market/checkpoint_file.h"
#include "market/sequencer.h"
#include "storage/pg_store.h"

namespace bourse::bench {

[[nodiscard]] audit::NoteSigner new_key();

class LoggedMarket {
 public:
  // `checkpoint`: the file; empty: the log gets no tree. Returns when the pool is loaded.
  LoggedMarket(const std::string& uri, const std::string& checkpoint);

  [[nodiscard]] GrantSession& session() { return *session_; }
  [[nodiscard]] WatchedStore& store() { return watched_; }
  // Throws when the sequencer does not sign.
  void check_signing() const;

 private:
  const base::SystemClock clock_;
  storage::PgStore store_;
  WatchedStore watched_{store_};
  boursed::CheckpointFile keeper_;
  std::unique_ptr<market::Sequencer> sequencer_;
  std::unique_ptr<GrantSession> session_;
  std::jthread signing_;  // last: submits to the session
};

}  // namespace bourse::bench
