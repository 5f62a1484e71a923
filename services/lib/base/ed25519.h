// Purpose: Ed25519 (RFC 8032) signatures on OpenSSL, for grant tickets and audit checkpoints.
// Lifetime: keys are values that own their OpenSSL handle. Threads: const use from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace bourse::base {

class VerifyKey {
 public:
  // `raw` is the 32-byte public key of RFC 8032 §5.1.5. kCorrupt on any other length.
  static Result<VerifyKey> from_raw(std::string_view raw);

  [[nodiscard]] bool verifies(std::string_view message, std::string_view signature) const;
  [[nodiscard]] std::string raw() const;  // 32 bytes

 private:
  friend class SigningKey;
  explicit VerifyKey(std::shared_ptr<void> handle) : handle_(std::move(handle)) {}
  std::shared_ptr<void> handle_;  // EVP_PKEY
};

class SigningKey {
 public:
  static SigningKey generate();
  // The private key as PKCS#8 PEM; kCorrupt when it is not an Ed25519 key.
  static Result<SigningKey> from_pem(std::string_view pem);
  // The 32-byte private key of RFC 8032 §5.1.5. kCorrupt on any other length.
  static Result<SigningKey> from_raw(std::string_view raw);

  // Deterministic (RFC 8032): the same message gives the same 64 bytes.
  [[nodiscard]] std::string sign(std::string_view message) const;
  [[nodiscard]] VerifyKey verify_key() const;
  [[nodiscard]] std::string pem() const;
  [[nodiscard]] std::string raw() const;  // 32 bytes

 private:
  explicit SigningKey(std::shared_ptr<void> handle) : handle_(std::move(handle)) {}
  std::shared_ptr<void> handle_;  // EVP_PKEY
};

}  // namespace bourse::base
