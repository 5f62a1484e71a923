// Purpose: PostgreSQL array literals ('{1,2}', '{"a","b\""}'), built in one growing string: a batch sends one
//   per column, so this is on the hot path.
// Lifetime: value, built once and moved out. Threads: none.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace bourse::storage {

class ArrayLiteral {
 public:
  // `expected` bytes of content, all elements together; a guess is enough.
  explicit ArrayLiteral(std::size_t expected = 256) {
    text_.reserve(expected + 2);
    text_.push_back('{');
  }

  // PostgreSQL text holds no NUL: a string with one becomes invalid UTF-8, which the server refuses.
  void add(std::string_view value);
  void add(std::int64_t value);
  void add_number(double value);  // exact when read back
  void add_flag(bool value);
  void add_null();
  // NULL for an empty string.
  void add_unless_empty(std::string_view value);

  [[nodiscard]] std::string take() && {
    text_.push_back('}');
    return std::move(text_);
  }

 private:
  void separate() {
    if (text_.size() > 1) text_.push_back(',');
  }

  std::string text_;
};

}  // namespace bourse::storage
