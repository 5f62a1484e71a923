// Purpose: what is asked for, as far as the requests so far tell: the popular shapes of requests and how often each
// comes.
//   Shapes that differ by little count as one; old requests count less with every new one.
// Lifetime: one a pool, fed by put_request. Threads: the decider's only. The same requests give the same mix.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "domain/resources.h"

namespace bourse::matching {

struct Shape {
  domain::Resources needs;  // of one grant; the latest of those that count as this shape
  std::string constraint;   // as learn() was given it
  double share = 0;         // of what is asked for; those of all shapes add up to 1
};

class DemandMix {
 public:
  static constexpr std::size_t kMostShapes = 64;  // one bit each in a ShapeMask (fragmentation.h)

  static constexpr std::size_t kMostCounted = 1024;  // shapes it remembers; the rare ones go first

  // A request for `count` grants arrived. `constraint`: the text of its <needs>, where the caller can tell which offers
  // fulfil it (ShapeMask); requests of unlike constraints are unlike shapes.
  void learn(const domain::Resources& needs, std::uint32_t count = 1, std::string_view constraint = {});

  // The most popular first, at most kMostShapes. Brought up to date now and then, not with every request.
  [[nodiscard]] const std::vector<Shape>& shapes() const { return shapes_; }
  // Counts the changes of shapes(): what was made of them is to be made anew.
  [[nodiscard]] std::uint64_t version() const { return version_; }

  [[nodiscard]] std::size_t counted() const { return seen_.size(); }

 private:
  struct Seen {
    Shape shape;
    double weight = 0;
  };

  void refresh();
  void forget_rare();

  std::unordered_map<std::string, Seen> seen_;
  std::vector<Shape> shapes_;
  std::uint64_t version_ = 0;
  std::uint64_t arrivals_ = 0;
  std::uint64_t next_refresh_ = 1;
  double weight_ = 1;  // of the next arrival: grows instead of all others shrinking
};

}  // namespace bourse::matching
