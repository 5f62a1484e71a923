#include "cli/figure_svg.h"

#include <fmt/format.h>

#include <iterator>

#include "xmpp/xml_text.h"

namespace bourse::cli {
namespace {

// Text of unknown origin may hold anything.
std::string safe(std::string_view text) {
  std::string out;
  xmpp::append_repaired(out, text);
  return out;
}

// A tenth of a pixel is enough.
std::string number(double value) {
  std::string text = fmt::format("{:.1f}", value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text == "-0" ? "0" : text;
}

std::string_view name(Svg::Anchor anchor) {
  switch (anchor) {
    case Svg::Anchor::kStart:
      return "start";
    case Svg::Anchor::kMiddle:
      return "middle";
    case Svg::Anchor::kEnd:
      return "end";
  }
  return "start";
}

}  // namespace

void Svg::rect(double x, double y, double width, double height, std::string_view fill, std::string_view hint) {
  fmt::format_to(std::back_inserter(body_), "<rect x='{}' y='{}' width='{}' height='{}' fill='{}'", number(x),
                 number(y), number(width), number(height), fill);
  body_ += hint.empty() ? "/>\n" : "><title>" + safe(hint) + "</title></rect>\n";
}

void Svg::line(double x1, double y1, double x2, double y2, std::string_view stroke, double width, bool dashed) {
  fmt::format_to(std::back_inserter(body_), "<line x1='{}' y1='{}' x2='{}' y2='{}' stroke='{}' stroke-width='{}'{}/>\n",
                 number(x1), number(y1), number(x2), number(y2), stroke, number(width),
                 dashed ? " stroke-dasharray='4 3'" : "");
}

void Svg::polyline(std::string_view points, std::string_view stroke, double width) {
  fmt::format_to(std::back_inserter(body_),
                 "<polyline points='{}' fill='none' stroke='{}' stroke-width='{}' stroke-linejoin='round'/>\n", points,
                 stroke, number(width));
}

void Svg::polygon(std::string_view points, std::string_view fill, double opacity) {
  fmt::format_to(std::back_inserter(body_), "<polygon points='{}' fill='{}' fill-opacity='{:.2f}'/>\n", points, fill,
                 opacity);
}

void Svg::text(double x, double y, std::string_view text, const Style& style) {
  fmt::format_to(std::back_inserter(body_),
                 "<text x='{}' y='{}' font-size='{}' text-anchor='{}' fill='{}'{}>{}</text>\n", number(x), number(y),
                 number(style.size), name(style.anchor), style.fill, style.bold ? " font-weight='bold'" : "",
                 safe(text));
}

std::string Svg::document(double height, std::string_view title) const {
  return fmt::format(
      "<?xml version='1.0' encoding='UTF-8'?>\n"
      "<svg xmlns='http://www.w3.org/2000/svg' width='{0}' height='{1}' viewBox='0 0 {0} {1}' "
      "font-family='DejaVu Sans, Helvetica, Arial, sans-serif' role='img'>\n<title>{2}</title>\n"
      "<rect width='100%' height='100%' fill='#ffffff'/>\n{3}</svg>\n",
      number(width_), number(height), safe(title), body_);
}

void append_point(std::string& points, double x, double y) { points += number(x) + "," + number(y) + " "; }

}  // namespace bourse::cli
