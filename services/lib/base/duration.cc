#include <fmt/format.h>

#include <array>
#include <charconv>

#include "base/config.h"

namespace bourse::base {
namespace {

using std::chrono::days;
using std::chrono::duration_cast;

struct Unit {
  std::string_view name;
  Duration size;
};
// Largest first; "ms" before "m" so that the longer name wins.
constexpr std::array kUnits{Unit{"d", days(1)}, Unit{"h", std::chrono::hours(1)},
                            Unit{"ms", std::chrono::milliseconds(1)}, Unit{"m", std::chrono::minutes(1)},
                            Unit{"s", std::chrono::seconds(1)}};
constexpr Duration kMost = days(3653);

Error not_a_duration(std::string_view text) {
  return {Errc::kBadRequest, fmt::format("'{}' is not a time span: write 30s, 5m, 8h, 2d or 1h30m", text)};
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  Duration sum{0};
  std::string_view rest = text;
  if (rest.empty()) return not_a_duration(text);
  while (!rest.empty()) {
    std::int64_t count = 0;
    const auto [end, failure] = std::from_chars(rest.data(), rest.data() + rest.size(), count);
    if (failure != std::errc() || count < 0) return not_a_duration(text);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    const Unit* unit = nullptr;
    for (const auto& candidate : kUnits) {
      if (rest.starts_with(candidate.name)) {
        unit = &candidate;
        break;
      }
    }
    if (unit == nullptr || count > kMost / unit->size) return not_a_duration(text);
    rest.remove_prefix(unit->name.size());
    sum += count * unit->size;
    if (sum > kMost) return not_a_duration(text);
  }
  return sum;
}

std::string format_duration(Duration duration) {
  std::string text;
  for (const auto& unit : {kUnits[0], kUnits[1], kUnits[3], kUnits[4], kUnits[2]}) {
    const auto count = duration / unit.size;
    if (count <= 0) continue;
    text += fmt::format("{}{}", count, unit.name);
    duration -= count * unit.size;
  }
  return text.empty() ? "0s" : text;
}

}  // namespace bourse::base
