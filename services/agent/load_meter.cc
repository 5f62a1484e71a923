#include "agent/load_meter.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <sstream>

namespace bourse::agent {
namespace {

namespace fs = std::filesystem;

fs::path root_of(const MachineSources& sources) {
  return sources.root.empty() ? fs::path("/") : fs::path(sources.root);
}

// Sensors that are broken or not there say things like -128 or 0 kelvin.
constexpr std::int64_t kColdest = -60'000;  // thousandths of a degree
constexpr std::int64_t kHottest = 150'000;

void note_sensor(const fs::path& file, std::optional<std::int64_t>& hottest) {
  const auto value = number(read_some(file));
  if (!value || *value <= kColdest || *value >= kHottest) return;
  hottest = std::max(hottest.value_or(*value), *value);
}

// Files `<folder>/<prefix>*/<name of a sensor>`.
template <class IsSensor>
void note_sensors(const fs::path& folder, std::string_view prefix, const IsSensor& is_sensor,
                  std::optional<std::int64_t>& hottest) {
  std::error_code failure;
  for (fs::directory_iterator device(folder, failure), end; !failure && device != end; device.increment(failure)) {
    if (!device->path().filename().string().starts_with(prefix)) continue;
    std::error_code unreadable;
    for (fs::directory_iterator file(device->path(), unreadable); !unreadable && file != end;
         file.increment(unreadable)) {
      if (is_sensor(file->path().filename().string())) note_sensor(file->path(), hottest);
    }
  }
}

}  // namespace

LoadMeter::LoadMeter(MachineSources sources) : sources_(std::move(sources)), before_(read_cpu()) {}

domain::Load LoadMeter::measure() {
  return {
      .cpu = cpu(), .memory = memory(), .disk_free = free_bytes(sources_.storage_path), .temperature = temperature()};
}

// "cpu  user nice system idle iowait irq softirq steal guest guest_nice"; guests are in user and nice already. What a
// hypervisor steals is not there for us: busy.
std::optional<LoadMeter::CpuTime> LoadMeter::read_cpu() const {
  std::istringstream words(read_some(root_of(sources_) / "proc/stat"));
  std::string name;
  if (!(words >> name) || name != "cpu") return std::nullopt;
  constexpr std::size_t kColumns = 8;
  constexpr std::size_t kIdle = 3;
  constexpr std::size_t kWaiting = 4;
  CpuTime time;
  for (std::size_t column = 0; column < kColumns; ++column) {
    std::uint64_t ticks = 0;
    if (!(words >> ticks)) return column > kIdle ? std::optional(time) : std::nullopt;
    time.all += ticks;
    if (column != kIdle && column != kWaiting) time.busy += ticks;
  }
  return time;
}

std::optional<float> LoadMeter::cpu() {
  const auto now = read_cpu();
  const auto before = std::exchange(before_, now);
  if (!now || !before || now->all <= before->all) return std::nullopt;
  const auto busy = static_cast<float>(now->busy - std::min(before->busy, now->busy));
  return std::clamp(busy / static_cast<float>(now->all - before->all), 0.0F, 1.0F);
}

std::optional<float> LoadMeter::memory() const {
  const std::string meminfo = read_some(root_of(sources_) / "proc/meminfo");
  const auto total = number(field(meminfo, "MemTotal", ':'));
  const auto available = number(field(meminfo, "MemAvailable", ':'));
  if (!total || !available || *total <= 0) return std::nullopt;
  return std::clamp(1.0F - static_cast<float>(*available) / static_cast<float>(*total), 0.0F, 1.0F);
}

std::optional<float> LoadMeter::temperature() const {
  std::optional<std::int64_t> hottest;
  const fs::path root = root_of(sources_);
  note_sensors(
      root / "sys/class/thermal", "thermal_zone", [](const std::string& name) { return name == "temp"; }, hottest);
  note_sensors(
      root / "sys/class/hwmon", "hwmon",
      [](const std::string& name) { return name.starts_with("temp") && name.ends_with("_input"); }, hottest);
  if (!hottest) return std::nullopt;
  return static_cast<float>(*hottest) / 1000.0F;
}

// The link says what the clocks show; /etc/timezone is what some tool once wrote.
std::string machine_zone(const MachineSources& sources) {
  const fs::path root = root_of(sources);
  constexpr std::string_view kDatabase = "zoneinfo/";
  std::error_code failure;
  std::string name;
  const std::string target = fs::read_symlink(root / "etc/localtime", failure).string();
  if (const auto at = target.find(kDatabase); !failure && at != std::string::npos) {
    name = target.substr(at + kDatabase.size());
    for (const std::string_view other : {"posix/", "right/"}) {
      if (name.starts_with(other)) name.erase(0, other.size());
    }
  } else {
    name = trimmed(read_some(root / "etc/timezone"));
  }
  const bool plain = name.size() <= 64 && std::ranges::all_of(name, [](char c) {
                       return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
                              c == '_' || c == '-' || c == '+';
                     });
  return plain ? name : std::string();
}

}  // namespace bourse::agent
