#include "cli/history_output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "cli/progress.h"

namespace bourse::cli {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

domain::Jid jid(const char* text) { return domain::Jid::parse(text).value(); }

market::HistoryReport report(std::size_t providers) {
  market::HistoryReport made;
  made.until = made.since + 24h;
  made.provider_count = providers;
  for (std::size_t i = 0; i < providers; ++i) {
    auto& each = made.providers.emplace_back();
    each.provider = jid(i == 0 ? "a@x" : "b@x");
    each.statistics.window = 24h;
    each.statistics.up = 18h;
    each.statistics.down = 2h;
    each.statistics.outages = 2;
    each.now = domain::Presence::kUp;
    each.load.cpu = 0.25F;
    made.total += each.statistics;
  }
  return made;
}

TEST(HistoryOutput, OneProviderIsOneLine) {
  const auto text = statistics_table(report(1)).text(true, false);
  EXPECT_THAT(text, HasSubstr("a@x"));
  EXPECT_THAT(text, HasSubstr("90.0 %"));
  EXPECT_THAT(text, HasSubstr("83.3 %"));
  EXPECT_THAT(text, HasSubstr("25 %"));
  EXPECT_THAT(text, Not(HasSubstr("together")));
  EXPECT_THAT(statistics_table(report(2)).text(false, false), HasSubstr("together"));
  EXPECT_THAT(statistics_table(report(0)).text(false, false), HasSubstr("0 providers"));
}

TEST(HistoryOutput, CsvIsForPrograms) {
  EXPECT_EQ(statistics_csv(report(1)),
            "provider,availability,coverage,window_s,up_s,down_s,outages,longest_outage_s,mtbf_s,mttr_s,state,"
            "state_since\na@x,0.900000,0.833333,86400,64800,7200,2,0,32400,3600,up,1970-01-01T00:00:00Z\n");
  const std::vector<domain::AvailabilityInterval> intervals = {
      {domain::Presence::kDown, base::Timestamp(1s), base::Timestamp(2500ms), 7},
      {domain::Presence::kUp, base::Timestamp(3s), {}, 0}};
  EXPECT_EQ(intervals_csv(jid("a@x"), intervals),
            "provider,state,since,until,seconds,reason\n"
            "a@x,down,1970-01-01T00:00:01Z,1970-01-01T00:00:02.5Z,1.5,7\n"
            "a@x,up,1970-01-01T00:00:03Z,,,0\n");
}

TEST(HistoryOutput, TheLatestIntervalsAreShown) {
  std::vector<domain::AvailabilityInterval> intervals;
  for (int i = 0; i < 5; ++i) {
    intervals.push_back({domain::Presence::kUp, base::Timestamp(1h * i), base::Timestamp(1h * i + 30min), 3});
  }
  const auto text = intervals_table(intervals, base::Timestamp(9h), 2).text(false, false);
  EXPECT_THAT(text, Not(HasSubstr("02:00:00Z")));
  EXPECT_THAT(text, HasSubstr("03:00:00Z"));
  EXPECT_THAT(text, HasSubstr("session gone"));
}

TEST(HistoryOutput, PredictionsAreSentences) {
  market::Prediction prediction;
  prediction.providers = {{jid("a@x"), 5h, 0.97}, {jid("b@x"), {}, 0}};
  prediction.further = 2h;
  prediction.at_least = 1;
  prediction.together = 0.97;
  EXPECT_EQ(prediction_words(prediction), "At least 1 of the 2 stay up for 2h: 97.0 %.");
  EXPECT_THAT(prediction_table(prediction).text(false, false), HasSubstr("down or unknown"));
  EXPECT_EQ(prediction_csv(prediction), "provider,up_for_s,stays\na@x,18000,0.970000\nb@x,,0.000000\n");
  prediction.at_least = 2;
  EXPECT_EQ(prediction_words(prediction), "All 2 stay up for 2h: 97.0 %.");
  prediction.providers.pop_back();
  prediction.at_least = 1;
  EXPECT_EQ(prediction_words(prediction), "It stays up for 2h: 97.0 %.");
}

TEST(Progress, SaysHowFarItIs) {
  EXPECT_EQ(progress_line(14'800, 43'325, "intervals", 2),
            "[########................]  34 %  14,800 of 43,325 intervals, 7,400/s");
  EXPECT_EQ(progress_line(0, 100, "x", 0), "[........................]   0 %  0 of 100 x");
  EXPECT_THAT(progress_line(100, 100, "x", 0), HasSubstr("100 %"));
  EXPECT_THAT(progress_line(0, 0, "x", 0), HasSubstr("[########################]"));
}

}  // namespace
}  // namespace bourse::cli
