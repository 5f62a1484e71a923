#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace bourse::base {

void check_failed(const char* condition, const char* file, int line) noexcept {
  std::fprintf(stderr, "invariant broken: %s at %s:%d\n", condition, file, line);
  std::abort();
}

}  // namespace bourse::base
