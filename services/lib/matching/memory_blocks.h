// Purpose: memory for very many small blocks of few sizes, from large pieces that the machine may map as huge pages:
//   a search jumps about in all of it, and would wait for translations of addresses as long as for the memory.
// Lifetime: blocks live until they are given back, or the whole goes. Threads: the owner's only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace bourse::matching {

class MemoryBlocks {
 public:
  // Sizes are rounded up to the unit, which is also what blocks are aligned to; at most kMost bytes.
  static constexpr std::size_t kUnit = 16;
  static constexpr std::size_t kMost = 4096;

  [[nodiscard]] std::byte* take(std::size_t bytes);
  void give_back(std::byte* block, std::size_t bytes);  // as many as it was taken with

 private:
  struct Free {
    void operator()(std::byte* piece) const;
  };

  void add_piece();

  std::vector<std::unique_ptr<std::byte, Free>> pieces_;
  std::byte* next_ = nullptr;  // of the last piece: what was never given out
  std::size_t left_ = 0;
  std::vector<std::byte*> free_ = std::vector<std::byte*>(kMost / kUnit + 1);  // by units; each holds the next
};

}  // namespace bourse::matching
