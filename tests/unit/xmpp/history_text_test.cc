#include "xmpp/history_text.h"

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

namespace bourse::xmpp {
namespace {

using namespace std::chrono_literals;

TEST(HistoryText, SharesHaveTheDigitsThatTellThemApart) {
  const std::vector<std::pair<std::optional<double>, std::string>> cases = {
      {std::nullopt, "-"},   {0, "0 %"},         {1, "100 %"},      {0.5, "50.0 %"},           {0.9996, "99.96 %"},
      {0.99996, "99.996 %"}, {0.0004, "0.04 %"}, {0.875, "87.5 %"}, {0.99999999, "100.0000 %"}};
  for (const auto& [share, text] : cases) EXPECT_EQ(percent(share), text);
}

TEST(HistoryText, DurationsHaveTheirTwoLargestUnits) {
  const std::vector<std::pair<base::Duration, std::string>> cases = {
      {0s, "0s"},       {400ms, "under 1s"},     {59s, "59s"},       {60s, "1m"},    {3h, "3h"},
      {200s, "3m 20s"}, {292h + 5min, "12d 4h"}, {48h + 5min, "2d"}, {8760h, "365d"}};
  for (const auto& [duration, text] : cases) EXPECT_EQ(in_short(duration), text);
  EXPECT_EQ(in_short(std::nullopt), "-");
}

TEST(HistoryText, ReasonsOfArchivesAreNumbers) {
  EXPECT_EQ(reason_words(0), "");
  EXPECT_EQ(reason_words(4), "agent fell silent");
  EXPECT_EQ(reason_words(8000), "8000");
}

}  // namespace
}  // namespace bourse::xmpp
