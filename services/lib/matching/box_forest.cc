#include "matching/box_forest.h"

#include <cmath>
#include <limits>
#include <new>
#include <utility>

#include "base/check.h"

namespace bourse::matching {
namespace {

// The bits of a byte, eight apart.
constexpr std::array<std::uint64_t, 256> spread_bytes() {
  std::array<std::uint64_t, 256> spread = {};
  for (std::size_t byte = 0; byte < spread.size(); ++byte) {
    for (unsigned bit = 0; bit < 8; ++bit) spread[byte] |= (std::uint64_t{byte} >> bit & 1) << (bit * kLanes);
  }
  return spread;
}
constexpr auto kSpread = spread_bytes();

Box nothing() {
  Box box;
  box.least.at.fill(std::numeric_limits<Lane>::max());
  box.size = std::numeric_limits<double>::infinity();
  box.first = std::numeric_limits<std::uint32_t>::max();
  return box;
}

void widen(Box& box, const Lanes& least, const Lanes& most, double size, std::uint32_t first) {
  lower(box.least, least);
  raise(box.most, most);
  box.size = std::min(box.size, size);
  box.first = std::min(box.first, first);
}

// Without the point its box may be smaller. A lane that is the same in all points stays as it is.
bool on_rim(const Box& box, const Point& point) {
  const Packed at = packed(point.lanes);
  const Packed least = packed(box.least);
  const Packed most = packed(box.most);
  const auto rim = std::bit_cast<std::array<std::uint64_t, 2>>(((at <= least) | (at >= most)) & (least != most));
  return (rim[0] | rim[1]) != 0 || point.size <= box.size || point.id <= box.first;
}

void widen(Box& box, const Point& point) { widen(box, point.lanes, point.lanes, point.size, point.id); }
void widen(Box& box, const Box& by) { widen(box, by.least, by.most, by.size, by.first); }

}  // namespace

BoxForest::Key BoxForest::key_of(const Point& point) {
  constexpr double kUnit = 1000;  // sizes below a thousandth are all alike
  Key key;
  key.about = to_lane(static_cast<std::int64_t>(std::clamp(point.size, 0.0, 1e15) * kUnit)) >> 6;
  for (std::size_t lane = 0; lane < kLanes; ++lane) key.curve |= kSpread[point.lanes.at[lane] >> 8] << (7 - lane);
  key.rest = std::uint64_t{std::bit_cast<std::uint32_t>(static_cast<float>(point.size))} << 32 | point.id;
  return key;
}

Box BoxForest::box_of(std::uint32_t node, std::uint8_t height) const {
  Box box = nothing();
  box.node = node;
  if (height == 0) {
    const Leaf& leaf = leaves_[node];
    for (std::size_t i = 0; i < leaf.count; ++i) widen(box, leaf.point(i));
  } else {
    const Inner& inner = *inners_[node];
    for (std::size_t i = 0; i < inner.count; ++i) widen(box, inner.boxes[i]);
  }
  return box;
}

// The last child that begins at or before the key.
std::size_t BoxForest::child_of(const Inner& inner, const Key& key) {
  std::size_t at = inner.count - 1;
  while (at > 0 && key < inner.lows[at]) --at;
  return at;
}

std::uint32_t BoxForest::new_leaf() {
  if (free_leaves_.empty()) {
    leaves_.emplace_back();
    return static_cast<std::uint32_t>(leaves_.size() - 1);
  }
  const std::uint32_t leaf = free_leaves_.back();
  free_leaves_.pop_back();
  return leaf;
}

std::uint32_t BoxForest::new_inner() {
  if (free_inners_.empty()) {
    static_assert(sizeof(Inner) <= MemoryBlocks::kMost && alignof(Inner) <= MemoryBlocks::kUnit);
    inners_.push_back(new (memory_.take(sizeof(Inner))) Inner());
    return static_cast<std::uint32_t>(inners_.size() - 1);
  }
  const std::uint32_t inner = free_inners_.back();
  free_inners_.pop_back();
  *inners_[inner] = {};
  return inner;
}

void BoxForest::Leaf::put(std::size_t at, const Point& point) const {
  lanes()[at] = point.lanes;
  rest()[at] = {static_cast<float>(point.size), point.id, point.profile};
}

void BoxForest::make_room(Leaf& leaf, std::size_t room) {
  Leaf larger{leaf.count, static_cast<std::uint16_t>(room), memory_.take(Leaf::bytes(room))};
  for (std::size_t i = 0; i < leaf.count; ++i) larger.put(i, leaf.point(i));
  if (leaf.memory != nullptr) memory_.give_back(leaf.memory, Leaf::bytes(leaf.room));
  leaf = larger;
}

void BoxForest::clear(Leaf& leaf) {
  if (leaf.memory != nullptr) memory_.give_back(leaf.memory, Leaf::bytes(leaf.room));
  leaf = {};
}

void BoxForest::push(Leaf& leaf, const Point& point) {
  // In small steps: most leaves stay about as full as they are.
  if (leaf.count == leaf.room) make_room(leaf, leaf.room < 4U ? leaf.room + 1U : leaf.room + 4U);
  leaf.put(leaf.count++, point);
}

// Rounded down: a search bounds by what it reads.
Point BoxForest::as_kept(Point point) {
  auto size = static_cast<float>(point.size);
  if (static_cast<double>(size) > point.size) size = std::nextafter(size, -std::numeric_limits<float>::infinity());
  point.size = size;
  return point;
}

void BoxForest::insert(Tree& tree, const Point& exact) {
  const Point point = as_kept(exact);
  const Key key = key_of(point);
  if (tree.count == 0) {
    tree.height = 0;
    tree.box = nothing();
    tree.box.node = new_leaf();
  }
  const Split split = insert(tree.box.node, tree.height, point, key);
  widen(tree.box, point);
  ++tree.count;
  if (!split.happened) return;
  const std::uint32_t root = new_inner();
  Inner& inner = *inners_[root];
  inner.boxes[0] = box_of(tree.box.node, tree.height);
  inner.boxes[1] = split.sibling.box;
  inner.lows[1] = split.sibling.low;
  inner.count = 2;
  ++tree.height;
  tree.box.node = root;
}

BoxForest::Split BoxForest::insert(std::uint32_t node, std::uint8_t height, const Point& point, const Key& key) {
  if (height == 0) {
    push(leaves_[node], point);
    return leaves_[node].count < kLeafSize ? Split{} : split_leaf(node);
  }
  Inner& inner = *inners_[node];
  const std::size_t at = child_of(inner, key);
  const auto below = static_cast<std::uint8_t>(height - 1);
  const Split split = insert(inner.boxes[at].node, below, point, key);
  if (!split.happened) {
    widen(inner.boxes[at], point);
    return {};
  }
  inner.boxes[at] = box_of(inner.boxes[at].node, below);
  return put_child(node, height, at + 1, split.sibling);
}

BoxForest::Split BoxForest::split_leaf(std::uint32_t node) {
  std::array<std::pair<Key, Point>, kLeafSize> sorted;
  const std::size_t count = leaves_[node].count;
  for (std::size_t i = 0; i < count; ++i) {
    const Point point = leaves_[node].point(i);
    sorted[i] = {key_of(point), point};
  }
  clear(leaves_[node]);
  std::sort(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(count),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  const std::uint32_t other = new_leaf();
  const std::size_t half = count / 2U;
  for (const auto& [leaf, first, last] : {std::tuple{node, std::size_t{0}, half}, {other, half, count}}) {
    make_room(leaves_[leaf], last - first);
    for (std::size_t i = first; i < last; ++i) push(leaves_[leaf], sorted[i].second);
  }
  return {true, {box_of(other, 0), sorted[half].first}};
}

BoxForest::Split BoxForest::put_child(std::uint32_t node, std::uint8_t height, std::size_t at, const Child& child) {
  Inner& inner = *inners_[node];
  const auto make_room = [&](auto& all) {
    std::copy_backward(all.begin() + at, all.begin() + inner.count, all.begin() + inner.count + 1);
  };
  make_room(inner.boxes);
  make_room(inner.lows);
  inner.boxes[at] = child.box;
  inner.lows[at] = child.low;
  if (++inner.count < kFanOut) return {};
  const std::uint32_t other = new_inner();
  Inner& right = *inners_[other];
  const std::uint32_t half = inner.count / 2;
  right.count = inner.count - half;
  std::copy_n(inner.boxes.begin() + half, right.count, right.boxes.begin());
  std::copy_n(inner.lows.begin() + half, right.count, right.lows.begin());
  inner.count = half;
  return {true, {box_of(other, height), right.lows[0]}};
}

void BoxForest::remove(Tree& tree, const Point& exact) {
  BOURSE_CHECK(tree.count > 0);
  const Point point = as_kept(exact);
  remove(tree.box.node, tree.height, point, key_of(point));
  --tree.count;
  while (tree.height > 0 && inners_[tree.box.node]->count == 1) {
    const std::uint32_t root = tree.box.node;
    tree.box.node = inners_[root]->boxes[0].node;
    free_inners_.push_back(root);
    --tree.height;
  }
  if (tree.count == 0) {
    clear(leaves_[tree.box.node]);
    free_leaves_.push_back(tree.box.node);
    tree = {};
    return;
  }
  if (on_rim(tree.box, point)) tree.box = box_of(tree.box.node, tree.height);
}

void BoxForest::remove(std::uint32_t node, std::uint8_t height, const Point& point, const Key& key) {
  if (height == 0) {
    Leaf& leaf = leaves_[node];
    std::size_t at = 0;
    while (at < leaf.count && leaf.rest()[at].id != point.id) ++at;
    BOURSE_CHECK(at < leaf.count);
    leaf.put(at, leaf.point(--leaf.count));
    return;
  }
  Inner& inner = *inners_[node];
  const std::size_t at = child_of(inner, key);
  const auto below = static_cast<std::uint8_t>(height - 1);
  Box& box = inner.boxes[at];
  remove(box.node, below, point, key);
  const std::size_t left = count_of(box.node, below);
  if (on_rim(box, point)) box = box_of(box.node, below);
  if (left < (below == 0 ? kLeafSize : kFanOut) / 4) join(inner, at, below);
}

std::size_t BoxForest::count_of(std::uint32_t node, std::uint8_t height) const {
  return height == 0 ? leaves_[node].count : inners_[node]->count;
}

// A child that has become small goes into its neighbour when there is room.
void BoxForest::join(Inner& inner, std::size_t at, std::uint8_t height) {
  if (inner.count < 2) return;
  const std::size_t first = at > 0 ? at - 1 : at;
  Box& left = inner.boxes[first];
  const Box& right = inner.boxes[first + 1];
  const std::size_t most = (height == 0 ? kLeafSize : kFanOut) * 3 / 4;
  if (count_of(left.node, height) + count_of(right.node, height) > most) return;
  if (height == 0) {
    Leaf& gone = leaves_[right.node];
    for (std::size_t i = 0; i < gone.count; ++i) push(leaves_[left.node], gone.point(i));
    clear(gone);
    free_leaves_.push_back(right.node);
  } else {
    Inner* const gone = inners_[right.node];
    gone->lows[0] = inner.lows[first + 1];
    Inner& stays = *inners_[left.node];
    std::copy_n(gone->boxes.begin(), gone->count, stays.boxes.begin() + stays.count);
    std::copy_n(gone->lows.begin(), gone->count, stays.lows.begin() + stays.count);
    stays.count += gone->count;
    free_inners_.push_back(right.node);
  }
  left = box_of(left.node, height);
  remove_child(inner, first + 1);
}

void BoxForest::remove_child(Inner& inner, std::size_t at) {
  const auto close_gap = [&](auto& all) {
    std::copy(all.begin() + at + 1, all.begin() + inner.count, all.begin() + at);
  };
  close_gap(inner.boxes);
  close_gap(inner.lows);
  --inner.count;
}

}  // namespace bourse::matching
