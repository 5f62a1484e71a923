#include "domain/number.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "domain/ascii.h"
#include "domain/quantity_suffix.h"

namespace bourse::domain {
namespace {

constexpr std::size_t kMaxNumber = 64;

std::optional<double> read(const char* begin, const char* end) {
  double value = 0;
  const auto [stop, error] = std::from_chars(begin, end, value);
  if (error != std::errc{} || stop != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace

std::optional<double> parse_number(std::string_view text) {
  if (text.empty() || text.size() > kMaxNumber) return std::nullopt;
  const char first = text[text.front() == '-' && text.size() > 1 ? 1 : 0];
  if (!is_digit(first) && first != '.') return std::nullopt;  // "inf" and "nan" are no numbers here
  if (is_digit(text.back()) || text.back() == '.') return read(text.data(), text.data() + text.size());

  const auto suffix_at = text.find_last_of("0123456789.") + 1;
  const auto suffix = quantity_suffix(text.substr(suffix_at));
  const std::string_view mantissa = text.substr(0, suffix_at);
  if (!suffix || mantissa.find_first_of("eE") != std::string_view::npos) return std::nullopt;
  // As an exponent, so that the value is rounded once: 1.1M is the double that 1100000 is.
  std::array<char, kMaxNumber + 8> buffer{};
  std::memcpy(buffer.data(), mantissa.data(), mantissa.size());
  char* end = buffer.data() + mantissa.size();
  *end++ = 'e';
  end = std::to_chars(end, buffer.data() + buffer.size(), suffix->ten).ptr;
  auto value = read(buffer.data(), end);
  if (value) *value = std::ldexp(*value, suffix->two);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

std::optional<bool> parse_boolean(std::string_view text) {
  if (equal_folded(text, "true")) return true;
  if (equal_folded(text, "false")) return false;
  return std::nullopt;
}

bool is_version(std::string_view text) {
  return std::any_of(text.begin(), text.end(), is_digit) && std::all_of(text.begin(), text.end(), [](char c) {
           return is_digit(c) || is_alpha(c) || std::string_view(".-_+~:").find(c) != std::string_view::npos;
         });
}

}  // namespace bourse::domain
