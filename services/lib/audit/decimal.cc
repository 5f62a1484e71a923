#include "audit/decimal.h"

#include <charconv>

#include "audit/merkle.h"

namespace bourse::audit {

std::optional<std::uint64_t> parse_decimal(std::string_view text) {
  if (text.empty() || text[0] < '0' || text[0] > '9' || (text[0] == '0' && text.size() > 1)) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size() || number > kMaxTreeSize) return std::nullopt;
  return number;
}

}  // namespace bourse::audit
