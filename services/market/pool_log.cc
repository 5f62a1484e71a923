#include "market/pool_log.h"

#include <fmt/format.h>

#include <utility>

#include "audit/checkpoint.h"
#include "market/log_restart.h"
#include "market/policy_text.h"

namespace bourse::boursed {

using audit::EntryKind;
using base::Done;
using base::Errc;
using base::Result;
using base::Status;

namespace {

// A key made now would have the name of the one that is lost, and sign another history under it.
Status check_none_is_lost(const LogFiles& files, market::Reader& reader, const domain::PoolName& pool) {
  const auto signed_last = reader.checkpoint(pool, std::nullopt);
  if (!signed_last && signed_last.error().code == Errc::kNotFound) return Done{};
  if (!signed_last) return signed_last.error();
  const auto former = former_log_keys(files);
  if (!former) return former.error();
  for (const auto& verifier : *former) {
    if (audit::open_checkpoint(signed_last->note, verifier)) return Done{};
  }
  return {
      Errc::kNotAcceptable,
      fmt::format("{} is missing, but the database has a checkpoint that was signed with it: put the folder back, as "
                  "it was last. If it is lost, `boursed audit accept-rollback --pool {} --reason TEXT --old-key "
                  "VKEY` ends this log and begins another one",
                  files.key, files.pool)};
}

}  // namespace

Result<std::unique_ptr<PoolLog>> PoolLog::open(const Settings& settings, const domain::PoolName& pool,
                                               market::Reader& reader) {
  auto files = log_files(settings.audit_directory, pool);
  if (!files) return files.error();
  auto lock = FileLock::take(files->lock, FileLock::Kind::kShared);
  if (!lock && lock.error().code == Errc::kConflict) {
    return {Errc::kConflict,
            files->lock + ": a `boursed audit accept-rollback` is at work; start again when it is done"};
  }
  if (!lock) return lock.error();
  if (const auto there = read_log_keys(*files, settings.jid); !there && there.error().code == Errc::kNotFound) {
    if (const auto none = check_none_is_lost(*files, reader, pool); !none) return none.error();
  }
  auto keys = load_or_create_log_keys(*files, settings.jid);
  if (!keys) return keys.error();
  auto former = former_log_keys(*files);
  if (!former) return former.error();
  auto restart = restart_statement(*files, *keys);
  if (!restart) return restart.error();
  std::unique_ptr<PoolLog> log(new PoolLog(std::move(*files), std::move(*keys), std::move(*lock)));
  log->former_ = std::move(*former);
  log->restart_ = std::move(*restart);
  log->policy_ = policy_text(settings);
  return log;
}

std::vector<market::RecordStatement> PoolLog::statements() const {
  std::vector<market::RecordStatement> all;
  if (restart_) all.push_back({EntryKind::kLogRestarted, *restart_});
  all.push_back({EntryKind::kKeysChanged, verifiers_text(keys_)});
  all.push_back({EntryKind::kPolicyChanged, policy_});
  return all;
}

std::vector<std::string> PoolLog::announced() const {
  std::vector<std::string> vkeys;
  for (const auto& signer : keys_.signers) vkeys.push_back(signer.verifier().text());
  return vkeys;
}

Result<std::optional<domain::AuditIndex>> PoolLog::recorded_restart(market::Reader& reader,
                                                                    const domain::PoolName& pool) {
  std::optional<domain::AuditIndex> none;
  if (!restart_) return none;
  market::AuditQuery query;
  query.pool = pool;
  query.kind = EntryKind::kLogRestarted;
  query.page.max = 1;
  query.page.before = "";  // the last one
  const auto found = reader.audit(query, {.jid = {}, .privileged = true});
  if (!found) return found.error();
  if (found->rows.empty() || found->rows.back().entry.reason != *restart_) return none;
  if (const auto forgotten = restart_is_recorded(files_); !forgotten) return forgotten.error();
  restart_.reset();
  return std::optional(found->rows.back().index);
}

}  // namespace bourse::boursed
