#include "base/sha256.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/base64.h"

namespace bourse::base {
namespace {

std::string text_of(const Digest& digest) {
  return base64_encode({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

// FIPS 180-4's examples, all by one context.
TEST(Sha256, KnownAnswers) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="},
      {"abc", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "JI1qYdIGOLjlwCaTDD5gOaM85Flk/yFn9uzt1BnbBsE="}};
  Sha256 sha256;
  for (const auto& [message, digest] : cases) {
    EXPECT_EQ(text_of(sha256.hash(message)), digest);
    for (std::size_t cut = 0; cut <= message.size(); ++cut) {
      EXPECT_EQ(text_of(sha256.hash(message.substr(0, cut), message.substr(cut))), digest);
    }
  }
}

}  // namespace
}  // namespace bourse::base
