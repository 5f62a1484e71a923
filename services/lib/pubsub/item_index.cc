#include "pubsub/item_index.h"

#include <utility>

#include "base/check.h"

namespace bourse::pubsub {

Item* ItemIndex::find(std::string_view id) {
  const auto at = by_id_.find(id);
  return at == by_id_.end() ? nullptr : &*at->second;
}

Item& ItemIndex::put(std::string_view id, KeptPayload payload) {
  const auto at = by_id_.find(id);
  if (at != by_id_.end()) {
    items_.splice(items_.end(), items_, at->second);
  } else {
    items_.push_back({.id = std::string(id)});
    by_id_.emplace(items_.back().id, std::prev(items_.end()));
  }
  items_.back().kept = std::make_unique<KeptPayload>(std::move(payload));
  forget_payloads();
  return items_.back();
}

void ItemIndex::erase(const Item& item) {
  const auto at = by_id_.find(item.id);
  BOURSE_CHECK(at != by_id_.end());
  const auto place = at->second;
  by_id_.erase(at);  // its key is the item's own text
  items_.erase(place);
}

void ItemIndex::forget_payloads() {
  std::size_t count = 0;
  std::size_t bytes = 0;
  for (auto item = items_.rbegin(); item != items_.rend() && item->kept; ++item) {
    ++count;
    bytes += item->kept->payload.size();
    if (count > 1 && (count > kPayloads || bytes > kPayloadBytes)) item->kept.reset();
  }
}

}  // namespace bourse::pubsub
