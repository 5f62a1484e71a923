#include "domain/date_time.h"

#include <array>
#include <chrono>
#include <cstdint>

#include "domain/ascii.h"

namespace bourse::domain {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::int64_t kMicrosPerSecond = 1'000'000;

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

// Takes exactly `count` digits off the front.
bool take_digits(std::string_view& text, std::size_t count, int& number) {
  if (text.size() < count) return false;
  number = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!is_digit(text[i])) return false;
    number = number * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return true;
}

// The digits after a decimal point, as microseconds: one to six of them.
bool take_fraction(std::string_view& text, std::int64_t& micros) {
  std::int64_t unit = kMicrosPerSecond / 10;
  std::size_t digits = 0;
  for (; !text.empty() && is_digit(text.front()); ++digits, unit /= 10) {
    micros += unit * (text.front() - '0');
    text.remove_prefix(1);
  }
  return digits >= 1 && digits <= 6;
}

bool take_zone(std::string_view& text, minutes& east) {
  if (take(text, 'Z')) return true;
  const int sign = text.starts_with('-') ? -1 : 1;
  if (!take(text, '+') && !take(text, '-')) return false;
  int hour = 0;
  int minute = 0;
  if (!take_digits(text, 2, hour) || !take(text, ':') || !take_digits(text, 2, minute)) return false;
  east = minutes(sign * (hour * 60 + minute));
  return hour <= 14 && minute <= 59;
}

void append_digits(std::string& to, std::int64_t number, std::size_t width) {
  std::array<char, 20> digits{};
  for (std::size_t i = width; i-- > 0; number /= 10) digits[i] = static_cast<char>('0' + number % 10);
  to.append(digits.data(), width);
}

}  // namespace

std::optional<base::Timestamp> parse_date_time(std::string_view text) {
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  const bool shaped = take_digits(text, 4, year) && take(text, '-') && take_digits(text, 2, month) && take(text, '-') &&
                      take_digits(text, 2, day) && take(text, 'T') && take_digits(text, 2, hour) && take(text, ':') &&
                      take_digits(text, 2, minute) && take(text, ':') && take_digits(text, 2, second);
  if (!shaped) return std::nullopt;
  std::int64_t micros = 0;
  minutes east{0};
  if (take(text, '.') && !take_fraction(text, micros)) return std::nullopt;
  if (!take_zone(text, east) || !text.empty()) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || year < 1970 || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const base::Timestamp at =
      std::chrono::sys_days(date) + hours(hour) + minutes(minute) + seconds(second) + microseconds(micros) - east;
  if (at < base::Timestamp{}) return std::nullopt;
  return at;
}

std::string format_date_time(base::Timestamp at) {
  const auto day = floor<days>(at);
  const std::chrono::year_month_day date(day);
  const std::int64_t micros = (at - day).count();
  const std::int64_t second = micros / kMicrosPerSecond;
  std::string text;
  text.reserve(32);
  append_digits(text, static_cast<int>(date.year()), 4);
  text += '-';
  append_digits(text, static_cast<unsigned>(date.month()), 2);
  text += '-';
  append_digits(text, static_cast<unsigned>(date.day()), 2);
  text += 'T';
  append_digits(text, second / 3600, 2);
  text += ':';
  append_digits(text, second / 60 % 60, 2);
  text += ':';
  append_digits(text, second % 60, 2);
  if (micros % kMicrosPerSecond != 0) {
    text += '.';
    append_digits(text, micros % kMicrosPerSecond, 6);
    while (text.back() == '0') text.pop_back();
  }
  text += 'Z';
  return text;
}

}  // namespace bourse::domain
