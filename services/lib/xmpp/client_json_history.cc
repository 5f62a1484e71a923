// History as JSON. Durations are ISO 8601, shares numbers from 0 to 1.
#include "xmpp/client_json.h"
#include "xmpp/timestamps.h"

namespace bourse::xmpp {
namespace {

template <class Value>
void add(Json& json, const char* name, const std::optional<Value>& value) {
  if (value) json[name] = *value;
}

void add_duration(Json& json, const char* name, const std::optional<base::Duration>& value) {
  if (value) json[name] = format_duration(*value);
}

std::string date(std::int32_t day) { return format_timestamp(history::day_begins(day)).substr(0, 10); }

Json share_json(base::Duration up, base::Duration down) {
  return {{"up", format_duration(up)}, {"down", format_duration(down)}};
}

}  // namespace

Json to_json(const history::Statistics& figures) {
  Json json = Json::object();
  add(json, "availability", figures.availability());
  json["coverage"] = figures.coverage();
  json["window"] = format_duration(figures.window);
  json["up"] = format_duration(figures.up);
  json["down"] = format_duration(figures.down);
  json["outages"] = figures.outages;
  json["longest_outage"] = format_duration(figures.longest_outage);
  add_duration(json, "mtbf", figures.mtbf());
  add_duration(json, "mttr", figures.mttr());
  return json;
}

Json to_json(const market::ProviderHistory& provider) {
  Json json{{"provider", provider.provider.text()}};
  json.update(to_json(provider.statistics));
  if (provider.now) {
    json["state"] = domain::name(*provider.now);
    json["since"] = format_timestamp(provider.since);
  }
  if (provider.heard) json["heard"] = format_timestamp(*provider.heard);
  add(json, "cpu", provider.load.cpu);
  add(json, "memory", provider.load.memory);
  add(json, "disk_free", provider.load.disk_free);
  add(json, "temperature", provider.load.temperature);
  return json;
}

Json to_json(const market::HistoryReport& report) {
  Json json{{"since", format_timestamp(report.since)}, {"until", format_timestamp(report.until)}};
  if (!report.zone.empty()) json["zone"] = report.zone;
  json["provider_count"] = report.provider_count;
  json["total"] = to_json(report.total);
  for (const auto& provider : report.providers) json["providers"].push_back(to_json(provider));
  for (const auto& day : report.days) {
    auto each = share_json(day.up, day.down);
    each["day"] = date(day.day);
    json["days"].push_back(std::move(each));
  }
  for (std::size_t hour = 0; report.week && hour < history::kHoursOfWeek; ++hour) {
    json["week"].push_back(share_json(report.week->up.at(hour), report.week->down.at(hour)));
  }
  if (report.survival) {
    for (const auto& step : *report.survival) {
      json["survival"].push_back({{"age", format_duration(step.age)},
                                  {"at_risk", step.at_risk},
                                  {"ended", step.ended},
                                  {"up", step.up},
                                  {"variance", step.variance}});
    }
  }
  for (const auto& interval : report.intervals.rows) json["intervals"].push_back(to_json(interval));
  for (const auto& gap : report.gaps) {
    json["gaps"].push_back({{"since", format_timestamp(gap.since)}, {"until", format_timestamp(gap.until)}});
  }
  for (const auto& name : report.names.rows) json["names"].push_back(name.text());
  return json;
}

Json to_json(const market::Prediction& prediction) {
  Json json{{"for", format_duration(prediction.further)},
            {"at_least", prediction.at_least},
            {"together", prediction.together},
            {"providers", Json::array()}};
  for (const auto& provider : prediction.providers) {
    Json each{{"provider", provider.provider.text()}};
    add_duration(each, "up_for", provider.up_for);
    each["stays"] = provider.stays;
    json["providers"].push_back(std::move(each));
  }
  return json;
}

}  // namespace bourse::xmpp
