// What PostgreSQL refuses whoever writes, by SQL of the service's role; and that its sums are right whatever comes in
// one statement. The rest of the contract goes through market::Store.
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <random>
#include <string>
#include <thread>

#include "support/pg_database.h"

namespace bourse::test {
namespace {

class BookingContract : public testing::Test {
 protected:
  void SetUp() override {
    if (!why_no_postgres().empty()) GTEST_SKIP() << why_no_postgres();
    database_ = std::make_unique<PgDatabase>();
    connection_ = std::make_unique<pqxx::connection>(database_->service().uri);
    run("INSERT INTO bourse.offers (pool_id, offer_id, provider, session, open, slots, capacity, record, seq, "
        "published) "
        "VALUES (1, 'o', 'p', '', true, '{cpu,gpu#0,gpu#1}', '{4000,1000,1000}', '', 1, now()), "
        "(1, 'closed', 'p', '', false, '{cpu}', '{4000}', '', 2, now())");
  }

  // Empty when it was done; else the SQLSTATE.
  std::string run(const std::string& sql) {
    try {
      pqxx::nontransaction tx(*connection_);
      tx.exec(sql);
      return {};
    } catch (const pqxx::sql_error& error) {
      return error.sqlstate().empty() ? "refused" : error.sqlstate();
    }
  }
  static std::string row(int id, const std::string& offer, const std::string& slots, const std::string& amounts,
                         int state = 0, bool ahead = false) {
    return "(1, " + std::to_string(id) + ", '" + offer + "', 'r', 'p', 'c', '" + slots + "', '" + amounts + "', " +
           std::to_string(state) + ", " + (ahead ? "true" : "false") + ", now(), now(), '')";
  }
  std::string insert(const std::string& rows) {
    return run(
        "INSERT INTO bourse.grants (pool_id, grant_id, offer_id, request_id, provider, consumer, slots, amounts, "
        "state, ahead, started, expires, reason) VALUES " +
        rows);
  }
  [[nodiscard]] std::string used(const std::string& offer = "o") const {
    return database_->query("SELECT coalesce(max(used), '{}') FROM bourse.offer_use WHERE offer_id = '" + offer + "'");
  }

