#include "xmpp/tls_client.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "xmpp/certificate_info.h"

namespace bourse::xmpp {
namespace {

using base::Errc;
using base::Result;

constexpr std::size_t kMostRecordBytes = 16'384;

// What OpenSSL's queue of errors says, in words; empties it. The first error is the cause and the others passed it on,
// but what TLS makes of it is of more use.
std::string take_reason() {
  unsigned long error = ERR_get_error();
  for (unsigned long next = error; next != 0; next = ERR_get_error()) {
    if (ERR_GET_LIB(error) != ERR_LIB_SSL && ERR_GET_LIB(next) == ERR_LIB_SSL) error = next;
  }
  if (ERR_SYSTEM_ERROR(error)) return std::strerror(ERR_GET_REASON(error));
  if (ERR_GET_LIB(error) == ERR_LIB_SSL) {
    switch (ERR_GET_REASON(error)) {
      case SSL_R_UNSUPPORTED_PROTOCOL:
      case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
        return "the server offers no TLS 1.2 or newer";
      case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
      case SSL_R_TLSV1_ALERT_INSUFFICIENT_SECURITY:
        return "the server knows no cipher that is safe enough here, or wants a certificate of ours";
      case SSL_R_WRONG_VERSION_NUMBER:
        return "what the server sent is not TLS";
      default:
        break;
    }
  }
  const char* text = error == 0 ? nullptr : ERR_reason_error_string(error);
  return text == nullptr ? "OpenSSL does not say why" : text;
}

}  // namespace

Result<std::unique_ptr<TlsClient>> TlsClient::make(gloox::TLSHandler& handler, const std::string& domain,
                                                   const std::string& ca_file) {
  auto name = name_in_certificates(domain);
  if (!name) return name.error();
  ERR_clear_error();
  Context context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) {
    return {Errc::kInternal, fmt::format("cannot set up TLS: {}", take_reason())};
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  if (ca_file.empty()) {
    if (SSL_CTX_set_default_verify_paths(context.get()) != 1) {
      return {
          Errc::kInternal,
          fmt::format("cannot find the system's certificate authorities: {}; name one with ca-file", take_reason())};
    }
  } else {
    if (SSL_CTX_load_verify_file(context.get(), ca_file.c_str()) != 1) {
      return {Errc::kBadRequest,
              fmt::format("{}: cannot read PEM certificates of authorities from it: {}", ca_file, take_reason())};
    }
    // Whoever names an intermediate authority trusts it.
    if (X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context.get()), X509_V_FLAG_PARTIAL_CHAIN) != 1) {
      return {Errc::kInternal, "cannot set up TLS: no partial chains"};
    }
  }
  return std::unique_ptr<TlsClient>(new TlsClient(handler, *name, std::move(context)));
}

TlsClient::TlsClient(gloox::TLSHandler& handler, const std::string& domain, Context context)
    : gloox::TLSBase(&handler, domain), context_(std::move(context)) {
  BOURSE_CHECK(!domain.empty());  // to OpenSSL no name means any name
  m_certInfo = gloox::CertInfo{};
}

bool TlsClient::start() {
  failure_.clear();
  m_certInfo = gloox::CertInfo{};
  Connection fresh(SSL_new(context_.get()), SSL_free);
  BIO* in = BIO_new(BIO_s_mem());
  BIO* out = BIO_new(BIO_s_mem());
  if (!fresh || in == nullptr || out == nullptr) {
    BIO_free(in);
    BIO_free(out);
    return false;
  }
  SSL_set_bio(fresh.get(), in, out);  // owns them
  SSL_set_connect_state(fresh.get());
  SSL_set_hostflags(fresh.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  // An address is no name: it is not announced (RFC 6066).
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(fresh.get()), m_server.c_str()) != 1 &&
      (SSL_set1_host(fresh.get(), m_server.c_str()) != 1 ||
       SSL_set_tlsext_host_name(fresh.get(), m_server.c_str()) != 1)) {
    return false;
  }
  connection_ = std::move(fresh);
  return true;
}

