#include "matching/demand_mix.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

namespace bourse::matching {
namespace {

constexpr double kHalfLife = 16 * 1024;        // in requests
constexpr std::uint64_t kSoonestRefresh = 16;  // requests between two; more while there were many
constexpr std::uint64_t kLatestRefresh = 1024;
constexpr int kSignificantBits = 4;  // amounts that differ only behind these count as equal

// Parts of devices must fit each other to the milli, so they stay as they are.
std::int64_t rounded(std::string_view resource, std::int64_t amount) {
  if (resource == domain::kGpu) return amount;
  const int bits = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(amount)));
  const int dropped = std::max(bits - kSignificantBits, 0);
  return amount >> dropped << dropped;
}

std::string key_of(const domain::Resources& needs, std::string_view constraint) {
  std::string key;
  for (const auto& entry : needs.entries()) {
    const std::int64_t amount = rounded(entry.name, entry.amount);
    key += entry.name;
    key += '\0';
    key.append(reinterpret_cast<const char*>(&amount), sizeof amount);
  }
  key += constraint;
  return key;
}

// Popular first; the key decides between equals, so that the order does not hang on a hash.
template <class Entry>
bool more_popular(const Entry* a, const Entry* b) {
  if (a->second.weight != b->second.weight) return a->second.weight > b->second.weight;
  return a->first < b->first;
}

}  // namespace

void DemandMix::learn(const domain::Resources& needs, std::uint32_t count, std::string_view constraint) {
  if (needs.empty() || count == 0) return;
  Seen& seen = seen_[key_of(needs, constraint)];
  if (seen.weight == 0) seen.shape.constraint = constraint;
  seen.shape.needs = needs;
  seen.weight += weight_ * count;
  static const double kGrowth = std::exp2(1 / kHalfLife);
  weight_ *= kGrowth;
  ++arrivals_;
  if (seen_.size() > kMostCounted) forget_rare();
  if (arrivals_ >= next_refresh_) refresh();
}

void DemandMix::refresh() {
  next_refresh_ = arrivals_ + std::clamp(arrivals_ / 8, kSoonestRefresh, kLatestRefresh);
  if (weight_ > 1e100) {
    for (auto& [key, seen] : seen_) seen.weight /= weight_;
    weight_ = 1;
  }
  using Entry = const std::pair<const std::string, Seen>;
  std::vector<Entry*> entries;
  for (Entry& entry : seen_) entries.push_back(&entry);
  const std::size_t most = std::min(kMostShapes, entries.size());
  std::ranges::partial_sort(entries, entries.begin() + static_cast<std::ptrdiff_t>(most), more_popular<Entry>);

  double sum = 0;
  for (std::size_t i = 0; i < most; ++i) sum += entries[i]->second.weight;
  shapes_.clear();
  for (std::size_t i = 0; i < most; ++i) {
    shapes_.push_back(entries[i]->second.shape);
    shapes_.back().share = entries[i]->second.weight / sum;
  }
  ++version_;
}

void DemandMix::forget_rare() {
  using Entry = const std::pair<const std::string, Seen>;
  std::vector<Entry*> entries;
  for (Entry& entry : seen_) entries.push_back(&entry);
  const auto middle = entries.begin() + static_cast<std::ptrdiff_t>(kMostCounted / 2);
  std::ranges::nth_element(entries, middle, more_popular<Entry>);
  for (auto i = middle; i != entries.end(); ++i) seen_.erase(std::string((*i)->first));
}

}  // namespace bourse::matching
