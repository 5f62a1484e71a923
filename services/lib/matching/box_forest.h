// Purpose: finds, among very many points of amounts, the smallest one that covers a need. The points are sorted by
//   about their size, then along a curve that keeps near ones together (Morton's), in trees of wide nodes; every
//   node knows the box its points lie in, so that a search goes only where something may fit and may be smaller
//   than what it has. One forest has many trees, from one point to millions, which share their memory.
// Lifetime: a tree is a value of its owner, who clears it before it goes; the forest outlives its trees.
// Threads: the decider's only.
#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "matching/lanes.h"
#include "matching/memory_blocks.h"

namespace bourse::matching {

struct Point {
  Lanes lanes;
  double size = 0;            // the smaller the better; not below what its lanes weigh, and kept a little too small
  std::uint32_t id = 0;       // of equal sizes the lower is better
  std::uint32_t profile = 0;  // the owner's
};

struct Box {
  Lanes least;
  Lanes most;
  double size = 0;          // of the smallest
  std::uint32_t first = 0;  // the lowest id
  std::uint32_t node = 0;
};

struct Tree {
  Box box;  // around all; box.node is the root
  std::uint32_t count = 0;
  std::uint8_t height = 0;  // 0: the root is a leaf
};

// What a search has so far: only what is before it in (size, id) is of interest.
struct Bound {
  double size;
  std::uint32_t id;
  [[nodiscard]] bool admits(double other_size, std::uint32_t other_id) const {
    return other_size < size || (other_size == size && other_id < id);
  }
};

class BoxForest {
 public:
  BoxForest() = default;
  BoxForest(const BoxForest&) = delete;
  BoxForest& operator=(const BoxForest&) = delete;

  // CHECKs that the id is not in the tree (remove: that it is, with exactly these lanes and size).
  void insert(Tree& tree, const Point& point);
  void remove(Tree& tree, const Point& point);

  // Calls visit(point) for each point of the trees that covers `needed` and that `bound` admits, the smallest first;
  // visit lowers the bound as it finds something, and ends the search by returning false. True when it was not ended
  // so. sift(its profile) is asked before, in about that order, of more points than are visited: a quick look.
  enum class Sift { kKeep, kDrop, kEnd };
  template <class SiftPoint, class Visit>
  bool search(std::span<const Tree* const> trees, const Lanes& needed, const LaneWeights& weights, const Bound& bound,
              SiftPoint sift, Visit visit) const;
  template <class Visit>
  bool search(std::span<const Tree* const> trees, const Lanes& needed, const LaneWeights& weights, const Bound& bound,
              Visit visit) const {
    return search(
        trees, needed, weights, bound, [](std::uint32_t) { return Sift::kKeep; }, visit);
  }

  // Calls visit(point) for each point of the tree that `covering` covers, in no order.
  template <class Visit>
  void each_covered(const Tree& tree, const Lanes& covering, Visit visit) const;

  static constexpr std::size_t kLeafSize = 32;
  static constexpr std::size_t kFanOut = 16;

 private:
  // Points of about one size stand together, and among them near ones. That keeps the smallest apart from the rest when
  // one lane outweighs the others; when they weigh alike it costs little.
  struct Key {
    std::uint64_t about = 0;  // size, four steps for every doubling
    std::uint64_t curve = 0;
    std::uint64_t rest = 0;  // size, then id
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  struct Child {
    Box box;
    Key low;  // of the first child of a node it means nothing
  };
  struct Inner {
    std::uint32_t count = 0;
    std::array<Box, kFanOut> boxes;  // all that a search reads
    std::array<Key, kFanOut> lows;
  };
  // What a point has beside its lanes.
  struct Rest {
    float size;
    std::uint32_t id;
    std::uint32_t profile;
  };
  // Points in no order. Their lanes stand together: a search reads those of all points, and the rest of few.
  struct Leaf {
    std::uint16_t count = 0;
    std::uint16_t room = 0;
    std::byte* memory = nullptr;

    [[nodiscard]] static std::size_t bytes(std::size_t room) { return room * (sizeof(Lanes) + sizeof(Rest)); }
    [[nodiscard]] Lanes* lanes() const { return reinterpret_cast<Lanes*>(memory); }
    [[nodiscard]] Rest* rest() const { return reinterpret_cast<Rest*>(memory + room * sizeof(Lanes)); }
    [[nodiscard]] Point point(std::size_t at) const {
      const Rest& its = rest()[at];
      return {lanes()[at], its.size, its.id, its.profile};
    }
    void put(std::size_t at, const Point& point) const;
  };
  struct Place {  // in the queue of a search
    double size;
    std::uint32_t first;
    std::uint32_t node;
    std::uint8_t height;
    std::uint8_t at;  // of a point, in its leaf
  };
  static constexpr std::uint8_t kPoint = 255;  // as a height
  struct Split {                               // a node became too full: the new one beside it
    bool happened = false;
    Child sibling;
  };

  [[nodiscard]] static Key key_of(const Point& point);
  [[nodiscard]] Box box_of(std::uint32_t node, std::uint8_t height) const;
  [[nodiscard]] static std::size_t child_of(const Inner& inner, const Key& key);
  std::uint32_t new_leaf();
  std::uint32_t new_inner();
  void push(Leaf& leaf, const Point& point);
  void make_room(Leaf& leaf, std::size_t room);
  void clear(Leaf& leaf);
  [[nodiscard]] static Point as_kept(Point point);
  Split insert(std::uint32_t node, std::uint8_t height, const Point& point, const Key& key);
  Split split_leaf(std::uint32_t node);
  Split put_child(std::uint32_t node, std::uint8_t height, std::size_t at, const Child& child);
  void remove(std::uint32_t node, std::uint8_t height, const Point& point, const Key& key);
  void remove_child(Inner& inner, std::size_t at);
  void join(Inner& inner, std::size_t at, std::uint8_t height);
  void expect(std::uint32_t node, std::uint8_t height) const;
  void prefetch(const Place& next) const;
  [[nodiscard]] std::size_t count_of(std::uint32_t node, std::uint8_t height) const;
  [[nodiscard]] static double least_size(const Box& box, const Lanes& needed, const LaneWeights& weights);

