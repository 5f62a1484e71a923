#include "market/fsck_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

#include "audit/note.h"
#include "market/exit_status.h"
#include "market/fsck.h"
#include "market/log_files.h"
#include "market/log_keys.h"
#include "storage/audited_tables.h"
#include "storage/pg_reader.h"
#include "storage/state_snapshot.h"

namespace bourse::boursed {
namespace {

using base::Errc;
using base::Result;
using base::Status;

constexpr int kAuditFailed = 6;
constexpr std::uint64_t kEntriesBetweenProgress = 65'536;

// Keeps what is live, and how far the log went by then.
class LiveCollector final : public market::StateLoader {
 public:
  Status on_offer(market::OfferRow&& row) override {
    state.offers.push_back(
        {std::move(row.id), std::move(row.provider), row.open, std::move(row.resources), std::move(row.record)});
    return base::Done{};
  }
  Status on_request(market::RequestRow&& row) override {
    state.requests.push_back({std::move(row.id), std::move(row.consumer), std::move(row.record)});
    return base::Done{};
  }
  Status on_grant(market::GrantRow&& row) override {
    state.grants.push_back(std::move(row));
    return base::Done{};
  }
  Status on_sanction(market::SanctionRow&& row) override {
    if (row.drained || row.banned) state.sanctions.push_back({std::move(row.jid), row.drained, row.banned});
    return base::Done{};
  }
  Status on_checkpoint(market::CheckpointRow&& row) override {
    size = row.size;
    return base::Done{};
  }
  Status on_unintegrated(market::AuditRow&& row) override {
    size = row.index.value + 1;
    return base::Done{};
  }
  Status on_policy(market::PolicyRow&& /*row*/) override { return base::Done{}; }
  Status on_usage(market::UsageRow&& /*row*/) override { return base::Done{}; }
  Status on_node(pubsub::NodeRow&& /*row*/) override { return base::Done{}; }
  Status on_affiliation(pubsub::AffiliationRow&& /*row*/) override { return base::Done{}; }
  Status on_subscription(pubsub::SubscriptionRow&& /*row*/) override { return base::Done{}; }
  Status on_item(pubsub::ItemRow&& /*row*/) override { return base::Done{}; }
  Status on_provider(market::ProviderRow&& /*row*/) override { return base::Done{}; }
  Status on_gap(const history::Window& /*gap*/) override { return base::Done{}; }
  Status on_history_counts(std::string&& /*counts*/) override { return base::Done{}; }
  Status on_undelivered(market::Event&& /*event*/) override { return base::Done{}; }
  Status on_statement(const market::AuditRecord& /*statement*/) override { return base::Done{}; }
  Status on_log_tile(market::LogTileRow&& /*row*/) override { return base::Done{}; }

