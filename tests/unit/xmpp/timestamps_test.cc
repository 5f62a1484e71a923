#include "xmpp/timestamps.h"

#include <gtest/gtest.h>

#include <string>

namespace bourse::xmpp {
namespace {

struct Case {
  std::string input;
  std::string expected;  // as formatted again; empty: refused
};

TEST(Timestamps, TimesAreExact) {
  const Case cases[] = {
      {"1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"},
      {"2026-12-01T08:30:59Z", "2026-12-01T08:30:59Z"},
      {"2026-12-01T08:30:59.5Z", "2026-12-01T08:30:59.5Z"},
      {"2026-12-01T08:30:59.000001Z", "2026-12-01T08:30:59.000001Z"},
      {"2026-12-01T01:30:00+02:00", "2026-11-30T23:30:00Z"},
      {"2026-12-31T23:30:00-01:00", "2027-01-01T00:30:00Z"},
      {"2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"},
      {"9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"},
      {"2026-02-29T00:00:00Z", ""},
      {"2026-12-01T24:00:00Z", ""},
      {"2026-12-01T08:60:00Z", ""},
      {"2026-12-01T08:30:60Z", ""},
      {"2026-12-01T08:30:00", ""},
      {"2026-12-01T08:30Z", ""},
      {"2026-12-01 08:30:00Z", ""},
      {"2026-12-01T08:30:00.Z", ""},
      {"2026-12-01T08:30:00.1234567Z", ""},
      {"2026-12-01T08:30:00+0200", ""},
      {"2026-12-01T08:30:00+15:00", ""},
      {"2026-12-01T08:30:00Zx", ""},
      {" 2026-12-01T08:30:00Z", ""},
      {"26-12-01T08:30:00Z", ""},
      {"1969-12-31T23:59:59Z", ""},
      {"", ""},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.input);
    const auto at = parse_timestamp(test.input);
    ASSERT_EQ(at.ok(), !test.expected.empty());
    if (at) {
      EXPECT_EQ(format_timestamp(*at), test.expected);
    }
  }
}

TEST(Timestamps, DurationsAreExact) {
  const Case cases[] = {
      {"PT0S", "PT0S"},
      {"PT90M", "PT1H30M"},
      {"P1DT12H", "P1DT12H"},
      {"PT36H", "P1DT12H"},
      {"PT1.5S", "PT1.5S"},
      {"PT0.000001S", "PT0.000001S"},
      {"P2D", "P2D"},
      {"PT1H1S", "PT1H1S"},
      {"P", ""},
      {"PT", ""},
      {"P1DT", ""},
      {"1H", ""},
      {"P1H", ""},
      {"PT1D", ""},
      {"P1M", ""},
      {"P1Y", ""},
      {"P1W", ""},
      {"PT1M1H", ""},
      {"PT1H1H", ""},
      {"PT1.5M", ""},
      {"PT-1H", ""},
      {"-PT1H", ""},
      {"PT1.S", ""},
      {"PT1.1234567S", ""},
      {"PTT1H", ""},
      {"pt1h", ""},
      {"PT99999999999999999999H", ""},
      {"P999999999999D", ""},
      {"", ""},
      {"PT1", ""},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.input);
    const auto duration = parse_duration(test.input);
    ASSERT_EQ(duration.ok(), !test.expected.empty());
    if (duration) {
      EXPECT_EQ(format_duration(*duration), test.expected);
    }
  }
}

}  // namespace
}  // namespace bourse::xmpp
