// Purpose: the suffixes of Kubernetes quantities, shared by the exact integer parser (resources) and the
//   floating-point one (attributes and filter assertions).
// Lifetime: constants. Threads: no state.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace bourse::domain {

struct QuantitySuffix {
  std::string_view text;
  int ten = 0;  // power of ten
  int two = 0;  // power of two
};

inline constexpr std::array<QuantitySuffix, 15> kQuantitySuffixes = {{{"Ei", 0, 60},
                                                                      {"Pi", 0, 50},
                                                                      {"Ti", 0, 40},
                                                                      {"Gi", 0, 30},
                                                                      {"Mi", 0, 20},
                                                                      {"Ki", 0, 10},
                                                                      {"E", 18, 0},
                                                                      {"P", 15, 0},
                                                                      {"T", 12, 0},
                                                                      {"G", 9, 0},
                                                                      {"M", 6, 0},
                                                                      {"k", 3, 0},
                                                                      {"m", -3, 0},
                                                                      {"u", -6, 0},
                                                                      {"n", -9, 0}}};

[[nodiscard]] constexpr std::optional<QuantitySuffix> quantity_suffix(std::string_view text) {
  if (text.empty()) return QuantitySuffix{};
  for (const auto& suffix : kQuantitySuffixes) {
    if (suffix.text == text) return suffix;
  }
  return std::nullopt;
}

}  // namespace bourse::domain
