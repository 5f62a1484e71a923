#include "cli/grant_output.h"

#include <fmt/format.h>

namespace bourse::cli {
namespace {

std::string devices_text(const std::vector<domain::DeviceShare>& devices) {
  std::string text;
  for (const auto& device : devices) {
    text += fmt::format("{}{}", text.empty() ? "" : ",", device.index);
    if (device.milli != domain::kMilli) text += fmt::format(":{}", domain::format_quantity(domain::kGpu, device.milli));
  }
  return text.empty() ? "-" : text;
}

}  // namespace

Table grant_table() {
  return Table({{"ID"},
                {"STATE"},
                {"PROVIDER"},
                {"OFFER"},
                {"RESOURCES"},
                {"EXPIRES"},
                {"STATE UNTIL"},
                {"CONSUMER", true},
                {"REQUEST", true},
                {"DEVICES", true},
                {"STARTED", true},
                {"REASON", true}});
}

void add_grant(Table& table, const xmpp::GrantPayload& payload) {
  const domain::Grant& grant = payload.grant;
  table.add({domain::to_item_id(grant.id), std::string(domain::name(grant.state)), grant.provider.text(),
             grant.offer.value, summary(grant.resources), short_time(grant.expires),
             grant.state_until ? short_time(*grant.state_until) : "-", grant.consumer.text(), grant.request.value,
             devices_text(grant.devices), short_time(grant.started), grant.reason});
}

void print_grants(Format format, const std::vector<xmpp::GrantPayload>& grants) {
  Table table = grant_table();
  xmpp::Json json = xmpp::Json::array();
  for (const auto& payload : grants) {
    add_grant(table, payload);
    json.push_back(xmpp::to_json(payload));
  }
  print_list(format, table, json);
}

void print_grant(Format format, const xmpp::GrantPayload& grant) {
  xmpp::Json json = xmpp::to_json(grant);
  if (format == Format::kTable) json.erase("ticket");
  print_record(format, json);
}

}  // namespace bourse::cli
