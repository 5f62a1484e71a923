// Arrays as the binary protocol has them, read back from a real PostgreSQL.
#include <gtest/gtest.h>

#include <limits>

#include "storage/binary_array.h"
#include "storage/pqxx_dialect.h"
#include "support/pg_database.h"

namespace bourse::test {
namespace {

using storage::BigintArray;
using storage::BooleanArray;
using storage::IntArray;
using storage::SmallintArray;
using storage::TextArray;

TEST(StorageBinaryArray, ServerReadsWhatWasAdded) {
  if (!why_no_postgres().empty()) GTEST_SKIP() << why_no_postgres();
  const PgDatabase database(PgDatabase::Content::kEmpty);
  pqxx::connection connection(database.superuser().uri);
  struct Case {
    const char* type;
    std::string array;
    const char* expected;
  };
  TextArray words;
  words.add("");
  words.add("a b");
  words.add("\"\\{},");
  words.add("NULL");
  words.add("grün");
  words.add_unless_empty("");
  words.add_unless_empty("x");
  SmallintArray small;
  small.add(std::numeric_limits<std::int16_t>::min());
  small.add(7);
  IntArray whole;
  whole.add(-1);
  whole.add(std::numeric_limits<std::int32_t>::max());
  BigintArray large;
  large.add(std::numeric_limits<std::int64_t>::min());
  large.add_null();
  large.add(1'795'000'000'123'456);
  BooleanArray flags;
  flags.add(true);
  flags.add(false);
  const Case cases[] = {
      {"text[]", TextArray().take(), "{}"},
      {"bigint[]", BigintArray(0).take(), "{}"},
      {"text[]", std::move(words).take(), R"({"","a b","\"\\{},","NULL",grün,NULL,x})"},
      {"smallint[]", std::move(small).take(), "{-32768,7}"},
      {"int[]", std::move(whole).take(), "{-1,2147483647}"},
      {"bigint[]", std::move(large).take(), "{-9223372036854775808,NULL,1795000000123456}"},
      {"boolean[]", std::move(flags).take(), "{t,f}"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.expected);
    pqxx::nontransaction tx(connection);
    const auto found = storage::run(tx, std::string("SELECT $1::") + c.type, {{}, {c.array}});
    EXPECT_STREQ(found[0][0].c_str(), c.expected);
  }
}

TEST(StorageBinaryArray, TextThatIsNoneIsRefused) {
  if (!why_no_postgres().empty()) GTEST_SKIP() << why_no_postgres();
  const PgDatabase database(PgDatabase::Content::kEmpty);
  pqxx::connection connection(database.superuser().uri);
  for (const std::string& text : {std::string("a\0b", 3), std::string("\xff")}) {
    TextArray array;
    array.add(text);
    pqxx::nontransaction tx(connection);
    EXPECT_THROW(storage::run(tx, "SELECT $1::text[]", {{}, {std::move(array).take()}}), pqxx::sql_error);
  }
}

}  // namespace
}  // namespace bourse::test
