// Purpose: what one table gets of a batch: the arguments of its write function (migrations/, "Writing a batch").
// Lifetime: values, built for one commit. Threads: none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "storage/array_literal.h"
#include "storage/binary_array.h"

namespace bourse::storage {

// Microseconds since 1970, or NULL.
template <class Array>
void add_time(Array& times, const std::optional<base::Timestamp>& at) {
  if (at) {
    times.add(static_cast<std::int64_t>(at->time_since_epoch().count()));
  } else {
    times.add_null();
  }
}

// bourse.<function>(pool, texts…, blobs…).
struct TableCall {
  const char* function = "";
  char letter = '?';  // stands for the function in the statement's name, which PostgreSQL cuts at 63 bytes
  std::vector<std::string> texts{};
  std::vector<std::string> blobs{};  // sent as binary
};

// Rows' bytes one after the other, and where each is (1-based, as substring() counts).
class RecordColumn {
 public:
  RecordColumn(std::size_t rows, std::size_t expected_bytes) : starts_(rows), lengths_(rows) {
    bytes_.reserve(expected_bytes);
  }
  void add(const std::string& record) {
    starts_.add(static_cast<std::int64_t>(bytes_.size()) + 1);
    lengths_.add(static_cast<std::int64_t>(record.size()));
    bytes_.append(record);
  }
  // Appends starts, lengths and the bytes to a call.
  void finish(TableCall& call) && {
    call.blobs.push_back(std::move(starts_).take());
    call.blobs.push_back(std::move(lengths_).take());
    call.blobs.push_back(std::move(bytes_));
  }

 private:
  IntArray starts_;
  IntArray lengths_;
  std::string bytes_;
};

template <class Rows, class Record>
std::size_t total_bytes(const Rows& rows, Record record) {
  std::size_t total = 0;
  for (const auto& row : rows) total += record(row).size();
  return total;
}

inline void take_column(TableCall& call, ArrayLiteral&& column) {
  BOURSE_CHECK(call.blobs.empty());  // these come after the texts
  call.texts.push_back(std::move(column).take());
}
inline void take_column(TableCall& call, BinaryArray&& column) { call.blobs.push_back(std::move(column).take()); }

template <class... Columns>
void take_into(TableCall& call, Columns&&... columns) {
  (take_column(call, std::forward<Columns>(columns)), ...);
}

}  // namespace bourse::storage
