#include "cli/explain_output.h"

#include <fmt/format.h>

#include "xmpp/explanation_text.h"

namespace bourse::cli {
namespace {

void append_list(std::string& page, std::string_view title, const std::vector<std::string>& lines) {
  if (lines.empty()) return;
  page.append("\n").append(title).append("\n");
  for (const auto& line : lines) page.append("  ").append(printable(line)).append("\n");
}

}  // namespace

std::string explanation_page(const market::RequestExplanation& explanation, base::Timestamp now, bool colour) {
  std::string page = printable(xmpp::headline(explanation, now)) + "\n";
  Table table({{"OBSTACLE"}, {"WHAT"}, {"OFFERS"}, {"ALONE"}});
  for (const auto& rejection : explanation.rejections) {
    table.add({matching::name(rejection.obstacle), rejection.what, std::to_string(rejection.offers),
               std::to_string(rejection.alone)});
  }
  if (!table.empty()) {
    page += "\n" + table.text(false, colour);
    page += fmt::format("({} of {} offers fit; ALONE: ruled out by nothing else)\n", explanation.fitting,
                        explanation.offers);
    if (explanation.drawn_from > explanation.offers) {
      page += fmt::format("(counted among {} of the {} open offers, drawn evenly)\n", explanation.offers,
                          explanation.drawn_from);
    }
  }
  std::vector<std::string> misses;
  for (const auto& miss : explanation.nearest) misses.push_back(xmpp::in_words(miss));
  append_list(page, "Nearest misses:", misses);
  append_list(page, "What would help:", explanation.changes);
  append_list(page, "Besides:", xmpp::remarks(explanation));
  return page;
}

void print_explanation(Format format, const market::RequestExplanation& explanation, base::Timestamp now) {
  if (format == Format::kJson) return print_record(format, xmpp::to_json(explanation));
  const std::string page = explanation_page(explanation, now, wants_colour(stdout));
  std::fwrite(page.data(), 1, page.size(), stdout);
}

}  // namespace bourse::cli
