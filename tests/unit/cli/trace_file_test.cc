// Files of the Failure Trace Archive: judged whole, cut into imports, written again.
#include "cli/trace_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "cli/trace_commands.h"
#include "history/fta.h"

namespace bourse::cli {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;

const base::Timestamp kNow{std::chrono::seconds(1'790'000'000)};

class TraceFile : public testing::Test {
 protected:
  TraceFile() { std::filesystem::create_directories(folder_); }
  ~TraceFile() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& text) {
    const auto path = (folder_ / "trace.tab").string();
    std::ofstream(path) << text;
    return path;
  }
  base::Result<Trace> read(const std::string& file, const std::string& domain = "t.test") {
    complaints.clear();
    return read_trace({file, domain}, kNow, [this](const std::string& what) { complaints.push_back(what); });
  }

  std::vector<std::string> complaints;
  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("bourse-trace-" + std::to_string(::getpid()));
};

const std::string kHeading = history::fta_heading();

TEST_F(TraceFile, IsReadByNodeAndTime) {
  const auto trace =
      read(write(kHeading + "0 0 7 3 x 1 200 300 5\n1 0 8 3 x 0 100 200 0\n# a remark\n\n2 0 7 3 x 0 100 200 8000\n"));
  ASSERT_TRUE(trace.ok()) << trace.error().text;
  EXPECT_THAT(complaints, ElementsAre());
  EXPECT_EQ(trace->lines, 6U);
  ASSERT_EQ(trace->nodes.size(), 2U);
  ASSERT_EQ(trace->events.size(), 3U);
  const auto first = closed_interval(*trace, 0);
  EXPECT_EQ(first.provider.text(), "7@t.test");
  EXPECT_EQ(first.interval.presence, domain::Presence::kDown);
  EXPECT_EQ(first.interval.reason, 8000);
  EXPECT_EQ(closed_interval(*trace, 2).provider.text(), "8@t.test");
}

TEST_F(TraceFile, NamesEachLineThatIsWrong) {
  const auto path = write(kHeading +
                          "0 0 7 3 x 1 100 200 0\n"
                          "1 0 7 3 x 1 150 250 0\n"           // overlaps
                          "2 0 7 3 x 1 400 300 0\n"           // reversed
                          "3 0 7 3 x 1 400\n"                 // half a line
                          "4 0 7 3 x 1 500 99999999999 0\n"   // in the future
                          "5 0 7 4 x 1 500 600 0\n"           // another platform's 7
                          "6 0 ex@mp@le 3 x 1 500 600 0\n" +  // no address
                          std::string(5'000, 'x') +
                          "\n" + "8 0 7 3 x 0 600 700 0\n9 0 7 3 x 2 800 900 0");
  const auto trace = read(path);
  ASSERT_TRUE(trace.ok());
  EXPECT_EQ(trace->bad, 8U);
  EXPECT_EQ(trace->events.size(), 2U);
  ASSERT_EQ(complaints.size(), 8U);
  EXPECT_THAT(complaints[0], HasSubstr(path + ":3: "));
  EXPECT_THAT(complaints[0], HasSubstr("overlaps"));
  EXPECT_THAT(complaints[1], HasSubstr(":4: event_stop_time"));
  EXPECT_THAT(complaints[2], HasSubstr(":5: it has 7 fields"));
  EXPECT_THAT(complaints[3], HasSubstr(":6: event_stop_time"));
  EXPECT_THAT(complaints[4], HasSubstr(":7: node 7 of platform 4"));
  EXPECT_THAT(complaints[5], HasSubstr(":8: node 'ex@mp@le' is no address"));
  EXPECT_THAT(complaints[6], HasSubstr(":9: it is longer"));
  EXPECT_THAT(complaints[7], HasSubstr(":11: event_type"));
}

TEST_F(TraceFile, MayBeCompressed) {
  const auto path = (folder_ / "trace.tab.gz").string();
  const std::string text = kHeading + "0 0 a@b.test 3 x 1 100 200 0\n";
  gzFile out = ::gzopen(path.c_str(), "wb");
  ASSERT_EQ(::gzwrite(out, text.data(), static_cast<unsigned>(text.size())), static_cast<int>(text.size()));
  ::gzclose(out);
  const auto trace = read(path, "");
  ASSERT_TRUE(trace.ok()) << trace.error().text;
  ASSERT_EQ(trace->nodes.size(), 1U);
  EXPECT_EQ(trace->nodes.front().text(), "a@b.test");
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 6);
  const auto half = read(path, "");
  ASSERT_FALSE(half.ok());
  EXPECT_THAT(half.error().text, HasSubstr("cannot read " + path + " to its end"));
}

TEST_F(TraceFile, ThatIsNotThereIsNamed) {
  const auto trace = read("/nonexistent/trace.tab");
  ASSERT_FALSE(trace.ok());
  EXPECT_THAT(trace.error().text, HasSubstr("/nonexistent/trace.tab"));
  ASSERT_TRUE(read(write("0 0 7 3 x 1 100 200 0\n"), "").ok());
  EXPECT_THAT(complaints, ElementsAre(HasSubstr("say with --domain")));
}

TEST_F(TraceFile, GroupsKeepNodesWhole) {
  std::string text;
  for (int node = 1; node <= 4; ++node) {
    for (int i = 0; i < node; ++i) {
      text += "0 0 " + std::to_string(node) + " 3 x 1 " + std::to_string(100 * i) + " " + std::to_string(100 * i + 50) +
              " 0\n";
    }
  }
  const auto trace = read(write(text));
  ASSERT_TRUE(trace.ok());
  EXPECT_THAT(trace_groups(*trace, 100).value(), ElementsAre(10));
  EXPECT_THAT(trace_groups(*trace, 6).value(), ElementsAre(6, 10));
  EXPECT_THAT(trace_groups(*trace, 4).value(), ElementsAre(3, 6, 10));
  const auto too_many = trace_groups(*trace, 3);
  ASSERT_FALSE(too_many.ok());
  EXPECT_THAT(too_many.error().text, HasSubstr("4@t.test has 4 intervals"));
  EXPECT_TRUE(trace_groups(Trace(), 3).value().empty());
}

TEST_F(TraceFile, WhatIsWrittenIsReadAgain) {
  const auto provider = domain::Jid::parse("n7@t.test").value();
  const std::vector<domain::AvailabilityInterval> intervals = {
      {domain::Presence::kDown, base::Timestamp(std::chrono::seconds(100)), base::Timestamp(std::chrono::seconds(200)),
       8000},
      {domain::Presence::kUp, base::Timestamp(std::chrono::milliseconds(200'500)), {}, 0}};
  const auto until = base::Timestamp(std::chrono::seconds(300));
  for (const bool whole : {false, true}) {
    const auto trace =
        read(write(kHeading + trace_lines(provider, intervals, until, whole)), whole ? "other.test" : "t.test");
    ASSERT_TRUE(trace.ok());
    ASSERT_EQ(trace->events.size(), 2U);
    EXPECT_EQ(trace->nodes.front(), provider);
    EXPECT_EQ(trace->events[0].interval, intervals[0]);
    EXPECT_EQ(trace->events[1].interval.until, until) << "a running one ends with the export";
  }
}

}  // namespace
}  // namespace bourse::cli
