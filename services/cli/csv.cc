#include "cli/csv.h"

#include <fmt/format.h>

#include <algorithm>

namespace bourse::cli {
namespace {

constexpr std::size_t kMostRowBytes = 64 * 1024;
constexpr std::size_t kMostFields = 4096;

}  // namespace

CsvReader::CsvReader(std::string_view text) : rest_(text) {
  if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);  // the mark some spreadsheets put first
}

base::Error CsvReader::fault(std::size_t line, std::size_t column, std::string_view reason) {
  const auto end = rest_.find('\n');
  rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
  ++line_;
  return {base::Errc::kBadRequest, fmt::format("{}:{}: {}", line, column, reason)};
}

base::Result<CsvRow> CsvReader::next() {
  while (rest_.starts_with('\n') || rest_.starts_with("\r\n")) {
    rest_.remove_prefix(rest_.front() == '\r' ? 2 : 1);
    ++line_;
  }
  CsvRow row{line_, {}};
  std::size_t line = line_;
  std::size_t column = 1;
  std::size_t used = 0;  // bytes of rest_ that belong to the row so far
  const auto peek = [&]() -> char { return used < rest_.size() ? rest_[used] : '\n'; };
  const auto step = [&] {
    const bool new_line = rest_[used] == '\n';
    line += new_line ? 1 : 0;
    column = new_line ? 1 : column + 1;
    ++used;
  };
  if (rest_.empty()) return row;
  for (;;) {
    CsvField field{{}, column};
    if (peek() == '"') {
      const std::size_t opened_line = line;
      const std::size_t opened = column;
      step();
      for (;;) {
        if (used >= rest_.size() || used > kMostRowBytes) return fault(opened_line, opened, "this quote has no end");
        const char c = rest_[used];
        step();
        if (c != '"') {
          field.text += c;
        } else if (used < rest_.size() && rest_[used] == '"') {
          field.text += '"';
          step();
        } else {
          break;
        }
      }
      if (peek() == '\r') step();
      if (peek() != ',' && peek() != '\n') return fault(line, column, "expected a comma after the closing quote");
    } else {
      while (peek() != ',' && peek() != '\n') {
        if (peek() == '"') return fault(line, column, "a quote inside a field that does not begin with one");
        field.text += peek();
        step();
        if (used > kMostRowBytes) return fault(line, column, "the row is longer than 64 KiB");
      }
      if (field.text.ends_with('\r')) field.text.pop_back();
    }
    row.fields.push_back(std::move(field));
    if (row.fields.size() > kMostFields) return fault(line, column, "more than 4096 fields");
    if (peek() == '\n') break;
    step();
  }
  rest_.remove_prefix(std::min(used + 1, rest_.size()));
  line_ = line + 1;
  return row;
}

}  // namespace bourse::cli
