#include "base/base64.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace bourse::base {
namespace {

// RFC 4648 §10, and the two characters that base64url has others for.
TEST(Base64, KnownAnswers) {
  const std::vector<std::pair<std::string, std::string>> cases = {{"", ""},
                                                                  {"f", "Zg=="},
                                                                  {"fo", "Zm8="},
                                                                  {"foo", "Zm9v"},
                                                                  {"foob", "Zm9vYg=="},
                                                                  {"fooba", "Zm9vYmE="},
                                                                  {"foobar", "Zm9vYmFy"},
                                                                  {"\xFB\xEF\xFF", "++//"}};
  for (const auto& [bytes, text] : cases) {
    EXPECT_EQ(base64_encode(bytes), text);
    const auto decoded = base64_decode(text);
    ASSERT_TRUE(decoded.ok()) << text;
    EXPECT_EQ(*decoded, bytes);
  }
}

TEST(Base64, TakesOneFormOnly) {
  for (const char* bad :
       {"Zg", "Zg=", "Zh==", "Zm9=", "Zm8", "=", "====", "Zg==Zg==", "--__", "Zm 9", "Zm9v\n", "Z===", "Zm=v"}) {
    EXPECT_FALSE(base64_decode(bad).ok()) << bad;
  }
}

RC_GTEST_PROP(Base64Property, WhatDecodesEncodesTheSame, (const std::string& bytes)) {
  RC_ASSERT(base64_decode(base64_encode(bytes)).value() == bytes);
  if (const auto decoded = base64_decode(bytes)) RC_ASSERT(base64_encode(*decoded) == bytes);
}

}  // namespace
}  // namespace bourse::base
