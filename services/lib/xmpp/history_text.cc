#include "xmpp/history_text.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "domain/availability.h"

namespace bourse::xmpp {

std::string percent(std::optional<double> share) {
  if (!share) return "-";
  const double value = *share * 100;
  if (value <= 0) return "0 %";
  if (value >= 100) return "100 %";
  std::string text;
  for (int digits = 1; digits <= 4; ++digits) {
    text = fmt::format("{:.{}f}", value, digits);
    if (text != fmt::format("{:.{}f}", 100.0, digits) && text != fmt::format("{:.{}f}", 0.0, digits)) break;
  }
  return text + " %";
}

std::string in_short(std::optional<base::Duration> duration) {
  if (!duration) return "-";
  using std::chrono::seconds;
  const std::int64_t total = std::chrono::floor<seconds>(*duration).count();
  if (total == 0) return *duration > base::Duration::zero() ? "under 1s" : "0s";
  constexpr std::array<std::pair<std::int64_t, const char*>, 4> kUnits{
      {{86'400, "d"}, {3'600, "h"}, {60, "m"}, {1, "s"}}};
  for (std::size_t i = 0; i < kUnits.size(); ++i) {
    const auto [size, name] = kUnits.at(i);
    if (total < size) continue;
    std::string text = fmt::format("{}{}", total / size, name);
    if (i + 1 == kUnits.size()) return text;
    const auto [smaller, smaller_name] = kUnits.at(i + 1);
    if (const auto rest = total % size / smaller; rest > 0) text += fmt::format(" {}{}", rest, smaller_name);
    return text;
  }
  return "0s";
}

std::string coverage_words(const history::Statistics& figures) {
  return "observed " + percent(figures.coverage()) + " of the time";
}

std::string reason_words(std::int32_t reason) {
  using enum domain::EndReason;
  switch (static_cast<domain::EndReason>(reason)) {
    case kUnknown:
      return {};
    case kCameBack:
      return "came back";
    case kWithdrawn:
      return "offer withdrawn";
    case kSessionGone:
      return "session gone";
    case kHeartbeatMissed:
      return "agent fell silent";
    case kUnobserved:
      return "domain not reachable";
  }
  return std::to_string(reason);
}

}  // namespace bourse::xmpp
