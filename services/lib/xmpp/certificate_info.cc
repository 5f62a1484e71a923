#include "xmpp/certificate_info.h"

#include <fmt/format.h>
#include <idn2.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <limits>
#include <memory>

namespace bourse::xmpp {
namespace {

std::string text_of(const X509_NAME* name) {
  const std::unique_ptr<BIO, int (*)(BIO*)> out(BIO_new(BIO_s_mem()), BIO_free);
  if (!out || X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0) return {};
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : std::string();
}

int seconds_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return 0;
  return static_cast<int>(std::clamp<std::int64_t>(::timegm(&parts), 0, std::numeric_limits<int>::max()));
}

}  // namespace

int certificate_status(long verified) {
  switch (verified) {
    case X509_V_OK:
      return gloox::CertOk;
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return gloox::CertInvalid | gloox::CertExpired;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return gloox::CertInvalid | gloox::CertNotActive;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return gloox::CertInvalid | gloox::CertWrongPeer;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:  // an authority of the same name with another key
    case X509_V_ERR_CERT_UNTRUSTED:
      return gloox::CertInvalid | gloox::CertSignerUnknown;
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
      return gloox::CertInvalid | gloox::CertSignerNotCa;
    case X509_V_ERR_CERT_REVOKED:
      return gloox::CertInvalid | gloox::CertRevoked;
    default:
      return gloox::CertInvalid;
  }
}

gloox::CertInfo certificate_info(const ssl_st* connection) {
  gloox::CertInfo info{};
  info.protocol = SSL_get_version(connection);
  if (const SSL_CIPHER* cipher = SSL_get_current_cipher(connection)) {
    info.cipher = SSL_CIPHER_get_name(cipher);
    const int mac = SSL_CIPHER_get_digest_nid(cipher);
    info.mac = mac == NID_undef ? "AEAD" : OBJ_nid2sn(mac);
  }
  info.compression = "none";
  info.status = gloox::CertInvalid;  // to OpenSSL no certificate is no mistake
  if (const X509* certificate = SSL_get0_peer_certificate(connection)) {
    info.status = certificate_status(SSL_get_verify_result(connection));
    info.chain = info.status == gloox::CertOk;
    info.issuer = text_of(X509_get_issuer_name(certificate));
    info.server = text_of(X509_get_subject_name(certificate));
    info.date_from = seconds_of(X509_get0_notBefore(certificate));
    info.date_to = seconds_of(X509_get0_notAfter(certificate));
  }
  return info;
}

base::Result<std::string> name_in_certificates(const std::string& domain) {
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (std::all_of(domain.begin(), domain.end(), is_ascii)) return domain;
  char* ascii = nullptr;
  const int code = idn2_to_ascii_8z(domain.c_str(), &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<char, void (*)(void*)> owned(ascii, idn2_free);
  if (code != IDN2_OK) {
    return {base::Errc::kBadRequest, fmt::format("no certificate can be for '{}': {}", domain, idn2_strerror(code))};
  }
  return std::string(ascii);
}

}  // namespace bourse::xmpp
