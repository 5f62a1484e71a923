#include "matching/box_forest.h"

#include <limits>
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

void widen(Box& box, const Point& point) { widen(box, point.lanes, point.lanes, point.size, point.id); }
void widen(Box& box, const Box& by) { widen(box, by.least, by.most, by.size, by.first); }

}  // namespace

BoxForest::Key BoxForest::key_of(const Point& point) {
  constexpr double kUnit = 1000;  // sizes below a thousandth are all alike
  Key key;
  key.about = to_lane(static_cast<std::int64_t>(std::clamp(point.size, 0.0, 1e15) * kUnit)) >> 8;
  for (std::size_t lane = 0; lane < kLanes; ++lane) key.curve |= kSpread[point.lanes.at[lane] >> 8] << (7 - lane);
  key.rest = std::uint64_t{std::bit_cast<std::uint32_t>(static_cast<float>(point.size))} << 32 | point.id;
  return key;
}

Box BoxForest::box_of(std::uint32_t node, std::uint8_t height) const {
  Box box = nothing();
  box.node = node;
  if (height == 0) {
    const Leaf& leaf = leaves_[node];
    for (std::size_t i = 0; i < leaf.count; ++i) widen(box, leaf.points[i]);
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
    inners_.push_back(std::make_unique<Inner>());
    return static_cast<std::uint32_t>(inners_.size() - 1);
  }
  const std::uint32_t inner = free_inners_.back();
  free_inners_.pop_back();
  inners_[inner] = std::make_unique<Inner>();
  return inner;
}

void BoxForest::push(Leaf& leaf, const Point& point) {
  if (leaf.count == leaf.room) {  // in small steps: most leaves stay about as full as they are
    const auto room = static_cast<std::uint16_t>(leaf.room < 4 ? leaf.room + 1 : leaf.room + 4);
    std::unique_ptr<Point[]> points(new Point[room]);
    std::copy_n(leaf.points.get(), leaf.count, points.get());
    leaf.points = std::move(points);
    leaf.room = room;
  }
  leaf.points[leaf.count++] = point;
}

void BoxForest::insert(Tree& tree, const Point& point) {
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
  Leaf full = std::move(leaves_[node]);
  leaves_[node] = {};
  for (std::size_t i = 0; i < full.count; ++i) sorted[i] = {key_of(full.points[i]), full.points[i]};
  std::sort(sorted.begin(), sorted.begin() + full.count,
            [](const auto& a, const auto& b) { return a.first < b.first; });
  const std::uint32_t other = new_leaf();
  const std::size_t half = full.count / 2U;
  for (const auto& [leaf, first, last] :
       {std::tuple{node, std::size_t{0}, half}, {other, half, std::size_t{full.count}}}) {
    leaves_[leaf].room = static_cast<std::uint16_t>(last - first);
    leaves_[leaf].points.reset(new Point[last - first]);
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

void BoxForest::remove(Tree& tree, const Point& point) {
  BOURSE_CHECK(tree.count > 0);
  remove(tree.box.node, tree.height, point, key_of(point));
  --tree.count;
  while (tree.height > 0 && inners_[tree.box.node]->count == 1) {
    const std::uint32_t root = tree.box.node;
    tree.box.node = inners_[root]->boxes[0].node;
    inners_[root].reset();
    free_inners_.push_back(root);
    --tree.height;
  }
  if (tree.count == 0) {
    leaves_[tree.box.node] = {};
    free_leaves_.push_back(tree.box.node);
    tree = {};
    return;
  }
  tree.box = box_of(tree.box.node, tree.height);
}

void BoxForest::remove(std::uint32_t node, std::uint8_t height, const Point& point, const Key& key) {
  if (height == 0) {
    Leaf& leaf = leaves_[node];
    std::size_t at = 0;
    while (at < leaf.count && leaf.points[at].id != point.id) ++at;
    BOURSE_CHECK(at < leaf.count);
    leaf.points[at] = leaf.points[--leaf.count];
    return;
  }
  Inner& inner = *inners_[node];
  const std::size_t at = child_of(inner, key);
  const auto below = static_cast<std::uint8_t>(height - 1);
  Box& box = inner.boxes[at];
  remove(box.node, below, point, key);
  const std::size_t left = count_of(box.node, below);
  box = box_of(box.node, below);
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
    Leaf gone = std::exchange(leaves_[right.node], {});
    for (std::size_t i = 0; i < gone.count; ++i) push(leaves_[left.node], gone.points[i]);
    free_leaves_.push_back(right.node);
  } else {
    const std::unique_ptr<Inner> gone = std::move(inners_[right.node]);
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
