#include "xmpp/retries.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace bourse::xmpp {

std::size_t Retries::submit(const std::string& lane, market::Command&& command, const Submit& submit) {
  const bool of_all = lane.empty();
  const bool must_wait = of_all ? !waiting_.empty() : holds_up(lane);
  if (!must_wait && submit(market::Command(command))) return 0;
  const auto there = counts_.find(lane);
  const bool too_many = !of_all && there != counts_.end() && there->second >= kMostOfALane;
  const auto forgotten = too_many ? forget_half_of(lane) : 0;
  if (!of_all && waiting_.size() >= kMost) return forgotten + 1;
  ++counts_[lane];
  waiting_.push_back({lane, std::move(command)});
  return forgotten;
}

bool Retries::holds_up(const std::string& lane) const {
  return !counts_.empty() && (counts_.contains(lane) || counts_.contains(std::string()));
}

std::size_t Retries::forget_half_of(const std::string& lane) {
  const std::size_t most = counts_.at(lane) / 2;
  std::size_t forgotten = 0;
  std::erase_if(waiting_, [&](const Waiting& each) {
    if (forgotten == most || each.lane != lane) return false;
    ++forgotten;
    return true;
  });
  counts_.at(lane) -= forgotten;
  return forgotten;
}

void Retries::let_go(const std::string& lane) {
  const auto found = counts_.find(lane);
  if (--found->second == 0) counts_.erase(found);
}

// What concerns everybody goes when all before it have gone, and nothing after it goes before it.
void Retries::retry(const Submit& submit) {
  if (waiting_.empty()) return;
  std::unordered_set<std::string> held_up;
  std::vector<Waiting> left;
  bool all_held_up = false;
  for (auto& each : waiting_) {
    const bool of_all = each.lane.empty();
    const bool waits = all_held_up || (of_all ? !left.empty() : held_up.contains(each.lane));
    if (!waits && submit(market::Command(each.command))) {
      let_go(each.lane);
      continue;
    }
    of_all ? void(all_held_up = true) : void(held_up.insert(each.lane));
    left.push_back(std::move(each));
  }
  waiting_ = std::move(left);
}

}  // namespace bourse::xmpp
