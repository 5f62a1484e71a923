#include "matching/openings.h"

#include <algorithm>

namespace bourse::matching {

using base::Timestamp;

ScheduleId Openings::acquire(const domain::Schedule& schedule) {
  const auto [id, fresh] = texts_.acquire(schedule.zone + '\n' + schedule.text);
  if (!fresh) return id;
  if (id >= kept_.size()) kept_.resize(id + 1);
  kept_[id] = std::make_unique<Kept>();
  auto parsed = domain::WeeklySchedule::parse(schedule.text, schedule.zone);
  if (parsed.ok()) kept_[id]->schedule = std::move(parsed).value();
  return id;
}

void Openings::release(ScheduleId id) {
  if (!texts_.release(id)) return;
  kept_[id].reset();
  texts_.reuse(id);
}

std::optional<Timestamp> Openings::open_until(ScheduleId id, Timestamp at) const {
  const Kept& kept = *kept_[id];
  if (!kept.schedule) return std::nullopt;
  if (kept.schedule->always_open()) return Timestamp::max();
  if (at < kept.known_from || at >= kept.known_until) {
    ++asked_;
    const auto until = kept.schedule->open_until(at);
    kept.known_open = until.has_value();
    kept.known_from = at;
    kept.known_until = until ? *until : kept.schedule->next_opening(at);
  }
  if (!kept.known_open) return std::nullopt;
  return kept.known_until;
}

bool Openings::is_open(ScheduleId id, const Window& window, const Interval& when) const {
  if (when.from < window.starts || when.until > window.expires) return false;
  const auto until = open_until(id, when.from);
  return until && *until >= when.until;
}

Timestamp Openings::opening_after(ScheduleId id, const Window& window, Timestamp at) const {
  const auto& schedule = kept_[id]->schedule;
  if (!schedule) return Timestamp::max();
  const bool opens_by_starting = window.starts > at && schedule->open_until(window.starts);
  const Timestamp opening = opens_by_starting ? window.starts : schedule->next_opening(std::max(at, window.starts));
  return opening >= window.expires ? Timestamp::max() : opening;
}

void Openings::join(ScheduleId id, const Window& window) {
  Kept& kept = *kept_[id];
  if (kept.schedule && !kept.schedule->always_open()) ++kept.expiries[window.expires];
}

void Openings::leave(ScheduleId id, const Window& window) {
  Kept& kept = *kept_[id];
  const auto at = kept.expiries.find(window.expires);
  if (at != kept.expiries.end() && --at->second == 0) kept.expiries.erase(at);
}

void Openings::expect(const Starting& starting, bool expected) {
  const Timestamp opening =
      opening_after(starting.schedule, starting.window, starting.window.starts - base::Duration{1});
  if (expected) {
    expected_.insert(opening);
  } else {
    expected_.erase(expected_.find(opening));
  }
}

void Openings::add(OfferHandle offer, ScheduleId id, const Window& window) {
  if (window.starts == Timestamp::min()) return join(id, window);
  const auto at = starts_.emplace(std::pair{window.starts, offer}, Starting{id, window}).first;
  if (window.starts > advanced_) return expect(at->second, true);
  join(id, window);
}

void Openings::remove(OfferHandle offer, ScheduleId id, const Window& window) {
  if (window.starts == Timestamp::min()) return leave(id, window);
  const auto at = starts_.find({window.starts, offer});
  if (window.starts > advanced_) {
    expect(at->second, false);
  } else {
    leave(id, window);
  }
  starts_.erase(at);
}

// Asked at every turn of the decider's loop, and the clock seldom passes one; to work it out takes time zones.
Timestamp Openings::next_opening(const Kept& kept, Timestamp at) const {
  if (at < kept.next_known_from || at >= kept.next_opening) {
    ++asked_;
    kept.next_opening = kept.schedule->next_opening(at);
    kept.next_known_from = at;
  }
  return kept.next_opening;
}

Timestamp Openings::next() const {
  Timestamp next = expected_.empty() ? Timestamp::max() : *expected_.begin();
  for (const auto& kept : kept_) {
    if (!kept || kept->expiries.empty()) continue;
    const Timestamp opening = next_opening(*kept, advanced_);
    if (opening < kept->expiries.rbegin()->first) next = std::min(next, opening);
  }
  return next;
}

bool Openings::advance(Timestamp now) {
  const bool opened = next() <= now;
  // Whose start lies between the two moments, whichever is the earlier.
  const auto first = starts_.upper_bound({std::min(now, advanced_), ~OfferHandle{0}});
  const auto last = starts_.upper_bound({std::max(now, advanced_), ~OfferHandle{0}});
  for (auto at = first; at != last; ++at) {
    const Starting& starting = at->second;
    if (now > advanced_) {
      expect(starting, false);
      join(starting.schedule, starting.window);
    } else {
      leave(starting.schedule, starting.window);
      expect(starting, true);
    }
  }
  advanced_ = now;
  return opened;
}

}  // namespace bourse::matching
