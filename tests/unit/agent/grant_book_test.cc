#include "agent/grant_book.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace bourse::agent {
namespace {

namespace fs = std::filesystem;
using Verdict = GrantBook::Verdict;

const base::Timestamp kLater{std::chrono::hours(24 * 365 * 50)};

class GrantBookTest : public testing::Test {
 protected:
  GrantBookTest() { fs::remove_all(folder_); }
  ~GrantBookTest() override { fs::remove_all(folder_); }
  [[nodiscard]] GrantBook open() const {
    auto book = GrantBook::open(folder_.string(), "bourse.example.org", "desk/1");
    EXPECT_TRUE(book.ok());
    return std::move(*book);
  }
  const fs::path folder_ = fs::temp_directory_path() / ("bourse-book-" + std::to_string(::getpid()));
};

TEST_F(GrantBookTest, PinsTheFirstKeyForGood) {
  ASSERT_TRUE(open().accept_key("key-1").ok());
  GrantBook later = open();
  EXPECT_TRUE(later.accept_key("key-1").ok());
  const auto other = later.accept_key("key-2");
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().code, base::Errc::kCorrupt);
  EXPECT_NE(other.error().text.find("has changed"), std::string::npos);
}

TEST_F(GrantBookTest, ActsOnEachGrantOnceAcrossRestarts) {
  {
    GrantBook book = open();
    EXPECT_EQ(book.judge({7}), Verdict::kNew);
    ASSERT_TRUE(book.begin({7}, kLater).ok());
    EXPECT_EQ(book.judge({7}), Verdict::kKnown);
    EXPECT_EQ(book.judge({6}), Verdict::kStale);
  }
  GrantBook book = open();
  EXPECT_EQ(book.judge({7}), Verdict::kKnown);
  EXPECT_FALSE(book.find({7})->hook_done);
  ASSERT_TRUE(book.hook_done({7}).ok());
  EXPECT_TRUE(open().find({7})->hook_done);
  ASSERT_TRUE(book.end({7}).ok());
  GrantBook last = open();
  EXPECT_TRUE(last.live().empty());
  EXPECT_EQ(last.judge({7}), Verdict::kStale);  // a replay after it ended
  EXPECT_EQ(last.judge({8}), Verdict::kNew);
}

TEST_F(GrantBookTest, RemembersALeaseThatIsRenewedAndOneToBeGivenBack) {
  {
    GrantBook book = open();
    ASSERT_TRUE(book.begin({7}, kLater).ok());
    ASSERT_TRUE(book.renew({7}, kLater + std::chrono::microseconds(3'600'000'001)).ok());
    ASSERT_TRUE(book.reclaimed({7}).ok());
  }
  const GrantBook book = open();
  ASSERT_NE(book.find({7}), nullptr);
  EXPECT_EQ(book.find({7})->expires, kLater + std::chrono::microseconds(3'600'000'001));
  EXPECT_TRUE(book.find({7})->reclaimed);
  EXPECT_EQ(book.find({8}), nullptr);
}

TEST_F(GrantBookTest, WhatWasSeenComingBeginsAfterLaterOnes) {
  {
    GrantBook book = open();
    ASSERT_TRUE(book.expect({5}).ok());
    ASSERT_TRUE(book.expect({6}).ok());
    ASSERT_TRUE(book.begin({7}, kLater).ok());
    EXPECT_EQ(book.judge({4}), Verdict::kStale);
  }
  GrantBook book = open();
  EXPECT_EQ(book.expected(), (std::vector<domain::GrantId>{{5}, {6}}));
  EXPECT_EQ(book.judge({5}), Verdict::kNew);
  ASSERT_TRUE(book.begin({5}, kLater).ok());
  EXPECT_FALSE(book.is_expected({5}));
  ASSERT_TRUE(book.end({6}).ok());  // declined
  GrantBook last = open();
  EXPECT_EQ(last.judge({5}), Verdict::kKnown);
  EXPECT_EQ(last.judge({6}), Verdict::kStale);
  EXPECT_EQ(last.judge({8}), Verdict::kNew);
}

TEST_F(GrantBookTest, WhatEndedBeforeItBeganDoesNotComeBack) {
  ASSERT_TRUE(open().expect({9}).ok());
  ASSERT_TRUE(open().end({9}).ok());
  EXPECT_EQ(open().judge({9}), Verdict::kStale);
}

TEST_F(GrantBookTest, ReadsWhatAnEarlierVersionWrote) {
  ASSERT_TRUE(open().accept_key("key").ok());
  for (const auto& entry : fs::directory_iterator(folder_)) {
    std::ofstream(entry.path())
        << R"({"ticket_key": "key", "highest_fence": 7, "live": [{"id": 7, "hook_done": true}]})";
  }
  const GrantBook book = open();
  ASSERT_NE(book.find({7}), nullptr);
  EXPECT_TRUE(book.find({7})->hook_done);
  EXPECT_FALSE(book.find({7})->reclaimed);
  EXPECT_EQ(book.find({7})->expires, std::nullopt);
  EXPECT_TRUE(book.expected().empty());
}

TEST_F(GrantBookTest, SaysWhichFileIsDamaged) {
  ASSERT_TRUE(open().accept_key("key").ok());
  for (const auto& entry : fs::directory_iterator(folder_)) std::ofstream(entry.path()) << "{\"ticket_key\": 3";
  const auto book = GrantBook::open(folder_.string(), "bourse.example.org", "desk/1");
  ASSERT_FALSE(book.ok());
  EXPECT_EQ(book.error().code, base::Errc::kCorrupt);
  EXPECT_NE(book.error().text.find(folder_.string()), std::string::npos);
}

TEST_F(GrantBookTest, IsForOneMarketAndOneOffer) {
  ASSERT_TRUE(open().begin({7}, kLater).ok());
  const auto other = GrantBook::open(folder_.string(), "bourse.example.org", "desk/2");
  ASSERT_TRUE(other.ok());
  EXPECT_TRUE(other->live().empty());
}

}  // namespace
}  // namespace bourse::agent
