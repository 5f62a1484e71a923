#include "cli/exit_code.h"

#include "base/check.h"

namespace bourse::cli {

ExitCode exit_code(base::Errc code) {
  using base::Errc;
  switch (code) {
    case Errc::kBadRequest:
    case Errc::kInvalidPayload:
    case Errc::kPayloadRequired:
    case Errc::kItemRequired:
    case Errc::kNodeRequired:
    case Errc::kInvalidJid:
    case Errc::kNotAcceptable:
    case Errc::kPayloadTooBig:
    case Errc::kInvalidOptions:
    case Errc::kInvalidSubid:
    case Errc::kSubidRequired:
    case Errc::kJidRequired:
    case Errc::kConfigurationRequired:
    case Errc::kMaxItemsExceeded:
    case Errc::kItemForbidden:
    case Errc::kUnsupportedAccessModel:
      return kUsage;
    case Errc::kNotSubscribed:
    case Errc::kNotFound:
    case Errc::kGone:
      return kNotFound;
    case Errc::kForbidden:
    case Errc::kNotAllowed:
    case Errc::kNotAuthorized:
    case Errc::kClosedNode:
    case Errc::kNotInRosterGroup:
    case Errc::kPresenceSubscriptionRequired:
    case Errc::kPendingSubscription:
    case Errc::kTooManySubscriptions:
    case Errc::kMaxNodesExceeded:
      return kNotAllowed;
    case Errc::kConflict:
    case Errc::kPreconditionNotMet:
      return kConflict;
    case Errc::kCorrupt:
      return kAuditFailed;
    case Errc::kResourceConstraint:
    case Errc::kUnavailable:
    case Errc::kRateLimited:
      return kTryAgain;
    case Errc::kUnsupported:
    case Errc::kInternal:
      return kFailure;
  }
  BOURSE_CHECK(false);
  return kFailure;
}

}  // namespace bourse::cli
