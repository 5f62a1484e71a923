// Payloads: XML through gloox's parser, as after the guard, into our codecs. What is accepted renders to XML that
// is accepted as the same.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "unit/xmpp/parsed_xml.h"
#include "xmpp/payload.h"

using namespace bourse;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kMost = 16'384;
  if (size > kMost) return 0;
  const xmpp::ParsedXml tag(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!tag.ok()) return 0;
  if (const auto offer = xmpp::parse_offer(*tag)) {
    const xmpp::ParsedXml again(xmpp::render_offer(*offer));
    BOURSE_CHECK(again.ok());
    const auto parsed = xmpp::parse_offer(*again);
    BOURSE_CHECK(parsed.ok() && *parsed == *offer);
  }
  if (const auto request = xmpp::parse_request(*tag)) {
    const xmpp::ParsedXml again(xmpp::render_request(*request));
    BOURSE_CHECK(again.ok());
    const auto parsed = xmpp::parse_request(*again);
    BOURSE_CHECK(parsed.ok() && *parsed == *request);
  }
  return 0;
}
