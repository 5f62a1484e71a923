#include "bench/audit/logged_grants.h"

#include <algorithm>
#include <cstdio>
#include <thread>
#include <vector>

#include "bench/audit/logged_market.h"
#include "bench/figures.h"

namespace bourse::bench {
namespace {

using namespace std::chrono_literals;

constexpr auto kLongestWait = 60s;
constexpr int kCalmGrants = 200;

// Grants that are made before time is taken: there are as many unsigned entries when it starts as when it stops, and
// what is signed of the one makes up for what is left of the other.
constexpr std::uint64_t kLeadIn = 10'000;

struct Measured {
  std::vector<double> with;  // grants a second
  std::vector<double> without;
  std::vector<double> share;  // of a round
  double committed = 0;       // entries, while time was taken
  double signed_ = 0;
};

double grants_per_second(GrantSession& session, std::uint64_t count) {
  auto lead_in = session.requests(kLeadIn, 1);
  auto requests = session.requests(count, 1);
  (void)session.run(std::move(lead_in));
  return static_cast<double>(count) / session.run(std::move(requests));
}

double signed_grants_per_second(LoggedMarket& market, std::uint64_t count, Measured& measured) {
  auto& session = market.session();
  auto lead_in = session.requests(kLeadIn, 1);
  auto requests = session.requests(count, 1);
  (void)session.run(std::move(lead_in));
  const auto before = market.store().seen();
  const double seconds = session.run(std::move(requests));
  const auto after = market.store().seen();
  measured.committed += static_cast<double>(after.entries - before.entries);
  measured.signed_ +=
      static_cast<double>(after.entries - after.waiting) - static_cast<double>(before.entries - before.waiting);
  market.store().wait_until_signed(kLongestWait);
  market.check_signing();
  return static_cast<double>(count) / seconds;
}

Measured alternate(const LoggedGrantsPlan& plan, LoggedMarket& with, LoggedMarket& without) {
  Measured measured;
  for (int round = 0; round < plan.rounds; ++round) {
    const double first = signed_grants_per_second(with, plan.grants, measured);
    const double second = grants_per_second(without.session(), plan.grants);
    const double third = grants_per_second(without.session(), plan.grants);
    const double fourth = signed_grants_per_second(with, plan.grants, measured);
    measured.with.insert(measured.with.end(), {first, fourth});
    measured.without.insert(measured.without.end(), {second, third});
    // Of the times that both took.
    measured.share.push_back((1 / second + 1 / third) / (1 / first + 1 / fourth));
    std::fprintf(stderr, "round %d: %.0f grants/s signed, %.0f and %.0f only written, %.0f signed\n", round + 1, first,
                 second, third, fourth);
  }
  return measured;
}

void print_waits(const std::string& name, const std::vector<Waited>& waited) {
  figure(name + "_p50", quantile(waited, 0.5), "ms");
  figure(name + "_p99", quantile(waited, 0.99), "ms");
  figure(name + "_max", quantile(waited, 1), "ms");
}

// One grant after the other, with pauses: a checkpoint is due when the oldest entry has waited long enough.
void measure_calm(LoggedMarket& market) {
  market.store().forget_waits();
  for (int i = 0; i < kCalmGrants; ++i) {
    (void)market.session().run(market.session().requests(1, 1));
    std::this_thread::sleep_for(20ms);
  }
  market.store().wait_until_signed(kLongestWait);
  print_waits("commit_to_checkpoint_calm", market.store().seen().waited);
}

}  // namespace

void measure_logged_grants(const LoggedGrantsPlan& plan) {
  LoggedMarket with(plan.with, plan.checkpoint);
  LoggedMarket without(plan.without, "");
  for (auto* const market : {&with, &without}) (void)grants_per_second(market->session(), 2'000);  // pages, statements
  with.store().wait_until_signed(kLongestWait);
  with.store().forget_waits();
  const auto measured = alternate(plan, with, without);
  figure("grants_signed", quantile(measured.with, 0.5), "1/s");
  figure("grants_only_written", quantile(measured.without, 0.5), "1/s");
  figure("grants_share", quantile(measured.share, 0.5), "ratio");
  figure("grants_share_least", std::ranges::min(measured.share), "ratio");
  figure("grants_share_most", std::ranges::max(measured.share), "ratio");
  figure("entries_signed_meanwhile", 100 * measured.signed_ / measured.committed, "%");
  const auto seen = with.store().seen();
  figure("entries_per_checkpoint", static_cast<double>(seen.entries) / static_cast<double>(seen.checkpoints), "");
  print_waits("commit_to_checkpoint", seen.waited);
  measure_calm(with);
}

}  // namespace bourse::bench
