#include "base/ed25519.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/base64url.h"

namespace bourse::base {
namespace {

std::string from_hex(std::string_view hex) {
  const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(value(hex[i]) * 16 + value(hex[i + 1]));
  }
  return bytes;
}

// PKCS#8 (RFC 8410 §7) around a raw private key: the form SigningKey reads.
std::string pem_of(const std::string& secret) {
  const std::string der = from_hex("302e020100300506032b657004220420") + secret;
  std::string text = base64url_encode(der);
  for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
  return "-----BEGIN PRIVATE KEY-----\n" + text + "\n-----END PRIVATE KEY-----\n";
}

struct Vector {
  std::string name;
  std::string secret;
  std::string key;
  std::string message;
  std::string signature;
};

// RFC 8032 §7.1.
const std::vector<Vector>& vectors() {
  static const std::vector<Vector> all = {
      {"TEST 1", "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
       "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
       "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
       "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
      {"TEST 2", "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
       "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
       "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
       "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
      {"TEST 3", "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
       "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
       "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
       "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
  };
  return all;
}

TEST(Ed25519, KnownAnswers) {
  for (const auto& test : vectors()) {
    const auto key = SigningKey::from_pem(pem_of(from_hex(test.secret)));
    ASSERT_TRUE(key.ok()) << test.name;
    EXPECT_EQ(key->verify_key().raw(), from_hex(test.key)) << test.name;
    EXPECT_EQ(key->sign(from_hex(test.message)), from_hex(test.signature)) << test.name;
    const auto public_key = VerifyKey::from_raw(from_hex(test.key));
    ASSERT_TRUE(public_key.ok()) << test.name;
    EXPECT_TRUE(public_key->verifies(from_hex(test.message), from_hex(test.signature))) << test.name;
  }
}

TEST(Ed25519, RefusesWhatWasNotSigned) {
  const SigningKey key = SigningKey::generate();
  const std::string signature = key.sign("message");
  std::string flipped = signature;
  flipped[10] = static_cast<char>(flipped[10] ^ 1);
  EXPECT_TRUE(key.verify_key().verifies("message", signature));
  EXPECT_FALSE(key.verify_key().verifies("Message", signature));
  EXPECT_FALSE(key.verify_key().verifies("message", flipped));
  EXPECT_FALSE(key.verify_key().verifies("message", signature.substr(1)));
  EXPECT_FALSE(key.verify_key().verifies("message", ""));
  EXPECT_FALSE(SigningKey::generate().verify_key().verifies("message", signature));
}

TEST(Ed25519, KeysSurviveTheirPem) {
  const SigningKey key = SigningKey::generate();
  const auto again = SigningKey::from_pem(key.pem());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->sign("x"), key.sign("x"));
  EXPECT_NE(SigningKey::generate().pem(), key.pem());
}

TEST(Ed25519, KeysSurviveTheirRawForm) {
  for (const auto& test : vectors()) {
    const auto key = SigningKey::from_raw(from_hex(test.secret));
    ASSERT_TRUE(key.ok()) << test.name;
    EXPECT_EQ(key->raw(), from_hex(test.secret)) << test.name;
    EXPECT_EQ(key->sign(from_hex(test.message)), from_hex(test.signature)) << test.name;
  }
  for (const std::size_t size : {0U, 31U, 33U}) EXPECT_FALSE(SigningKey::from_raw(std::string(size, 'k')).ok()) << size;
}

TEST(Ed25519, RefusesForeignKeys) {
  const char* p256 =
      "-----BEGIN PRIVATE KEY-----\n"
      "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgAAAAAAAAAAAAAAAA\n"
      "-----END PRIVATE KEY-----\n";
  for (const std::string& bad : {std::string(), std::string("not a key"), std::string(p256)}) {
    const auto key = SigningKey::from_pem(bad);
    ASSERT_FALSE(key.ok());
    EXPECT_EQ(key.error().code, Errc::kCorrupt);
  }
  for (const std::size_t size : {0U, 31U, 33U}) EXPECT_FALSE(VerifyKey::from_raw(std::string(size, 'k')).ok()) << size;
}

}  // namespace
}  // namespace bourse::base
