// Rows a second through PgStore: `storage_bench [rows] [batch]`. Publishes new offers, publishes them again, grants
// one share of each to a request of its own, ends the grants, publishes items to a node, subscribes as many, and loads
// the pool; then how long a page of each archive takes.
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>

#include "contract/batches.h"
#include "storage/pg_reader.h"
#include "storage/pg_store.h"
#include "support/pg_database.h"

namespace bourse::test {
namespace {

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

// CPU of the store's session, from /proc: the server is on this machine.
double server_cpu_seconds(const PgDatabase& database) {
  const std::string pid = database.query(
      "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'storage_bench'");
  std::ifstream stat("/proc/" + pid + "/stat");
  std::string field;
  double ticks = 0;
  for (int i = 1; i <= 15 && stat >> field; ++i) {
    if (i >= 14) ticks += std::strtod(field.c_str(), nullptr);
  }
  return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

class Bench {
 public:
  Bench(std::uint64_t rows, std::uint64_t batch) : rows_(rows), batch_(batch) {
    lease_ = *store_.acquire({"commons"}, "bench", ignored_);
  }

  int run() {
    measure("publish", [this](market::Batch& batch, std::uint64_t i) { publish(batch, i); });
    measure("publish again", [this](market::Batch& batch, std::uint64_t i) { publish(batch, i); });
    measure("grant", [this](market::Batch& batch, std::uint64_t i) { batch.new_grants.push_back(grant_of(batch, i)); });
    measure("end grant", [this](market::Batch& batch, std::uint64_t i) {
      batch.ended_grants.push_back(
          ended(grant(i + 1, offer_of(i, 0), request("r", "cy@three.example", 1), resources({{"cpu", 1}})),
                domain::GrantState::kReleased));
    });
    load();
    measure("publish item", [this](market::Batch& batch, std::uint64_t i) { publish_item(batch, i); });
    measure("subscribe", [](market::Batch& batch, std::uint64_t i) {
      const std::string n = std::to_string(i);
      batch.subscriptions.push_back(
          subscription("commons/offers", "user" + n + "@domain" + std::to_string(i % 100) + ".example/phone"));
    });
    load();
    for (const char* node : {"commons/offers", "commons/grants", "commons/requests", "blog", "quiet"}) page(node);
    return 0;
  }

 private:
  void load() {
    const auto start = std::chrono::steady_clock::now();
    Loaded loaded;
    const auto lease = store_.acquire({"commons"}, "bench", loaded);
    if (!lease.ok()) std::exit(1);
    lease_ = *lease;
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const std::size_t rows =
        loaded.offers.size() + loaded.subscriptions.size() + loaded.items.size() + loaded.undelivered.size();
    std::printf("%-16s %8.0f rows/s (%zu offers, %zu subscriptions, %zu items, %zu events)\n", "load",
                static_cast<double>(rows) / seconds, loaded.offers.size(), loaded.subscriptions.size(),
                loaded.items.size(), loaded.undelivered.size());
  }

  // The last page, as a client that catches up asks for it.
  void page(const char* node) {
    market::ArchiveQuery query;
    query.pool.value = "commons";
    query.node.value = node;
    query.page.before = "";
    constexpr int kTimes = 20;
    std::uint64_t count = 0;
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < kTimes; ++i) {
      const auto answer = reader_.archive(query, {{jid("provider1@one.example")}, false});
      if (!answer.ok()) {
        std::printf("archive of %s: %s\n", node, answer.error().text.c_str());
        std::exit(1);
      }
      count = answer->count;
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::printf("%-16s %8.2f ms/page (%s, about %llu events)\n", "archive", seconds / kTimes * 1e3, node,
                static_cast<unsigned long long>(count));
  }

  using Fill = std::function<void(market::Batch&, std::uint64_t)>;

  market::OfferRow offer_of(std::uint64_t i, std::uint64_t seq) const {
    auto row =
        offer("offer-" + std::to_string(i * 7919 % rows_), "provider" + std::to_string(i % 1000) + "@one.example", seq);
    row.record.assign(220, static_cast<char>(i));
    return row;
  }

  void publish(market::Batch& batch, std::uint64_t i) {
    auto& counters = batch.counters;
    auto row = offer_of(i, ++counters.last_event.value);
    auto told = event(row.seq.value, row.id.value);
    told.record = row.record;
    audit::Entry entry{
        row.published, audit::EntryKind::kOfferPublished, row.session, row.provider, {}, row.id, {}, {}, "",
        row.record};
    batch.audit.push_back({{counters.next_audit.value++}, audit::encode(entry)});
    batch.audit_entries.push_back(std::move(entry));
    batch.events.push_back(std::move(told));
    batch.offers.push_back(std::move(row));
  }

  // One in a thousand to a node where hardly anything happens.
  void publish_item(market::Batch& batch, std::uint64_t i) {
    if (i == 0) batch.nodes = {leaf("blog"), leaf("quiet")};
    const char* const node = i % 1000 == 500 ? "quiet" : "blog";
    auto row = item(node, "item-" + std::to_string(i), ++batch.counters.last_event.value);
    row.payload.assign(220, 'x');
    auto told = event(row.seq.value, row.id);
    told.kind = market::EventKind::kItemPublished;
    told.node = row.node;
    told.publisher = row.publisher;
    told.provider = {};
    told.record = row.payload;
    batch.events.push_back(std::move(told));
    batch.items.push_back(std::move(row));
  }

  // The request a grant answers, in the same batch: its row, its event, its audit entry.
  void ask_for(market::Batch& batch, std::uint64_t i) {
    auto row = request("request-" + std::to_string(i), "cy@three.example", ++batch.counters.last_event.value);
    row.state = domain::RequestState::kGranted;
    row.granted = 1;
    row.record.assign(120, 'r');
    auto told = event(row.seq.value, row.id.value);
    told.node.value = "commons/requests";
    told.publisher = jid("cy@three.example/cli");
    told.provider = {};
    told.consumer = row.consumer;
    told.record = row.record;
    audit::Entry entry;
    entry.at = row.submitted;
    entry.kind = audit::EntryKind::kRequestSubmitted;
    entry.actor = told.publisher;
    entry.consumer = row.consumer;
    entry.request = row.id;
    entry.record = row.record;
    batch.audit.push_back({{batch.counters.next_audit.value++}, audit::encode(entry)});
    batch.audit_entries.push_back(std::move(entry));
    batch.events.push_back(std::move(told));
    batch.requests.push_back(std::move(row));
  }

  market::GrantRow grant_of(market::Batch& batch, std::uint64_t i) {
    const auto from = offer_of(i, 0);
    auto row = grant(i + 1, from, request("request-" + std::to_string(i), "cy@three.example", 1),
                     resources({{"cpu", 1000}, {"gpu", 500}}), {{1, 500}});
    batch.counters.last_grant = row.id;
    ask_for(batch, i);
    auto told = event(++batch.counters.last_event.value, domain::to_item_id(row.id));
    told.kind = market::EventKind::kGrantStarted;
    told.node.value = "commons/grants";
    told.publisher = {};
    told.provider = row.provider;
    told.consumer = row.consumer;
    audit::Entry entry{row.started,  audit::EntryKind::kGrantStarted,
                       {},           row.provider,
                       row.consumer, row.offer,
                       row.request,  row.id,
                       "",           std::string(150, 'g')};
    batch.audit.push_back({{batch.counters.next_audit.value++}, audit::encode(entry)});
    batch.audit_entries.push_back(std::move(entry));
    batch.events.push_back(std::move(told));
    return row;
  }

  void measure(const char* name, const Fill& fill) {
    std::vector<market::Batch> batches;
    for (std::uint64_t i = 0; i < rows_; ++i) {
      if (i % batch_ == 0) {
        batches.emplace_back();
        batches.back().epoch = lease_.epoch;
        batches.back().number = ++lease_.last_batch;
      }
      batches.back().counters = lease_.counters;
      fill(batches.back(), i);
      lease_.counters = batches.back().counters;
    }
    const double server = server_cpu_seconds(database_);
    const double cpu = cpu_seconds();
    const auto start = std::chrono::steady_clock::now();
    for (const auto& batch : batches) {
      const auto result = store_.commit(batch);
      if (result.outcome != market::CommitOutcome::kCommitted) {
        std::printf("%s: %s\n", name, result.text.c_str());
        std::exit(1);
      }
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const auto rows = static_cast<double>(rows_);
    const double client = cpu_seconds() - cpu;
    std::printf("%-16s %8.0f rows/s, %6.1f us/row; CPU per row: server %5.1f us, client %5.1f us\n", name,
                rows / seconds, seconds / rows * 1e6, (server_cpu_seconds(database_) - server) / rows * 1e6,
                client / rows * 1e6);
  }

  const std::uint64_t rows_;
  const std::uint64_t batch_;
  PgDatabase database_;
  storage::PgStore store_{{database_.service().uri, "storage_bench"}};
  storage::PgReader reader_{{database_.service().uri, "storage_bench_reader"}};
  Loaded ignored_;
  market::Lease lease_;
};

}  // namespace
}  // namespace bourse::test

int main(int argc, char** argv) {
  const std::string missing = bourse::test::why_no_postgres();
  if (!missing.empty()) {
    std::fprintf(stderr, "%s\n", missing.c_str());
    return 2;
  }
  const auto rows = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 20'000;
  const auto batch = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 30;
  return bourse::test::Bench(rows, batch).run();
}
