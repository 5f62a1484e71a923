#include "pubsub/form.h"

#include <gtest/gtest.h>

namespace bourse::pubsub {
namespace {

TEST(Form, StoredFormsComeBackAsTheyWere) {
  const FormValues forms[] = {
      {},
      {{"pubsub#title", {}}},
      {{"pubsub#title", {""}}},
      {{"a", {"1", "2", ""}}, {"ü", {"line\nline", "\xF0\x9F\xA6\x89"}}, {"", {"x"}}},
  };
  for (const auto& form : forms) EXPECT_EQ(decode_form(encode(form)), form);
}

TEST(Form, OtherBytesAreNone) {
  EXPECT_EQ(decode_form("\x0a\xff"), std::nullopt);
  EXPECT_EQ(decode_form("no form"), std::nullopt);
  auto cut = encode({{"pubsub#title", {"a title"}}});
  cut.pop_back();
  EXPECT_EQ(decode_form(cut), std::nullopt);
}

TEST(Form, FieldsAreFoundByName) {
  const FormValues form = {{"a", {"1"}}, {"b", {"2", "3"}}};
  ASSERT_NE(find_field(form, "b"), nullptr);
  EXPECT_EQ(find_field(form, "b")->values, (std::vector<std::string>{"2", "3"}));
  EXPECT_EQ(find_field(form, "c"), nullptr);
}

}  // namespace
}  // namespace bourse::pubsub
