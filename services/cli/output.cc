#include "cli/output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "xmpp/timestamps.h"

namespace bourse::cli {
namespace {

// Code points, which is close enough to columns for the names and numbers shown here.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string_view colour_of(std::string_view cell) {
  for (const auto* good : {"active", "reserved", "up", "granted"}) {
    if (cell == good) return "\033[32m";
  }
  for (const auto* unsure : {"waiting", "proposed", "reclaiming", "suspect"}) {
    if (cell == unsure) return "\033[33m";
  }
  for (const auto* bad : {"revoked", "down", "cancelled", "expired", "declined", "timed-out", "lost"}) {
    if (cell == bad) return "\033[31m";
  }
  return {};
}

}  // namespace

bool wants_colour(std::FILE* stream) { return std::getenv("NO_COLOR") == nullptr && ::isatty(::fileno(stream)) != 0; }

void Table::add(std::vector<std::string> cells) {
  BOURSE_CHECK(cells.size() == columns_.size());
  for (auto& cell : cells) cell = cell.empty() ? "-" : printable(std::move(cell));
  rows_.push_back(std::move(cells));
}

std::string Table::text(bool wide, bool colour) const {
  std::vector<std::size_t> shown;
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].wide_only && !wide) continue;
    std::size_t widest = width(columns_[i].title);
    for (const auto& row : rows_) widest = std::max(widest, width(row[i]));
    shown.push_back(i);
    widths.push_back(widest);
  }
  std::string out;
  const auto line = [&](const auto& cell_of, bool title) {
    for (std::size_t k = 0; k < shown.size(); ++k) {
      const std::string& cell = cell_of(shown[k]);
      const std::string_view code = !colour ? std::string_view() : title ? "\033[1m" : colour_of(cell);
      out += code;
      out += cell;
      if (!code.empty()) out += "\033[0m";
      if (k + 1 < shown.size()) out.append(widths[k] - width(cell) + 2, ' ');
    }
    out += '\n';
  };
  line([&](std::size_t i) -> const std::string& { return columns_[i].title; }, true);
  for (const auto& row : rows_) line([&](std::size_t i) -> const std::string& { return row[i]; }, false);
  return out;
}

std::string record_text(const xmpp::Json& record, bool colour) {
  std::size_t widest = 0;
  for (const auto& [name, value] : record.items()) widest = std::max(widest, name.size());
  std::string out;
  for (const auto& [name, value] : record.items()) {
    if (value.is_array() && value.empty()) continue;
    const std::string text = printable(value.is_string() ? value.get<std::string>() : value.dump());
    const std::string_view code = colour ? colour_of(text) : std::string_view();
    out += fmt::format("{:<{}}  {}{}{}\n", name, widest, code, text, code.empty() ? "" : "\033[0m");
  }
  return out;
}

void print_list(Format format, const Table& table, const xmpp::Json& list) {
  const std::string text =
      format == Format::kJson ? list.dump(2) + "\n" : table.text(format == Format::kWide, wants_colour(stdout));
  std::fwrite(text.data(), 1, text.size(), stdout);
}

void print_record(Format format, const xmpp::Json& record) {
  const std::string text = format == Format::kJson ? record.dump(2) + "\n" : record_text(record, wants_colour(stdout));
  std::fwrite(text.data(), 1, text.size(), stdout);
}

std::string printable(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, '?');
  // U+0080 to U+009F, in UTF-8: some terminals take U+009B for the beginning of a command.
  std::string shown;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
    const bool control = text[i] == '\xC2' && next >= 0x80U && next <= 0x9FU;
    shown += control ? '?' : text[i];
    if (control) ++i;
  }
  return shown;
}

std::string printable_lines(std::string_view text) {
  std::string lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    lines += printable(std::string(text.substr(0, end)));
    if (end == std::string_view::npos) break;
    lines += '\n';
    text.remove_prefix(end + 1);
  }
  return lines;
}

void print_signed(const std::string& text) {
  const bool to_a_person = ::isatty(::fileno(stdout)) != 0;
  std::fputs((to_a_person ? printable_lines(text) : text).c_str(), stdout);
}

std::string software_text(const std::vector<domain::Service>& services) {
  std::string text;
  for (const auto& service : services) {
    text.append(text.empty() ? "" : " ").append(service.name);
    if (!service.version.empty()) text.append("=").append(service.version);
    if (service.seats > 0) text += fmt::format(":{}", service.seats);
  }
  return text;
}

std::string short_time(base::Timestamp at) {
  return xmpp::format_timestamp(std::chrono::floor<std::chrono::seconds>(at));
}

std::string summary(const domain::Resources& resources, std::string_view gpu_model) {
  std::string text;
  for (const auto& entry : resources.entries()) {
    if (!text.empty()) text += ", ";
    text += fmt::format("{} {}", entry.name, domain::format_quantity(entry.name, entry.amount));
    if (entry.name == domain::kGpu && !gpu_model.empty()) text += fmt::format(" {}", gpu_model);
  }
  return text;
}

}  // namespace bourse::cli
