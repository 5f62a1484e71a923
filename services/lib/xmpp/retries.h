// Purpose: commands that the market could not take at once and that nobody repeats: kept in order and tried again, so
//   that those of a domain that floods hold up no other domain's. Lanes are market/lane.h's.
// Lifetime: one per service. Threads: the network thread's.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "market/command.h"

namespace bourse::xmpp {

class Retries {
 public:
  using Submit = std::function<base::Status(market::Command&&)>;
  static constexpr std::size_t kMostOfALane = 20'000;
  static constexpr std::size_t kMost = 200'000;

  // Gives it to the market unless something it must not overtake waits already; keeps it when it is not taken. Of a
  // lane with too many of them the older half is forgotten, of what concerns everybody nothing: how many.
  [[nodiscard]] std::size_t submit(const std::string& lane, market::Command&& command, const Submit& submit);
  void retry(const Submit& submit);
  // Whether something of that lane, or of everybody, waits: an offer must not overtake the presence it lives by.
  [[nodiscard]] bool holds_up(const std::string& lane) const;
  // So few that to try them all costs no more than a stanza.
  [[nodiscard]] bool few() const { return waiting_.size() <= 100; }

 private:
  struct Waiting {
    std::string lane;  // empty: what concerns everybody
    market::Command command;
  };

  // How many.
  std::size_t forget_half_of(const std::string& lane);
  void let_go(const std::string& lane);

  std::vector<Waiting> waiting_;                         // in order
  std::unordered_map<std::string, std::size_t> counts_;  // of them, by lane
};

}  // namespace bourse::xmpp
