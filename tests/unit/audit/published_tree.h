// Purpose: the tree that Certificate Transparency's test suites share: eight entries, and the root after each.
// Lifetime: free functions. Threads: none.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "audit/merkle.h"

namespace bourse::audit {

inline std::string hex(const Hash& hash) {
  std::string text;
  for (const auto byte : hash) (text += "0123456789abcdef"[byte >> 4U]) += "0123456789abcdef"[byte & 15U];
  return text;
}

struct PublishedLeaf {
  std::string entry;
  std::string_view root;
};

inline const std::vector<PublishedLeaf>& published_tree() {
  static const std::vector<PublishedLeaf> tree = {
      {"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
      {std::string("\0", 1), "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
      {"\x10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
      {"\x20\x21", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
      {"\x30\x31", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
      {"@ABC", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
      {"PQRSTUVW", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
      {"`abcdefghijklmno", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"}};
  return tree;
}

}  // namespace bourse::audit
