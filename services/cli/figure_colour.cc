#include "cli/figure_colour.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace bourse::cli {
namespace {

struct Stop {
  double at;
  Rgb colour;
};
// After Okabe and Ito.
constexpr std::array<Stop, 4> kScale{
    {{0, {213, 94, 0}}, {0.5, {246, 214, 150}}, {0.75, {142, 197, 222}}, {1, {0, 114, 178}}}};

std::uint8_t between(std::uint8_t low, std::uint8_t high, double part) {
  return static_cast<std::uint8_t>(std::lround(low + (high - low) * part));
}

}  // namespace

Rgb share_colour(double share) {
  share = std::clamp(share, 0.0, 1.0);
  std::size_t next = 1;
  while (next + 1 < kScale.size() && share > kScale.at(next).at) ++next;
  const Stop& low = kScale.at(next - 1);
  const Stop& high = kScale.at(next);
  const double part = (share - low.at) / (high.at - low.at);
  return {between(low.colour.red, high.colour.red, part), between(low.colour.green, high.colour.green, part),
          between(low.colour.blue, high.colour.blue, part)};
}

std::string hex(Rgb colour) { return fmt::format("#{:02x}{:02x}{:02x}", colour.red, colour.green, colour.blue); }

// Of its cube of 6 × 6 × 6.
int terminal_colour(Rgb colour) {
  const auto level = [](std::uint8_t value) { return value < 48 ? 0 : value < 115 ? 1 : (value - 35) / 40; };
  return 16 + 36 * level(colour.red) + 6 * level(colour.green) + level(colour.blue);
}

std::string_view height_sign(std::optional<double> share) {
  constexpr std::array<std::string_view, 8> kHeights{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  if (!share) return kUnobservedSign;
  // Full means always, the lowest never: what is between is told from both.
  if (*share >= 1) return kHeights.back();
  if (*share <= 0) return kHeights.front();
  return kHeights.at(1 + static_cast<std::size_t>(*share * 6));
}

std::string_view shade_sign(std::optional<double> share) {
  constexpr std::array<std::string_view, 4> kShades{"░", "▒", "▓", "█"};
  if (!share) return kUnobservedSign;
  return kShades.at(std::min<std::size_t>(static_cast<std::size_t>(std::max(*share, 0.0) * 4), 3));
}

std::string tinted(std::string_view sign, std::optional<double> share, bool colour) {
  if (!colour || !share) return std::string(sign);
  return fmt::format("\033[38;5;{}m{}\033[0m", terminal_colour(share_colour(*share)), sign);
}

}  // namespace bourse::cli
