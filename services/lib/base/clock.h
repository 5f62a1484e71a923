// Purpose: time. Everything below `xmpp` and `storage` is told the time and never asks for it; the
//   programs own the one SystemClock, tests a ManualClock.
// Threads: SystemClock is stateless; ManualClock may be moved and read from any thread.
#pragma once

#include <atomic>
#include <chrono>

namespace bourse::base {

using Duration = std::chrono::microseconds;
using Timestamp = std::chrono::sys_time<Duration>;  // UTC, the resolution of PostgreSQL's timestamptz

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Timestamp now() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Timestamp now() const override {
    return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  }
};

class ManualClock final : public Clock {
 public:
  explicit ManualClock(Timestamp start) : now_(start) {}
  [[nodiscard]] Timestamp now() const override { return now_.load(); }
  void advance(Duration by) { now_.store(now_.load() + by); }
  void set(Timestamp to) { now_.store(to); }

 private:
  std::atomic<Timestamp> now_;
};

}  // namespace bourse::base
