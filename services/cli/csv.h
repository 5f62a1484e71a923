// Purpose: CSV as RFC 4180 has it: quoted fields may hold commas, quotes (doubled) and line ends. Every
//   field knows where it stands, so that errors can say so.
// Lifetime: borrows the text. Threads: none.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bourse::cli {

struct CsvField {
  std::string text;
  std::size_t column = 1;  // of its first byte in its line, from 1
};

struct CsvRow {
  std::size_t line = 1;  // where the row begins, from 1
  std::vector<CsvField> fields;
};

class CsvReader {
 public:
  explicit CsvReader(std::string_view text);

  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  // Skips empty lines before the row; no fields at the end. kBadRequest: a quote in the wrong place or
  // without end, a row of more than 64 KiB or 4096 fields: "line:column: reason". The reader then stands at
  // the next line.
  [[nodiscard]] base::Result<CsvRow> next();

 private:
  [[nodiscard]] base::Error fault(std::size_t line, std::size_t column, std::string_view reason);
  std::string_view rest_;
  std::size_t line_ = 1;
};

}  // namespace bourse::cli
