// Purpose: equal values are kept once, under small numbers, for as long as somebody uses them.
// Lifetime: value; a key's address stays until its last user releases it. Threads: the owner's only.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/check.h"

namespace bourse::matching {

using InternId = std::uint32_t;

template <class Key>
class Interner {
 public:
  struct Acquired {
    InternId id = 0;
    bool fresh = false;  // nobody used an equal value before
  };

  Acquired acquire(const Key& key) {
    const auto [place, fresh] = ids_.try_emplace(key, InternId{0});
    if (!fresh) {
      ++uses_[place->second].count;
      return {place->second, false};
    }
    if (reusable_.empty()) {
      place->second = static_cast<InternId>(uses_.size());
      uses_.push_back({});
    } else {
      place->second = reusable_.back();
      reusable_.pop_back();
    }
    uses_[place->second] = {&place->first, 1};
    return {place->second, true};
  }

  // True when that was the last use: the value is gone, and its number rests until reuse(id).
  [[nodiscard]] bool release(InternId id) {
    Use& use = uses_.at(id);
    BOURSE_CHECK(use.count > 0);
    if (--use.count > 0) return false;
    ids_.erase(ids_.find(*use.key));
    use.key = nullptr;
    return true;
  }
  void reuse(InternId id) { reusable_.push_back(id); }

  [[nodiscard]] const Key& key(InternId id) const { return *uses_[id].key; }
  [[nodiscard]] std::optional<InternId> find(const Key& key) const {
    const auto found = ids_.find(key);
    if (found == ids_.end()) return std::nullopt;
    return found->second;
  }
  [[nodiscard]] std::size_t size() const { return ids_.size(); }
  [[nodiscard]] std::size_t numbers() const { return uses_.size(); }  // every id is below this

 private:
  struct Use {
    const Key* key = nullptr;
    std::uint32_t count = 0;
  };
  std::unordered_map<Key, InternId> ids_;
  std::vector<Use> uses_;
  std::vector<InternId> reusable_;
};

}  // namespace bourse::matching
