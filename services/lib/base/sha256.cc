#include "base/sha256.h"

#include <openssl/evp.h>

#include "base/check.h"

namespace bourse::base {
namespace {

EVP_MD_CTX* context_of(void* handle) { return static_cast<EVP_MD_CTX*>(handle); }

}  // namespace

// Fetched once: finding the algorithm costs more than hashing a node.
Sha256::Sha256() : method_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(EVP_MD_CTX_new()) {
  BOURSE_CHECK(method_ != nullptr && context_ != nullptr);
  BOURSE_CHECK(EVP_DigestInit_ex2(context_of(context_), static_cast<EVP_MD*>(method_), nullptr) == 1);
}

Sha256::~Sha256() {
  EVP_MD_CTX_free(context_of(context_));
  EVP_MD_free(static_cast<EVP_MD*>(method_));
}

Digest Sha256::hash(std::string_view first, std::string_view second) {
  auto* context = context_of(context_);
  Digest digest;
  // Without a method the context starts anew with the one it has.
  BOURSE_CHECK(EVP_DigestInit_ex2(context, nullptr, nullptr) == 1 &&
               EVP_DigestUpdate(context, first.data(), first.size()) == 1 &&
               EVP_DigestUpdate(context, second.data(), second.size()) == 1 &&
               EVP_DigestFinal_ex(context, digest.data(), nullptr) == 1);
  return digest;
}

}  // namespace bourse::base
