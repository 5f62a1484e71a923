#include "domain/weekly_schedule.h"

#include <date/tz.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cstdio>
#include <string>
#include <vector>

#include "domain/weekly_schedule_parser.h"

namespace bourse::domain {
namespace {

using base::Timestamp;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr int kDay = kMinutesOfDay;

// "2026-03-29 01:00" in UTC; with seconds where there are any.
Timestamp at(const std::string& text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  const int fields = std::sscanf(text.c_str(), "%d-%d-%d %d:%d:%d", &year, &month, &day, &hour, &minute, &second);
  EXPECT_GE(fields, 5) << text;
  const date::sys_days midnight = date::year(year) / month / day;
  return midnight + std::chrono::hours(hour) + minutes(minute) + seconds(second);
}

std::string in_words(std::optional<Timestamp> moment) {
  if (!moment) return "closed";
  if (*moment == Timestamp::max()) return "never";
  return date::format("%F %R", std::chrono::floor<minutes>(*moment));
}

WeeklySchedule schedule(const std::string& text, const std::string& zone) {
  auto parsed = WeeklySchedule::parse(text, zone);
  EXPECT_TRUE(parsed.ok()) << text << " in " << zone << ": " << parsed.error().text;
  return std::move(parsed).value();
}

TEST(WeekParser, ReadsAndMerges) {
  struct Case {
    std::string text;
    std::vector<WeekPeriod> periods;
  };
  const std::vector<Case> cases = {
      {"Mon", {{0, kDay}}},
      {"mon-TUE", {{0, 2 * kDay}}},
      {"Mon 08:00-12:00", {{480, 720}}},
      {" Mon  08:00 - 12:00 ,\nMon 13:00-24:00 ", {{480, 720}, {780, kDay}}},
      {"Mon 00:00-24:00, Tue 00:00-08:00", {{0, kDay + 480}}},
      {"Mon 08:00-12:00, Mon 10:00-14:00, Mon 12:00-13:00", {{480, 840}}},
      {"Mon 22:00-02:00", {{1320, kDay + 120}}},
      {"Mon 08:00-08:00", {{480, kDay + 480}}},
      {"Sun 22:00-02:00", {{6 * kDay + 1320, 7 * kDay + 120}}},
      {"Sun 22:00-24:00, Mon 00:00-02:00", {{6 * kDay + 1320, 7 * kDay + 120}}},
      {"Sat-Mon", {{5 * kDay, 8 * kDay}}},
      {"Tue, Mon", {{0, 2 * kDay}}},
      {"Mon-Sun", {{0, kMinutesOfWeek}}},
      {"00:00-24:00", {{0, kMinutesOfWeek}}},
      {"08:00-08:00", {{0, kMinutesOfWeek}}},
      {"12:00-11:59",
       {{0, 719},
        {720, kDay + 719},
        {kDay + 720, 2 * kDay + 719},
        {2 * kDay + 720, 3 * kDay + 719},
        {3 * kDay + 720, 4 * kDay + 719},
        {4 * kDay + 720, 5 * kDay + 719},
        {5 * kDay + 720, 6 * kDay + 719},
        {6 * kDay + 720, 7 * kDay}}},
      {"Mon-Fri 18:00-08:00, Sat-Sun",
       {{1080, kDay + 480},
        {kDay + 1080, 2 * kDay + 480},
        {2 * kDay + 1080, 3 * kDay + 480},
        {3 * kDay + 1080, 4 * kDay + 480},
        {4 * kDay + 1080, 7 * kDay}}},
  };
  for (auto test : cases) {
    const auto periods = parse_week(test.text);
    ASSERT_TRUE(periods.ok()) << test.text << ": " << periods.error().text;
    // Over the end of the week the two halves are one.
    if (test.text == "12:00-11:59") {
      test.periods.back().end += 719;
      test.periods.erase(test.periods.begin());
    }
    EXPECT_EQ(*periods, test.periods) << test.text;
  }
}

TEST(WeekParser, SaysWhatIsWrong) {
  std::string many = "Mon";
  for (std::size_t i = 1; i < WeeklySchedule::kMaxEntries; ++i) many += ",Mon";
  ASSERT_TRUE(WeeklySchedule::parse(many, "").ok());
  struct Case {
    std::string text;
    std::string zone;
    std::string error;
  };
  const std::vector<Case> cases = {
      {"Mon", "Europe/Berln", "schedule: there is no time zone 'Europe/Berln': use an IANA name such as Europe/Berlin"},
      {"Mon", "europe/berlin", "there is no time zone 'europe/berlin'"},
      {"Mon", "Europe", "there is no time zone 'Europe'"},
      {"Mon", "right/Europe/Berlin", "there is no time zone"},
      {"Mon", "posixrules", "there is no time zone"},
      {"Mon", "localtime", "there is no time zone"},
      {"Mon", "zone.tab", "the time zone's name is not one"},
      {"Mon", "../../etc/passwd", "the time zone's name is not one"},
      {"Mon", "Europe/Berlin\n", "the time zone's name is not one"},
      {"Mon", std::string("Europe/Berlin\0", 14), "the time zone's name is not one"},
      {"Mon", std::string(10'000, 'A'), "the time zone's name is not one"},
      {"", "Nowhere/At_All", "there is no time zone"},
      {"Mon,", "", "schedule, entry 2, position 5: expected a day (Mon"},
      {",Mon", "", "entry 1, position 1: expected a day"},
      {"Mon,,Tue", "", "entry 2, position 5: expected a day"},
      {"Monday", "", "entry 1, position 1: expected a day: Mon"},
      {"Mon-", "", "entry 1, position 5: expected a day: Mon"},
      {"Mon-Fri-Sun", "", "entry 1, position 8: expected ','"},
      {"Mon 8:00-12:00", "", "entry 1, position 5: expected a time with two digits"},
      {"Mon 08:00", "", "entry 1, position 10: expected '-' and the time"},
      {"Mon 08:00-", "", "entry 1, position 11: expected a time"},
      {"Tue, Mon 08:00-25:00", "", "entry 2, position 16: there is no such time"},
      {"Mon 08:60-12:00", "", "entry 1, position 5: there is no such time"},
      {"Mon 08:00-24:01", "", "entry 1, position 11: there is no such time"},
      {"Mon 24:00-02:00", "", "entry 1, position 5: 24:00 is an end only"},
      {"Mon 08:0012:00", "", "entry 1, position 5: expected a time"},
      {"Mon 08:00-12:00 Tue", "", "entry 1, position 17: expected ','"},
      {"Mon 08:00-12:00-14:00", "", "entry 1, position 16: expected ','"},
      {"Mon \xE2\x80\x93 Fri", "", "entry 1, position 5: expected ','"},
      {std::string("Mon\0Tue", 7), "", "entry 1, position 4: expected ','"},
      {many + ",Tue", "", "more than 32 entries"},
      {std::string(WeeklySchedule::kMaxLength + 1, ' '), "", "longer than 1024 bytes"},
  };
  for (const auto& test : cases) {
    const auto parsed = WeeklySchedule::parse(test.text, test.zone);
    ASSERT_FALSE(parsed.ok()) << test.text << " in " << test.zone;
    EXPECT_EQ(parsed.error().code, base::Errc::kInvalidPayload) << test.text;
    EXPECT_NE(parsed.error().text.find(test.error), std::string::npos) << test.text << ": " << parsed.error().text;
  }
}

TEST(WeeklySchedule, IsAlwaysOpenWithoutText) {
  for (const auto& open : {WeeklySchedule(), schedule("", ""), schedule(" \n", "Europe/Berlin"),
                           schedule("Mon-Sun", "Europe/Berlin"), schedule("00:00-24:00", "UTC")}) {
    EXPECT_TRUE(open.always_open());
    EXPECT_EQ(open.open_until(at("2026-03-29 01:00")), Timestamp::max());
    EXPECT_EQ(open.next_opening(at("2026-03-29 01:00")), Timestamp::max());
  }
  EXPECT_FALSE(schedule("Mon", "").always_open());
}

struct Moment {
  std::string name;
  std::string text;
  std::string zone;
  std::string at;  // UTC, as all here
  std::string open_until;
  std::string next_opening;
};

class Moments : public testing::TestWithParam<Moment> {};

TEST_P(Moments, OpenAndClosed) {
  const auto& test = GetParam();
  const auto parsed = schedule(test.text, test.zone);
  EXPECT_EQ(in_words(parsed.open_until(at(test.at))), test.open_until);
  EXPECT_EQ(in_words(parsed.next_opening(at(test.at))), test.next_opening);
}

// 2026-11-23 is a Monday.
INSTANTIATE_TEST_SUITE_P(
    Zones, Moments,
    testing::ValuesIn(std::vector<Moment>{
        {"ClosedBefore", "Mon 08:00-12:00", "", "2026-11-23 07:59", "closed", "2026-11-23 08:00"},
        {"ASecondBefore", "Mon 08:00-12:00", "", "2026-11-23 07:59:59", "closed", "2026-11-23 08:00"},
        {"OpensThen", "Mon 08:00-12:00", "", "2026-11-23 08:00", "2026-11-23 12:00", "2026-11-30 08:00"},
        {"TheEndIsClosed", "Mon 08:00-12:00", "", "2026-11-23 12:00", "closed", "2026-11-30 08:00"},
        {"OverTheWeeksEnd", "Sun 22:00-02:00", "", "2026-11-23 01:00", "2026-11-23 02:00", "2026-11-29 22:00"},
        {"DaysAreOneStretch", "Mon 00:00-24:00, Tue, Wed 00:00-06:00", "", "2026-11-23 05:00", "2026-11-25 06:00",
         "2026-11-30 00:00"},
        {"LongAgo", "Mon 08:00-12:00", "UTC", "1900-01-01 09:00", "1900-01-01 12:00", "1900-01-08 08:00"},
        {"Winter", "Mon-Fri 18:00-08:00, Sat-Sun", "Europe/Berlin", "2026-01-05 12:00", "closed", "2026-01-05 17:00"},
        {"Summer", "Mon-Fri 18:00-08:00, Sat-Sun", "Europe/Berlin", "2026-07-06 12:00", "closed", "2026-07-06 16:00"},
        {"WeekendIsOneStretch", "Mon-Fri 18:00-08:00, Sat-Sun", "Europe/Berlin", "2026-07-03 16:00", "2026-07-05 22:00",
         "2026-07-06 16:00"},
        // Berlin, 2026-03-29 01:00 UTC: 02:00 becomes 03:00.
        {"OverMidnightIntoSummer", "Sat 22:00-04:00", "Europe/Berlin", "2026-03-28 21:00", "2026-03-29 02:00",
         "2026-04-04 20:00"},
        {"BeginsInTheGap", "Sun 02:30-05:00", "Europe/Berlin", "2026-03-29 00:59", "closed", "2026-03-29 01:00"},
        {"EndsInTheGap", "Sun 01:00-02:30", "Europe/Berlin", "2026-03-29 00:30", "2026-03-29 01:00",
         "2026-04-04 23:00"},
        {"AllInTheGap", "Sun 02:00-03:00", "Europe/Berlin", "2026-03-29 00:00", "closed", "2026-04-05 00:00"},
        {"ClosedInTheGapOnly", "Sun 00:00-02:00, Sun 03:00-24:00", "Europe/Berlin", "2026-03-28 23:30",
         "2026-03-29 22:00", "2026-04-04 22:00"},
        // Berlin, 2026-10-25 01:00 UTC: 03:00 becomes 02:00.
        {"OverMidnightIntoWinter", "Sat 22:00-04:00", "Europe/Berlin", "2026-10-24 20:00", "2026-10-25 03:00",
         "2026-10-31 21:00"},
        {"BeginsAtTheFirstOfTwo", "Sun 02:30-05:00", "Europe/Berlin", "2026-10-25 00:00", "closed", "2026-10-25 00:30"},
        {"EndsAtTheSecondOfTwo", "Sun 01:00-02:30", "Europe/Berlin", "2026-10-25 00:00", "2026-10-25 01:30",
         "2026-11-01 00:00"},
        {"BothOfTwo", "Sun 02:00-02:30", "Europe/Berlin", "2026-10-25 00:45", "2026-10-25 01:30", "2026-11-01 01:00"},
        {"ApartOnTheClockOnly", "Sun 02:00-02:10, Sun 02:50-03:00", "Europe/Berlin", "2026-10-25 00:00",
         "2026-10-25 02:00", "2026-11-01 01:00"},
        // No summer time since 2019; before, midnight itself was skipped: 2018-11-04 00:00 became 01:00.
        {"SaoPaulo", "Mon 08:00-18:00", "America/Sao_Paulo", "2026-01-05 11:00", "2026-01-05 21:00",
         "2026-01-12 11:00"},
        {"SaoPauloWithoutMidnight", "Sun 00:00-06:00", "America/Sao_Paulo", "2018-11-04 02:59", "closed",
         "2018-11-04 03:00"},
        {"SaoPauloUntilMidnight", "Sat 12:00-24:00", "America/Sao_Paulo", "2018-11-03 20:00", "2018-11-04 03:00",
         "2018-11-10 14:00"},
        {"Kathmandu", "Mon 08:00-18:00", "Asia/Kathmandu", "2026-01-05 02:15", "2026-01-05 12:15", "2026-01-12 02:15"},
        // Troll moves by two hours: 2026-03-29 01:00 UTC, 01:00 becomes 03:00.
        {"Troll", "Sun 01:30-05:00", "Antarctica/Troll", "2026-03-29 00:59", "closed", "2026-03-29 01:00"},
        {"TrollOpen", "Sun 00:00-02:59", "Antarctica/Troll", "2026-03-29 00:30", "2026-03-29 01:00",
         "2026-04-04 22:00"},
        // Apia went over the date line: after Thu 2011-12-29 24:00 (10:00 UTC on the 30th) came Sat 00:00.
        {"ApiaHadNoFriday", "Fri 08:00-20:00", "Pacific/Apia", "2011-12-29 12:00", "closed", "2012-01-05 18:00"},
        {"ApiaIntoFriday", "Thu 18:00-08:00", "Pacific/Apia", "2011-12-30 09:00", "2011-12-30 10:00",
         "2012-01-05 04:00"},
        {"ApiaThursdayAndSaturday", "Thu, Sat", "Pacific/Apia", "2011-12-29 11:00", "2011-12-31 10:00",
         "2012-01-04 10:00"},
        // Lord Howe moves by half an hour: 2026-04-04 15:00 UTC, 02:00 becomes 01:30.
        {"LordHoweSummer", "Sun 01:00-01:45", "Australia/Lord_Howe", "2026-04-04 14:00", "2026-04-04 15:15",
         "2026-04-11 14:30"},
        {"LordHoweFirstOfTwo", "Sun 01:45-03:00", "Australia/Lord_Howe", "2026-04-04 14:00", "closed",
         "2026-04-04 14:45"},
    }),
    [](const auto& test) { return test.param.name; });

TEST(WeeklySchedule, KnowsNothingOfTheEndsOfTime) {
  for (const auto* zone : {"", "Europe/Berlin", "Pacific/Apia"}) {
    const auto parsed = schedule("Mon 08:00-12:00", zone);
    EXPECT_EQ(parsed.open_until(Timestamp::max()), std::nullopt);
    EXPECT_EQ(parsed.open_until(Timestamp::min()), std::nullopt);
    EXPECT_EQ(parsed.next_opening(Timestamp::max()), Timestamp::max());
    EXPECT_GT(parsed.next_opening(Timestamp::min()), Timestamp::min());
    EXPECT_EQ(parsed.next_opening(Timestamp(seconds{253'402'300'800})), Timestamp::max());
    (void)parsed.open_until(Timestamp(seconds{253'402'300'799}));
    (void)parsed.next_opening(Timestamp(seconds{253'402'300'799}));
  }
}

TEST(WeeklySchedule, CountsMicroseconds) {
  const auto parsed = schedule("Mon 08:00-12:00", "Europe/Berlin");
  const auto opens = at("2026-11-23 07:00");
  EXPECT_FALSE(parsed.open_until(opens - base::Duration(1)).has_value());
  EXPECT_EQ(parsed.next_opening(opens - base::Duration(1)), opens);
  EXPECT_TRUE(parsed.open_until(opens).has_value());
  EXPECT_TRUE(parsed.open_until(at("2026-11-23 11:00") - base::Duration(1)).has_value());
}

// Another way to the same: every entry of every day on a line of minutes, each end turned to UTC by date::zoned_time.
struct Entry {
  int day = 0;
  int begin = 0;
  int end = 0;  // not after begin: on the next day
};

std::string two(int number) { return (number < 10 ? "0" : "") + std::to_string(number); }
std::string clock_time(int minute) { return two(minute / 60) + ":" + two(minute % 60); }

class Line {
 public:
  static constexpr auto kBefore = date::days{10};
  static constexpr auto kAfter = date::days{17};

  Line(const std::vector<Entry>& entries, const date::time_zone* zone, Timestamp middle)
      : from_(std::chrono::floor<minutes>(middle) - kBefore),
        open_(static_cast<std::size_t>(minutes(kBefore + kAfter).count())) {
    const auto today = date::floor<date::days>(zone->to_local(std::chrono::floor<seconds>(middle)));
    for (auto day = today - kBefore - date::days{3}; day <= today + kAfter + date::days{3}; day += date::days{1}) {
      const auto weekday = static_cast<int>(date::weekday(day).iso_encoding()) - 1;
      for (const auto& entry : entries) {
        if (entry.day != weekday) continue;
        const auto end = day + minutes{entry.end} + (entry.end <= entry.begin ? date::days{1} : date::days{0});
        mark(date::make_zoned(zone, day + minutes{entry.begin}, date::choose::earliest).get_sys_time(),
             date::make_zoned(zone, end, date::choose::latest).get_sys_time());
      }
    }
  }

  // Until when a moment's minute is open; nothing when it is closed; the line's end when longer.
  [[nodiscard]] std::optional<Timestamp> open_until(Timestamp moment) const {
    auto i = index(moment);
    if (!open_[i]) return std::nullopt;
    while (i < open_.size() && open_[i]) ++i;
    return from_ + minutes{i};
  }
  [[nodiscard]] Timestamp next_opening(Timestamp moment) const {
    for (auto i = index(moment) + 1; i < open_.size(); ++i) {
      if (open_[i] && !open_[i - 1]) return from_ + minutes{i};
    }
    return end();
  }
  [[nodiscard]] Timestamp end() const { return from_ + minutes{open_.size()}; }

 private:
  [[nodiscard]] std::size_t index(Timestamp moment) const {
    return static_cast<std::size_t>(std::chrono::floor<minutes>(moment - from_).count());
  }
  void mark(date::sys_seconds begin, date::sys_seconds end) {
    for (auto minute = begin; minute < end; minute += minutes{1}) {
      if (minute >= from_ && minute < this->end()) open_[index(minute)] = true;
    }
  }

  Timestamp from_;
  std::vector<bool> open_;
};

RC_GTEST_PROP(WeeklySchedule, IsWhatAWalkMinuteByMinuteFinds, ()) {
  const std::string name =
      *rc::gen::element("Europe/Berlin", "America/Sao_Paulo", "Asia/Kathmandu", "Antarctica/Troll", "Pacific/Apia",
                        "Australia/Lord_Howe", "America/New_York", "Africa/Casablanca", "Asia/Gaza", "UTC");
  const auto* zone = date::locate_zone(name);
  std::vector<Entry> entries;
  std::string text;
  for (auto count = *rc::gen::inRange(1, 7); count > 0; --count) {
    // Times that a change of clocks is likely to touch.
    const auto minute = [] {
      return *rc::gen::oneOf(rc::gen::inRange(0, kDay), rc::gen::inRange(0, 241),
                             rc::gen::map(rc::gen::inRange(0, 24), [](int hour) { return hour * 60; }));
    };
    const int first = *rc::gen::inRange(0, 7);
    const int last = *rc::gen::oneOf(rc::gen::just(first), rc::gen::inRange(0, 7));
    const bool whole = *rc::gen::inRange(0, 4) == 0;
    const int begin = whole ? 0 : minute();
    const int end = whole ? kDay : std::max(1, minute());
    for (int day = first;; day = (day + 1) % 7) {
      entries.push_back({day, begin, end});
      if (day == last) break;
    }
    static const char* const kNames[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    if (!text.empty()) text += ", ";
    text += kNames[first];
    if (last != first) text += std::string("-") + kNames[last];
    if (!whole) text += " " + clock_time(begin) + "-" + clock_time(end);
  }
  // A change of clocks of that zone, or any time.
  Timestamp middle = at("2010-01-01 00:00") + minutes{*rc::gen::inRange(0, 26 * 366 * kDay)};
  if (*rc::gen::inRange(0, 5) > 0) {
    const auto info = zone->get_info(std::chrono::floor<seconds>(middle));
    if (info.end < at("2037-01-01 00:00")) middle = info.end;
    if (name == "Pacific/Apia" && *rc::gen::arbitrary<bool>()) middle = at("2011-12-30 10:00");
  }
  const Line line(entries, zone, middle);
  const auto parsed = WeeklySchedule::parse(text, name);
  RC_ASSERT(parsed.ok());
  for (int i = 0; i < 20; ++i) {
    const auto moment =
        middle + seconds{*rc::gen::oneOf(rc::gen::inRange(-7 * 86'400, 7 * 86'400),
                                         rc::gen::inRange(-30 * 3600, 30 * 3600), rc::gen::inRange(-7200, 7200))};
    const auto until = parsed->open_until(moment);
    const auto next = parsed->next_opening(moment);
    const auto expected = line.open_until(moment);
    RC_LOG() << text << " in " << name << " at " << in_words(moment) << ": open until " << in_words(until)
             << ", expected " << in_words(expected) << "; opens " << in_words(next) << ", expected "
             << in_words(line.next_opening(moment)) << "\n";
    if (expected == line.end()) {
      RC_ASSERT(until.has_value() && *until >= line.end());
    } else {
      RC_ASSERT(until == expected);
    }
    if (line.next_opening(moment) == line.end()) {
      RC_ASSERT(next >= line.end());
    } else {
      RC_ASSERT(next == line.next_opening(moment));
    }
    // And with each other: it closes at its end, and is open when it opens, not before.
    if (until && *until != Timestamp::max()) RC_ASSERT(!parsed->open_until(*until).has_value());
    if (next != Timestamp::max()) {
      RC_ASSERT(parsed->open_until(next).has_value());
      RC_ASSERT(!parsed->open_until(next - base::Duration{1}).has_value());
    }
  }
}

RC_GTEST_PROP(WeeklySchedule, SurvivesAnyText, ()) {
  const auto text = *rc::gen::container<std::string>(
      rc::gen::element('M', 'o', 'n', 'S', 'u', '0', '8', ':', '-', ',', ' ', '2', '\0', '\xFF'));
  (void)WeeklySchedule::parse(text, "Europe/Berlin");
}

}  // namespace
}  // namespace bourse::domain
