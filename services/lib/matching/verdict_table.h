// Purpose: what one constraint said of each profile, filled as it is asked, so that a filter is evaluated
//   once per distinct profile and not once per offer. Pages, because a constraint may meet only few of
//   very many profiles.
// Lifetime: part of the constraint; profile numbers that come to mean something else need clear().
// Threads: the decider's only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace bourse::matching {

enum class Verdict : std::uint8_t {
  kUnknown,   // not asked yet
  kNo,        // for every offer of the profile
  kYes,       // for every offer of the profile
  kPerOffer,  // depends on an offer's amounts or provider: ask for each
};

class VerdictTable {
 public:
  static constexpr std::size_t kPageSize = 1024;

  [[nodiscard]] Verdict at(std::size_t profile) const {
    const std::size_t page = profile / kPageSize;
    if (page >= pages_.size() || !pages_[page]) return Verdict::kUnknown;
    return (*pages_[page])[profile % kPageSize];
  }

  // True when that took another page of memory.
  bool set(std::size_t profile, Verdict verdict) {
    const std::size_t page = profile / kPageSize;
    if (page >= pages_.size()) pages_.resize(page + 1);
    const bool grew = !pages_[page];
    if (grew) pages_[page] = std::make_unique<Page>();
    (*pages_[page])[profile % kPageSize] = verdict;
    return grew;
  }

  void clear() { pages_.clear(); }

 private:
  using Page = std::array<Verdict, kPageSize>;
  std::vector<std::unique_ptr<Page>> pages_;
};

}  // namespace bourse::matching
