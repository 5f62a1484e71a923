// Purpose: results on standard output as a table, a wider table, or JSON; messages go to standard error.
// Lifetime: values. Threads: none.
#pragma once

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "xmpp/client_json.h"

namespace bourse::cli {

enum class Format { kTable, kWide, kJson, kCsv, kFta };

// Whether to colour what goes to `stream`: it is a terminal and NO_COLOR is not set.
[[nodiscard]] bool wants_colour(std::FILE* stream);

struct Column {
  std::string title;
  bool wide_only = false;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  // CHECKs that there is a cell for each column.
  void add(std::vector<std::string> cells);
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  // Aligned, two spaces between columns, "-" for empty cells; control characters shown as '?', so that no text from
  // elsewhere can drive a terminal. Without rows: the titles only.
  [[nodiscard]] std::string text(bool wide, bool colour) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// One object as "name  value" lines; lists and objects inside as compact JSON, empty lists left out.
[[nodiscard]] std::string record_text(const xmpp::Json& record, bool colour);

// Prints a list in the format that was asked for.
void print_list(Format format, const Table& table, const xmpp::Json& list);
void print_record(Format format, const xmpp::Json& record);

// Control characters shown as '?', so that no text from elsewhere can drive a terminal.
[[nodiscard]] std::string printable(std::string text);
// The same of a text of lines.
[[nodiscard]] std::string printable_lines(std::string_view text);
// On standard output: byte by byte as it was signed, but so that it is printable on a terminal.
void print_signed(const std::string& text);

// To the second, which is what tables are read for; JSON has the microseconds.
[[nodiscard]] std::string short_time(base::Timestamp at);

// "cpu 4, gpu 2, memory 64Gi"
[[nodiscard]] std::string summary(const domain::Resources& resources, std::string_view gpu_model = {});
// "blast=2.14:4 r", as they are written in flags.
[[nodiscard]] std::string software_text(const std::vector<domain::Service>& services);

}  // namespace bourse::cli
