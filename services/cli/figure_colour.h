// Purpose: the one scale on which pictures show a share of time: from vermilion (never there) over pale to blue (always
//   there), colours that people who see few colours can tell apart; and signs for where there are no colours.
// Threads: free functions, no state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bourse::cli {

struct Rgb {
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;
  friend bool operator==(const Rgb&, const Rgb&) = default;
};

[[nodiscard]] Rgb share_colour(double share);  // 0 to 1
[[nodiscard]] std::string hex(Rgb colour);     // "#0072b2"
// The nearest of a terminal's 256 colours.
[[nodiscard]] int terminal_colour(Rgb colour);

inline constexpr std::string_view kUnobservedSign = "·";
// A block as high as the share, from ▁ to █; the sign for nothing observed.
[[nodiscard]] std::string_view height_sign(std::optional<double> share);
// Shade by quarter, ░ to █.
[[nodiscard]] std::string_view shade_sign(std::optional<double> share);
// `sign` in the share's colour, where there are colours.
[[nodiscard]] std::string tinted(std::string_view sign, std::optional<double> share, bool colour);

}  // namespace bourse::cli
