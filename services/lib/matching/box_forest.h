// Purpose: finds, among very many points of amounts, the smallest one that covers a need. The points are sorted by
//   about their size, then along a curve that keeps near ones together (Morton's), in trees of wide nodes; every
//   node knows the box its points lie in, so that a search goes only where something may fit and may be smaller
//   than what it has. One forest has many trees, from one point to millions, which share their memory.
// Lifetime: a tree is a value of its owner, who clears it before it goes; the forest outlives its trees.
// Threads: the decider's only.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "matching/lanes.h"

namespace bourse::matching {

struct Point {
  Lanes lanes;
  double size = 0;            // the smaller the better; not below what its lanes weigh
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

  // Calls visit(point) for each point of the trees that covers `needed` and that `bound` admits, those that may be
  // smallest first; visit lowers the bound as it finds something, and ends the search by returning false. True when it
  // was not ended so.
  template <class Visit>
  bool search(std::span<const Tree* const> trees, const Lanes& needed, const LaneWeights& weights, const Bound& bound,
              Visit visit) const;

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
  struct alignas(64) Inner {
    std::array<Box, kFanOut> boxes;  // all that a search reads
    std::array<Key, kFanOut> lows;
    std::uint32_t count = 0;
  };
  struct Leaf {
    std::uint16_t count = 0;
    std::uint16_t room = 0;
    std::unique_ptr<Point[]> points;  // in no order
  };
  struct Place {  // in the queue of a search
    double size;
    std::uint32_t first;
    std::uint32_t node;
    std::uint8_t height;
  };
  struct Split {  // a node became too full: the new one beside it
    bool happened = false;
    Child sibling;
  };

  [[nodiscard]] static Key key_of(const Point& point);
  [[nodiscard]] Box box_of(std::uint32_t node, std::uint8_t height) const;
  [[nodiscard]] static std::size_t child_of(const Inner& inner, const Key& key);
  std::uint32_t new_leaf();
  std::uint32_t new_inner();
  void push(Leaf& leaf, const Point& point);
  Split insert(std::uint32_t node, std::uint8_t height, const Point& point, const Key& key);
  Split split_leaf(std::uint32_t node);
  Split put_child(std::uint32_t node, std::uint8_t height, std::size_t at, const Child& child);
  void remove(std::uint32_t node, std::uint8_t height, const Point& point, const Key& key);
  void remove_child(Inner& inner, std::size_t at);
  void join(Inner& inner, std::size_t at, std::uint8_t height);
  void prefetch(std::uint32_t node, std::uint8_t height) const;
  [[nodiscard]] std::size_t count_of(std::uint32_t node, std::uint8_t height) const;
  [[nodiscard]] static double least_size(const Box& box, const Lanes& needed, const LaneWeights& weights);

  std::vector<Leaf> leaves_;
  std::vector<std::unique_ptr<Inner>> inners_;
  std::vector<std::uint32_t> free_leaves_;
  std::vector<std::uint32_t> free_inners_;
  mutable std::vector<Place> queue_;  // kept so that nothing is allocated per search
};

// What the best point of the box that covers the need has at least: exact by its smallest, and, where that one is too
// small, by the corner nearest to nothing.
inline double BoxForest::least_size(const Box& box, const Lanes& needed, const LaneWeights& weights) {
  return std::max(box.size, weigh_most_of(box.least, needed, weights));
}

// Most of what a search waits for is memory.
inline void BoxForest::prefetch(std::uint32_t node, std::uint8_t height) const {
  const void* const memory = height == 0 ? static_cast<const void*>(leaves_[node].points.get())
                                         : static_cast<const void*>(inners_[node].get());
  for (std::size_t line = 0; line < 8; ++line) __builtin_prefetch(static_cast<const char*>(memory) + line * 64);
}

template <class Visit>
bool BoxForest::search(std::span<const Tree* const> trees, const Lanes& needed, const LaneWeights& weights,
                       const Bound& bound, Visit visit) const {
  const auto later = [](const Place& a, const Place& b) {
    return a.size != b.size ? a.size > b.size : a.first > b.first;
  };
  queue_.clear();
  const auto consider = [&](const Box& box, std::uint8_t height) {
    if (!covers(box.most, needed) || !bound.admits(box.size, box.first)) return;
    const double size = least_size(box, needed, weights);
    if (!bound.admits(size, box.first)) return;
    queue_.push_back({size, box.first, box.node, height});
    prefetch(box.node, height);
  };
  for (const Tree* const tree : trees) {
    if (tree->count > 0) consider(tree->box, tree->height);
  }
  std::make_heap(queue_.begin(), queue_.end(), later);
  while (!queue_.empty()) {
    const Place place = queue_.front();
    if (!bound.admits(place.size, place.first)) return true;  // nor any other
    std::pop_heap(queue_.begin(), queue_.end(), later);
    queue_.pop_back();
    if (place.height == 0) {
      const Leaf& leaf = leaves_[place.node];
      for (std::size_t i = 0; i < leaf.count; ++i) {
        const Point& point = leaf.points[i];
        if (!covers(point.lanes, needed) || !bound.admits(point.size, point.id)) continue;
        if (!visit(point)) return false;
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
  return true;
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
        if (covers(covering, leaf.points[i].lanes)) visit(leaf.points[i]);
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
