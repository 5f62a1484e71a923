// Purpose: intervals as the Failure Trace Archive writes them, one line an interval: event_id component_id node_id
//   platform_id node_name event_type event_start_time event_stop_time event_end_reason. event_type 1 is up, 0 down;
//   times are seconds since 1970, six digits of fraction at most. What is read and written again is the same.
// Lifetime: one FtaReader a file. Threads: none.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/result.h"
#include "domain/availability.h"
#include "domain/jid.h"

namespace bourse::history {

struct FtaEvent {
  std::string node;  // node_id; names of the archive's nodes are not unique
  domain::AvailabilityInterval interval;
  std::string platform = "0";
  std::string component = "0";
  std::string name = "-";
  friend bool operator==(const FtaEvent&, const FtaEvent&) = default;
};

class FtaReader {
 public:
  struct Limits {
    std::size_t line = 1024;        // bytes
    std::size_t field = 128;        // bytes of a name or number
    std::size_t nodes = 1'000'000;  // a node is a platform's
    std::size_t spans = 4'000'000;  // stretches of time with gaps between them, of all nodes
  };
  // Nothing after `now` is history.
  explicit FtaReader(base::Timestamp now) : FtaReader(now, Limits()) {}
  FtaReader(base::Timestamp now, const Limits& limits) : now_(now), limits_(limits) {}

  // The next line, with or without its end. Nothing for the heading, comments (#) and empty lines. An error says "line
  // N: what, why" and leaves the line out: the caller refuses the file or goes on with the next one. Lines of a node
  // may come in any order but must not overlap; an interval of no length overlaps none.
  [[nodiscard]] base::Result<std::optional<FtaEvent>> line(std::string_view text);

  [[nodiscard]] std::uint64_t lines() const { return lines_; }
  [[nodiscard]] std::size_t nodes() const { return spans_.size(); }

 private:
  using Spans = std::map<base::Timestamp, base::Timestamp>;  // since → until, no two touching

  [[nodiscard]] base::Error wrong(const std::string& what) const;
  [[nodiscard]] base::Status check_interval(const domain::AvailabilityInterval& interval) const;
  [[nodiscard]] base::Status cover(const FtaEvent& event);

  base::Timestamp now_;
  Limits limits_;
  std::uint64_t lines_ = 0;
  std::unordered_map<std::string, Spans> spans_;  // by platform and node
  std::size_t span_count_ = 0;
};

// With the line's end.
[[nodiscard]] std::string fta_heading();
// CHECKs that the interval is closed: who exports ends a running one at the moment of the export. `number` counts the
// lines of a node. An empty name is written as "-".
[[nodiscard]] std::string fta_line(const FtaEvent& event, std::uint64_t number);

// The provider a node stands for: the node's id at that domain. An id with characters that no address may have is an
// error.
[[nodiscard]] base::Result<domain::Jid> fta_provider(const FtaEvent& event, std::string_view domain);

}  // namespace bourse::history