  audit::LiveState state;
  std::uint64_t size = 0;
};

// What is signed by the key files; they are read before the database, so that this is never ahead of it by itself.
Status read_files(const Settings& settings, FsckBasis& basis) {
  const auto files = log_files(settings.audit_directory, basis.pool);
  if (!files) return files.error();
  const auto keys = read_log_keys(*files, settings.jid);
  if (!keys) return keys.error();
  auto former = former_log_keys(*files);
  if (!former) return former.error();
  basis.keys = std::move(former).value();
  for (const auto& signer : keys->signers) basis.keys.push_back(signer.verifier());
  auto kept = read_guarded_file(files->last, audit::kMaxNoteBytes);
  if (kept) {
    basis.kept = std::move(kept).value();
  } else if (kept.error().code != Errc::kNotFound) {
    return kept.error();
  }
  return base::Done{};
}

Result<FsckReport> check(const Settings& settings, const domain::PoolName& pool) {
  FsckBasis basis;
  basis.pool = pool;
  if (auto read = read_files(settings, basis); !read) return read.error();
  const storage::ConnectionOptions options{.uri = settings.database_uri, .application = "boursed fsck"};
  LiveCollector live;
  const auto counters = storage::read_state(options, pool, live);
  if (!counters) return counters.error();
  basis.size = live.size;
  basis.state = std::move(live.state);

  storage::AuditedTables tables(options, pool);
  basis.beside = {
      .wrong_columns = [&](std::uint64_t from, std::uint64_t until) { return tables.wrong_columns(from, until); },
      .grants = [&](const std::vector<domain::GrantId>& ids) { return tables.grants(ids); }};
  storage::PgReader reader(options);
  const bool tells = isatty(STDERR_FILENO) != 0;
  auto report = check_log(reader, basis, [&](std::uint64_t read) {
    if (!tells || (read % kEntriesBetweenProgress != 0 && read != basis.size)) return;
    std::fprintf(stderr, "\r%s: %llu of %llu entries%s", pool.value.c_str(), static_cast<unsigned long long>(read),
                 static_cast<unsigned long long>(basis.size), read == basis.size ? "\n" : "");
  });
  if (!report) return report;
  if (basis.size < counters->before.next_audit.value || basis.size > counters->after.next_audit.value) {
    report->add(
        fmt::format("the log ends at entry {}, but the pool wrote {}", basis.size, counters->before.next_audit.value));
  }
  const auto last = report->last_grant;
  if (last < counters->before.last_grant || last > counters->after.last_grant) {
    report->add(fmt::format("the last grant of the log is {}, but the pool's counter stands at {}",
                            domain::to_item_id(last), domain::to_item_id(counters->before.last_grant)));
  }
  auto sums = tables.wrong_sums();
  if (!sums) return sums.error();
  for (auto& line : *sums) report->add(std::move(line));
  std::printf("%s: %llu entries, %llu checkpoints, %llu tiles; %zu offers, %zu requests, %zu live grants\n",
              pool.value.c_str(), static_cast<unsigned long long>(report->entries),
              static_cast<unsigned long long>(report->checkpoints), static_cast<unsigned long long>(report->tiles),
              basis.state.offers.size(), basis.state.requests.size(), basis.state.grants.size());
  return report;
}

// What is printed comes from a database that somebody may have written to.
std::string printable(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  }
  return text;
}

void print(const domain::PoolName& pool, const FsckReport& report) {
  const char* name = pool.value.c_str();
  for (const auto& problem : report.problems) std::printf("%s: %s\n", name, printable(problem).c_str());
  const auto more = report.problem_count - report.problems.size();
  if (more > 0) std::printf("%s: and %llu more\n", name, static_cast<unsigned long long>(more));
  if (report.set_back > 0) {
    std::printf("%s: the clock was set back %llu time%s\n", name, static_cast<unsigned long long>(report.set_back),
                report.set_back == 1 ? "" : "s");
  }
  if (report.problem_count == 0) {
    std::printf("%s: nothing is wrong\n", name);
  } else {
    std::printf("%s: %llu %s wrong\n", name, static_cast<unsigned long long>(report.problem_count),
                report.problem_count == 1 ? "thing is" : "things are");
  }
}

}  // namespace

FsckCommand::FsckCommand(CLI::App& audit) {
  verb_ =
      audit.add_subcommand("fsck", "derive everything from the log's entries anew, and compare it with the database");
  verb_->fallthrough();
  verb_->add_option("--pool", pool_, "only this one (default: all)");
  verb_->footer("Exit status 6: something is wrong. The service may go on meanwhile.");
}

int FsckCommand::run(const Settings& settings) const {
  int status = 0;
  bool any = false;
  for (const auto& pool : settings.pools) {
    if (!pool_.empty() && pool.value != pool_) continue;
    any = true;
    const auto report = check(settings, pool);
    if (!report) return complain(report.error());
    print(pool, *report);
    if (report->problem_count > 0) status = kAuditFailed;
  }
  if (any) return status;
  return complain({Errc::kBadRequest, "--pool: there is no pool '" + pool_ + "' in [market] pools"});
}

}  // namespace bourse::boursed
