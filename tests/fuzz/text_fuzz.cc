// Small texts out of payloads: JIDs, quantities, filters, attributes, preferences, schedules. What is accepted must
// come back the same.
#include <cstdint>
#include <string_view>

#include "domain/attribute.h"
#include "domain/filter.h"
#include "domain/jid.h"
#include "domain/preference.h"
#include "domain/resources.h"
#include "domain/weekly_schedule.h"

using namespace bourse;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto jid = domain::Jid::parse(text)) {
    const auto again = domain::Jid::parse(jid->text());
    BOURSE_CHECK(again.ok() && *again == *jid);
    BOURSE_CHECK(jid->bare().is_bare());
  }
  for (const auto* resource : {"cpu", "memory", "gpu"}) {
    const auto amount = domain::parse_quantity(resource, text);
    if (!amount) continue;
    const auto again = domain::parse_quantity(resource, domain::format_quantity(resource, *amount));
    BOURSE_CHECK(again.ok() && *again == *amount);
  }
  if (const auto filter = domain::Filter::parse(text)) {
    BOURSE_CHECK(domain::Filter::parse(filter->text()).ok());
    (void)filter->evaluate([](std::string_view name) {
      return name.size() % 2 == 0 ? std::vector<domain::AttributeValue>{std::string(name), 1.5}
                                  : std::vector<domain::AttributeValue>{};
    });
  }
  if (const auto attribute = domain::make_attribute("name", text, domain::infer_type(text))) (void)attribute->value();
  if (const auto preference = domain::Preference::parse(text)) {
    const auto again = domain::Preference::parse(preference->text());
    BOURSE_CHECK(again.ok() && *again == *preference && again->text() == preference->text());
  }
  // The first line is the zone, the rest the schedule.
  const auto line = text.find('\n');
  const auto zone = line == std::string_view::npos ? "Europe/Berlin" : text.substr(0, line);
  if (const auto schedule = domain::WeeklySchedule::parse(text.substr(line + 1), zone)) {
    const base::Timestamp change{std::chrono::sys_days{std::chrono::year{2026} / 10 / 25}};
    const auto opens = schedule->next_opening(change);
    const auto until = schedule->open_until(change);
    BOURSE_CHECK(opens == base::Timestamp::max() || schedule->open_until(opens).has_value());
    BOURSE_CHECK(!until || *until == base::Timestamp::max() || !schedule->open_until(*until).has_value());
    BOURSE_CHECK(schedule->always_open() || opens != base::Timestamp::max());
  }
  return 0;
}
