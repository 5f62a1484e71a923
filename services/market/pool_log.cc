#include "market/pool_log.h"

#include <fmt/format.h>

#include <utility>

#include "market/log_restart.h"
#include "market/policy_text.h"

namespace bourse::boursed {

using audit::EntryKind;
using base::Done;
using base::Errc;
using base::Result;
using base::Status;

Result<std::unique_ptr<PoolLog>> PoolLog::open(const Settings& settings, const domain::PoolName& pool) {
  auto files = log_files(settings.audit_directory, pool);
  if (!files) return files.error();
  auto lock = FileLock::take(files->lock, FileLock::Kind::kShared);
  if (!lock && lock.error().code == Errc::kConflict) {
    return {Errc::kConflict,
            files->lock + ": a `boursed audit accept-rollback` is at work; start again when it is done"};
  }
  if (!lock) return lock.error();
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

Status PoolLog::forget_recorded_restart(market::Reader& reader, const domain::PoolName& pool) {
  if (!restart_) return Done{};
  market::AuditQuery query;
  query.pool = pool;
  query.kind = EntryKind::kLogRestarted;
  query.page.max = 1;
  query.page.before = "";  // the last one
  const auto found = reader.audit(query, {.jid = {}, .privileged = true});
  if (!found) return found.error();
  if (found->rows.empty() || found->rows.back().entry.reason != *restart_) return Done{};
  restart_.reset();
  return restart_is_recorded(files_);
}

}  // namespace bourse::boursed
