// Purpose: how expected failures travel. A function that can fail for a reason a caller must handle
//   returns Result<T>; each edge (stanza, exit code) maps Errc once, in one exhaustive switch.
// Lifetime: values. Threads: no shared state.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/check.h"

namespace bourse::base {

// The closed list of reasons. Add one only together with its row in every edge's table.
enum class Errc {
  kBadRequest,          // the stanza or argument is malformed
  kInvalidPayload,      // the payload does not satisfy the market's schema or rules
  kPayloadRequired,     // a payload is missing
  kItemRequired,        // an item or item id is missing
  kNodeRequired,        // a node name is missing
  kInvalidJid,          // a JID is malformed or not the sender's own
  kNotSubscribed,       // no such subscription
  kForbidden,           // the actor may not do this
  kNotFound,            // no such node, item, grant, provider
  kConflict,            // it exists already, or its state does not allow this
  kNotAcceptable,       // understood, but the service will not do it as asked
  kUnsupported,         // the service does not implement this
  kPayloadTooBig,       // beyond the announced size limit
  kResourceConstraint,  // a queue or quota is full: try again later
  kUnavailable,         // a part the service depends on is away: try again later
  kRateLimited,         // too much of it in too short a time: try again after Error::retry_after
  kCorrupt,             // stored or signed data fails verification
  kInternal,            // a fault of the service itself
  // XEP-0060's own conditions, each the error of one rule there.
  kNotAllowed,                    // closed-node: nobody may do this here, whoever asks
  kNotAuthorized,                 // only subscribers may
  kClosedNode,                    // the whitelist does not have the actor
  kNotInRosterGroup,              // the roster model does not let the actor in
  kPresenceSubscriptionRequired,  // the presence model does not let the actor in
  kPendingSubscription,           // an owner has not decided yet
  kTooManySubscriptions,          // the quota of one JID
  kInvalidOptions,                // a subscription options form that is wrong
  kInvalidSubid,                  // no such subscription id
  kSubidRequired,                 // several subscriptions: which?
  kJidRequired,                   // the address is missing
  kConfigurationRequired,         // a subscription that must be configured first
  kPreconditionNotMet,            // publish-options that do not hold
  kMaxItemsExceeded,              // more items than the node takes at once
  kMaxNodesExceeded,              // the quota of nodes of one JID
  kItemForbidden,                 // the node takes no items, only signals
  kUnsupportedAccessModel,        // the service has no such access model
  kGone,                          // the node was deleted; text: where it is now
};

struct Error {
  Errc code = Errc::kInternal;
  std::string text;          // for a person: what was wrong, where, what to do
  std::string feature = {};  // of kUnsupported: XEP-0060's name of what is missing ("collections"); may be empty
  // When it may help to try again; zero: nobody knows.
  std::chrono::seconds retry_after = {};

  friend bool operator==(const Error&, const Error&) = default;
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : data_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : data_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)
  Result(Errc code, std::string text) : data_(std::in_place_index<1>, Error{code, std::move(text)}) {}

  [[nodiscard]] bool ok() const { return data_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // CHECKs ok().
  [[nodiscard]] T& value() & { return (BOURSE_CHECK(ok()), std::get<0>(data_)); }
  [[nodiscard]] const T& value() const& { return (BOURSE_CHECK(ok()), std::get<0>(data_)); }
  [[nodiscard]] T&& value() && { return (BOURSE_CHECK(ok()), std::get<0>(std::move(data_))); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // CHECKs !ok().
  [[nodiscard]] const Error& error() const { return (BOURSE_CHECK(!ok()), std::get<1>(data_)); }

 private:
  std::variant<T, Error> data_;
};

// Success without a value.
struct Done {
  friend bool operator==(const Done&, const Done&) = default;
};
using Status = Result<Done>;

}  // namespace bourse::base
