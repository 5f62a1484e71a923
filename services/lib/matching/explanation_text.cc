#include "matching/explanation_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "domain/date_time.h"
#include "domain/resources.h"

namespace bourse::matching {
namespace {

using base::Duration;
using base::Timestamp;

constexpr std::size_t kMostValues = 3;
constexpr std::size_t kMostBytes = 64;  // of one value
// Format of times ends with the year 9999.
constexpr Timestamp kLast = std::chrono::sys_days(std::chrono::year(9999) / 12 / 31);

std::string text_of(const domain::AttributeValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    if (text->size() <= kMostBytes) return *text;
    std::size_t end = kMostBytes;
    while (end > 0 && (static_cast<unsigned char>((*text)[end]) & 0xC0U) == 0x80U) --end;  // not inside a character
    return text->substr(0, end) + "…";
  }
  if (const auto* number = std::get_if<double>(&value)) return fmt::format("{}", *number);
  if (const auto* version = std::get_if<domain::Version>(&value)) return version->text.substr(0, kMostBytes);
  return std::get<bool>(value) ? "true" : "false";
}

}  // namespace

std::string quantity_text(const std::string& resource, std::int64_t amount) {
  return domain::format_quantity(resource, std::max<std::int64_t>(amount, 0));
}

std::string duration_text(Duration duration) {
  if (duration >= std::chrono::hours(24 * 366 * 100)) return "for ever";
  const auto hours = std::chrono::floor<std::chrono::hours>(duration);
  const auto minutes = std::chrono::floor<std::chrono::minutes>(duration - hours);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(duration - hours - minutes);
  std::string text;
  if (hours.count() > 0) text += fmt::format("{}h", hours.count());
  if (minutes.count() > 0) text += fmt::format("{}m", minutes.count());
  if (seconds.count() > 0 && hours.count() == 0) text += fmt::format("{}s", seconds.count());
  return text.empty() ? "0s" : text;
}

std::string time_text(Timestamp at) {
  const Timestamp minute = std::chrono::ceil<std::chrono::minutes>(std::clamp(at, Timestamp{}, kLast));
  const std::string text = domain::format_date_time(minute);
  return fmt::format("{} {} UTC", text.substr(0, 10), text.substr(11, 5));
}

std::string texts_of(const std::vector<domain::AttributeValue>& values) {
  std::string text;
  for (std::size_t i = 0; i < std::min(values.size(), kMostValues); ++i) {
    text += (i == 0 ? "" : ", ") + text_of(values[i]);
  }
  if (values.size() > kMostValues) text += fmt::format(" and {} more", values.size() - kMostValues);
  return text;
}

}  // namespace bourse::matching
