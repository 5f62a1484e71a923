#include "domain/availability.h"

namespace bourse::domain {

std::string_view name(Presence presence) {
  switch (presence) {
    case Presence::kUp:
      return "up";
    case Presence::kDown:
      return "down";
  }
  BOURSE_CHECK(false && "a Presence outside the enumeration");
  return {};
}

}  // namespace bourse::domain
