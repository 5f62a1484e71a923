#include "domain/weekly_schedule_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "domain/ascii.h"
#include "domain/weekly_schedule.h"

namespace bourse::domain {
namespace {

using base::Errc;

constexpr std::array<std::string_view, 7> kDays = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  base::Result<std::vector<WeekPeriod>> run() {
    for (;;) {
      ++entry_;
      if (!parse_entry()) return *error_;
      if (at_ == text_.size()) return std::move(periods_);
      if (!take(',')) {
        fail("expected ',' and the next entry, or the end");
        return *error_;
      }
      if (entry_ == WeeklySchedule::kMaxEntries) {
        fail(fmt::format("more than {} entries", WeeklySchedule::kMaxEntries));
        return *error_;
      }
    }
  }

 private:
  bool fail_at(std::size_t at, std::string_view what) {
    error_ =
        base::Error{Errc::kInvalidPayload, fmt::format("schedule, entry {}, position {}: {}", entry_, at + 1, what)};
    return false;
  }
  bool fail(std::string_view what) { return fail_at(at_, what); }
  [[nodiscard]] char next() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_space() {
    while (is_space(next())) ++at_;
  }
  bool take(char c) {
    skip_space();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool parse_entry() {
    skip_space();
    int first = 0;
    int last = 6;
    if (is_alpha(next())) {
      if (!parse_day(first)) return false;
      last = first;
      if (take('-') && (skip_space(), !parse_day(last))) return false;
      skip_space();
    } else if (!is_digit(next())) {
      return fail("expected a day (Mon, Tue, Wed, Thu, Fri, Sat, Sun) or a time (HH:MM)");
    }
    int begin = 0;
    int end = kMinutesOfDay;
    if (is_digit(next()) && !parse_times(begin, end)) return false;
    skip_space();
    for (int day = first;; day = (day + 1) % 7) {
      periods_.push_back({day * kMinutesOfDay + begin, day * kMinutesOfDay + end});
      if (day == last) return true;
    }
  }

  bool parse_day(int& day) {
    const std::size_t begin = at_;
    while (is_alpha(next())) ++at_;
    const auto found = std::find(kDays.begin(), kDays.end(), fold(text_.substr(begin, at_ - begin)));
    if (found == kDays.end()) return fail_at(begin, "expected a day: Mon, Tue, Wed, Thu, Fri, Sat or Sun");
    day = static_cast<int>(found - kDays.begin());
    return true;
  }

  bool parse_times(int& begin, int& end) {
    const std::size_t at = at_;
    if (!parse_time(begin)) return false;
    if (begin == kMinutesOfDay) return fail_at(at, "24:00 is an end only: begin at 00:00 of the next day");
    if (!take('-')) return fail("expected '-' and the time until when it is open (HH:MM)");
    skip_space();
    if (!parse_time(end)) return false;
    if (end <= begin) end += kMinutesOfDay;
    return true;
  }

  bool parse_time(int& minutes) {
    const std::size_t begin = at_;
    while (is_digit(next()) || next() == ':') ++at_;
    const auto text = text_.substr(begin, at_ - begin);
    const auto digit = [&](std::size_t i) { return text[i] - '0'; };
    if (text.size() != 5 || text[2] != ':' || text.find(':', 3) != std::string_view::npos || text.find(':') != 2) {
      return fail_at(begin, "expected a time with two digits each: HH:MM");
    }
    const int hour = digit(0) * 10 + digit(1);
    const int minute = digit(3) * 10 + digit(4);
    if (hour > 24 || minute > 59 || (hour == 24 && minute > 0)) {
      return fail_at(begin, "there is no such time of day: 00:00 to 24:00");
    }
    minutes = hour * 60 + minute;
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t entry_ = 0;
  std::vector<WeekPeriod> periods_;
  std::optional<base::Error> error_;
};

std::vector<WeekPeriod> merge(std::vector<WeekPeriod> given) {
  std::vector<WeekPeriod> split;
  for (const auto& period : given) {
    split.push_back({period.begin, std::min(period.end, kMinutesOfWeek)});
    if (period.end > kMinutesOfWeek) split.push_back({0, period.end - kMinutesOfWeek});
  }
  std::sort(split.begin(), split.end(), [](const auto& a, const auto& b) { return a.begin < b.begin; });
  std::vector<WeekPeriod> merged;
  for (const auto& period : split) {
    if (!merged.empty() && period.begin <= merged.back().end) {
      merged.back().end = std::max(merged.back().end, period.end);
    } else {
      merged.push_back(period);
    }
  }
  if (merged.size() > 1 && merged.front().begin == 0 && merged.back().end == kMinutesOfWeek) {
    merged.back().end += merged.front().end;
    merged.erase(merged.begin());
  }
  return merged;
}

}  // namespace

base::Result<std::vector<WeekPeriod>> parse_week(std::string_view text) {
  auto periods = Parser(text).run();
  if (!periods) return periods.error();
  return merge(std::move(periods).value());
}

}  // namespace bourse::domain
