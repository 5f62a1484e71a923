// Addresses: whole, and the same bytes in each part. What is accepted is within its limits, has its parts, comes back
// the same, and can be kept and shown.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "domain/confusable.h"
#include "domain/domain_name.h"
#include "domain/jid.h"
#include "domain/utf8.h"

using namespace bourse;

namespace {

constexpr std::size_t kMost = 1023;

void check(const domain::Jid& jid) {
  BOURSE_CHECK(!jid.empty() && !jid.domain().empty() && domain::is_printable_utf8(jid.text()));
  BOURSE_CHECK(jid.local().size() <= kMost && jid.domain().size() <= kMost && jid.resource().size() <= kMost);
  BOURSE_CHECK(jid.local().find_first_of("\"&'/:<>@ ") == std::string_view::npos);
  BOURSE_CHECK(jid.domain().find_first_of("\"&'/<>@ ") == std::string_view::npos);
  BOURSE_CHECK(jid.is_bare() == jid.resource().empty() && jid.bare().is_bare());

  std::string together(jid.local());
  if (!together.empty()) together += '@';
  together.append(jid.domain());
  BOURSE_CHECK(together == jid.bare().text());
  if (!jid.is_bare()) together.append("/").append(jid.resource());
  BOURSE_CHECK(together == jid.text());

  const auto again = domain::Jid::parse(jid.text());
  BOURSE_CHECK(again.ok() && *again == jid && again->local() == jid.local() && again->domain() == jid.domain());
  const auto kept = domain::Jid::stored(jid.text());
  BOURSE_CHECK(kept.ok() && *kept == jid && kept->local() == jid.local() && kept->domain() == jid.domain());
  // DNS means the same by both forms.
  const auto ascii = domain::ascii_domain(jid.domain());
  BOURSE_CHECK(std::all_of(ascii.begin(), ascii.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; }));
  BOURSE_CHECK(domain::Jid::parse(ascii).value().domain() == jid.domain());
  BOURSE_CHECK(domain::Jid::parse(domain::shown(jid)).value() == jid);
  const std::array<std::string, 1> itself{std::string(jid.domain())};
  BOURSE_CHECK(!domain::confusable_with(jid.domain(), itself));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  for (const auto& each : {text, text + "@x", "a@" + text, "a@x/" + text}) {
    if (const auto jid = domain::Jid::parse(each)) check(*jid);
  }
  if (const auto jid = domain::Jid::stored(text)) BOURSE_CHECK(jid->text() == text && jid->bare().is_bare());
  static const std::array<std::string, 3> known{"google.test", "münchen.test", "пример.рф"};
  (void)domain::confusable_with(text, known);
  return 0;
}
