// Purpose: an SVG picture, put together from few shapes: everything a figure here needs, and nothing a converter might
//   not know.
// Lifetime: one per picture. Threads: none.
#pragma once

#include <string>
#include <string_view>

namespace bourse::cli {

inline constexpr std::string_view kInk = "#222222";
inline constexpr std::string_view kFaint = "#666666";
inline constexpr std::string_view kGrid = "#dddddd";
inline constexpr std::string_view kUnobservedFill = "#f0f0f0";

class Svg {
 public:
  enum class Anchor { kStart, kMiddle, kEnd };
  struct Style {
    double size = 12;
    Anchor anchor = Anchor::kStart;
    std::string_view fill = kInk;
    bool bold = false;
  };

  explicit Svg(double width) : width_(width) {}

  // `hint`: what a reader's pointer shows; may be empty.
  void rect(double x, double y, double width, double height, std::string_view fill, std::string_view hint = {});
  void line(double x1, double y1, double x2, double y2, std::string_view stroke, double width = 1, bool dashed = false);
  // `points`: "x,y x,y …".
  void polyline(std::string_view points, std::string_view stroke, double width);
  void polygon(std::string_view points, std::string_view fill, double opacity);
  void text(double x, double y, std::string_view text, const Style& style);
  void text(double x, double y, std::string_view text) { this->text(x, y, text, Style()); }

  [[nodiscard]] double width() const { return width_; }
  // The whole document. `title`: for readers who do not see it.
  [[nodiscard]] std::string document(double height, std::string_view title) const;

 private:
  double width_;
  std::string body_;
};

// "12.5,80 "
void append_point(std::string& points, double x, double y);

}  // namespace bourse::cli
