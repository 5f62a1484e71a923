// Purpose: weekly opening times in a time zone, daylight saving included: "Mon-Fri 18:00-08:00, Sat-Sun" in
//   Europe/Berlin. Wall-clock times are what the zone's clocks show: a time that a change of clocks leaves out means
//   the moment of the change, one that comes twice the first of the two as a beginning and the second as an end.
// Lifetime: immutable value that shares its table. Threads: const use from any thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace bourse::domain {

class WeeklySchedule {
 public:
  WeeklySchedule() = default;  // always open

  // SCHEDULE = ENTRY (',' ENTRY)*, ENTRY = DAYS [TIMES] | TIMES, DAYS = DAY ['-' DAY] (Mon … Sun, any case; Sat-Mon
  // wraps), TIMES = HH:MM '-' HH:MM; an end that is not after its beginning is on the next day (18:00-08:00), 24:00 is
  // allowed as an end; no DAYS: every day; no TIMES: the whole day. Entries may overlap. `zone`: an IANA name; empty:
  // UTC. At most kMaxEntries. kInvalidPayload names the entry, or the zone that does not exist; also when it never
  // opens.
  static base::Result<WeeklySchedule> parse(std::string_view text, std::string_view zone);
  static constexpr std::size_t kMaxEntries = 32;
  static constexpr std::size_t kMaxLength = 1024;

  [[nodiscard]] bool always_open() const { return table_ == nullptr; }
  // Until when it is open without a break, when it is open at `at`: the first moment it is closed; Timestamp::max()
  // when it never closes. Nothing when it is closed.
  [[nodiscard]] std::optional<base::Timestamp> open_until(base::Timestamp at) const;
  // The first moment after `at` at which it opens (it is closed just before); Timestamp::max() when there is none.
  [[nodiscard]] base::Timestamp next_opening(base::Timestamp at) const;

 private:
  struct Table;
  std::shared_ptr<const Table> table_;  // null: always open
};

}  // namespace bourse::domain
