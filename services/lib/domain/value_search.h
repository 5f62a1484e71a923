// Purpose: whether some value can meet several comparisons at once; for contradiction.cc. Errs on the side of "yes".
// Threads: free functions, no state.
#pragma once

#include <vector>

#include "domain/filter_node.h"

namespace bourse::domain {

// What one comparison (not a presence) has to be of the value.
struct ValueDemand {
  enum class Wanted { kTrue, kFalse, kNotTrue };  // kNotTrue: undefined will do
  const Filter::Node* node = nullptr;
  Wanted wanted = Wanted::kTrue;
};

// Of which types the value may be.
struct ValueTypes {
  bool text = true;
  bool number = true;
  bool version = true;
  bool boolean = true;
  bool positive = false;  // numbers are greater than 0
};

[[nodiscard]] bool can_meet(const std::vector<ValueDemand>& demands, const ValueTypes& types);

}  // namespace bourse::domain
