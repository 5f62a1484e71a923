#include "base/ed25519.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <utility>

namespace bourse::base {
namespace {

constexpr std::size_t kRawKeySize = 32;
constexpr std::size_t kSignatureSize = 64;

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::shared_ptr<void> own(EVP_PKEY* key) {
  BOURSE_CHECK(key != nullptr);
  return {key, [](void* p) { EVP_PKEY_free(static_cast<EVP_PKEY*>(p)); }};
}

EVP_PKEY* pkey(const std::shared_ptr<void>& handle) { return static_cast<EVP_PKEY*>(handle.get()); }

struct MdContext {
  EVP_MD_CTX* handle = EVP_MD_CTX_new();
  MdContext() { BOURSE_CHECK(handle != nullptr); }
  ~MdContext() { EVP_MD_CTX_free(handle); }
  MdContext(const MdContext&) = delete;
  MdContext& operator=(const MdContext&) = delete;
};

std::string raw_public(EVP_PKEY* key) {
  std::string raw(kRawKeySize, '\0');
  std::size_t size = raw.size();
  BOURSE_CHECK(EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(raw.data()), &size) == 1);
  return raw;
}

}  // namespace

Result<VerifyKey> VerifyKey::from_raw(std::string_view raw) {
  if (raw.size() != kRawKeySize) return {Errc::kCorrupt, "an Ed25519 public key has 32 bytes"};
  EVP_PKEY* key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes(raw), raw.size());
  if (key == nullptr) return {Errc::kCorrupt, "not an Ed25519 public key"};
  return VerifyKey(own(key));
}

bool VerifyKey::verifies(std::string_view message, std::string_view signature) const {
  if (signature.size() != kSignatureSize) return false;
  const MdContext context;
  return EVP_DigestVerifyInit(context.handle, nullptr, nullptr, nullptr, pkey(handle_)) == 1 &&
         EVP_DigestVerify(context.handle, bytes(signature), signature.size(), bytes(message), message.size()) == 1;
}

std::string VerifyKey::raw() const { return raw_public(pkey(handle_)); }

SigningKey SigningKey::generate() { return SigningKey(own(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"))); }

Result<SigningKey> SigningKey::from_pem(std::string_view pem) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  BOURSE_CHECK(bio != nullptr);
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  if (key == nullptr) return {Errc::kCorrupt, "not a private key in PEM form"};
  auto owned = own(key);
  if (EVP_PKEY_get_base_id(key) != EVP_PKEY_ED25519) return {Errc::kCorrupt, "not an Ed25519 key"};
  return SigningKey(std::move(owned));
}

Result<SigningKey> SigningKey::from_raw(std::string_view raw) {
  if (raw.size() != kRawKeySize) return {Errc::kCorrupt, "an Ed25519 private key has 32 bytes"};
  return SigningKey(own(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes(raw), raw.size())));
}

std::string SigningKey::sign(std::string_view message) const {
  const MdContext context;
  BOURSE_CHECK(EVP_DigestSignInit(context.handle, nullptr, nullptr, nullptr, pkey(handle_)) == 1);
  std::string signature(kSignatureSize, '\0');
  std::size_t size = signature.size();
  BOURSE_CHECK(EVP_DigestSign(context.handle, reinterpret_cast<unsigned char*>(signature.data()), &size, bytes(message),
                              message.size()) == 1);
  return signature;
}

VerifyKey SigningKey::verify_key() const {
  auto key = VerifyKey::from_raw(raw_public(pkey(handle_)));
  return std::move(key).value();
}

std::string SigningKey::pem() const {
  BIO* bio = BIO_new(BIO_s_mem());
  BOURSE_CHECK(bio != nullptr);
  BOURSE_CHECK(PEM_write_bio_PrivateKey(bio, pkey(handle_), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio, &data);
  std::string pem(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return pem;
}

std::string SigningKey::raw() const {
  std::string raw(kRawKeySize, '\0');
  std::size_t size = raw.size();
  BOURSE_CHECK(EVP_PKEY_get_raw_private_key(pkey(handle_), reinterpret_cast<unsigned char*>(raw.data()), &size) == 1);
  return raw;
}

}  // namespace bourse::base
