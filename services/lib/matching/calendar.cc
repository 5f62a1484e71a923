#include "matching/calendar.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace bourse::matching {
namespace {

using base::Duration;
using base::Timestamp;
using domain::DeviceShare;
using domain::kMilli;

constexpr Duration kTick{1};
constexpr std::size_t kMostColumns = 255;

// A device's share in one number.
std::int64_t pack(const DeviceShare& share) { return std::int64_t{share.index} << 16 | share.milli; }
DeviceShare unpack(std::int64_t packed) { return {static_cast<std::uint16_t>(packed >> 16), packed & 0xffff}; }

void reset(Calendar::Free& free, const Calendar::Whole& whole) {
  free.amounts.assign(whole.amounts.begin(), whole.amounts.end());
  free.devices.assign(whole.devices(), static_cast<std::int32_t>(kMilli));
}

// Since when, without a break up to the moment looked at, so much was free as is needed; max(): it is not.
class FreeSince {
 public:
  FreeSince(Amounts needed, std::int64_t gpu_milli, std::size_t devices)
      : needed_(needed),
        part_(static_cast<std::int32_t>(std::min(gpu_milli, kMilli))),
        count_(gpu_milli == 0 ? 0 : static_cast<std::size_t>((gpu_milli + kMilli - 1) / kMilli)),
        devices_(count_ == 0 ? 0 : devices, Timestamp::max()) {}

  // It is so from `at` to the next call.
  void note(Timestamp at, const Calendar::Free& free) {
    bool covered = true;
    for (std::size_t c = 0; c < needed_.size(); ++c)
      covered = covered && (needed_[c] == 0 || free.amounts[c] >= needed_[c]);
    update(amounts_, covered, at);
    for (std::size_t i = 0; i < devices_.size(); ++i) update(devices_[i], free.devices[i] >= part_, at);
  }

  [[nodiscard]] Timestamp all() const {
    if (count_ == 0) return amounts_;
    if (count_ > devices_.size()) return Timestamp::max();
    std::vector<Timestamp> longest = devices_;
    const auto last = longest.begin() + static_cast<std::ptrdiff_t>(count_ - 1);
    std::ranges::nth_element(longest, last);
    return std::max(amounts_, *last);
  }

 private:
  static void update(Timestamp& since, bool covered, Timestamp at) {
    if (!covered) {
      since = Timestamp::max();
    } else if (since == Timestamp::max()) {
      since = at;
    }
  }

  Amounts needed_;
  std::int32_t part_;  // of each device
  std::size_t count_;  // of devices
  Timestamp amounts_ = Timestamp::max();
  std::vector<Timestamp> devices_;
};

}  // namespace

struct Calendar::Change {
  Timestamp at;
  bool begins = false;
  const Entry* entry = nullptr;
  // What ends makes room for what begins at the same moment.
  friend bool operator<(const Change& a, const Change& b) { return a.at != b.at ? a.at < b.at : a.begins < b.begins; }
};

std::size_t Calendar::Whole::devices() const { return gpu ? static_cast<std::size_t>(amounts[*gpu] / kMilli) : 0; }

// Entries -----

std::size_t Calendar::find(std::uint64_t key, bool hold) const {
  const auto found = std::ranges::find_if(
      entries_, [&](const Entry& entry) { return entry.key == key && (entry.kind == Kind::kHold) == hold; });
  return static_cast<std::size_t>(found - entries_.begin());
}

const Calendar::Entry& Calendar::at(BookingId id) const {
  const std::size_t place = find(id.value, false);
  BOURSE_CHECK(place < entries_.size());
  return entries_[place];
}

Calendar::Entry& Calendar::at(BookingId id) { return const_cast<Entry&>(std::as_const(*this).at(id)); }

void Calendar::insert(std::uint64_t key, const Interval& when, Kind kind, const Share& share) {
  BOURSE_CHECK(share.amounts.size() <= kMostColumns && share.devices.size() <= domain::kMaxDevices);
  Entry entry;
  entry.key = key;
  entry.when = when;
  entry.columns = static_cast<std::uint8_t>(share.amounts.size());
  entry.devices = static_cast<std::uint16_t>(share.devices.size());
  entry.kind = kind;
  entry.taken = std::make_unique<std::int64_t[]>(share.amounts.size() + share.devices.size());
  std::ranges::copy(share.amounts, entry.taken.get());
  std::ranges::transform(share.devices, entry.taken.get() + entry.columns, pack);
  entries_.push_back(std::move(entry));
  if (kind != Kind::kInUse) ++later_;
}

