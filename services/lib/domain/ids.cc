#include "domain/ids.h"

#include <charconv>

namespace bourse::domain {

std::string to_item_id(GrantId id) { return "g" + std::to_string(id.value); }

GrantId grant_id_from_item(const std::string& item_id) {
  // One spelling per grant: a leading zero would give a second item id for the same grant.
  if (item_id.size() < 2 || item_id[0] != 'g' || item_id[1] < '1' || item_id[1] > '9') return {};
  GrantId id;
  const char* end = item_id.data() + item_id.size();
  const auto [stop, error] = std::from_chars(item_id.data() + 1, end, id.value);
  if (error != std::errc{} || stop != end) return {};
  return id;
}

}  // namespace bourse::domain
