#include "matching/fragmentation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "base/check.h"

namespace bourse::matching {

using domain::kMilli;

namespace {

// √ of every number of places there is: it is asked for more often than anything else here.
template <std::size_t N>
std::array<double, N> roots() {
  std::array<double, N> table{};
  for (std::size_t i = 0; i < N; ++i) table[i] = std::sqrt(static_cast<double>(i));
  return table;
}

std::uint32_t whole_of(std::span<const std::uint16_t> devices) {
  return static_cast<std::uint32_t>(std::ranges::count(devices, static_cast<std::uint16_t>(kMilli)));
}

// Devices that a part may come from: of those that are equally free only the first.
struct Level {
  std::uint16_t milli = 0;
  std::uint16_t device = 0;
};
constexpr std::size_t kMostLevels = 32;
using Levels = std::array<Level, kMostLevels>;

// Those with the least free first; how many there are.
std::size_t tightest(std::span<const std::uint16_t> devices, std::uint32_t part, Levels& levels) {
  std::size_t count = 0;
  for (std::size_t d = 0; d < devices.size(); ++d) {
    const std::uint16_t milli = devices[d];
    if (milli < part) continue;
    std::size_t at = 0;
    while (at < count && levels[at].milli < milli) ++at;
    if (at == kMostLevels || (at < count && levels[at].milli == milli)) continue;
    count = std::min(count + 1, kMostLevels);
    std::move_backward(levels.begin() + at, levels.begin() + count - 1, levels.begin() + count);
    levels[at] = {milli, static_cast<std::uint16_t>(d)};
  }
  return count;
}

constexpr std::uint32_t kInverseOne = 1U << 20;  // floor(a / b) = a × (2^20 / b + 1) / 2^20 for a ≤ 1000, b < 1000

}  // namespace

std::uint8_t Appraiser::size_of(std::int64_t gpu_milli) {
  Size size;
  if (gpu_milli > 0 && gpu_milli < kMilli) size.part = static_cast<std::uint32_t>(gpu_milli);
  if (gpu_milli >= kMilli) size.whole = static_cast<std::uint32_t>(gpu_milli / kMilli);
  if (size.part > 0) size.inverse = kInverseOne / size.part + 1;
  const auto same = [&](const Size& other) { return other.part == size.part && other.whole == size.whole; };
  const auto found = std::ranges::find_if(sizes_, same);
  const auto place = static_cast<std::uint8_t>(found - sizes_.begin());
  if (found == sizes_.end()) sizes_.push_back(size);
  return place;
}

Appraiser::Appraiser(const DemandMix& mix, std::span<const std::string_view> columns) : version_(mix.version()) {
  sizes_.emplace_back();
  std::optional<std::size_t> gpu;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    if (columns[c] == domain::kGpu) gpu = c;
  }

  std::vector<std::vector<std::int64_t>> needs;  // per row, of each column
  for (std::size_t i = 0; i < mix.shapes().size(); ++i) {
    const Shape& shape = mix.shapes()[i];
    std::vector<std::int64_t> amounts(columns.size());
    bool held = true;
    for (const auto& entry : shape.needs.entries()) {
      const auto column = std::ranges::find(columns, entry.name);
      held = held && column != columns.end();
      if (held) amounts[static_cast<std::size_t>(column - columns.begin())] = entry.amount;
    }
    if (!held) continue;
    rows_.push_back({shape.share, static_cast<std::uint8_t>(i), size_of(gpu ? amounts[*gpu] : 0)});
    needs.push_back(std::move(amounts));
  }

  for (std::size_t c = 0; c < columns.size(); ++c) {
    if (c == gpu || std::ranges::all_of(needs, [&](const auto& amounts) { return amounts[c] == 0; })) continue;
    columns_.push_back(c);
    for (const auto& amounts : needs) {
      inverse_.push_back(amounts[c] > 0 ? 1 / static_cast<double>(amounts[c])
                                        : std::numeric_limits<double>::infinity());
    }
  }
}

void Appraiser::places_by_amounts(Amounts free, const std::int64_t* taken, Places& places) const {
  std::array<double, DemandMix::kMostShapes> most;
  most.fill(kMostPlaces);
  const double* inverse = inverse_.data();
  for (const std::size_t c : columns_) {
    // The half keeps an exact multiple from being rounded to one place less.
    const double amount = static_cast<double>(free[c] - (taken != nullptr ? taken[c] : 0)) + 0.5;
    for (std::size_t r = 0; r < rows_.size(); ++r) most[r] = std::min(most[r], amount * inverse[r]);
    inverse += rows_.size();
  }
  for (std::size_t r = 0; r < rows_.size(); ++r) places[r] = static_cast<std::uint32_t>(static_cast<int>(most[r]));
}

