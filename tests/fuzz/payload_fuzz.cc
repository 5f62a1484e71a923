// Payloads: XML through gloox's parser, as after the guard, into our codecs. What is accepted renders to XML that
// is accepted as the same.
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "unit/xmpp/parsed_xml.h"
#include "xmpp/payload.h"
#include "xmpp/payload_action.h"
#include "xmpp/payload_heartbeat.h"
#include "xmpp/payload_history.h"
#include "xmpp/payload_import.h"
#include "xmpp/payload_log.h"
#include "xmpp/payload_predict.h"

using namespace bourse;

namespace {

// What parses renders to XML that parses and renders to the same.
template <class Parse, class Render>
void settle(const gloox::Tag& tag, Parse parse, Render render) {
  const auto value = parse(tag);
  if (!value) return;
  const std::string once = render(*value);
  const xmpp::ParsedXml again(once);
  BOURSE_CHECK(again.ok());
  const auto parsed = parse(*again);
  BOURSE_CHECK(parsed.ok() && render(*parsed) == once);
}

// … and to an equal value.
template <class Parse, class Render>
void round_trip(const gloox::Tag& tag, Parse parse, Render render) {
  const auto value = parse(tag);
  if (!value) return;
  const xmpp::ParsedXml again(render(*value));
  BOURSE_CHECK(again.ok());
  const auto parsed = parse(*again);
  BOURSE_CHECK(parsed.ok() && *parsed == *value);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kMost = 16'384;
  static constexpr base::Timestamp kNow{std::chrono::seconds(1'790'000'000)};
  if (size > kMost) return 0;
  const xmpp::ParsedXml tag(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!tag.ok()) return 0;
  round_trip(*tag, xmpp::parse_offer, xmpp::render_offer);
  round_trip(*tag, xmpp::parse_request, [](const domain::Request& request) { return xmpp::render_request(request); });
  round_trip(*tag, xmpp::parse_grant,
             [](const xmpp::GrantPayload& payload) { return xmpp::render_grant(payload.grant, payload.ticket); });
  settle(*tag, xmpp::parse_action, [](const auto& each) { return xmpp::render_action(each.pool, each.action); });
  settle(*tag, xmpp::parse_explain, [](const auto& each) { return xmpp::render_explain(each.pool, each.request); });
  settle(*tag, xmpp::parse_explanation, xmpp::render_explanation);
  settle(
      *tag, [](const gloox::Tag& each) { return xmpp::parse_history_query(each, kNow); }, xmpp::render_history_query);
  settle(*tag, xmpp::parse_history,
         [](const market::HistoryReport& report) { return xmpp::render_history(report).value(); });
  settle(*tag, xmpp::parse_heartbeat, xmpp::render_heartbeat);
  settle(*tag, xmpp::parse_predict, [](const auto& each) { return xmpp::render_predict(each.pool, each.question); });
  settle(*tag, xmpp::parse_prediction, xmpp::render_prediction);
  settle(*tag, xmpp::parse_log_query, xmpp::render_log_query);
  settle(*tag, xmpp::parse_log, xmpp::render_log);
  round_trip(*tag, xmpp::parse_checkpoint_payload, xmpp::render_checkpoint_payload);
  settle(*tag, xmpp::parse_import, [](const auto& each) { return xmpp::render_import(each.pool, each.part); });
  if (const auto offer = xmpp::parse_offer(*tag)) {
    (void)domain::validate(*offer, kNow);
    (void)domain::capacity_of(*offer);
  }
  if (const auto request = xmpp::parse_request(*tag)) {
    (void)domain::validate(*request, kNow);
    (void)domain::demand_of(*request);
  }
  return 0;
}
