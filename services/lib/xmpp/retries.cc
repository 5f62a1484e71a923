#include "xmpp/retries.h"

#include <unordered_set>
#include <utility>

namespace bourse::xmpp {

std::size_t Retries::submit(market::Command&& command, const Submit& submit) {
  const bool of_all = command.actor.empty();
  const bool must_wait = of_all ? !waiting_.empty() : holds_up(command.actor.domain());
  if (!must_wait && submit(market::Command(command))) return 0;
  std::size_t forgotten = 0;
  if (waiting_.size() >= kMost) {
    forgotten = kMost / 2;
    const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(forgotten);
    for (auto each = waiting_.begin(); each != end; ++each) let_go(*each);
    waiting_.erase(waiting_.begin(), end);
  }
  keep(std::move(command));
  return forgotten;
}

bool Retries::holds_up(std::string_view domain) const {
  if (counts_.empty()) return false;
  return counts_.contains(std::string(domain)) || counts_.contains(std::string());
}

void Retries::keep(market::Command&& command) {
  ++counts_[std::string(command.actor.domain())];
  waiting_.push_back(std::move(command));
}

void Retries::let_go(const market::Command& command) {
  const auto found = counts_.find(std::string(command.actor.domain()));
  if (--found->second == 0) counts_.erase(found);
}

// What concerns everybody goes when all before it have gone, and nothing after it goes before it.
void Retries::retry(const Submit& submit) {
  if (waiting_.empty()) return;
  std::unordered_set<std::string> held_up;
  std::vector<market::Command> left;
  bool all_held_up = false;
  for (auto& command : waiting_) {
    const std::string domain(command.actor.domain());
    const bool of_all = command.actor.empty();
    const bool waits = all_held_up || (of_all ? !left.empty() : held_up.contains(domain));
    if (!waits && submit(market::Command(command))) {
      let_go(command);
      continue;
    }
    of_all ? void(all_held_up = true) : void(held_up.insert(domain));
    left.push_back(std::move(command));
  }
  waiting_ = std::move(left);
}

}  // namespace bourse::xmpp
