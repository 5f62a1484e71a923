#include "market/reliability.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace bourse::market {
namespace {

using namespace std::chrono_literals;

const base::Timestamp kNoon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + 12h};

Rules rules() {
  Rules rules;
  rules.quarantine_failures = 3;
  rules.failure_half_life = 1h;
  rules.quarantine_first = 1min;
  rules.quarantine_most = 5min;
  return rules;
}

// So many failures at once; whether the last one brought quarantine.
bool fail(SanctionRow& row, int times, base::Timestamp now) {
  bool quarantined = false;
  for (int i = 0; i < times; ++i) quarantined = note_failure(row, rules(), "grant g5 was lost", now);
  return quarantined;
}

TEST(Reliability, FailuresHalve) {
  SanctionRow row;
  EXPECT_EQ(failures_at(row, rules(), kNoon), 0);
  EXPECT_FALSE(fail(row, 1, kNoon));
  EXPECT_EQ(failures_at(row, rules(), kNoon), 1);
  EXPECT_NEAR(failures_at(row, rules(), kNoon + 1h), 0.5, 1e-12);
  EXPECT_NEAR(failures_at(row, rules(), kNoon + 90min), std::exp2(-1.5), 1e-12);
  EXPECT_EQ(failures_at(row, rules(), kNoon - 1min), 1);  // the clock went back
  EXPECT_FALSE(fail(row, 1, kNoon + 1h));
  EXPECT_NEAR(row.failures, 1.5, 1e-12);
  EXPECT_EQ(row.failed_at, kNoon + 1h);
  EXPECT_FALSE(fail(row, 1, kNoon + 59min));
  EXPECT_EQ(row.failed_at, kNoon + 1h);
}

TEST(Reliability, TheThirdFailureInARowIsQuarantine) {
  SanctionRow row;
  EXPECT_FALSE(fail(row, 2, kNoon));
  EXPECT_FALSE(is_quarantined(row, kNoon));
  EXPECT_TRUE(fail(row, 1, kNoon));
  EXPECT_TRUE(is_quarantined(row, kNoon));
  EXPECT_EQ(row.quarantined_until, kNoon + 1min);
  EXPECT_NE(row.quarantine_reason.find("grant g5 was lost"), std::string::npos);
  EXPECT_NE(row.quarantine_reason.find("3 times"), std::string::npos) << row.quarantine_reason;
  EXPECT_TRUE(is_quarantined(row, kNoon + 59s));
  EXPECT_FALSE(is_quarantined(row, kNoon + 1min));
}

TEST(Reliability, ThreeFailuresFarApartAreNone) {
  SanctionRow row;
  for (int day = 0; day < 10; ++day) EXPECT_FALSE(fail(row, 1, kNoon + day * 24h));
}

TEST(Reliability, EachQuarantineIsTwiceAsLongUpToTheMost) {
  SanctionRow row;
  auto now = kNoon;
  EXPECT_TRUE(fail(row, 3, now));
  for (const auto expected : {2min, 4min, 5min, 5min}) {
    EXPECT_FALSE(fail(row, 1, now));  // while in quarantine it counts, but changes nothing
    now = *row.quarantined_until;
    EXPECT_TRUE(fail(row, 1, now));
    EXPECT_EQ(*row.quarantined_until - now, expected);
  }
  row.quarantines = std::numeric_limits<std::uint32_t>::max();
  now = *row.quarantined_until;
  EXPECT_TRUE(fail(row, 1, now));
  EXPECT_EQ(*row.quarantined_until - now, 5min);
  EXPECT_EQ(row.quarantines, std::numeric_limits<std::uint32_t>::max());
}

TEST(Reliability, IsForgivenAfterAWhile) {
  SanctionRow row;
  EXPECT_TRUE(is_void(row, rules(), kNoon));
  EXPECT_TRUE(fail(row, 3, kNoon));
  EXPECT_FALSE(is_void(row, rules(), kNoon + 30s));
  EXPECT_FALSE(is_void(row, rules(), kNoon + 5h));  // 3/32
  EXPECT_TRUE(is_void(row, rules(), kNoon + 6h));   // 3/64
  // A row kept for another reason forgets the same.
  row.drained = true;
  EXPECT_FALSE(is_void(row, rules(), kNoon + 6h));
  EXPECT_TRUE(fail(row, 3, kNoon + 6h));
  EXPECT_EQ(*row.quarantined_until, kNoon + 6h + 1min);
  row.drained = false;
  row.banned = true;
  EXPECT_FALSE(is_void(row, rules(), kNoon + 48h));
}

TEST(Reliability, DoesNotTrustNumbersThatAreNone) {
  SanctionRow row;
  for (const double failures : {std::nan(""), -1.0, std::numeric_limits<double>::infinity()}) {
    row.failures = failures;
    EXPECT_EQ(failures_at(row, rules(), kNoon), 0);
    EXPECT_TRUE(is_void(row, rules(), kNoon));
  }
}

TEST(Reliability, WhoFailsIsTrustedLess) {
  SanctionRow failing;
  (void)fail(failing, 2, kNoon);
  EXPECT_EQ(trust(nullptr, rules(), kNoon), 1);
  EXPECT_LT(trust(&failing, rules(), kNoon), 0.5);
  EXPECT_GT(trust(&failing, rules(), kNoon), 0);
  EXPECT_GT(trust(&failing, rules(), kNoon + 24h), trust(&failing, rules(), kNoon));
}

}  // namespace
}  // namespace bourse::market
