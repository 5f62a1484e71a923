// Purpose: commands that the market could not take at once and that nobody repeats: kept in order and tried again, so
// that
//   those of a domain that floods hold up no other domain's.
// Lifetime: one per service. Threads: the network thread's.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "market/command.h"

namespace bourse::xmpp {

class Retries {
 public:
  using Submit = std::function<base::Status(market::Command&&)>;

  // Gives it to the market unless something it must not overtake waits already; keeps it when it is not taken. Beyond
  // kMost the oldest half is forgotten: how many.
  [[nodiscard]] std::size_t submit(market::Command&& command, const Submit& submit);
  void retry(const Submit& submit);
  // Whether something of that domain, or of everybody, waits: an offer must not overtake the presence it lives by.
  [[nodiscard]] bool holds_up(std::string_view domain) const;
  // So few that to try them all costs no more than a stanza.
  [[nodiscard]] bool few() const { return waiting_.size() <= 100; }

 private:
  static constexpr std::size_t kMost = 200'000;

  void keep(market::Command&& command);
  void let_go(const market::Command& command);

  std::vector<market::Command> waiting_;                 // in order
  std::unordered_map<std::string, std::size_t> counts_;  // of them, by domain; "": what concerns everybody
};

}  // namespace bourse::xmpp