  std::unique_ptr<PgDatabase> database_;
  std::unique_ptr<pqxx::connection> connection_;
};

TEST_F(BookingContract, TheServiceCannotOverGrantBySqlEither) {
  ASSERT_EQ(insert(row(1, "o", "{cpu,gpu#1}", "{3000,600}") + "," + row(2, "o", "{cpu}", "{4000}", 5, true) + "," +
                   row(3, "closed", "{cpu}", "{1}", 5, true)),
            "");
  ASSERT_EQ(used(), "{3000,0,600}");
  struct Case {
    const char* name;
    std::string sql;
  };
  const Case cases[] = {
      {"a reservation begins", "UPDATE bourse.grants SET state = 0, ahead = false WHERE grant_id = 2"},
      {"a reservation becomes a proposal for now",
       "UPDATE bourse.grants SET state = 4, ahead = false WHERE grant_id = 2"},
      {"active without being booked", "UPDATE bourse.grants SET ahead = true WHERE grant_id = 1"},
      {"active ahead", "UPDATE bourse.grants SET state = 0 WHERE grant_id = 2"},
      {"reserved and begun", "UPDATE bourse.grants SET ahead = false WHERE grant_id = 2"},
      {"reserved again while in use", "UPDATE bourse.grants SET state = 5 WHERE grant_id = 1"},
      {"over without an end", "UPDATE bourse.grants SET state = 3 WHERE grant_id = 1"},
      {"a state there is not", "UPDATE bourse.grants SET state = 11 WHERE grant_id = 1"},
      {"a reservation begins on a closed offer",
       "UPDATE bourse.grants SET state = 0, ahead = false WHERE grant_id = 3"},
      {"booked by hand", "UPDATE bourse.grants SET booked = false WHERE grant_id = 1"},
      {"used by hand", "UPDATE bourse.offer_use SET used = '{}'"},
      {"room made by hand", "UPDATE bourse.offer_use SET capacity = '{9000,1000,1000}'"},
      {"a use made by hand", "INSERT INTO bourse.offer_use VALUES (1, 'closed', '{cpu}', '{9}', '{}')"},
      {"the use deleted", "DELETE FROM bourse.offer_use"},
      {"given back by hand", "SELECT bourse.give_back(ARRAY[ROW(1, 'o', '{cpu}', '{1}')::bourse.holding])"},
      {"less taken than granted", "UPDATE bourse.grants SET amounts = '{1,1}' WHERE grant_id = 1"},
      {"moved to another offer", "UPDATE bourse.grants SET offer_id = 'closed' WHERE grant_id = 1"},
      {"deleted", "DELETE FROM bourse.grants"},
      {"emptied", "TRUNCATE bourse.grants"},
      {"capacity below what is used", "UPDATE bourse.offers SET capacity = '{2999,1000,1000}' WHERE offer_id = 'o'"},
      {"capacity unknown", "UPDATE bourse.offers SET capacity = '{4000,1000,NULL}' WHERE offer_id = 'o'"},
      {"capacity counted from two",
       "UPDATE bourse.offers SET capacity = '[2:4]={4000,1000,1000}' WHERE offer_id = 'o'"},
      {"a slot in use gone", "UPDATE bourse.offers SET slots = '{cpu,gpu#0,x}' WHERE offer_id = 'o'"},
      {"the sums by hand", "SELECT bourse.more_used('{cpu}', '{}', '{cpu}', '{1}')"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_NE(run(c.sql), "");
    EXPECT_EQ(used(), "{3000,0,600}");
    EXPECT_EQ(used("closed"), "{}");
  }
  const Case rows[] = {
      {"cpu", row(4, "o", "{cpu}", "{1001}")},
      {"half a device that is in use", row(4, "o", "{gpu#1}", "{500}")},
      {"one device twice", row(4, "o", "{gpu#0}", "{600}") + "," + row(5, "o", "{gpu#0}", "{600}")},
      {"one device twice in one grant", row(4, "o", "{gpu#0,gpu#0}", "{600,600}")},
      {"a slot it has not", row(4, "o", "{disk}", "{1}")},
      {"a slot that is nothing", row(4, "o", "{NULL}", "{1}")},
      {"an amount that is nothing", row(4, "o", "{cpu}", "{NULL}")},
      {"less than nothing", row(4, "o", "{cpu}", "{-1}")},
      {"the sum runs over", row(4, "o", "{cpu}", "{9223372036854775807}")},
      {"an offer that is not there", row(4, "nowhere", "{cpu}", "{1}")},
      {"an offer that is closed", row(4, "closed", "{cpu}", "{1}")},
      {"a proposal on it", row(4, "closed", "{cpu}", "{1}", 4)},
  };
  for (const Case& c : rows) {
    SCOPED_TRACE(c.name);
    EXPECT_NE(insert(c.sql), "");
    EXPECT_EQ(used(), "{3000,0,600}");
  }
  ASSERT_EQ(insert(row(4, "o", "{gpu#0}", "{1000}")), "");
  ASSERT_EQ(run("UPDATE bourse.grants SET state = 1, ended = now() WHERE grant_id = 4"), "");
  EXPECT_EQ(run("UPDATE bourse.grants SET state = 0, ended = NULL WHERE grant_id = 4"), "BO002") << "revived";
  EXPECT_EQ(run("UPDATE bourse.grants SET state = 5, ahead = true, ended = NULL WHERE grant_id = 4"), "BO002");
  EXPECT_EQ(used(), "{3000,0,600}");
}

TEST_F(BookingContract, OneStatementMayBookGiveBackAndChange) {
  ASSERT_EQ(insert(row(1, "o", "{cpu}", "{4000}") + "," + row(2, "o", "{cpu}", "{4000}", 5, true) + "," +
                   row(3, "o", "{gpu#0}", "{10}")),
            "");
  // The first ends, the second begins in its place, the third only changes its state.
  EXPECT_EQ(run("UPDATE bourse.grants SET state = CASE grant_id WHEN 1 THEN 1 WHEN 2 THEN 0 ELSE 7 END, ahead = false, "
                "ended = CASE grant_id WHEN 1 THEN now() END"),
            "");
  EXPECT_EQ(used(), "{4000,10,0}");
  EXPECT_EQ(run("UPDATE bourse.grants SET state = 2, ended = now() WHERE grant_id > 1"), "");
  EXPECT_EQ(used(), "{}");
}

TEST_F(BookingContract, AnOfferWithOtherSlotsKeepsWhatIsBooked) {
  ASSERT_EQ(insert(row(1, "o", "{cpu,gpu#1}", "{3000,600}")), "");
  ASSERT_EQ(run("UPDATE bourse.offers SET slots = '{gpu#0,gpu#1,disk,cpu}', capacity = '{1000,1000,5,3500}' "
                "WHERE offer_id = 'o'"),
            "");
  EXPECT_EQ(used(), "{0,600,0,3000}");
  EXPECT_NE(insert(row(2, "o", "{cpu}", "{501}")), "");
  EXPECT_EQ(insert(row(2, "o", "{disk,cpu}", "{5,500}")), "");
  ASSERT_EQ(run("UPDATE bourse.grants SET state = 1, ended = now() WHERE grant_id = 1"), "");
  EXPECT_EQ(used(), "{0,0,5,500}");
  EXPECT_THROW(database_->query("DELETE FROM bourse.offers WHERE offer_id = 'o'"), std::exception);
  EXPECT_THROW(database_->query("UPDATE bourse.offers SET offer_id = 'p' WHERE offer_id = 'o'"), std::exception);
  ASSERT_EQ(run("UPDATE bourse.grants SET state = 1, ended = now() WHERE ended IS NULL"), "");
  EXPECT_EQ(used(), "{}");
  EXPECT_NO_THROW(database_->query("DELETE FROM bourse.offers WHERE offer_id = 'o'"));
  EXPECT_EQ(database_->query("SELECT count(*) FROM bourse.offer_use"), "0");
}

// The first booking copies the capacity without a lock on the offer: it must not get past a change under way.
TEST_F(BookingContract, ACapacityThatShrinksMeanwhileIsWaitedFor) {
  pqxx::connection other(database_->service().uri);
  pqxx::work shrinking(other);
  shrinking.exec("UPDATE bourse.offers SET capacity = '{2000,1000,1000}' WHERE offer_id = 'o'");
  std::string refused;
  std::atomic<bool> over{false};
  {
    const std::jthread booking([&] {
      refused = insert(row(1, "o", "{cpu}", "{3000}"));
      over = true;
    });
    while (!over && database_->query("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                                     "wait_event_type = 'Lock'") == "0") {
      std::this_thread::yield();
    }
    EXPECT_FALSE(over) << "nothing held it back";
    shrinking.commit();
  }
  EXPECT_EQ(refused, "23514");
  EXPECT_EQ(used(), "{}");
}

// Offers of one to twelve slots, so that every way of adding is taken; several grants on one offer in one statement.
TEST_F(BookingContract, SumsAreThoseOfTheGrants) {
  constexpr int kOffers = 12;
  for (int n = 1; n <= kOffers; ++n) {
    std::string slots, capacity;
    for (int i = 0; i < n; ++i) {
      slots += (i > 0 ? ",s" : "s") + std::to_string(i);
      capacity += i > 0 ? ",25" : "25";
    }
    ASSERT_EQ(
        run("INSERT INTO bourse.offers (pool_id, offer_id, provider, session, open, slots, capacity, record, seq, "
            "published) VALUES (1, 'n" +
            std::to_string(n) + "', 'p', '', true, '{" + slots + "}', '{" + capacity + "}', '', 9, now())"),
        "");
  }
  std::mt19937 random(4);  // NOLINT: the same every time
  int id = 0;
  int refused = 0;
  for (int round = 0; round < 60; ++round) {
    std::string rows;
    for (std::size_t count = 1 + random() % 4; count > 0; --count) {
      const int n = 1 + static_cast<int>(random() % kOffers);
      std::string slots, amounts;
      const bool all = random() % 2 == 0;
      for (int i = 0; i < n; ++i) {
        if (!all && random() % 2 == 0) continue;
        slots += (slots.empty() ? "s" : ",s") + std::to_string(i);
        amounts += (amounts.empty() ? "" : ",") + std::to_string(1 + random() % 12);
      }
      rows += (rows.empty() ? "" : ",") + row(++id, "n" + std::to_string(n), "{" + slots + "}", "{" + amounts + "}");
    }
    refused += insert(rows).empty() ? 0 : 1;
    if (round % 3 == 2) {
      ASSERT_EQ(run("UPDATE bourse.grants SET state = 1, ended = now() WHERE ended IS NULL AND grant_id % 5 = " +
                    std::to_string(random() % 5)),
                "");
    }
    ASSERT_EQ(
        database_->query(
            "SELECT count(*) FROM bourse.offers o LEFT JOIN bourse.offer_use u USING (pool_id, offer_id) "
            "WHERE offer_id LIKE 'n%' AND "
            "coalesce(nullif(u.used, '{}'), array_fill(0::bigint, ARRAY[cardinality(o.slots)])) <> ARRAY("
            "SELECT coalesce((SELECT sum(t.amount) FROM bourse.grants g, unnest(g.slots, g.amounts) t(slot, amount) "
            "WHERE g.offer_id = o.offer_id AND g.booked AND t.slot = s.slot), 0)::bigint "
            "FROM unnest(o.slots) WITH ORDINALITY s(slot, n) ORDER BY n)"),
        "0")
        << "round " << round;
    ASSERT_EQ(
        database_->query("SELECT count(*) FROM bourse.offers o JOIN bourse.offer_use u USING (pool_id, offer_id), "
                         "unnest(u.used, o.capacity) AS t(used, capacity) "
                         "WHERE t.used > t.capacity OR u.capacity <> o.capacity OR u.slots <> o.slots"),
        "0");
  }
  EXPECT_GT(refused, 3);
  ASSERT_EQ(run("UPDATE bourse.grants SET state = 1, ended = now() WHERE ended IS NULL"), "");
  EXPECT_EQ(database_->query("SELECT count(*) FROM bourse.offer_use WHERE used <> '{}'"), "0");
}

}  // namespace
}  // namespace bourse::test
