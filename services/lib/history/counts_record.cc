#include "history/counts_record.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <type_traits>

namespace bourse::history {
namespace {

static_assert(std::endian::native == std::endian::little);
static_assert(std::is_trivially_copyable_v<ProviderCounts> && std::is_trivially_copyable_v<PoolCounts>);

constexpr char kVersion = 1;

template <class Counts>
void append(std::string& bytes, const Counts& counts) {
  bytes.append(reinterpret_cast<const char*>(&counts), sizeof counts);
}

template <class Counts>
Counts read(std::string_view bytes) {
  Counts counts;
  std::memcpy(&counts, bytes.data(), sizeof counts);
  return counts;
}

bool is_version(std::string_view bytes, std::size_t size) { return bytes.size() == 1 + size && bytes[0] == kVersion; }

base::Error corrupt(const char* what) {
  return {base::Errc::kCorrupt, std::string(what) + " in the history are not as this version writes them"};
}

template <class Numbers>
bool are_counts(const Numbers& numbers) {
  for (const auto number : numbers) {
    if (!std::isfinite(number) || number < 0) return false;
  }
  return true;
}

}  // namespace

std::string encode(const ProviderCounts& counts) {
  std::string bytes(1, kVersion);
  append(bytes, counts);
  return bytes;
}

base::Result<ProviderCounts> decode_provider_counts(std::string_view bytes) {
  if (!is_version(bytes, sizeof(ProviderCounts))) return corrupt("a provider's counts");
  auto counts = read<ProviderCounts>(bytes.substr(1));
  if (!are_counts(counts.exposure) || !are_counts(counts.hour_exposure) || !are_counts(counts.hour_ended)) {
    return corrupt("a provider's counts");
  }
  return counts;
}

std::string encode(const SavedPoolCounts& saved) {
  std::string bytes(1, kVersion);
  append(bytes, saved.until.time_since_epoch().count());
  append(bytes, saved.counts);
  append(bytes, saved.together);
  return bytes;
}

base::Result<SavedPoolCounts> decode_pool_counts(std::string_view bytes) {
  constexpr std::size_t kTime = sizeof(base::Duration::rep);
  if (!is_version(bytes, kTime + sizeof(PoolCounts) + sizeof(SavedPoolCounts::together)))
    return corrupt("the pool's counts");
  SavedPoolCounts saved{read<PoolCounts>(bytes.substr(1 + kTime)),
                        read<decltype(SavedPoolCounts::together)>(bytes.substr(1 + kTime + sizeof(PoolCounts))),
                        base::Timestamp(base::Duration(read<base::Duration::rep>(bytes.substr(1))))};
  for (std::size_t age = 0; age < kAgeClasses; ++age) {
    if (!are_counts(saved.counts.exposure[age]) || !are_counts(saved.counts.ended[age])) {
      return corrupt("the pool's counts");
    }
  }
  for (const auto& each : saved.together) {
    if (!are_counts(std::array{each.providers, each.failed, each.pairs, each.both_failed})) {
      return corrupt("the pool's counts");
    }
  }
  return saved;
}

}  // namespace bourse::history
