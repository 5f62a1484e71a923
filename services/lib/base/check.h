// Purpose: programmer errors. BOURSE_CHECK stays on in every build: a process that no longer believes
//   its own invariants stops before it writes. Expected failures use Result instead.
#pragma once

namespace bourse::base {
[[noreturn]] void check_failed(const char* condition, const char* file, int line) noexcept;
}  // namespace bourse::base

#define BOURSE_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::bourse::base::check_failed(#condition, __FILE__, __LINE__))
