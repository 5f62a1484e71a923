#include "history/fta.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace bourse::history {
namespace {

const base::Timestamp kNow{std::chrono::seconds(2'000'000'000)};

struct WrongCase {
  std::string name;
  std::string line;
  std::string says;
};

TEST(FtaReader, SaysWhatIsWrongAndGoesOn) {
  const std::vector<WrongCase> cases = {
      {"half a line", "3\t0\t655\t3\t10.000\t1\t1099906", "it has 7 fields where 9 are needed"},
      {"missing stop", "3 0 655 3 n 1 1099906200  8000", "it has 8 fields"},
      {"too much", "3 0 655 3 n 1 100 200 8000 9 9", "it has more fields"},
      {"reversed", "3 0 655 3 n 1 200 100 8000", "event_stop_time 100 is before event_start_time 200"},
      {"no time", "3 0 655 3 n 1 NULL 100 8000", "event_start_time 'NULL' is not a time"},
      {"negative", "3 0 655 3 n 1 -5 100 8000", "event_start_time '-5' is not a time"},
      {"seven digits", "3 0 655 3 n 1 1.1234567 100 8000", "event_start_time '1.1234567'"},
      {"huge", "3 0 655 3 n 1 1 99999999999999999999 8000", "event_stop_time '99999999999999999999'"},
      {"future", "3 0 655 3 n 1 100 2000000001 8000", "event_stop_time 2000000001 is in the future"},
      {"type", "3 0 655 3 n 2 100 200 8000", "event_type '2' is neither"},
      {"reason", "3 0 655 3 n 1 100 200 why", "event_end_reason 'why' is not a number"},
      {"overlap", "3 0 7 3 n 1 1040 1060 0", "1040 to 1060 of node 7 overlaps"},
      {"twice", "3 0 7 3 n 1 1000 1050 0", "overlaps"},
      {"around", "3 0 7 3 n 1 900 1200 0", "overlaps"},
      {"not ASCII", "3 0 7 3 n\x80 1 900 920 0", "node_name has characters"},
      {"other heading", "event_id node_id", "the heading names other columns"},
      {"long", std::string(2000, 'x'), "longer than 1024 bytes"},
  };
  FtaReader reader(kNow);
  ASSERT_TRUE(reader.line(fta_heading()).ok());
  ASSERT_TRUE(reader.line("1 0 7 3 n 1 1000 1050 0").ok());
  std::uint64_t line = 2;
  for (const auto& test : cases) {
    const auto answer = reader.line(test.line);
    ++line;
    ASSERT_FALSE(answer.ok()) << test.name;
    const std::string& text = answer.error().text;
    EXPECT_TRUE(text.starts_with("line " + std::to_string(line) + ": ")) << text;
    EXPECT_NE(text.find(test.says), std::string::npos) << test.name << ": " << text;
  }
  EXPECT_TRUE(reader.line("2 0 7 3 n 0 1050 1060 0").ok()) << "what was refused covers nothing";
  EXPECT_TRUE(reader.line("2 0 7 4 n 0 1000 1060 0").ok()) << "another platform's node 7";
}

TEST(FtaReader, ReadsWhatTheArchiveWrites) {
  FtaReader reader(kNow);
  EXPECT_FALSE(reader.line("# comment")->has_value());
  EXPECT_FALSE(reader.line("   \t ")->has_value());
  const auto padded = reader.line(
      "    4\t       0\t     655\t    3\t       10.000\t         0\t   \t\t1125388800\t   "
      "\t\t1125417600\t       \t8000\r");
  ASSERT_TRUE(padded.ok() && padded->has_value());
  const FtaEvent& event = **padded;
  EXPECT_EQ(event.node, "655");
  EXPECT_EQ(event.name, "10.000");
  EXPECT_EQ(event.interval,
            (domain::AvailabilityInterval{domain::Presence::kDown, base::Timestamp(std::chrono::seconds(1'125'388'800)),
                                          base::Timestamp(std::chrono::seconds(1'125'417'600)), 8000}));
  EXPECT_TRUE(reader.line("1\t0\t1\t3\ta long name\t1\t5.25\t6\tNULL").ok());
  // In any order; touching lines become one span; nothing is as long as an interval of no length.
  for (const auto* const line : {"1 0 9 3 n 1 300 400 0", "1 0 9 3 n 1 100 200 0", "1 0 9 3 n 0 200 300 0",
                                 "1 0 9 3 n 0 300 300 0", "1 0 9 3 n 0 50 100 0", "1 0 9 3 n 0 400 410.5 0"}) {
    EXPECT_TRUE(reader.line(line).ok()) << line;
  }
  EXPECT_FALSE(reader.line("1 0 9 3 n 0 410.4 500 0").ok());
  EXPECT_TRUE(reader.line("1 0 9 3 n 0 410.5 500 0").ok());
}

TEST(FtaReader, HasLimits) {
  FtaReader reader(kNow, {.line = 100, .field = 10, .nodes = 2, .spans = 3});
  EXPECT_TRUE(reader.line("1 0 a 3 n 1 100 200 0").ok());
  EXPECT_TRUE(reader.line("1 0 b 3 n 1 100 200 0").ok());
  EXPECT_NE(reader.line("1 0 c 3 n 1 100 200 0").error().text.find("more than 2 nodes"), std::string::npos);
  EXPECT_TRUE(reader.line("1 0 a 3 n 1 300 400 0").ok());
  EXPECT_FALSE(reader.line("1 0 a 3 n 1 500 600 0").ok()) << "a fourth span";
  EXPECT_TRUE(reader.line("1 0 a 3 n 1 200 300 0").ok()) << "joins two";
  EXPECT_TRUE(reader.line("1 0 a 3 n 1 500 600 0").ok());
  EXPECT_FALSE(reader.line("1 0 abcdefghijk 3 n 1 500 600 0").ok());
}

RC_GTEST_PROP(Fta, ComesBackTheSame, ()) {
  FtaReader reader(kNow);
  std::int64_t at = 0;
  for (int i = 0; i < 20; ++i) {
    FtaEvent event;
    event.node = std::to_string(*rc::gen::inRange(0, 4));
    event.name = *rc::gen::element<std::string>("a b", "x", "-");
    event.interval.presence = *rc::gen::arbitrary<bool>() ? domain::Presence::kUp : domain::Presence::kDown;
    event.interval.since = base::Timestamp(base::Duration(at));
    at += *rc::gen::inRange<std::int64_t>(0, 5'000'000'000);
    event.interval.until = base::Timestamp(base::Duration(at));
    event.interval.reason = *rc::gen::arbitrary<std::int32_t>();
    const auto again = reader.line(fta_line(event, static_cast<std::uint64_t>(i)));
    RC_ASSERT(again.ok() && again->has_value());
    RC_ASSERT(**again == event);
  }
}

TEST(FtaProvider, IsAnAddress) {
  FtaEvent event;
  event.node = "655";
  const auto provider = fta_provider(event, "trace.example");
  ASSERT_TRUE(provider.ok());
  EXPECT_EQ(provider->text(), "655@trace.example");
  for (const auto* const node : {"a/b", "a@b", "", "a b"}) {
    event.node = node;
    EXPECT_FALSE(fta_provider(event, "trace.example").ok()) << node;
  }
}

}  // namespace
}  // namespace bourse::history
