// Purpose: one-dimensional PostgreSQL arrays as the server's binary protocol has them. What a batch sends most goes
//   this way: neither side writes or reads digits, quotes and braces.
// Lifetime: value, built once and moved out. Threads: none.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"

namespace bourse::storage {

class BinaryArray {
 public:
  void add_null();
  // With its header; fit for a parameter sent as binary.
  [[nodiscard]] std::string take() &&;

 protected:
  // `type`: the element's, by its number in pg_type, which no version changes. `expected` bytes of content, a guess.
  BinaryArray(std::uint32_t type, std::size_t expected);
  // Adds an element of this size, to be written where the pointer says.
  char* add_element(std::size_t size);

 private:
  const std::uint32_t type_;
  std::uint32_t size_ = 0;
  bool nulls_ = false;
  std::string bytes_;
};

// text[]. PostgreSQL text holds no NUL: the server refuses a string with one.
class TextArray : public BinaryArray {
 public:
  explicit TextArray(std::size_t expected = 256) : BinaryArray(25, expected) {}
  void add(std::string_view value);
  // NULL for an empty string.
  void add_unless_empty(std::string_view value);
};

template <class Integer, std::uint32_t kType>
class IntegerArray : public BinaryArray {
 public:
  explicit IntegerArray(std::size_t rows = 16) : BinaryArray(kType, rows * (sizeof(Integer) + 4)) {}
  void add(std::int64_t value) {
    BOURSE_CHECK(value >= std::numeric_limits<Integer>::min() && value <= std::numeric_limits<Integer>::max());
    char* to = add_element(sizeof(Integer));
    for (std::size_t i = sizeof(Integer); i > 0; --i) *to++ = static_cast<char>(value >> (8 * (i - 1)));
  }
};
using BooleanArray = IntegerArray<std::int8_t, 16>;
using BigintArray = IntegerArray<std::int64_t, 20>;
using SmallintArray = IntegerArray<std::int16_t, 21>;
using IntArray = IntegerArray<std::int32_t, 23>;

}  // namespace bourse::storage
