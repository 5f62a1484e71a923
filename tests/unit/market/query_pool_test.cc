// Whose questions are answered when there is more to answer than the link takes.
#include "market/query_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "market_fixture.h"
#include "support/fake_outbox.h"
#include "support/fake_store.h"

namespace bourse::market {
namespace {

using base::Errc;

class Questions : public ::testing::Test {
 protected:
  Questions() {
    Pool pool;
    EXPECT_TRUE(store_.acquire({"commons"}, "test", pool.state).ok());
  }

  static Query question(const std::string& who, const std::string& id, QueryBody body = StatusQuery{{"commons"}}) {
    return {.viewer = {jid(who), false}, .reply_to = {jid(who), "bourse.test", id}, .body = std::move(body)};
  }

  base::SystemClock clock_;
  test::FakeStore store_{clock_};
  test::FakeOutbox outbox_;
};

TEST_F(Questions, WaitUntilTheLinkHasRoomAndThenTakeTurns) {
  outbox_.set_room(0);
  QueryPool queries(store_, outbox_, 1, 100);
  ASSERT_TRUE(outbox_.wait_asked());
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(queries.ask(question("mallory@flood.test", "m" + std::to_string(i))).ok());
  }
  ASSERT_TRUE(queries.ask(question("ann@a.test", "ann")).ok());
  outbox_.set_room(test::FakeOutbox::kUnbounded);
  ASSERT_TRUE(outbox_.wait_answered(21));
  const auto answered = outbox_.answered();
  const auto place = std::ranges::find(answered, "ann") - answered.begin();
  EXPECT_LE(place, 2) << "after one or two of who asks most";
}

TEST_F(Questions, OfOneDomainFillNoMoreThanHalf) {
  outbox_.set_room(0);
  QueryPool queries(store_, outbox_, 1, 10);
  ASSERT_TRUE(outbox_.wait_asked());
  int taken = 0;
  base::Status refused = base::Done{};
  while (taken < 100 && refused.ok()) {
    refused = queries.ask(question("mallory@flood.test", "m" + std::to_string(taken)));
    taken += refused.ok() ? 1 : 0;
  }
  EXPECT_GE(taken, 5);
  EXPECT_LE(taken, 6) << "one may be in the hands of who answers";
  EXPECT_EQ(refused.error().code, Errc::kResourceConstraint);
  EXPECT_GT(refused.error().retry_after, std::chrono::seconds(0));
  EXPECT_TRUE(queries.ask(question("ann@a.test", "ann")).ok());
  outbox_.set_room(test::FakeOutbox::kUnbounded);
}

TEST_F(Questions, ThatThePolicyDoesNotOpenAreRefusedAtOnce) {
  PolicyBoard board;
  AccessPolicy policy;
  ASSERT_TRUE(policy.set({"history", "", "(domain=b.test)"}).ok());
  board.publish({"commons"}, std::make_shared<const AccessPolicy>(policy));
  QueryPool queries(store_, outbox_, 1, 10, {}, &board);
  const HistoryQuery history{.pool = {"commons"}};
  const auto refused = queries.ask(question("ann@a.test", "a", history));
  EXPECT_EQ(refused.error().code, Errc::kForbidden);
  EXPECT_TRUE(queries.ask(question("bob@b.test", "b", history)).ok());
  auto operators = question("ann@a.test", "o", history);
  operators.viewer.privileged = true;
  EXPECT_TRUE(queries.ask(std::move(operators)).ok());
  ASSERT_TRUE(outbox_.wait_answered(2));
}

}  // namespace
}  // namespace bourse::market
