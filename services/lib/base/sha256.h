// Purpose: SHA-256 (FIPS 180-4) on OpenSSL, quick for many short messages: the context is kept and started anew.
// Lifetime: one Sha256 a thread. Threads: none.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace bourse::base {

using Digest = std::array<std::uint8_t, 32>;

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  // Of the two, one after the other.
  [[nodiscard]] Digest hash(std::string_view first, std::string_view second = {});

 private:
  void* method_;   // EVP_MD
  void* context_;  // EVP_MD_CTX
};

}  // namespace bourse::base
