#include <fmt/format.h>

#include <cstdint>
#include <limits>
#include <optional>

#include "domain/ascii.h"
#include "domain/quantity_suffix.h"
#include "domain/resources.h"

namespace bourse::domain {
namespace {

using base::Errc;

__extension__ typedef unsigned __int128 Wide;

constexpr std::size_t kMaxText = 32;  // so that the digits always fit Wide
constexpr auto kMaxAmount = static_cast<Wide>(std::numeric_limits<std::int64_t>::max());
constexpr int kMaxExponent = 10'000;  // beyond it, more digits of an exponent change no verdict

// digits × 10^ten × 2^two
struct Number {
  Wide digits = 0;
  int ten = 0;
  int two = 0;
};

base::Error refuse(std::string_view resource, std::string_view text, std::string_view what) {
  return {Errc::kInvalidPayload, fmt::format("{} '{}' {}", resource, text.substr(0, kMaxText), what)};
}

// The exponent after 'e' or 'E'; none when `text` is not one in full.
std::optional<int> parse_exponent(std::string_view text) {
  bool negative = false;
  if (text.starts_with('-') || text.starts_with('+')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  if (text.empty()) return std::nullopt;
  int value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    if (value < kMaxExponent) value = value * 10 + (c - '0');
  }
  return negative ? -value : value;
}

base::Result<Number> scan(std::string_view resource, std::string_view text) {
  Number number;
  std::size_t at = 0;
  std::size_t digits = 0;
  bool fraction = false;
  for (; at < text.size() && (is_digit(text[at]) || (text[at] == '.' && !fraction)); ++at) {
    if (text[at] == '.') {
      fraction = true;
      continue;
    }
    number.digits = number.digits * 10 + static_cast<Wide>(text[at] - '0');
    number.ten -= fraction ? 1 : 0;
    ++digits;
  }
  if (digits == 0) return refuse(resource, text, "is not a quantity: write a number such as 500m, 1.5 or 64Gi");
  const std::string_view rest = text.substr(at);
  if (const auto suffix = quantity_suffix(rest)) {
    number.ten += suffix->ten;
    number.two = suffix->two;
    return number;
  }
  if (rest.front() == 'e' || rest.front() == 'E') {
    if (const auto exponent = parse_exponent(rest.substr(1))) {
      number.ten += *exponent;
      return number;
    }
  }
  return refuse(resource, text, "has an unknown suffix: use n, u, m, k, M, G, T, P, E or Ki, Mi, Gi, Ti, Pi, Ei");
}

enum class Fit { kExact, kInexact, kTooLarge };

// Ten is taken apart into two and five, so that nothing overflows on the way to a result that does not.
Fit to_integer(Number number, std::int64_t& amount) {
  amount = 0;
  if (number.digits == 0) return Fit::kExact;
  int two = number.two + number.ten;
  for (int i = number.ten; i < 0; ++i) {
    if (number.digits % 5 != 0) return Fit::kInexact;
    number.digits /= 5;
  }
  for (int i = number.ten; i > 0; --i) {
    if (number.digits > kMaxAmount) return Fit::kTooLarge;
    number.digits *= 5;
  }
  for (; two < 0; ++two) {
    if (number.digits % 2 != 0) return Fit::kInexact;
    number.digits /= 2;
  }
  for (; two > 0; --two) {
    if (number.digits > kMaxAmount) return Fit::kTooLarge;
    number.digits *= 2;
  }
  if (number.digits > kMaxAmount) return Fit::kTooLarge;
  amount = static_cast<std::int64_t>(number.digits);
  return Fit::kExact;
}

// The shortest of the whole-number forms of `value`; the binary one where two are as short.
std::string shortest(std::int64_t value, bool binary) {
  std::string best = std::to_string(value);
  for (const auto& suffix : kQuantitySuffixes) {
    if (suffix.ten < 0 || (suffix.two > 0 && !binary)) continue;
    std::int64_t factor = std::int64_t{1} << suffix.two;
    for (int i = 0; i < suffix.ten; ++i) factor *= 10;
    if (value == 0 || value % factor != 0) continue;
    std::string text = std::to_string(value / factor);
    text += suffix.text;
    if (text.size() < best.size()) best = std::move(text);
  }
  return best;
}

}  // namespace

bool counts_bytes(std::string_view resource) {
  return resource == "memory" || resource == "storage" || resource == "ephemeral-storage" ||
         resource.starts_with("hugepages-");
}

base::Result<std::int64_t> parse_quantity(std::string_view resource, std::string_view text) {
  if (text.empty()) return base::Error{Errc::kInvalidPayload, fmt::format("{} has an empty quantity", resource)};
  if (text.size() > kMaxText) return refuse(resource, text, "… is too long for a quantity (at most 32 characters)");
  if (text.front() == '-') return refuse(resource, text, "is negative");
  if (text.front() == '+') return refuse(resource, text, "has a sign: leave it out");
  auto number = scan(resource, text);
  if (!number) return number.error();
  const bool bytes = counts_bytes(resource);
  if (!bytes) number->ten += 3;
  std::int64_t amount = 0;
  switch (to_integer(*number, amount)) {
    case Fit::kExact:
      return amount;
    case Fit::kInexact:
      return refuse(resource, text, bytes ? "is not a whole number of bytes" : "is finer than a thousandth (1m)");
    case Fit::kTooLarge:
      break;
  }
  return refuse(resource, text,
                bytes ? "is too large (at most 2^63-1 bytes)" : "is too large (at most 2^63-1 thousandths)");
}

std::string format_quantity(std::string_view resource, std::int64_t amount) {
  BOURSE_CHECK(amount >= 0);
  if (counts_bytes(resource)) return shortest(amount, true);
  if (amount % kMilli != 0) return std::to_string(amount) + "m";
  return shortest(amount / kMilli, false);
}

}  // namespace bourse::domain
