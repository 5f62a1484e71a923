#include "base/base64url.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace bourse::base {
namespace {

struct Case {
  std::string bytes;
  std::string text;
};

// RFC 4648 §10 without its padding, and the two characters that set this alphabet apart.
TEST(Base64url, KnownAnswers) {
  const std::vector<Case> cases = {
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xFB\xFF\xBF", "-_-_"},
  };
  for (const auto& test : cases) {
    EXPECT_EQ(base64url_encode(test.bytes), test.text);
    const auto decoded = base64url_decode(test.text);
    ASSERT_TRUE(decoded.ok()) << test.text;
    EXPECT_EQ(*decoded, test.bytes) << test.text;
  }
}

TEST(Base64url, RefusesEverythingElse) {
  for (const char* bad : {"Z", "Zm9vZ", "Zg==", "Zm+v", "Zm/v", "Zm 9", "Zm9\n", "Zm\xC3\xA4"}) {
    const auto decoded = base64url_decode(bad);
    ASSERT_FALSE(decoded.ok()) << bad;
    EXPECT_EQ(decoded.error().code, Errc::kCorrupt) << bad;
  }
}

RC_GTEST_PROP(Base64urlProperty, RoundTrips, (const std::string& bytes)) {
  RC_ASSERT(*base64url_decode(base64url_encode(bytes)) == bytes);
}

}  // namespace
}  // namespace bourse::base