void Calendar::erase(std::size_t place) {
  BOURSE_CHECK(place < entries_.size());
  if (entries_[place].kind != Kind::kInUse) --later_;
  if (place + 1 < entries_.size()) entries_[place] = std::move(entries_.back());
  entries_.pop_back();
  if (entries_.empty()) entries_.shrink_to_fit();  // most offers have none
}

void Calendar::add(BookingId id, const Interval& when, bool ahead, const Share& share) {
  BOURSE_CHECK(!has(id));
  insert(id.value, when, ahead ? Kind::kAhead : Kind::kInUse, share);
}

void Calendar::remove(BookingId id) { erase(find(id.value, false)); }

void Calendar::begin(BookingId id) {
  Entry& entry = at(id);
  if (entry.kind == Kind::kAhead) --later_;
  entry.kind = Kind::kInUse;
}

void Calendar::prolong(BookingId id, Timestamp until) { at(id).when.until = until; }
bool Calendar::is_ahead(BookingId id) const { return at(id).kind == Kind::kAhead; }
Interval Calendar::when(BookingId id) const { return at(id).when; }

std::vector<std::int64_t> Calendar::amounts(BookingId id) const {
  const Entry& entry = at(id);
  return {entry.taken.get(), entry.taken.get() + entry.columns};
}

std::vector<DeviceShare> Calendar::devices(BookingId id) const {
  const Entry& entry = at(id);
  std::vector<DeviceShare> shares(entry.devices);
  std::transform(entry.taken.get() + entry.columns, entry.taken.get() + entry.columns + entry.devices, shares.begin(),
                 unpack);
  return shares;
}

void Calendar::hold(RequestHandle owner, const Interval& when, const Share& share) {
  drop(owner);
  hold_another(owner, when, share);
}

void Calendar::hold_another(RequestHandle owner, const Interval& when, const Share& share) {
  insert(owner, when, Kind::kHold, share);
}

void Calendar::drop(RequestHandle owner) {
  for (auto place = find(owner, true); place < entries_.size(); place = find(owner, true)) erase(place);
}

Timestamp Calendar::end() const {
  Timestamp last = Timestamp::min();
  for (const Entry& entry : entries_) last = std::max(last, entry.when.until);
  return last;
}

std::vector<RequestHandle> Calendar::holders() const {
  std::vector<RequestHandle> owners;
  for (const Entry& entry : entries_) {
    if (entry.kind == Kind::kHold) owners.push_back(static_cast<RequestHandle>(entry.key));
  }
  return owners;
}

std::vector<Timestamp> Calendar::beginnings() const {
  std::vector<Timestamp> moments;
  for (const Entry& entry : entries_) {
    if (entry.kind != Kind::kInUse) moments.push_back(entry.when.from);
  }
  return moments;
}

// Time -----

bool Calendar::counts(const Entry& entry, const View& view) {
  if (entry.kind == Kind::kHold) return view.holds && !(view.own && *view.own == entry.key);
  if (entry.kind == Kind::kAhead && !view.ahead) return false;
  return !(view.without && view.without->value == entry.key);
}

Timestamp Calendar::start_of(const Entry& entry) {
  return entry.kind == Kind::kInUse ? Timestamp::min() : entry.when.from;
}

Timestamp Calendar::end_of(const Entry& entry, const View& view) {
  if (entry.kind != Kind::kInUse || view.now < entry.when.until) return entry.when.until;
  return view.now == Timestamp::max() ? view.now : view.now + kTick;
}

void Calendar::apply(const Entry& entry, std::int64_t sign, Free& free) {
  BOURSE_CHECK(entry.columns == free.amounts.size());
  for (std::size_t c = 0; c < entry.columns; ++c) free.amounts[c] += sign * entry.taken[c];
  for (std::size_t i = 0; i < entry.devices; ++i) {
    const DeviceShare share = unpack(entry.taken[entry.columns + i]);
    free.devices[share.index] += static_cast<std::int32_t>(sign * share.milli);
  }
}

