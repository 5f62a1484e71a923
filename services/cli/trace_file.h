// Purpose: a file of the Failure Trace Archive read whole and judged before anything is done with it.
// Lifetime: values. Threads: none.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "domain/availability.h"
#include "domain/jid.h"
#include "market/rows.h"

namespace bourse::cli {

struct Trace {
  struct Event {
    std::uint32_t node = 0;  // of `nodes`
    domain::AvailabilityInterval interval;
  };
  std::vector<domain::Jid> nodes;  // bare
  std::vector<Event> events;       // by node, then by time
  std::uint64_t lines = 0;
  std::uint64_t bad = 0;  // lines left out
};

struct TraceOptions {
  std::string file;    // plain or gzip; "-": standard input
  std::string domain;  // of the providers the nodes stand for; may be empty where nodes are addresses
};

// Each line that is wrong is told to `complain` as "file:line: reason". kUnavailable: it cannot be read at all, or
// not to its end.
[[nodiscard]] base::Result<Trace> read_trace(const TraceOptions& options, base::Timestamp now,
                                             const std::function<void(const std::string&)>& complain);

// Where one import ends and the next begins: nodes stay whole, each import has at most `most` events. The error names
// a node that has more. Gives the ends, as indexes of events.
[[nodiscard]] base::Result<std::vector<std::size_t>> trace_groups(const Trace& trace, std::size_t most);

[[nodiscard]] market::ClosedInterval closed_interval(const Trace& trace, std::size_t event);

}  // namespace bourse::cli
