#include "market/exit_status.h"

#include <cstdio>

namespace bourse::boursed {
namespace {

constexpr int kFailure = 1;
constexpr int kUsage = 2;
constexpr int kConflict = 5;
constexpr int kTryAgain = 75;

}  // namespace

int complain(const base::Error& error) {
  std::fprintf(stderr, "boursed: %s\n", error.text.c_str());
  switch (error.code) {
    case base::Errc::kBadRequest:
      return kUsage;
    case base::Errc::kConflict:
      return kConflict;
    case base::Errc::kUnavailable:
    case base::Errc::kRateLimited:
      return kTryAgain;
    case base::Errc::kInvalidPayload:
    case base::Errc::kPayloadRequired:
    case base::Errc::kItemRequired:
    case base::Errc::kNodeRequired:
    case base::Errc::kInvalidJid:
    case base::Errc::kNotSubscribed:
    case base::Errc::kForbidden:
    case base::Errc::kNotFound:
    case base::Errc::kNotAcceptable:
    case base::Errc::kUnsupported:
    case base::Errc::kPayloadTooBig:
    case base::Errc::kResourceConstraint:
    case base::Errc::kCorrupt:
    case base::Errc::kInternal:
    case base::Errc::kNotAllowed:
    case base::Errc::kNotAuthorized:
    case base::Errc::kClosedNode:
    case base::Errc::kNotInRosterGroup:
    case base::Errc::kPresenceSubscriptionRequired:
    case base::Errc::kPendingSubscription:
    case base::Errc::kTooManySubscriptions:
    case base::Errc::kInvalidOptions:
    case base::Errc::kInvalidSubid:
    case base::Errc::kSubidRequired:
    case base::Errc::kJidRequired:
    case base::Errc::kConfigurationRequired:
    case base::Errc::kPreconditionNotMet:
    case base::Errc::kMaxItemsExceeded:
    case base::Errc::kMaxNodesExceeded:
    case base::Errc::kItemForbidden:
    case base::Errc::kUnsupportedAccessModel:
    case base::Errc::kGone:
      return kFailure;
  }
  return kFailure;
}

}  // namespace bourse::boursed