  MemoryBlocks memory_;
  std::vector<Leaf> leaves_;
  std::vector<Inner*> inners_;  // in memory_
  std::vector<std::uint32_t> free_leaves_;
  std::vector<std::uint32_t> free_inners_;
  mutable std::vector<Place> queue_;  // kept so that nothing is allocated per search
};

// What the best point of the box that covers the need has at least: exact by its smallest, and, where that one is too
// small, by the corner nearest to nothing.
inline double BoxForest::least_size(const Box& box, const Lanes& needed, const LaneWeights& weights) {
  return std::max(box.size, weigh_most_of(box.least, needed, weights));
}

// Most of what a search waits for is memory. Of what it may come to it asks for the little that says where the rest is,
// of what comes next for all.
inline void BoxForest::expect(std::uint32_t node, std::uint8_t height) const {
  if (height == 0) __builtin_prefetch(&leaves_[node]);
}

inline void BoxForest::prefetch(const Place& next) const {
  constexpr std::size_t kLine = 64;
  if (next.height == kPoint) return;
  const bool is_leaf = next.height == 0;
  const auto* const first = is_leaf ? reinterpret_cast<const char*>(leaves_[next.node].memory)
                                    : reinterpret_cast<const char*>(inners_[next.node]);
  const std::size_t bytes =
      is_leaf ? leaves_[next.node].count * sizeof(Lanes) + 4 * kLine : kFanOut * 3 / 4 * sizeof(Box);
  for (std::size_t at = 0; at < bytes; at += kLine) __builtin_prefetch(first + at);
}

template <class SiftPoint, class Visit>
bool BoxForest::search(std::span<const Tree* const> trees, const Lanes& needed, const LaneWeights& weights,
                       const Bound& bound, SiftPoint sift, Visit visit) const {
  const auto later = [](const Place& a, const Place& b) {
    return a.size != b.size ? a.size > b.size : a.first > b.first;
  };
  queue_.clear();
  bool ended = false;
  const auto consider = [&](const Box& box, std::uint8_t height) {
    if (!covers(box.most, needed) || !bound.admits(box.size, box.first)) return;
    const double size = least_size(box, needed, weights);
    if (!bound.admits(size, box.first)) return;
    queue_.push_back({size, box.first, box.node, height, 0});
    expect(box.node, height);
  };
  for (const Tree* const tree : trees) {
    if (tree->count > 0) consider(tree->box, tree->height);
  }
  std::make_heap(queue_.begin(), queue_.end(), later);
  while (!queue_.empty()) {
    const Place place = queue_.front();
    if (!bound.admits(place.size, place.first)) return !ended;  // nor any other
    std::pop_heap(queue_.begin(), queue_.end(), later);
    queue_.pop_back();
    if (!queue_.empty()) prefetch(queue_.front());
    if (place.height == kPoint) {
      if (!visit(leaves_[place.node].point(place.at))) return false;
      continue;
    }
    if (place.height == 0) {
      const Leaf& leaf = leaves_[place.node];
      std::uint64_t covering = 0;
      for (std::size_t i = 0; i < leaf.count; ++i) covering |= std::uint64_t{covers(leaf.lanes()[i], needed)} << i;
      for (; covering != 0; covering &= covering - 1) {
        const auto i = static_cast<std::size_t>(std::countr_zero(covering));
        const Rest& rest = leaf.rest()[i];
        if (!bound.admits(rest.size, rest.id)) continue;
        if (ended) break;
        const Sift sifted = sift(rest.profile);
        if (sifted == Sift::kEnd) {  // what was kept so far is visited still: it makes a bound
          ended = true;
          std::erase_if(queue_, [](const Place& other) { return other.height != kPoint; });
          std::make_heap(queue_.begin(), queue_.end(), later);
        }
        if (sifted != Sift::kKeep) continue;
        queue_.push_back({rest.size, rest.id, place.node, kPoint, static_cast<std::uint8_t>(i)});
        std::push_heap(queue_.begin(), queue_.end(), later);
      }
      continue;
    }
    const Inner& inner = *inners_[place.node];
    for (std::size_t i = 0; i < inner.count; ++i) {
      const std::size_t before = queue_.size();
      consider(inner.boxes[i], static_cast<std::uint8_t>(place.height - 1));
      if (queue_.size() != before) std::push_heap(queue_.begin(), queue_.end(), later);
    }
  }
  return !ended;
}

template <class Visit>
void BoxForest::each_covered(const Tree& tree, const Lanes& covering, Visit visit) const {
  if (tree.count == 0) return;
  std::vector<std::pair<std::uint32_t, std::uint8_t>> open = {{tree.box.node, tree.height}};
  while (!open.empty()) {
    const auto [node, height] = open.back();
    open.pop_back();
    if (height == 0) {
      const Leaf& leaf = leaves_[node];
      for (std::size_t i = 0; i < leaf.count; ++i) {
        if (covers(covering, leaf.lanes()[i])) visit(leaf.point(i));
      }
      continue;
    }
    const Inner& inner = *inners_[node];
    for (std::size_t i = 0; i < inner.count; ++i) {
      const Box& box = inner.boxes[i];
      if (covers(covering, box.least)) open.emplace_back(box.node, static_cast<std::uint8_t>(height - 1));
    }
  }
}

}  // namespace bourse::matching
