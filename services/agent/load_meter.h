// Purpose: how busy this machine is just now, and where it is: what a heartbeat says.
// Lifetime: one per agent: CPU time is measured from one measurement to the next. Threads: one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "agent/machine.h"
#include "domain/availability.h"

namespace bourse::agent {

class LoadMeter {
 public:
  explicit LoadMeter(MachineSources sources);

  // What cannot be read is absent.
  [[nodiscard]] domain::Load measure();

 private:
  struct CpuTime {
    std::uint64_t busy = 0;
    std::uint64_t all = 0;
  };
  [[nodiscard]] std::optional<CpuTime> read_cpu() const;
  [[nodiscard]] std::optional<float> cpu();
  [[nodiscard]] std::optional<float> memory() const;
  [[nodiscard]] std::optional<float> temperature() const;

  const MachineSources sources_;
  std::optional<CpuTime> before_;
};

// The IANA name of the zone the machine's clocks show; empty: it does not say.
[[nodiscard]] std::string machine_zone(const MachineSources& sources);

}  // namespace bourse::agent
