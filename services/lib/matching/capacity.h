// Purpose: the amounts of offers that share a profile, one row each: what they have, what is free of it,
//   and how much of each device is free. Flat arrays, because a search reads all of them.
// Lifetime: part of a profile. Threads: the decider's only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "domain/resources.h"

namespace bourse::matching {

using Row = std::uint32_t;
using Amounts = std::span<const std::int64_t>;  // one per column; 0: none of it

class CapacityTable {
 public:
  // `gpu`: the column of the device resource, where there is one.
  CapacityTable(std::size_t columns, std::optional<std::size_t> gpu) : columns_(columns), gpu_(gpu) {}

  Row add(Amounts totals);
  // The last row moves into this one's place.
  void remove(Row row);
  [[nodiscard]] std::size_t rows() const { return rows_; }

  [[nodiscard]] Amounts total(Row row) const { return {&total_[row * columns_], columns_}; }
  [[nodiscard]] Amounts free(Row row) const { return {&free_[row * columns_], columns_}; }
  [[nodiscard]] bool untouched(Row row) const;  // nothing of it is in use
  [[nodiscard]] std::optional<std::size_t> gpu() const { return gpu_; }
  // Milli free of each device; empty without devices.
  [[nodiscard]] std::span<const std::uint16_t> devices(Row row) const {
    return gpu_ ? std::span<const std::uint16_t>(devices_[row].get(), device_count(row))
                : std::span<const std::uint16_t>();
  }

  // Whether the devices can give `gpu_milli`: whole numbers need that many wholly free devices, a part
  // needs one device with as much free.
  [[nodiscard]] bool devices_fit(Row row, std::int64_t gpu_milli) const;
  // Which devices give it; for a part the one with the least free that suffices, so that whole ones
  // stay whole. CHECKs devices_fit().
  [[nodiscard]] std::vector<domain::DeviceShare> choose_devices(Row row, std::int64_t gpu_milli) const;

  // False, and nothing changes, when something of it is not free or the devices do not add up to the gpu amount.
  [[nodiscard]] bool take(Row row, Amounts amounts, std::span<const domain::DeviceShare> devices);
  // The same for what is not in use.
  [[nodiscard]] bool give_back(Row row, Amounts amounts, std::span<const domain::DeviceShare> devices);

 private:
  using Devices = std::unique_ptr<std::uint16_t[]>;  // milli free of each

  [[nodiscard]] std::size_t device_count(Row row) const;
  // What every device's share adds up to; nothing when one is out of range, named twice or not of 1 to 1000 milli.
  [[nodiscard]] std::optional<std::int64_t> sum_of(Row row, std::span<const domain::DeviceShare> devices) const;

  std::size_t columns_;
  std::optional<std::size_t> gpu_;
  std::size_t rows_ = 0;
  std::vector<std::int64_t> total_;
  std::vector<std::int64_t> free_;
  std::vector<Devices> devices_;  // only where there is a gpu column
};

}  // namespace bourse::matching
