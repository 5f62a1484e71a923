#include "audit/usage.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "written_log.h"

namespace bourse::audit {
namespace {

using domain::GrantState;
using std::chrono::year_month;
using namespace std::chrono_literals;

std::vector<std::string> in_words(const WrittenLog& log, UsageBy by, base::Timestamp now) {
  Usage usage(by);
  for (const auto& entry : log.entries) usage.take(entry);
  std::vector<std::string> lines;
  for (const auto& line : usage.lines(now)) {
    char text[200];
    std::snprintf(text, sizeof text, "%s %s %.3f given %.3f used %s", format_month(line.month).c_str(),
                  line.who.c_str(), line.given, line.used, line.resource.c_str());
    lines.emplace_back(text);
  }
  return lines;
}

base::Timestamp at(std::chrono::year_month_day day, base::Duration time = {}) {
  return base::Timestamp(std::chrono::sys_days(day)) + time;
}

// 22 November: 4 cpus, 8Gi and half a gpu for up to 20 days.
WrittenLog one_grant() {
  WrittenLog log;
  const auto all = resources({{"cpu", "4"}, {"memory", "8Gi"}, {"gpu", "500m"}});
  log.offer("o", "lab@a.test", resources({{"cpu", "8"}, {"memory", "8Gi"}, {"gpu", "1"}}));
  log.request("r", "ana@b.test", all, 1, std::chrono::days(20));
  log.start(log.make_grant("o", "lab@a.test", "r", "ana@b.test", all, std::chrono::days(20)));
  return log;
}

TEST(Usage, CountsWhatHasEnded) {
  auto log = one_grant();
  log.pass(90min);
  log.end(1, EntryKind::kGrantReleased, GrantState::kReleased);
  const auto later = log.now + 30 * 24h;
  EXPECT_EQ(in_words(log, UsageBy::kProvider, later),
            (std::vector<std::string>{"2026-11 lab@a.test 6.000 given 0.000 used cpu",
                                      "2026-11 lab@a.test 0.750 given 0.000 used gpu",
                                      "2026-11 lab@a.test 12.000 given 0.000 used memory"}));
  EXPECT_EQ(in_words(log, UsageBy::kConsumer, later)[0], "2026-11 ana@b.test 0.000 given 6.000 used cpu");
  const auto domains = in_words(log, UsageBy::kDomain, later);
  ASSERT_EQ(domains.size(), 6);
  EXPECT_EQ(domains[0], "2026-11 a.test 6.000 given 0.000 used cpu");
  EXPECT_EQ(domains[3], "2026-11 b.test 0.000 given 6.000 used cpu");
}

TEST(Usage, ADomainThatGivesToItselfHasBoth) {
  WrittenLog log;
  log.start(log.make_grant("o", "lab@a.test", "r", "ana@a.test", resources({{"cpu", "1"}})));
  log.pass(30min);
  log.end(1, EntryKind::kGrantReleased, GrantState::kReleased);
  EXPECT_EQ(in_words(log, UsageBy::kDomain, log.now),
            std::vector<std::string>{"2026-11 a.test 0.500 given 0.500 used cpu"});
}

TEST(Usage, CountsWhatGoesOnUpToNowAndSplitsItAtMonths) {
  const auto log = one_grant();
  EXPECT_EQ(in_words(log, UsageBy::kProvider, log.now), std::vector<std::string>{});
  const auto lines = in_words(log, UsageBy::kProvider, at(2026y / 12 / 2));
  ASSERT_EQ(lines.size(), 6);
  EXPECT_EQ(lines[0], "2026-11 lab@a.test 864.000 given 0.000 used cpu");  // 9 days
  EXPECT_EQ(lines[3], "2026-12 lab@a.test 96.000 given 0.000 used cpu");   // 1 day
  // Its lease ends on 12 December, whatever is not known yet.
  EXPECT_EQ(in_words(log, UsageBy::kProvider, at(2027y / 3 / 1))[3],
            "2026-12 lab@a.test 1056.000 given 0.000 used cpu");
}

TEST(Usage, ALeaseThatEndedUnseenCountsToItsEnd) {
  auto log = one_grant();
  log.pass(25 * 24h);  // the market was away
  log.end(1, EntryKind::kGrantExpired, GrantState::kExpired);
  const auto lines = in_words(log, UsageBy::kProvider, log.now);
  EXPECT_EQ(lines[3], "2026-12 lab@a.test 1056.000 given 0.000 used cpu");
}

TEST(Usage, CountsFromWhenItMayBeUsed) {
  WrittenLog log;
  const auto cpu = resources({{"cpu", "1"}});
  auto proposed = log.make_grant("o", "lab@a.test", "r", "ana@b.test", cpu, 10h);
  proposed.state = GrantState::kProposed;
  log.start(proposed);
  auto declined = log.make_grant("o", "not@a.test", "r", "ana@b.test", cpu, 10h);
  declined.state = GrantState::kProposed;
  log.start(declined);
  auto reserved = log.make_grant("o", "late@a.test", "r", "ana@b.test", cpu, 10h);
  reserved.state = GrantState::kReserved;
  reserved.ahead = true;
  reserved.started += 3h;
  log.start(reserved);
  log.pass(1h);
  log.change(1, EntryKind::kGrantConfirmed, GrantState::kActive);
  log.end(2, EntryKind::kGrantDeclined, GrantState::kDeclined);
  log.change(3, EntryKind::kGrantSuspect, GrantState::kSuspect, 1h);
  log.change(3, EntryKind::kGrantRecovered, GrantState::kReserved);
  log.pass(2h);
  log.change(3, EntryKind::kGrantBegun, GrantState::kActive);
  log.pass(1h);
  log.change(1, EntryKind::kGrantRenewed, GrantState::kActive);
  log.pass(30min);
  for (const std::uint64_t id : {1, 3}) log.end(id, EntryKind::kGrantReleased, GrantState::kReleased);
  EXPECT_EQ(in_words(log, UsageBy::kProvider, log.now),
            (std::vector<std::string>{"2026-11 lab@a.test 3.500 given 0.000 used cpu",
                                      "2026-11 late@a.test 1.500 given 0.000 used cpu"}));
}

TEST(Usage, WhatIsDamagedCountsNothing) {
  auto log = one_grant();
  log.entries.back().record = "\xFF";
  log.write({.kind = EntryKind::kGrantReleased, .grant = {1}});
  EXPECT_EQ(in_words(log, UsageBy::kProvider, log.now + 1h), std::vector<std::string>{});
}

TEST(Usage, TimesFromTheEndOfTimeCountOnlyToTheYear9999) {
  auto log = one_grant();
  auto grant = log.grants.at(1);
  grant.expires = base::Timestamp::max();
  log.write_grant(EntryKind::kGrantRenewed, grant);
  EXPECT_EQ(in_words(log, UsageBy::kProvider, base::Timestamp::max()).back().substr(0, 7), "9999-12");
}

TEST(UsageUnits, AreWhatPeopleSay) {
  EXPECT_EQ(hours_unit("cpu"), "core-hours");
  EXPECT_EQ(hours_unit("gpu"), "gpu-hours");
  EXPECT_EQ(hours_unit("memory"), "GiB-hours");
  EXPECT_EQ(hours_unit("storage"), "GiB-hours");
  EXPECT_EQ(hours_unit("service/blast"), "seat-hours");
  EXPECT_EQ(hours_unit("example.org/fpga"), "unit-hours");
}

TEST(UsageMonth, ParsesOneForm) {
  EXPECT_EQ(parse_month("2026-11"), 2026y / 11);
  EXPECT_EQ(format_month(2026y / 1), "2026-01");
  for (const auto* text : {"", "2026", "2026-13", "2026-00", "2026-1", "26-11", "2026-11-01", "2026/11", "+026-11",
                           "2026-+1", "1969-12"}) {
    EXPECT_FALSE(parse_month(text)) << text;
  }
  for (const auto by : {UsageBy::kProvider, UsageBy::kConsumer, UsageBy::kDomain}) EXPECT_EQ(usage_by(name(by)), by);
  EXPECT_FALSE(usage_by("jid"));
}

// A grant of the property: when it may be used, and when that ends; in minutes since 25 November.
struct Stay {
  int provider = 0;
  int consumer = 0;
  int cpu = 1;     // in milli
  int memory = 1;  // in MiB
  int from = 0;
  int until = 0;
};

using Sums = std::map<std::tuple<std::string, std::string, std::string>, std::pair<double, double>>;

std::string provider_of(const Stay& stay) { return "p@d" + std::to_string(stay.provider) + ".test"; }
std::string consumer_of(const Stay& stay) { return "c@d" + std::to_string(stay.consumer) + ".test"; }

// Minute by minute.
Sums counted(const std::vector<Stay>& stays, UsageBy by, base::Timestamp origin) {
  Sums sums;
  const auto domain = [](const std::string& who) { return who.substr(2); };
  for (const auto& stay : stays) {
    const auto give = by == UsageBy::kDomain ? domain(provider_of(stay)) : provider_of(stay);
    const auto use = by == UsageBy::kDomain ? domain(consumer_of(stay)) : consumer_of(stay);
    std::map<year_month, int> minutes;
    for (int minute = stay.from; minute < stay.until; ++minute) {
      const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(origin + minute * 1min)};
      ++minutes[day.year() / day.month()];
    }
    for (const auto& [month, count] : minutes) {
      for (const auto& [resource, amount] :
           {std::pair{"cpu", stay.cpu / 1000.0}, std::pair{"memory", stay.memory / 1024.0}}) {
        if (by != UsageBy::kConsumer) sums[{format_month(month), give, resource}].first += amount * count / 60;
        if (by != UsageBy::kProvider) sums[{format_month(month), use, resource}].second += amount * count / 60;
      }
    }
  }
  return sums;
}

void expect_equal(const Sums& expected, const std::vector<UsageLine>& lines) {
  RC_ASSERT(lines.size() == expected.size());
  auto next = expected.begin();
  for (const auto& line : lines) {
    RC_ASSERT((std::tuple{format_month(line.month), line.who, line.resource} == next->first));
    RC_ASSERT(std::abs(line.given - next->second.first) < 1e-6);
    RC_ASSERT(std::abs(line.used - next->second.second) < 1e-6);
    ++next;
  }
}

RC_GTEST_PROP(Usage, IsWhatCountingMinutesGives, ()) {
  constexpr int kMinutes = 8 * 24 * 60;  // over the end of a month
  const base::Timestamp origin = at(2026y / 11 / 25);
  const auto now_minute = *rc::gen::inRange(1, kMinutes);
  std::vector<Stay> stays;
  std::multimap<int, Entry> entries;  // by minute
  WrittenLog log;
  for (int i = *rc::gen::inRange(0, 6); i > 0; --i) {
    Stay stay{*rc::gen::inRange(0, 3), *rc::gen::inRange(0, 3), *rc::gen::inRange(1, 9000), *rc::gen::inRange(1, 99999),
              *rc::gen::inRange(0, now_minute)};
    stay.until = *rc::gen::inRange(stay.from + 1, kMinutes + 1);
    domain::Resources held;
    RC_ASSERT(held.add("cpu", stay.cpu).ok());
    RC_ASSERT(held.add("memory", std::int64_t{stay.memory} << 20).ok());
    log.now = origin + stay.from * 1min;
    auto grant = log.make_grant("o", provider_of(stay), "r", consumer_of(stay), held,
                                (stay.until - stay.from) * 1min + *rc::gen::inRange(0, 2) * 1h);
    log.start(grant);
    entries.emplace(stay.from, log.entries.back());
    const bool runs_out = grant.expires == origin + stay.until * 1min;
    if (stay.until <= now_minute && !(runs_out && *rc::gen::arbitrary<bool>())) {
      log.now = origin + stay.until * 1min;
      log.end(grant.id.value, EntryKind::kGrantReleased, GrantState::kReleased);
      entries.emplace(stay.until, log.entries.back());
    } else {
      const int expires = static_cast<int>((grant.expires - origin) / 1min);
      stay.until = std::min(now_minute, expires);
    }
    stays.push_back(stay);
  }
  for (const auto by : {UsageBy::kProvider, UsageBy::kConsumer, UsageBy::kDomain}) {
    Usage usage(by);
    for (const auto& [minute, entry] : entries) usage.take(entry);
    expect_equal(counted(stays, by, origin), usage.lines(origin + now_minute * 1min));
  }
}

}  // namespace
}  // namespace bourse::audit
