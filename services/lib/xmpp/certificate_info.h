// Purpose: between OpenSSL's and gloox's words for certificates: what a verification found, what a connection is
//   protected by, and how a domain is written in a certificate.
// Lifetime: values; the connection is only borrowed. Threads: free functions, no state.
#pragma once

#include <gloox/gloox.h>

#include <string>

#include "base/result.h"

struct ssl_st;  // OpenSSL's SSL, so that its headers stay out of here

namespace bourse::xmpp {

// Of SSL_get_verify_result(): gloox::CertStatus bits; CertInvalid alone: gloox has no bit for it.
[[nodiscard]] int certificate_status(long verified);

// Of a connection whose handshake is done.
[[nodiscard]] gloox::CertInfo certificate_info(const ssl_st* connection);

// As certificates and SNI write it: münchen.example is xn--mnchen-3ya.example there (RFC 5891). kBadRequest: no
// certificate can bear this name.
[[nodiscard]] base::Result<std::string> name_in_certificates(const std::string& domain);

}  // namespace bourse::xmpp
