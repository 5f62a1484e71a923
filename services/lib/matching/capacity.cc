#include "matching/capacity.h"

#include <algorithm>

#include "base/check.h"
#include "domain/offer.h"

namespace bourse::matching {

using domain::DeviceShare;
using domain::kMilli;

Row CapacityTable::add(Amounts totals) {
  BOURSE_CHECK(totals.size() == columns_);
  total_.insert(total_.end(), totals.begin(), totals.end());
  free_.insert(free_.end(), totals.begin(), totals.end());
  const Row row = static_cast<Row>(rows_++);
  if (gpu_) {
    BOURSE_CHECK(totals[*gpu_] % kMilli == 0 && totals[*gpu_] <= domain::kMaxDevices * kMilli);
    const std::size_t count = device_count(row);
    Devices devices(new std::uint16_t[count]);
    std::fill_n(devices.get(), count, static_cast<std::uint16_t>(kMilli));
    devices_.push_back(std::move(devices));
  }
  return row;
}

void CapacityTable::remove(Row row) {
  BOURSE_CHECK(row < rows_);
  const std::size_t last = rows_ - 1;
  if (row != last) {
    std::copy_n(&total_[last * columns_], columns_, &total_[row * columns_]);
    std::copy_n(&free_[last * columns_], columns_, &free_[row * columns_]);
    if (gpu_) devices_[row] = std::move(devices_[last]);
  }
  rows_ = last;
  total_.resize(rows_ * columns_);
  free_.resize(rows_ * columns_);
  if (gpu_) devices_.pop_back();
}

bool CapacityTable::untouched(Row row) const { return std::ranges::equal(free(row), total(row)); }

std::size_t CapacityTable::device_count(Row row) const {
  return static_cast<std::size_t>(total_[row * columns_ + *gpu_] / kMilli);
}

bool CapacityTable::devices_fit(Row row, std::int64_t gpu_milli) const {
  if (gpu_milli == 0) return true;
  if (!gpu_ || gpu_milli < 0) return false;
  const std::uint16_t* const free = devices_[row].get();
  const std::size_t count = device_count(row);
  if (gpu_milli < kMilli) return std::any_of(free, free + count, [&](std::uint16_t part) { return part >= gpu_milli; });
  return gpu_milli % kMilli == 0 && std::count(free, free + count, kMilli) >= gpu_milli / kMilli;
}

std::vector<DeviceShare> CapacityTable::choose_devices(Row row, std::int64_t gpu_milli) const {
  BOURSE_CHECK(devices_fit(row, gpu_milli));
  std::vector<DeviceShare> chosen;
  if (gpu_milli == 0) return chosen;
  const std::uint16_t* const free = devices_[row].get();
  const std::size_t count = device_count(row);
  if (gpu_milli < kMilli) {
    std::size_t least = count;
    for (std::size_t i = 0; i < count; ++i) {
      if (free[i] >= gpu_milli && (least == count || free[i] < free[least])) least = i;
    }
    chosen.push_back({static_cast<std::uint16_t>(least), gpu_milli});
    return chosen;
  }
  for (std::size_t i = 0; chosen.size() < static_cast<std::size_t>(gpu_milli / kMilli); ++i) {
    if (free[i] == kMilli) chosen.push_back({static_cast<std::uint16_t>(i), kMilli});
  }
  return chosen;
}

std::optional<std::int64_t> CapacityTable::sum_of(Row row, std::span<const DeviceShare> devices) const {
  if (devices.empty()) return 0;
  if (!gpu_ || devices.size() > device_count(row)) return std::nullopt;
  std::int64_t sum = 0;
  std::vector<bool> named(device_count(row));
  for (const DeviceShare& share : devices) {
    if (share.index >= named.size() || named[share.index] || share.milli < 1 || share.milli > kMilli) {
      return std::nullopt;
    }
    named[share.index] = true;
    sum += share.milli;
  }
  return sum;
}

bool CapacityTable::take(Row row, Amounts amounts, std::span<const DeviceShare> devices) {
  BOURSE_CHECK(row < rows_ && amounts.size() == columns_);
  std::int64_t* const free = &free_[row * columns_];
  for (std::size_t c = 0; c < columns_; ++c) {
    if (amounts[c] < 0 || amounts[c] > free[c]) return false;
  }
  if (sum_of(row, devices) != (gpu_ ? amounts[*gpu_] : 0)) return false;
  const auto is_free = [&](const DeviceShare& share) { return devices_[row][share.index] >= share.milli; };
  if (!std::ranges::all_of(devices, is_free)) return false;

  for (std::size_t c = 0; c < columns_; ++c) free[c] -= amounts[c];
  for (const DeviceShare& share : devices) {
    std::uint16_t& part = devices_[row][share.index];
    part = static_cast<std::uint16_t>(part - share.milli);
  }
  return true;
}

bool CapacityTable::give_back(Row row, Amounts amounts, std::span<const DeviceShare> devices) {
  BOURSE_CHECK(row < rows_ && amounts.size() == columns_);
  std::int64_t* const free = &free_[row * columns_];
  const Amounts totals = total(row);
  for (std::size_t c = 0; c < columns_; ++c) {
    if (amounts[c] < 0 || amounts[c] > totals[c] - free[c]) return false;
  }
  if (sum_of(row, devices) != (gpu_ ? amounts[*gpu_] : 0)) return false;
  const auto in_use = [&](const DeviceShare& share) { return devices_[row][share.index] + share.milli <= kMilli; };
  if (!std::ranges::all_of(devices, in_use)) return false;

  for (std::size_t c = 0; c < columns_; ++c) free[c] += amounts[c];
  for (const DeviceShare& share : devices) {
    std::uint16_t& part = devices_[row][share.index];
    part = static_cast<std::uint16_t>(part + share.milli);
  }
  return true;
}

}  // namespace bourse::matching
