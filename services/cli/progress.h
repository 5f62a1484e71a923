// Purpose: a bar on standard error for what takes long, where somebody looks: a terminal.
// Lifetime: one per task. Threads: none.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace bourse::cli {

class Progress {
 public:
  // "intervals"; `shown`: false where nobody is to be told (-o json).
  Progress(std::uint64_t total, std::string unit, bool shown);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void at(std::uint64_t done);
  void clear();  // before anything else is said

 private:
  using Steady = std::chrono::steady_clock;
  const std::uint64_t total_;
  const std::string unit_;
  const bool shown_;
  const Steady::time_point started_ = Steady::now();
  Steady::time_point last_;
  bool drawn_ = false;
};

// "[#######.............] 34 %  14,800 of 43,325 intervals, 9,100/s"
[[nodiscard]] std::string progress_line(std::uint64_t done, std::uint64_t total, const std::string& unit,
                                        double seconds);

}  // namespace bourse::cli
