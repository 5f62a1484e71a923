#include "storage/fields.h"

#include <array>
#include <charconv>

namespace bourse::storage {
namespace {

constexpr std::array<std::uint8_t, 256> hex_values() {
  std::array<std::uint8_t, 256> values{};
  for (std::uint8_t digit = 0; digit < 10; ++digit) values[static_cast<std::size_t>('0') + digit] = digit;
  for (std::uint8_t digit = 0; digit < 6; ++digit) {
    values[static_cast<std::size_t>('a') + digit] = static_cast<std::uint8_t>(10 + digit);
  }
  return values;
}
constexpr auto kHex = hex_values();

}  // namespace

std::int64_t number(const pqxx::field& field) {
  const std::string_view digits = view(field);
  std::int64_t value = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (parsed.ec != std::errc{} || parsed.ptr != digits.data() + digits.size()) {
    throw Corrupt("the database holds \"" + std::string(digits) + "\" where a number belongs");
  }
  return value;
}

double real(std::string_view digits) {
  double value = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (parsed.ec != std::errc{} || parsed.ptr != digits.data() + digits.size()) {
    throw Corrupt("the database holds \"" + std::string(digits) + "\" where a number belongs");
  }
  return value;
}

std::string bytes(const pqxx::field& field) {
  std::string_view hex = view(field);
  if (!hex.starts_with("\\x") || hex.size() % 2 != 0) throw Corrupt("bytes did not come in hex");
  hex.remove_prefix(2);
  std::string decoded(hex.size() / 2, '\0');
  for (std::size_t i = 0; i < decoded.size(); ++i) {
    const int high = kHex[static_cast<std::uint8_t>(hex[2 * i])];
    const int low = kHex[static_cast<std::uint8_t>(hex[2 * i + 1])];
    decoded[i] = static_cast<char>(high * 16 + low);
  }
  return decoded;
}

base::Timestamp time(const pqxx::field& field) { return base::Timestamp(base::Duration(number(field))); }

std::optional<base::Timestamp> optional_time(const pqxx::field& field) {
  if (field.is_null()) return std::nullopt;
  return time(field);
}

namespace {
domain::Jid stored_jid(std::string_view text) {
  auto parsed = domain::Jid::stored(text);
  if (!parsed.ok()) throw Corrupt("the database holds the JID \"" + std::string(text) + "\": " + parsed.error().text);
  return std::move(parsed).value();
}
}  // namespace

domain::Jid jid(const pqxx::field& field) {
  return field.is_null() || field.size() == 0 ? domain::Jid() : stored_jid(view(field));
}

std::vector<domain::Jid> jids(std::string_view list, char separator) {
  std::vector<domain::Jid> parsed;
  while (!list.empty()) {
    const std::size_t end = list.find(separator);
    parsed.push_back(stored_jid(list.substr(0, end)));
    list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
  }
  return parsed;
}

std::vector<std::string> texts(std::string_view array) {
  if (!array.starts_with('{') || !array.ends_with('}')) throw Corrupt("an array did not come in braces");
  array.remove_prefix(1);
  array.remove_suffix(1);
  std::vector<std::string> elements;
  if (!array.empty()) elements.emplace_back();
  bool quoted = false;
  for (std::size_t i = 0; i < array.size(); ++i) {
    if (array[i] == '\\' && i + 1 < array.size()) {
      elements.back().push_back(array[++i]);
    } else if (array[i] == '"') {
      quoted = !quoted;
    } else if (array[i] == ',' && !quoted) {
      elements.emplace_back();
    } else {
      elements.back().push_back(array[i]);
    }
  }
  return elements;
}

}  // namespace bourse::storage
