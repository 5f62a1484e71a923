#include "xmpp/shorthand.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

using base::Errc;
using base::Result;

constexpr std::size_t kMaxQuoted = 64;

std::string lower(std::string_view text) {
  std::string made(text);
  std::transform(made.begin(), made.end(), made.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return made;
}

std::optional<std::uint32_t> whole_number(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

base::Error wrong(std::string_view text, std::string_view expected) {
  return {Errc::kInvalidPayload, "'" + clipped(text, kMaxQuoted) + "': " + std::string(expected)};
}

}  // namespace

Result<domain::Service> parse_software(std::string_view text) {
  domain::Service made;
  std::string_view rest = text;
  if (const auto colon = rest.rfind(':'); colon != std::string_view::npos) {
    const auto seats = whole_number(rest.substr(colon + 1));
    if (!seats || *seats == 0) {
      return wrong(text,
                   "behind the colon stands how many may use it at once, such as blast=2.14:4; "
                   "a version stands behind =");
    }
    made.seats = *seats;
    rest = rest.substr(0, colon);
  }
  if (const auto equals = rest.find('='); equals != std::string_view::npos) {
    made.version = rest.substr(equals + 1);
    if (made.version.empty()) return wrong(text, "a version is missing behind =");
    rest = rest.substr(0, equals);
  }
  made.name = rest;
  if (made.name.empty()) return wrong(text, "software is NAME[=VERSION][:SEATS], such as blast=2.14:4");
  return made;
}

Result<domain::AntiAffinity> parse_apart(std::string_view text) {
  const auto colon = text.rfind(':');
  domain::AntiAffinity made{{std::string(text.substr(0, colon))}, std::string(domain::kByProvider)};
  if (colon != std::string_view::npos) made.by = lower(text.substr(colon + 1));
  if (made.request.value.empty() || made.by.empty()) {
    return wrong(text, "this is REQUEST[:BY], such as backup-1:domain");
  }
  return made;
}

std::string parse_spread(std::string_view text) {
  auto by = lower(text);
  return by == "none" ? std::string() : by;
}

}  // namespace bourse::xmpp