// Takes from `free` what is taken when the interval begins; what changes after that, in order.
std::vector<Calendar::Change> Calendar::changes(const Interval& within, const View& view, Free& free) const {
  std::vector<Change> list;
  for (const Entry& entry : entries_) {
    const Timestamp start = start_of(entry);
    const Timestamp end = end_of(entry, view);
    if (start >= end || start >= within.until || end <= within.from || !counts(entry, view)) continue;
    if (start <= within.from) {
      apply(entry, -1, free);
    } else {
      list.push_back({start, true, &entry});
    }
    if (end < within.until) list.push_back({end, false, &entry});
  }
  std::ranges::sort(list, [](const Change& a, const Change& b) { return a < b; });
  return list;
}

void Calendar::free_throughout(const Whole& whole, const Interval& when, const View& view, Free& free) const {
  reset(free, whole);
  if (entries_.empty()) return;
  const std::vector<Change> list = changes(when, view, free);
  if (std::ranges::none_of(list, &Change::begins)) return;

  Free moment = free;
  for (const Change& change : list) {
    apply(*change.entry, change.begins ? -1 : 1, moment);
    if (!change.begins) continue;
    for (std::size_t c = 0; c < free.amounts.size(); ++c) {
      free.amounts[c] = std::min(free.amounts[c], moment.amounts[c]);
    }
    for (std::size_t i = 0; i < free.devices.size(); ++i) {
      free.devices[i] = std::min(free.devices[i], moment.devices[i]);
    }
  }
}

bool Calendar::fits(const Whole& whole, const Interval& when, const View& view, const Share& share) const {
  Free free;
  free_throughout(whole, when, view, free);
  BOURSE_CHECK(share.amounts.size() == free.amounts.size());
  for (std::size_t c = 0; c < free.amounts.size(); ++c) {
    if (share.amounts[c] < 0 || (share.amounts[c] > 0 && share.amounts[c] > free.amounts[c])) return false;
  }
  std::int64_t sum = 0;
  for (const DeviceShare& device : share.devices) {
    if (device.index >= free.devices.size() || device.milli < 1 || device.milli > kMilli) return false;
    std::int32_t& left = free.devices[device.index];
    if (left < device.milli) return false;
    left = 0;  // named twice: nothing more
    sum += device.milli;
  }
  return sum == (whole.gpu ? share.amounts[*whole.gpu] : 0);
}

std::optional<Timestamp> Calendar::earliest(const Whole& whole, Amounts needed, Duration duration, Timestamp from,
                                            const View& view) const {
  BOURSE_CHECK(needed.size() == whole.amounts.size());
  const std::int64_t gpu = whole.gpu ? needed[*whole.gpu] : 0;
  if (gpu > kMilli && gpu % kMilli != 0) return std::nullopt;
  Free free;
  reset(free, whole);
  const std::vector<Change> list = changes({from, Timestamp::max()}, view, free);

  FreeSince since(needed, gpu, free.devices.size());
  Timestamp at = from;
  for (std::size_t next = 0;;) {
    since.note(at, free);
    const Timestamp begun = since.all();
    if (next == list.size()) return begun == Timestamp::max() ? std::nullopt : std::optional(begun);
    if (begun != Timestamp::max() && list[next].at - begun >= duration) return begun;
    at = list[next].at;
    for (; next < list.size() && list[next].at == at; ++next) {
      apply(*list[next].entry, list[next].begins ? -1 : 1, free);
    }
  }
}

std::optional<std::vector<DeviceShare>> choose_devices(std::span<const std::int32_t> free, std::int64_t gpu_milli) {
  std::vector<DeviceShare> chosen;
  if (gpu_milli == 0) return chosen;
  if (gpu_milli < 0 || (gpu_milli > kMilli && gpu_milli % kMilli != 0)) return std::nullopt;
  if (gpu_milli < kMilli) {
    std::size_t least = free.size();
    for (std::size_t i = 0; i < free.size(); ++i) {
      if (free[i] >= gpu_milli && (least == free.size() || free[i] < free[least])) least = i;
    }
    if (least == free.size()) return std::nullopt;
    chosen.push_back({static_cast<std::uint16_t>(least), gpu_milli});
    return chosen;
  }
  const auto count = static_cast<std::size_t>(gpu_milli / kMilli);
  for (std::size_t i = 0; i < free.size() && chosen.size() < count; ++i) {
    if (free[i] == kMilli) chosen.push_back({static_cast<std::uint16_t>(i), kMilli});
  }
  if (chosen.size() < count) return std::nullopt;
  return chosen;
}

}  // namespace bourse::matching
