#include "xmpp/timestamps.h"

#include <array>
#include <cstdint>
#include <optional>

#include "domain/date_time.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

// The digits after a decimal point, as microseconds: one to six of them.
std::optional<std::int64_t> take_fraction(std::string_view& text) {
  std::int64_t micros = 0;
  std::int64_t unit = kMicrosPerSecond / 10;
  std::size_t digits = 0;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    if (++digits > 6) return std::nullopt;
    micros += unit * (text.front() - '0');
    unit /= 10;
    text.remove_prefix(1);
  }
  if (digits == 0) return std::nullopt;
  return micros;
}

void append_digits(std::string& to, std::int64_t number, std::size_t width) {
  std::array<char, 20> digits{};
  for (std::size_t i = width; i-- > 0; number /= 10) digits[i] = static_cast<char>('0' + number % 10);
  to.append(digits.data(), width);
}

void append_fraction(std::string& to, std::int64_t micros) {
  if (micros == 0) return;
  to += '.';
  append_digits(to, micros, 6);
  while (to.back() == '0') to.pop_back();
}

struct Part {
  char letter;
  bool of_time;  // after the T
  std::int64_t seconds;
};
constexpr std::array<Part, 4> kParts{{{'D', false, 86'400}, {'H', true, 3'600}, {'M', true, 60}, {'S', true, 1}}};

// 10'000 years: beyond what any lease or window means, and far from overflowing microseconds.
constexpr std::int64_t kMaxSeconds = 315'576'000'000;

std::optional<base::Duration> duration(std::string_view text) {
  if (!take(text, 'P')) return std::nullopt;
  std::int64_t total = 0;
  std::int64_t micros = 0;
  std::size_t next = 0;
  bool in_time = false;
  bool part_since_t = true;
  bool any = false;
  while (!text.empty()) {
    if (take(text, 'T')) {
      if (in_time) return std::nullopt;
      in_time = true;
      part_since_t = false;
      continue;
    }
    std::int64_t number = 0;
    std::size_t digits = 0;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
      number = number * 10 + (text.front() - '0');
      if (++digits > 12) return std::nullopt;
      text.remove_prefix(1);
    }
    if (digits == 0) return std::nullopt;
    bool fraction = false;
    if (take(text, '.')) {
      const auto parsed = take_fraction(text);
      if (!parsed) return std::nullopt;
      micros = *parsed;
      fraction = true;
    }
    if (text.empty()) return std::nullopt;
    while (next < kParts.size() && (kParts[next].letter != text.front() || kParts[next].of_time != in_time)) ++next;
    if (next == kParts.size() || (fraction && text.front() != 'S')) return std::nullopt;
    if (number > kMaxSeconds / kParts[next].seconds) return std::nullopt;
    total += number * kParts[next].seconds;
    text.remove_prefix(1);
    ++next;
    any = part_since_t = true;
  }
  if (!any || !part_since_t || total > kMaxSeconds) return std::nullopt;
  return base::Duration(total * kMicrosPerSecond + micros);
}

}  // namespace

base::Result<base::Timestamp> parse_timestamp(std::string_view text) {
  const auto at = domain::parse_date_time(text);
  if (!at) {
    return {base::Errc::kInvalidPayload, "'" + clipped(text, 64) +
                                             "' is not a time: expected one like 2026-12-01T08:30:00Z (XEP-0082), "
                                             "years 1970 to 9999, at most six digits of fraction"};
  }
  return *at;
}

std::string format_timestamp(base::Timestamp at) { return domain::format_date_time(at); }

base::Result<base::Duration> parse_duration(std::string_view text) {
  const auto parsed = duration(text);
  if (!parsed) {
    return {
        base::Errc::kInvalidPayload,
        "'" + clipped(text, 64) +
            "' is not a duration: expected one like PT90M or P1DT12H (ISO 8601 with days, hours, minutes, seconds)"};
  }
  return *parsed;
}

std::string format_duration(base::Duration length) {
  BOURSE_CHECK(length >= base::Duration::zero());
  std::int64_t rest = length.count() / kMicrosPerSecond;
  const std::int64_t micros = length.count() % kMicrosPerSecond;
  std::string text = "P";
  bool in_time = false;
  for (const Part& part : kParts) {
    const std::int64_t number = rest / part.seconds;
    rest %= part.seconds;
    const bool fraction = part.letter == 'S' && micros != 0;
    if (number == 0 && !fraction) continue;
    if (part.of_time && !in_time) text += 'T';
    in_time = in_time || part.of_time;
    text += std::to_string(number);
    if (fraction) append_fraction(text, micros);
    text += part.letter;
  }
  return text == "P" ? "PT0S" : text;
}

}  // namespace bourse::xmpp
