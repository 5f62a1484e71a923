// Purpose: many client sessions that only listen: messages for them are counted as they come.
// Lifetime: one measurement. Threads: one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bench/publish/connection.h"

namespace bourse::bench {

class Audience {
 public:
  // Logs in `size` sessions, spread over the accounts.
  Audience(std::uint16_t port, const std::vector<Account>& accounts, std::size_t size);
  ~Audience();
  Audience(const Audience&) = delete;
  Audience& operator=(const Audience&) = delete;

  [[nodiscard]] std::size_t size() const { return sessions_.size(); }
  [[nodiscard]] Connection& at(std::size_t i) { return *sessions_[i]; }
  // One connection more whose stanzas are not counted but left for its own take().
  void watch(Connection& other);

  // Waits at most `milliseconds`, then reads what came: the number of messages. `other_readable` is set when the
  // watched connection has something.
  std::uint64_t listen(int milliseconds, bool& other_readable);
  // Messages of each session so far.
  [[nodiscard]] const std::vector<std::uint64_t>& counts() const { return counts_; }

 private:
  int poller_ = -1;
  std::vector<std::unique_ptr<Connection>> sessions_;
  std::vector<std::uint64_t> counts_;
};

}  // namespace bourse::bench
