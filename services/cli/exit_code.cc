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
      return kUsage;
    case Errc::kNotSubscribed:
    case Errc::kNotFound:
      return kNotFound;
    case Errc::kForbidden:
      return kNotAllowed;
    case Errc::kConflict:
      return kConflict;
    case Errc::kCorrupt:
      return kAuditFailed;
    case Errc::kResourceConstraint:
    case Errc::kUnavailable:
      return kTryAgain;
    case Errc::kUnsupported:
    case Errc::kInternal:
      return kFailure;
  }
  BOURSE_CHECK(false);
  return kFailure;
}

}  // namespace bourse::cli
