// Purpose: what somebody has open with us (command sessions, answers that are awaited): found by key, bounded for each
//   owner and overall, gone after its time.
// Lifetime: one per kind. Threads: none; its owner locks.
#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "domain/jid.h"

namespace bourse::xmpp {

struct BookLimits {
  std::size_t each = 0;  // entries of one owner
  std::size_t all = 0;
  base::Duration time{};
};

template <class Value>
class AdhocBook {
 public:
  explicit AdhocBook(BookLimits limits) : limits_(limits) {}

  // An entry of that key is replaced. False: there is no room; call expire() first.
  bool put(const std::string& key, const domain::Jid& owner, Value value, base::Timestamp now) {
    remove(key);
    if (entries_.size() >= limits_.all) return false;
    auto& own = by_owner_[owner];
    if (own.size() >= limits_.each) return false;
    entries_.push_back({key, owner, now + limits_.time, std::move(value)});
    const auto place = std::prev(entries_.end());
    own.push_back(place);
    by_key_.emplace(key, place);
    return true;
  }

  [[nodiscard]] Value* find(const std::string& key) {
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? nullptr : &found->second->value;
  }

  void remove(const std::string& key) {
    const auto found = by_key_.find(key);
    if (found != by_key_.end()) erase(found->second);
  }

  // Makes room for one more of this owner, at the cost of its own oldest.
  void drop_oldest_of_many(const domain::Jid& owner) {
    const auto found = by_owner_.find(owner);
    if (found != by_owner_.end() && found->second.size() >= limits_.each) erase(found->second.front());
  }

  void expire(base::Timestamp now) {
    while (!entries_.empty() && entries_.front().expires <= now) erase(entries_.begin());
  }

  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::string key;
    domain::Jid owner;
    base::Timestamp expires;
    Value value;
  };
  using Place = typename std::list<Entry>::iterator;  // all live equally long: in the order they end

  void erase(Place place) {
    const auto owner = by_owner_.find(place->owner);
    std::erase(owner->second, place);
    if (owner->second.empty()) by_owner_.erase(owner);
    by_key_.erase(place->key);
    entries_.erase(place);
  }

  BookLimits limits_;
  std::list<Entry> entries_;
  std::unordered_map<std::string, Place> by_key_;
  std::unordered_map<domain::Jid, std::vector<Place>> by_owner_;
};

}  // namespace bourse::xmpp
