// Purpose: what of one offer is taken when: bookings in use, bookings ahead, and what is held for a request.
//   Answers what is free throughout an interval, and from when something fits. A booking ahead takes its interval,
//   a hold too. What is in use takes everything up to its `until`, and at least the present moment: it may be
//   overdue, but nothing says that it will be so for longer.
// Lifetime: part of an offer; empty for most. Knows nothing of the whole amounts, nor of schedules: they are the
//   caller's.
// Threads: the decider's only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "domain/resources.h"
#include "matching/capacity.h"
#include "matching/engine.h"

namespace bourse::matching {

class Calendar {
 public:
  // All of one offer by the same columns.
  struct Share {
    Amounts amounts;  // one per column
    std::span<const domain::DeviceShare> devices;
  };
  // What the offer has when nothing is taken; its devices are all of the column `gpu`.
  struct Whole {
    Amounts amounts;
    std::optional<std::size_t> gpu;
    [[nodiscard]] std::size_t devices() const;
  };
  struct Free {
    std::vector<std::int64_t> amounts;  // per column
    std::vector<std::int32_t> devices;  // milli of each
  };
  // What counts as taken for somebody who asks.
  struct View {
    base::Timestamp now = base::Timestamp::min();  // min(): what is in use ends when it said it would
    std::optional<RequestHandle> own = {};         // whose hold does not count
    bool holds = true;                             // false: none does
    std::optional<BookingId> without = {};         // a booking that does not count
    bool ahead = true;                             // false: no booking ahead does
  };

  void add(BookingId id, const Interval& when, bool ahead, const Share& share);  // CHECKs that the id is not there
  void remove(BookingId id);                                                     // this and the next: that it is
  void begin(BookingId id);                                                      // ahead: in use from now on
  void prolong(BookingId id, base::Timestamp until);
  [[nodiscard]] bool has(BookingId id) const { return find(id.value, false) != entries_.size(); }
  [[nodiscard]] bool is_ahead(BookingId id) const;
  [[nodiscard]] Interval when(BookingId id) const;
  // What it takes, to give it back elsewhere too.
  [[nodiscard]] std::vector<std::int64_t> amounts(BookingId id) const;
  [[nodiscard]] std::vector<domain::DeviceShare> devices(BookingId id) const;

  // The ones before go. drop(): all of the request's; nothing when there is none.
  void hold(RequestHandle owner, const Interval& when, const Share& share);
  void hold_another(RequestHandle owner, const Interval& when, const Share& share);
  void drop(RequestHandle owner);

  [[nodiscard]] bool empty() const { return entries_.empty(); }
  // True when nothing but what is in use is there: then what is free now is free from now on.
  [[nodiscard]] bool only_in_use() const { return later_ == 0; }
  // The last `until` of all; min() when empty.
  [[nodiscard]] base::Timestamp end() const;
  // When something begins that is not in use yet.
  [[nodiscard]] std::vector<base::Timestamp> beginnings() const;
  // Holds end by being dropped: whose are here, once for each.
  [[nodiscard]] std::vector<RequestHandle> holders() const;

  // The least that is free of each column and each device at any moment of the interval; may be below 0 where holds lie
  // over bookings. Reuses the memory of `free`.
  void free_throughout(const Whole& whole, const Interval& when, const View& view, Free& free) const;
  // Whether exactly this share is free throughout. Devices that do not add up to the gpu amount, are not there, are
  // named twice or not of 1 to 1000 milli, do not fit.
  [[nodiscard]] bool fits(const Whole& whole, const Interval& when, const View& view, const Share& share) const;
  // The first moment at or after `from` at which `needed` begins to be free for as long as `duration`, on the same
  // devices throughout: whole ones, or a part of one. Nothing when the whole offer has less. An indivisible offer:
  // needed = whole.
  [[nodiscard]] std::optional<base::Timestamp> earliest(const Whole& whole, Amounts needed, base::Duration duration,
                                                        base::Timestamp from, const View& view) const;

 private:
  enum class Kind : std::uint8_t { kInUse, kAhead, kHold };
  struct Entry {
    std::uint64_t key = 0;  // of a hold its owner
    Interval when;
    std::uint16_t devices = 0;
    std::uint8_t columns = 0;
    Kind kind = Kind::kInUse;
    std::unique_ptr<std::int64_t[]> taken;  // per column, then the devices, packed
  };
  struct Change;  // something begins or ends

  [[nodiscard]] std::size_t find(std::uint64_t key, bool hold) const;
  [[nodiscard]] Entry& at(BookingId id);
  [[nodiscard]] const Entry& at(BookingId id) const;
  void insert(std::uint64_t key, const Interval& when, Kind kind, const Share& share);
  void erase(std::size_t place);
  [[nodiscard]] static bool counts(const Entry& entry, const View& view);
  [[nodiscard]] static base::Timestamp start_of(const Entry& entry);
  [[nodiscard]] static base::Timestamp end_of(const Entry& entry, const View& view);
  static void apply(const Entry& entry, std::int64_t sign, Free& free);
  [[nodiscard]] std::vector<Change> changes(const Interval& within, const View& view, Free& free) const;

  std::vector<Entry> entries_;
  std::uint32_t later_ = 0;  // entries that are not in use
};

// Which devices give so much of what is free of each: whole numbers the first wholly free ones, a part the one with the
// least free that suffices, so that whole ones stay whole. Nothing when they cannot.
[[nodiscard]] std::optional<std::vector<domain::DeviceShare>> choose_devices(std::span<const std::int32_t> free,
                                                                             std::int64_t gpu_milli);

}  // namespace bourse::matching
