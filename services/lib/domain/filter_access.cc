#include "domain/filter_access.h"

#include <algorithm>

namespace bourse::domain {
namespace {

using Node = Filter::Node;
using Kind = Node::Kind;

// The best kind of atom first: how much each leaves out.
enum Rank : std::uint8_t { kByEquality, kByRange, kByPresence };

struct Access {
  std::vector<Path> paths;
  Rank rank = kByEquality;  // of the worst path
};
using MaybeAccess = std::optional<Access>;

MaybeAccess access(const Node& node, const Crowd& crowd);

Access single(Atom::Kind kind, const Node& node, Rank rank) { return {{Path{{kind, &node}}}, rank}; }

// The conjuncts of an AND, those of ANDs within it too.
struct Conjuncts {
  std::vector<const Node*> equalities;
  std::vector<const Node*> ranges;
  std::vector<Access> others;
};

void collect(const Node& conjunction, const Crowd& crowd, Conjuncts& to) {
  for (const auto& child : conjunction.children) {
    if (child.kind == Kind::kAnd) {
      collect(child, crowd, to);
    } else if (child.kind == Kind::kEqual) {
      to.equalities.push_back(&child);
    } else if (child.kind == Kind::kGreaterOrEqual || child.kind == Kind::kLessOrEqual) {
      to.ranges.push_back(&child);
    } else if (auto other = access(child, crowd)) {
      to.others.push_back(std::move(*other));
    }
  }
}

Atom range_atom(const Node& node) {
  return {node.kind == Kind::kGreaterOrEqual ? Atom::Kind::kAtLeast : Atom::Kind::kAtMost, &node};
}

// The least crowded equalities first: filters of a crowd then part by what they differ in.
Access by_equalities(std::vector<const Node*> equalities, const Crowd& crowd) {
  std::vector<std::pair<std::size_t, const Node*>> sized;
  for (const Node* const node : equalities) sized.emplace_back(crowd(*node), node);
  std::stable_sort(sized.begin(), sized.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  Path path;
  for (const auto& [size, node] : sized) {
    if (path.size() < kMaxEqual) path.push_back({Atom::Kind::kEqual, node});
  }
  return {{std::move(path)}, kByEquality};
}

MaybeAccess of_and(const Node& node, const Crowd& crowd) {
  Conjuncts conjuncts;
  collect(node, crowd, conjuncts);
  MaybeAccess best;
  if (!conjuncts.equalities.empty()) best = by_equalities(std::move(conjuncts.equalities), crowd);
  for (auto& other : conjuncts.others) {
    const bool better =
        !best || other.rank < best->rank || (other.rank == best->rank && other.paths.size() < best->paths.size());
    if (better) best = std::move(other);
  }
  if (conjuncts.ranges.empty()) return best;
  const Atom range = range_atom(*conjuncts.ranges.front());
  if (!best || best->rank > kByRange) return Access{{Path{range}}, kByRange};
  for (auto& path : best->paths) {
    if (path.back().kind == Atom::Kind::kEqual) path.push_back(range);
  }
  return best;
}

MaybeAccess of_or(const Node& node, const Crowd& crowd) {
  Access all;
  for (const auto& child : node.children) {
    auto one = access(child, crowd);
    if (!one) return std::nullopt;
    all.rank = std::max(all.rank, one->rank);
    std::move(one->paths.begin(), one->paths.end(), std::back_inserter(all.paths));
  }
  return all;
}

MaybeAccess access(const Node& node, const Crowd& crowd) {
  switch (node.kind) {
    case Kind::kAnd:
      return of_and(node, crowd);
    case Kind::kOr:
      return of_or(node, crowd);
    case Kind::kNot: {
      // A comparison is false, and its negation true, only of an attribute that is there.
      const Node& inner = node.children.front();
      const bool comparison = inner.children.empty() && inner.kind != Kind::kAnd && inner.kind != Kind::kOr;
      if (!comparison || inner.kind == Kind::kPresent) return std::nullopt;
      return single(Atom::Kind::kPresent, inner, kByPresence);
    }
    case Kind::kEqual:
      return single(Atom::Kind::kEqual, node, kByEquality);
    case Kind::kGreaterOrEqual:
    case Kind::kLessOrEqual:
      return Access{{Path{range_atom(node)}}, kByRange};
    case Kind::kApprox:
    case Kind::kPresent:
    case Kind::kSubstring:
      return single(Atom::Kind::kPresent, node, kByPresence);
  }
  BOURSE_CHECK(false && "a filter node of no kind");
  return std::nullopt;
}

}  // namespace

std::optional<std::vector<Path>> access_paths(const Filter& filter, const Crowd& crowd) {
  if (filter.empty()) return std::nullopt;
  auto found = access(*filter.root(), crowd);
  if (!found) return std::nullopt;
  return std::move(found->paths);
}

}  // namespace bourse::domain
