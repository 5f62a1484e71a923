// Purpose: how much a placement takes away from the requests still to come, so that what stays free stays of use.
//   A machine is worth the sum over the popular shapes of requests of share × √(how many of that shape it would hold).
//   A placement costs what the machine's worth falls by; the smallest cost is best. The root makes the last place for a
//   shape dearer than one of many, so shapes come to lie where they fit each other.
//   This is fragmentation gradient descent (Weng et al., USENIX ATC'23) with another measure: theirs counts idle
//   devices that are of no use to a shape, ours counts places, which also sees processors and memory run out before
//   devices.
//   Candidates may be a sample: the best of 32 that fit, drawn evenly, is nearly as good as the best of all (of the
//   fullest 32 it is not: those that look full are those that are stranded). Offers that are given whole, and requests
//   of nothing that other requests ask for, cost the same everywhere: rank equals by best fit.
// Lifetime: an Appraiser is made for one set of resources and one version of the mix; cheap to copy and to make.
// Threads: none; const after it was made.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "matching/capacity.h"
#include "matching/demand_mix.h"

namespace bourse::matching {

// Bit i: shapes()[i] of the mix could be placed there at all, by its constraint.
using ShapeMask = std::uint64_t;
inline constexpr ShapeMask kEveryShape = ~ShapeMask{0};

class Appraiser {
 public:
  // `columns`: names of the resources of the offers it is to look at, in the order of their amounts.
  Appraiser(const DemandMix& mix, std::span<const std::string_view> columns);

  // The mix's version it was made of.
  [[nodiscard]] std::uint64_t version() const { return version_; }

  // `free`: one amount per column. `devices`: milli free of each gpu; empty where there is no gpu column.
  [[nodiscard]] double worth(Amounts free, std::span<const std::uint16_t> devices,
                             ShapeMask serves = kEveryShape) const;

  struct Cost {
    double cost = 0;           // ≥ 0; smaller is better; comparable between offers whatever their columns
    std::uint16_t device = 0;  // which one to take a part of (0 < gpu_milli < 1000); of equals the tightest
  };
  // Of placing `needed` (one amount per column; the gpu column of it does not count) and `gpu_milli`, which fit: the
  // caller has looked. Whole devices are all alike: take any that are wholly free.
  [[nodiscard]] Cost cost(Amounts free, std::span<const std::uint16_t> devices, Amounts needed, std::int64_t gpu_milli,
                          ShapeMask serves = kEveryShape) const;

 private:
  // What shapes ask of devices: a part of one (part > 0), so many whole ones (whole > 0), or nothing.
  struct Size {
    std::uint32_t part = 0;
    std::uint32_t whole = 0;
    std::uint32_t inverse = 0;  // of part, in 2^-20

    [[nodiscard]] std::uint32_t parts_of(std::uint32_t milli) const { return (milli * inverse) >> 20; }
  };
  struct Row {  // a shape that offers with these columns can hold
    double share = 0;
    std::uint8_t bit = 0;
    std::uint8_t size = 0;  // sizes_[size]
  };
  static constexpr std::uint32_t kMostPlaces = 1023;  // more places of a shape than that count as that many
  using Places = std::array<std::uint32_t, DemandMix::kMostShapes + 1>;

  [[nodiscard]] std::uint8_t size_of(std::int64_t gpu_milli);
  // Of each row, by its amounts alone.
  void places_by_amounts(Amounts free, const std::int64_t* taken, Places& places) const;
  // Of each size, by the devices alone.
  void places_by_size(std::span<const std::uint16_t> devices, Places& places) const;
  // The same after that was taken of them.
  void take_parts(std::uint32_t milli, std::uint32_t part, std::uint32_t whole_devices, Places& places) const;
  void take_whole(std::uint32_t taken, std::uint32_t whole_devices, Places& places) const;

  std::uint64_t version_;
  std::vector<std::size_t> columns_;  // those that rows need anything of; devices are looked at by themselves
  std::vector<Row> rows_;
  std::vector<double> inverse_;  // of what each row needs of columns_[0], then of columns_[1], …; infinite: nothing
  std::vector<Size> sizes_;      // [0]: nothing
};

}  // namespace bourse::matching
