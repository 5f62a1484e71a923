#include "market/pools_backend.h"

#include <utility>

namespace bourse::boursed {

// A command that names no pool concerns all of them (presence, the link); it is done when every one has it.
base::Status PoolsBackend::submit(market::Command&& command) {
  if (command.pool.value.empty()) {
    for (const auto& [pool, spine] : spines_) {
      if (auto status = spine->submit(market::Command(command)); !status) return status;
    }
    return base::Done{};
  }
  const auto found = spines_.find(command.pool);
  if (found == spines_.end()) return {base::Errc::kNotFound, "there is no pool '" + command.pool.value + "' here"};
  return found->second->submit(std::move(command));
}

}  // namespace bourse::boursed