void Appraiser::places_by_size(std::span<const std::uint16_t> devices, Places& places) const {
  places[0] = kMostPlaces;
  const std::uint32_t whole = whole_of(devices);
  for (std::size_t s = 1; s < sizes_.size(); ++s) {
    const Size& size = sizes_[s];
    if (size.whole > 0) {
      places[s] = whole / size.whole;
      continue;
    }
    std::uint32_t count = 0;
    for (const std::uint16_t milli : devices) count += size.parts_of(milli);
    places[s] = count;
  }
}

void Appraiser::take_parts(std::uint32_t milli, std::uint32_t part, std::uint32_t whole_devices, Places& places) const {
  const std::uint32_t whole_left = whole_devices - (milli == kMilli ? 1 : 0);
  for (std::size_t s = 1; s < sizes_.size(); ++s) {
    const Size& size = sizes_[s];
    if (size.whole > 0) {
      places[s] = whole_left / size.whole;
    } else {
      places[s] -= size.parts_of(milli) - size.parts_of(milli - part);
    }
  }
}

void Appraiser::take_whole(std::uint32_t taken, std::uint32_t whole_devices, Places& places) const {
  for (std::size_t s = 1; s < sizes_.size(); ++s) {
    const Size& size = sizes_[s];
    if (size.whole > 0) {
      places[s] = (whole_devices - taken) / size.whole;
    } else {
      places[s] -= taken * size.parts_of(static_cast<std::uint32_t>(kMilli));
    }
  }
}

double Appraiser::worth(Amounts free, std::span<const std::uint16_t> devices, ShapeMask serves) const {
  static const auto kRoots = roots<kMostPlaces + 1>();
  Places by_amounts;
  Places by_size;
  places_by_amounts(free, nullptr, by_amounts);
  places_by_size(devices, by_size);
  double sum = 0;
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    if ((serves >> rows_[r].bit & 1) == 0) continue;
    sum += rows_[r].share * kRoots[std::min(by_amounts[r], by_size[rows_[r].size])];
  }
  return sum;
}

Appraiser::Cost Appraiser::cost(Amounts free, std::span<const std::uint16_t> devices, Amounts needed,
                                std::int64_t gpu_milli, ShapeMask serves) const {
  static const auto kRoots = roots<kMostPlaces + 1>();
  BOURSE_CHECK(needed.size() == free.size());
  Places by_amounts;
  Places by_amounts_after;
  Places by_size;
  places_by_amounts(free, nullptr, by_amounts);
  places_by_amounts(free, needed.data(), by_amounts_after);
  places_by_size(devices, by_size);

  // Rows that lose nothing more are left out before devices are compared.
  struct Held {
    double now = 0;  // share × √places
    double share = 0;
    std::uint32_t most_after = 0;
    std::uint8_t size = 0;
  };
  std::array<Held, DemandMix::kMostShapes> held;
  std::size_t count = 0;
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    const Row& row = rows_[r];
    const std::uint32_t places = std::min(by_amounts[r], by_size[row.size]);
    if (places == 0 || (serves >> row.bit & 1) == 0) continue;
    held[count++] = {row.share * kRoots[places], row.share, by_amounts_after[r], row.size};
  }
  const auto lost = [&](const Places& by_size_after) {
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i) {
      sum += held[i].now - held[i].share * kRoots[std::min(held[i].most_after, by_size_after[held[i].size])];
    }
    return sum;
  };

  if (gpu_milli == 0) return {lost(by_size), 0};
  const std::uint32_t whole = whole_of(devices);
  if (gpu_milli >= kMilli) {
    take_whole(static_cast<std::uint32_t>(gpu_milli / kMilli), whole, by_size);
    return {lost(by_size), 0};
  }

  const auto part = static_cast<std::uint32_t>(gpu_milli);
  Levels levels;
  const std::size_t level_count = tightest(devices, part, levels);
  Cost best{std::numeric_limits<double>::infinity(), 0};
  for (std::size_t i = 0; i < level_count; ++i) {
    Places after = by_size;
    take_parts(levels[i].milli, part, whole, after);
    const double cost = lost(after);
    if (cost < best.cost) best = {cost, levels[i].device};
  }
  BOURSE_CHECK(level_count > 0);
  return best;
}

}  // namespace bourse::matching