bool TlsClient::handshake() {
  if (m_secure) return true;
  ERR_clear_error();
  if (!connection_ && !start()) {
    failure_ = fmt::format("cannot start it: {}", take_reason());
    m_handler->handleHandshakeResult(this, false, m_certInfo);
    return false;
  }
  ERR_clear_error();  // start() tries what may fail
  const Connection connection = connection_;
  const int done = SSL_do_handshake(connection.get());
  if (done != 1) {
    const int why = SSL_get_error(connection.get(), done);
    if (why == SSL_ERROR_WANT_READ) return flush(connection);
    const long verified = SSL_get_verify_result(connection.get());
    m_certInfo.status = certificate_status(verified);
    if (m_certInfo.status == gloox::CertOk) {
      fail(connection, why == SSL_ERROR_ZERO_RETURN ? "the server ended it" : take_reason());
    } else {
      fail(connection, m_certInfo.status == gloox::CertInvalid ? X509_verify_cert_error_string(verified) : "");
    }
    return false;
  }
  m_secure = true;
  m_valid = true;
  m_certInfo = certificate_info(connection.get());
  if (!flush(connection)) return false;
  if (!early_.empty() && !encrypt(std::exchange(early_, {}))) return false;
  if (connection_ == connection) m_handler->handleHandshakeResult(this, true, m_certInfo);
  return connection_ == connection;
}

bool TlsClient::encrypt(const std::string& data) {
  if (!m_secure) {
    early_ += data;
    return true;
  }
  if (data.empty()) return true;  // SSL_write() takes that for an error
  const Connection connection = connection_;
  ERR_clear_error();
  std::size_t taken = 0;
  if (SSL_write_ex(connection.get(), data.data(), data.size(), &taken) == 1) return flush(connection);
  // The server said that it ends; what is sent now is lost, as it would be a moment later.
  if ((SSL_get_shutdown(connection.get()) & SSL_SENT_SHUTDOWN) != 0) return false;
  fail(connection, take_reason());
  return false;
}

int TlsClient::decrypt(const std::string& data) {
  const Connection connection = connection_;
  if (!connection) return 0;
  ERR_clear_error();
  std::size_t taken = 0;
  if (!data.empty() && BIO_write_ex(SSL_get_rbio(connection.get()), data.data(), data.size(), &taken) != 1) {
    fail(connection, "out of memory");
    return 0;
  }
  if (!m_secure) static_cast<void>(handshake());
  std::array<char, kMostRecordBytes> plain;
  while (connection_ == connection && m_secure) {
    ERR_clear_error();
    std::size_t size = 0;
    if (SSL_read_ex(connection.get(), plain.data(), plain.size(), &size) == 1) {
      m_handler->handleDecryptedData(this, std::string(plain.data(), size));
      continue;
    }
    const int why = SSL_get_error(connection.get(), 0);
    if (why == SSL_ERROR_ZERO_RETURN) {
      // The server ends in order: so do we. The end of the connection itself is gloox's to see.
      const bool ended = (SSL_get_shutdown(connection.get()) & SSL_SENT_SHUTDOWN) != 0;
      if (!ended && SSL_shutdown(connection.get()) < 0) ERR_clear_error();  // then it hears nothing
    } else if (why != SSL_ERROR_WANT_READ) {
      fail(connection, take_reason());
      break;
    }
    static_cast<void>(flush(connection));  // answers of TLS itself, such as new keys
    break;
  }
  return static_cast<int>(data.size());
}

void TlsClient::cleanup() {
  connection_.reset();
  early_.clear();
  m_secure = false;
  m_valid = false;
}

bool TlsClient::hasChannelBinding() const {
  return m_secure && SSL_version(connection_.get()) == TLS1_2_VERSION && SSL_get_extms_support(connection_.get()) == 1;
}

const std::string TlsClient::channelBinding() const {
  if (!hasChannelBinding()) return {};
  // Sessions are never resumed here, so the first Finished message is the client's (RFC 5929 §3.1).
  std::array<char, EVP_MAX_MD_SIZE> finished{};
  const std::size_t size = SSL_get_finished(connection_.get(), finished.data(), finished.size());
  return {finished.data(), std::min(size, finished.size())};
}

// Hands what OpenSSL wants to send to gloox. False: the handler ended the connection meanwhile.
bool TlsClient::flush(const Connection& connection) {
  BIO* out = SSL_get_wbio(connection.get());
  std::string bytes(BIO_ctrl_pending(out), '\0');
  std::size_t size = 0;
  if (connection_ != connection || bytes.empty()) return connection_ == connection;
  if (BIO_read_ex(out, bytes.data(), bytes.size(), &size) == 1) m_handler->handleEncryptedData(this, bytes);
  return connection_ == connection;
}

void TlsClient::fail(const Connection& connection, std::string failure) {
  failure_ = std::move(failure);
  m_secure = false;
  m_valid = false;
  if (!flush(connection)) return;  // the alert that tells the server why
  cleanup();
  ERR_clear_error();
  m_handler->handleHandshakeResult(this, false, m_certInfo);
}

}  // namespace bourse::xmpp
