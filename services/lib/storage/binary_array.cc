#include "storage/binary_array.h"

#include <cstring>

namespace bourse::storage {
namespace {

// Dimensions, whether there are NULLs, the type; then of the one dimension its size and its first index.
constexpr std::size_t kHeader = 20;

void write_word(char* to, std::uint32_t word) {
  for (int shift = 24; shift >= 0; shift -= 8) *to++ = static_cast<char>(word >> shift);
}

}  // namespace

BinaryArray::BinaryArray(std::uint32_t type, std::size_t expected) : type_(type) {
  bytes_.reserve(kHeader + expected);
  bytes_.resize(kHeader);
}

char* BinaryArray::add_element(std::size_t size) {
  const std::size_t at = bytes_.size();
  bytes_.resize(at + 4 + size);
  write_word(&bytes_[at], static_cast<std::uint32_t>(size));
  ++size_;
  return bytes_.data() + at + 4;
}

void BinaryArray::add_null() {
  nulls_ = true;
  ++size_;
  bytes_.append(4, '\xff');
}

std::string BinaryArray::take() && {
  write_word(&bytes_[0], size_ == 0 ? 0 : 1);
  write_word(&bytes_[4], nulls_ ? 1 : 0);
  write_word(&bytes_[8], type_);
  write_word(&bytes_[12], size_);
  write_word(&bytes_[16], 1);
  if (size_ == 0) bytes_.resize(12);
  return std::move(bytes_);
}

void TextArray::add(std::string_view value) {
  char* const to = add_element(value.size());
  if (!value.empty()) std::memcpy(to, value.data(), value.size());
}

void TextArray::add_unless_empty(std::string_view value) {
  if (value.empty()) {
    add_null();
  } else {
    add(value);
  }
}

}  // namespace bourse::storage
