// Purpose: ids that cannot be mixed up. TextId<Tag> wraps a string, NumberId<Tag> a 64-bit number;
//   two ids of different tags do not compare or convert.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace bourse::base {

template <class Tag>
struct TextId {
  std::string value;
  friend auto operator<=>(const TextId&, const TextId&) = default;
};

template <class Tag>
struct NumberId {
  std::uint64_t value = 0;
  friend auto operator<=>(const NumberId&, const NumberId&) = default;
};

}  // namespace bourse::base

template <class Tag>
struct std::hash<bourse::base::TextId<Tag>> {
  std::size_t operator()(const bourse::base::TextId<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.value);
  }
};
template <class Tag>
struct std::hash<bourse::base::NumberId<Tag>> {
  std::size_t operator()(const bourse::base::NumberId<Tag>& id) const noexcept {
    return std::hash<std::uint64_t>{}(id.value);
  }
};
