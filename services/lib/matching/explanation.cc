#include "matching/explanation.h"

#include "base/check.h"

namespace bourse::matching {

const char* name(Obstacle obstacle) {
  switch (obstacle) {
    case Obstacle::kResource:
      return "resource";
    case Obstacle::kInUse:
      return "in-use";
    case Obstacle::kNeeds:
      return "needs";
    case Obstacle::kServes:
      return "serves";
    case Obstacle::kLease:
      return "lease";
    case Obstacle::kClosed:
      return "closed";
    case Obstacle::kReserved:
      return "reserved";
    case Obstacle::kBarred:
      return "barred";
    case Obstacle::kExcluded:
      return "excluded";
  }
  BOURSE_CHECK(false && "an obstacle of no kind");
  return "";
}

}  // namespace bourse::matching
