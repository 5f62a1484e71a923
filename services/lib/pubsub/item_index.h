// Purpose: the items of one leaf, without their payloads: by id, and in the order of their last publication. Only the
//   last few payloads are kept, for those who subscribe: kPayloads of them and kPayloadBytes, at least the last. When
//   all that are kept have been retracted, nothing is sent on subscribing until the next item comes.
// Lifetime: part of a node. Threads: the decider's.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "domain/ids.h"

namespace bourse::pubsub {

struct Person;

struct KeptPayload {
  std::string payload;
  base::Timestamp modified{};
};

struct Item {
  std::string id;
  Person* publisher = nullptr;
  domain::EventSeq seq{};
  base::Timestamp created{};
  base::Timestamp expires = base::Timestamp::max();
  std::unique_ptr<KeptPayload> kept = {};
};

class ItemIndex {
 public:
  [[nodiscard]] Item* find(std::string_view id);
  // The item of that id, new or as it was, now the last. Items stay where they are until they are erased.
  Item& put(std::string_view id, KeptPayload payload);
  void erase(const Item& item);
  [[nodiscard]] Item* oldest() { return items_.empty() ? nullptr : &items_.front(); }
  [[nodiscard]] const Item* last() const { return items_.empty() ? nullptr : &items_.back(); }
  [[nodiscard]] std::size_t size() const { return items_.size(); }
  [[nodiscard]] std::list<Item>& all() { return items_; }

 private:
  static constexpr std::size_t kPayloads = 4;
  static constexpr std::size_t kPayloadBytes = 128 * 1024;

  void forget_payloads();

  std::list<Item> items_;  // oldest publication first; those with a payload are the last ones
  std::unordered_map<std::string_view, std::list<Item>::iterator> by_id_;
};

}  // namespace bourse::pubsub
