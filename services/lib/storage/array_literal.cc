#include "storage/array_literal.h"

#include <array>
#include <charconv>

namespace bourse::storage {

void ArrayLiteral::add(std::string_view value) {
  constexpr std::string_view kSpecial("\"\\\0", 3);
  separate();
  text_.push_back('"');
  while (true) {
    const std::size_t at = value.find_first_of(kSpecial);
    text_.append(value.substr(0, at));
    if (at == std::string_view::npos) break;
    if (value[at] == '\0') {
      text_.push_back('\xff');
    } else {
      text_.push_back('\\');
      text_.push_back(value[at]);
    }
    value.remove_prefix(at + 1);
  }
  text_.push_back('"');
}

void ArrayLiteral::add(std::int64_t value) {
  separate();
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  text_.append(digits.data(), end.ptr);
}

void ArrayLiteral::add_number(double value) {
  separate();
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  text_.append(digits.data(), end.ptr);
}

void ArrayLiteral::add_flag(bool value) {
  separate();
  text_.push_back(value ? 't' : 'f');
}

void ArrayLiteral::add_null() {
  separate();
  text_.append("NULL");
}

void ArrayLiteral::add_unless_empty(std::string_view value) {
  if (value.empty()) {
    add_null();
  } else {
    add(value);
  }
}

}  // namespace bourse::storage
