#include "matching/memory_blocks.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "base/check.h"

namespace bourse::matching {
namespace {

constexpr std::size_t kFirstPiece = std::size_t{16} << 10;
constexpr std::size_t kHugePage = std::size_t{2} << 20;

std::size_t units_of(std::size_t bytes) { return (bytes + MemoryBlocks::kUnit - 1) / MemoryBlocks::kUnit; }

}  // namespace

void MemoryBlocks::Free::operator()(std::byte* piece) const { std::free(piece); }

// Small at first, for small markets.
void MemoryBlocks::add_piece() {
  const std::size_t size = pieces_.size() < 7 ? kFirstPiece << pieces_.size() : kHugePage;
  auto* const piece = static_cast<std::byte*>(std::aligned_alloc(size < kHugePage ? 64 : kHugePage, size));
  if (piece == nullptr) throw std::bad_alloc();
  pieces_.emplace_back(piece);
  if (size == kHugePage) (void)::madvise(piece, size, MADV_HUGEPAGE);  // a wish
  next_ = piece;
  left_ = size;
}

std::byte* MemoryBlocks::take(std::size_t bytes) {
  const std::size_t units = units_of(bytes);
  BOURSE_CHECK(units < free_.size());
  if (std::byte* const block = free_[units]; block != nullptr) {
    std::memcpy(&free_[units], block, sizeof block);
    return block;
  }
  if (left_ < units * kUnit) add_piece();
  std::byte* const block = next_;
  next_ += units * kUnit;
  left_ -= units * kUnit;
  return block;
}

void MemoryBlocks::give_back(std::byte* block, std::size_t bytes) {
  std::byte*& first = free_[units_of(bytes)];
  std::memcpy(block, &first, sizeof first);
  first = block;
}

}  // namespace bourse::matching
