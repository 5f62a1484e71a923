// Purpose: how boursed ends: what was wrong on standard error, and the exit status that says which kind it was.
// Threads: main's.
#pragma once

#include "base/result.h"

namespace bourse::boursed {

// 2: wrong usage or settings; 5: a conflict; 75: try again later; 1: anything else.
[[nodiscard]] int complain(const base::Error& error);

}  // namespace bourse::boursed
