#include "cli/csv.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace bourse::cli {
namespace {

struct Case {
  const char* name;
  std::string input;
  std::vector<std::vector<std::string>> rows;  // of those that read
  std::vector<std::string> errors;
};

class Csv : public testing::TestWithParam<Case> {};

TEST_P(Csv, Reads) {
  CsvReader reader(GetParam().input);
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> errors;
  while (!reader.at_end()) {
    const auto row = reader.next();
    if (!row) {
      errors.push_back(row.error().text);
      continue;
    }
    if (row->fields.empty()) break;
    auto& cells = rows.emplace_back();
    for (const auto& field : row->fields) cells.push_back(field.text);
  }
  EXPECT_EQ(rows, GetParam().rows);
  EXPECT_EQ(errors, GetParam().errors);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Csv,
    testing::Values(
        Case{"nothing", "", {}, {}}, Case{"only_empty_lines", "\n\r\n\n", {}, {}},
        Case{"plain", "a,b\n1,2\n", {{"a", "b"}, {"1", "2"}}, {}}, Case{"no_last_newline", "a,b", {{"a", "b"}}, {}},
        Case{"crlf", "a,b\r\n1,\r\n", {{"a", "b"}, {"1", ""}}, {}},
        Case{"byte_order_mark",
             "\xEF\xBB\xBF"
             "a\n1\n",
             {{"a"}, {"1"}},
             {}},
        Case{"empty_fields", ",,\n", {{"", "", ""}}, {}}, Case{"quoted", "\"a,b\",\"c\"\"d\"\n", {{"a,b", "c\"d"}}, {}},
        Case{"quoted_crlf", "x,\"y\"\r\nz,w\r\n", {{"x", "y"}, {"z", "w"}}, {}},
        Case{"line_end_inside", "\"a\nb\",c\nd,e\n", {{"a\nb", "c"}, {"d", "e"}}, {}},
        Case{"quote_inside",
             "a\"b,c\nd,e\n",
             {{"d", "e"}},
             {"1:2: a quote inside a field that does not begin with one"}},
        Case{"text_after_quote", "x,\"a\"b\nd\n", {{"d"}}, {"1:6: expected a comma after the closing quote"}},
        Case{"quote_without_end", "x\ny,\"a", {{"x"}}, {"2:3: this quote has no end"}},
        Case{"goes_on_after_a_bad_row",
             "a\nb\"\nc\n",
             {{"a"}, {"c"}},
             {"2:2: a quote inside a field that does not begin with one"}}),
    [](const auto& at) { return at.param.name; });

TEST(Csv, KnowsWhereFieldsStand) {
  CsvReader reader("a,b\n\n\"x\ny\",z\nlast,field\n");
  ASSERT_TRUE(reader.next().ok());
  const auto second = reader.next();
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->line, 3U);
  EXPECT_EQ(second->fields[1].column, 4U);  // in the line it stands in
  const auto third = reader.next();
  ASSERT_TRUE(third.ok());
  EXPECT_EQ(third->line, 5U);
  EXPECT_EQ(third->fields[1].column, 6U);
}

TEST(Csv, BoundsARow) {
  const std::string endless(100'000, 'x');
  CsvReader plain(endless);
  EXPECT_FALSE(plain.next().ok());
  const std::string quoted = "\"" + endless;
  CsvReader in_quotes(quoted);
  EXPECT_FALSE(in_quotes.next().ok());
  const std::string commas(10'000, ',');
  CsvReader many(commas);
  EXPECT_FALSE(many.next().ok());
}

}  // namespace
}  // namespace bourse::cli
