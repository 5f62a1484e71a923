// Purpose: the grant in a form a provider can verify offline: a JWS in compact form (RFC 7515) signed
//   with Ed25519 (`"alg":"EdDSA"`, RFC 8037), so that anybody's JOSE library can check it.
// Claims: iss (market JID), sub (consumer), aud (provider), jti ("g42"), nbf, exp (seconds), offer,
//   request, pool, fence, resources {name: quantity}, devices [{index, milli}].
// Threads: free functions, no state.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ed25519.h"
#include "base/result.h"
#include "domain/grant.h"

namespace bourse::domain {

struct Ticket {
  Jid issuer;
  PoolName pool;
  Grant grant;  // as far as the claims go: state active, no reason
};

[[nodiscard]] std::string sign_ticket(const Ticket& ticket, const base::SigningKey& key);

// kCorrupt: not a JWS, another algorithm, bad signature, missing claim; kForbidden: not for `provider`;
// kConflict: not valid yet or expired at `now` (5 s of clock skew allowed).
[[nodiscard]] base::Result<Ticket> verify_ticket(std::string_view jws, const base::VerifyKey& key, const Jid& provider,
                                                 base::Timestamp now);

}  // namespace bourse::domain
