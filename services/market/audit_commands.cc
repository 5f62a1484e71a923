#include "market/audit_commands.h"

#include <algorithm>
#include <cstdio>
#include <vector>

#include "market/exit_status.h"
#include "market/log_files.h"
#include "market/log_keys.h"
#include "market/log_restart.h"

namespace bourse::boursed {
namespace {

using base::Errc;
using base::Result;

constexpr const char* kReadAtStart = "boursed reads its keys when it starts: restart it";

Result<std::vector<LogFiles>> files_of(const Settings& settings, const std::string& pool) {
  if (const auto folder = prepare_log_directory(settings.audit_directory); !folder) return folder.error();
  std::vector<LogFiles> all;
  for (const auto& each : settings.pools) {
    if (!pool.empty() && each.value != pool) continue;
    auto files = log_files(settings.audit_directory, each);
    if (!files) return files.error();
    all.push_back(std::move(*files));
  }
  if (all.empty()) return {Errc::kBadRequest, "--pool: there is no pool '" + pool + "' in [market] pools"};
  return all;
}

using Change = Result<LogKeys> (*)(const LogFiles& files, const domain::Jid& service);

// Prints the vkeys that there are then.
int for_each_log(const Settings& settings, const std::string& pool, Change change) {
  const auto all = files_of(settings, pool);
  if (!all) return complain(all.error());
  for (const auto& files : *all) {
    const auto keys = change(files, settings.jid);
    if (!keys) return complain(keys.error());
    std::fputs(verifiers_text(*keys).c_str(), stdout);
  }
  return 0;
}

int accept(const Settings& settings, const std::string& pool, const std::string& reason, const std::string& old_key) {
  const auto all = files_of(settings, pool);
  if (!all) return complain(all.error());
  const auto restarted = accept_rollback(all->front(), settings.jid, reason, old_key);
  if (!restarted) return complain(restarted.error());
  std::fputs(verifiers_text(restarted->keys).c_str(), stdout);
  std::fprintf(stderr, "The old log's last checkpoint: %s\nStart boursed: it records why, and signs as %s\n",
               restarted->note.empty() ? "lost" : restarted->note.c_str(), restarted->keys.origin().c_str());
  return 0;
}

}  // namespace

AuditCommands::AuditCommands(CLI::App& app) {
  noun_ = app.add_subcommand("audit", "the audit logs, one a pool, and the keys that sign them");
  noun_->fallthrough();
  noun_->require_subcommand(1);
  const auto verb = [this](const char* name, const char* what) {
    auto* made = noun_->add_subcommand(name, what);
    made->fallthrough();
    return made;
  };
  keygen_ = verb("keygen", "make a log's first key, which the first start would make, and print its vkey");
  keys_ = verb("keys", "print the vkeys, for witnesses and auditors");
  rotate_ = verb("rotate", "make a new key; the old one signs as well until --finish");
  accept_ = verb("accept-rollback", "end a log whose database was put back to an older state, and begin another one");
  for (auto* each : {keygen_, keys_, rotate_}) each->add_option("--pool", pool_, "only this one (default: all)");
  accept_->add_option("--pool", pool_, "whose log")->required();
  rotate_->add_flag("--finish", finish_, "forget the old key, once everybody has the new one");
  accept_->add_option("--reason", reason_, "why; becomes an entry of the log")->required();
  accept_->add_option("--old-key", old_key_, "a vkey of the log that ends, when its files are lost");
  fsck_.emplace(*noun_);
}

int AuditCommands::run(const Settings& settings) const {
  if (fsck_->parsed()) return fsck_->run(settings);
  if (accept_->parsed()) return accept(settings, pool_, reason_, old_key_);
  if (keygen_->parsed()) return for_each_log(settings, pool_, create_log_keys);
  if (keys_->parsed()) return for_each_log(settings, pool_, read_log_keys);
  const int status = for_each_log(settings, pool_, finish_ ? finish_log_rotation : rotate_log_keys);
  if (status == 0) std::fprintf(stderr, "%s\n", kReadAtStart);
  return status;
}

}  // namespace bourse::boursed
