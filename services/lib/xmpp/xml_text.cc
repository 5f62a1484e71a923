#include "xmpp/xml_text.h"

#include <array>
#include <charconv>

namespace bourse::xmpp {
namespace {

// 0: as it is; 1: has an entity; 2: cannot be in XML at all.
constexpr std::array<unsigned char, 256> kClass = [] {
  std::array<unsigned char, 256> classes{};
  for (std::size_t c = 0; c < 0x20; ++c) classes[c] = 2;
  classes['\t'] = classes['\n'] = classes['\r'] = 1;  // as references: attribute values would lose them
  classes['&'] = classes['<'] = classes['>'] = classes['\''] = classes['"'] = 1;
  return classes;
}();

std::string_view entity(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '\'':
      return "&apos;";
    case '"':
      return "&quot;";
    case '\t':
      return "&#9;";
    case '\n':
      return "&#10;";
    case '\r':
      return "&#13;";
    default:
      return "\xEF\xBF\xBD";
  }
}

// The length of the well-formed sequence at the start of `text`, 0 when there is none (RFC 3629 §4).
std::size_t utf8_sequence(std::string_view text) {
  const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto continues = [&](std::size_t i) { return (at(i) & 0xC0U) == 0x80U; };
  const unsigned lead = at(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return continues(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    if ((lead == 0xE0 && at(1) < 0xA0) || (lead == 0xED && at(1) > 0x9F)) return 0;
    return continues(1) && continues(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if ((lead == 0xF0 && at(1) < 0x90) || (lead == 0xF4 && at(1) > 0x8F)) return 0;
    return continues(1) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

void append_escaped(std::string& to, std::string_view text) {
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (kClass[static_cast<unsigned char>(text[i])] == 0) continue;
    to.append(text.substr(plain, i - plain));
    to.append(entity(text[i]));
    plain = i + 1;
  }
  to.append(text.substr(plain));
}

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  append_escaped(out, text);
  return out;
}

void append_attribute(std::string& to, std::string_view name, std::string_view value) {
  to += ' ';
  to.append(name);
  to.append("='");
  append_escaped(to, value);
  to += '\'';
}

void append_attribute(std::string& to, std::string_view name, std::uint64_t value) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  to += ' ';
  to.append(name);
  to.append("='");
  to.append(digits.data(), end);
  to += '\'';
}

std::string clipped(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) --most;
  return std::string(text.substr(0, most));
}

void append_repaired(std::string& to, std::string_view text) {
  if (is_utf8(text)) {
    append_escaped(to, text);
    return;
  }
  while (!text.empty()) {
    const std::size_t length = utf8_sequence(text);
    if (length == 0) {
      to.append(entity('\0'));
    } else {
      append_escaped(to, text.substr(0, length));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_sequence(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace bourse::xmpp
