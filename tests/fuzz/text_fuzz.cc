// Small texts out of payloads: JIDs, quantities, filters, attributes. What is accepted must come back the same.
#include <cstdint>
#include <string_view>

#include "domain/attribute.h"
#include "domain/filter.h"
#include "domain/jid.h"
#include "domain/resources.h"

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
  return 0;
}
