// Purpose: the grant in a form a provider can verify offline: a JWS in compact form (RFC 7515) signed with Ed25519
//   (`"alg":"EdDSA"`, RFC 8037), so that anybody's JOSE library can check it. Claims: iss (market JID), sub
//   (consumer), aud (provider), jti ("g42"), nbf, exp (seconds), offer, request, pool, fence, resources {name:
//   quantity, seats of services too}, devices [{index, milli}], entry (index in the pool's audit log of what made the
//   grant so; tickets of older markets have none). A grant that is only proposed has no ticket: none
//   is signed before its provider has agreed, so there is none that could pass for one of an active grant. One that
//   is reserved has a ticket that is not valid before its lease begins (nbf), and one that is renewed gets another
//   with a later exp. A ticket does not say that the grant was taken back since: its provider knows that from the
//   grant itself.
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
  Grant grant;  // as far as the claims go: verified, its state is active and it has no reason
};

[[nodiscard]] constexpr bool may_have_ticket(GrantState state) {
  return is_usable(state) || state == GrantState::kReserved;
}
// CHECKs that the grant may have one.
[[nodiscard]] std::string sign_ticket(const Ticket& ticket, const base::SigningKey& key);

// kCorrupt: not a JWS, another algorithm, bad signature, missing claim; kForbidden: not for `provider`;
// kConflict: not valid yet or expired at `now` (5 s of clock skew allowed).
[[nodiscard]] base::Result<Ticket> verify_ticket(std::string_view jws, const base::VerifyKey& key, const Jid& provider,
                                                 base::Timestamp now);

}  // namespace bourse::domain
