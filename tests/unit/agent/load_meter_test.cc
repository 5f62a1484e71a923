// What heartbeats say, from files of a machine that is not this one.
#include "agent/load_meter.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace bourse::agent {
namespace {

namespace fs = std::filesystem;

class LoadMeterTest : public testing::Test {
 protected:
  ~LoadMeterTest() override { fs::remove_all(root_); }

  void write(const std::string& name, const std::string& text) {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << text;
  }
  [[nodiscard]] MachineSources sources() const {
    MachineSources made;
    made.root = root_.string();
    made.storage_path = root_.string();
    return made;
  }

  const fs::path root_ = [] {
    auto path = fs::temp_directory_path() / ("bourse-load-" + std::to_string(::getpid()));
    fs::create_directories(path);
    return path;
  }();
};

TEST_F(LoadMeterTest, CpuIsMeasuredFromOneTimeToTheNext) {
  write("proc/stat", "cpu  100 0 100 700 100 0 0 0 50 0\ncpu0 1 1 1 1\n");
  LoadMeter meter(sources());
  EXPECT_FALSE(meter.measure().cpu.has_value()) << "no time has passed";
  write("proc/stat", "cpu  120 0 110 760 110 0 0 0 60 0\n");
  const auto load = meter.measure();
  ASSERT_TRUE(load.cpu.has_value());
  EXPECT_FLOAT_EQ(*load.cpu, 0.3F);  // 30 of 100; waiting for disks is idle
  write("proc/stat", "cpu  1 0 1 1 1 0 0 0\n");
  EXPECT_FALSE(meter.measure().cpu.has_value()) << "counters that went back";
  write("proc/stat", "garbage\n");
  EXPECT_FALSE(meter.measure().cpu.has_value());
}

TEST_F(LoadMeterTest, MemoryIsWhatIsNotAvailable) {
  write("proc/meminfo", "MemTotal:       1000 kB\nMemFree:         100 kB\nMemAvailable:    250 kB\n");
  LoadMeter meter(sources());
  EXPECT_FLOAT_EQ(meter.measure().memory.value(), 0.75F);
  write("proc/meminfo", "MemTotal:       1000 kB\n");
  EXPECT_FALSE(meter.measure().memory.has_value());
}

TEST_F(LoadMeterTest, TheHottestSensorCounts) {
  LoadMeter meter(sources());
  EXPECT_FALSE(meter.measure().temperature.has_value());
  write("sys/class/thermal/thermal_zone0/temp", "41000\n");
  write("sys/class/thermal/thermal_zone0/trip_point_0_temp", "105000\n");
  write("sys/class/thermal/cooling_device0/temp", "99000\n");
  write("sys/class/hwmon/hwmon2/temp1_input", "56500\n");
  write("sys/class/hwmon/hwmon2/temp1_crit", "100000\n");
  write("sys/class/hwmon/hwmon2/temp2_input", "-128000\n");
  write("sys/class/hwmon/hwmon3/temp1_input", "no\n");
  EXPECT_FLOAT_EQ(meter.measure().temperature.value(), 56.5F);
}

TEST_F(LoadMeterTest, DiskIsThatOfTheStorage) {
  EXPECT_GT(LoadMeter(sources()).measure().disk_free.value(), 0);
  auto nowhere = sources();
  nowhere.storage_path = (root_ / "nowhere").string();
  EXPECT_FALSE(LoadMeter(nowhere).measure().disk_free.has_value());
}

TEST_F(LoadMeterTest, TheZoneIsThatOfTheClocks) {
  EXPECT_EQ(machine_zone(sources()), "");
  write("etc/timezone", "America/New_York\n");
  EXPECT_EQ(machine_zone(sources()), "America/New_York");
  fs::create_symlink("../usr/share/zoneinfo/Europe/Berlin", root_ / "etc/localtime");
  EXPECT_EQ(machine_zone(sources()), "Europe/Berlin");
  fs::remove(root_ / "etc/localtime");
  fs::create_symlink("/usr/share/zoneinfo/posix/Asia/Kathmandu", root_ / "etc/localtime");
  EXPECT_EQ(machine_zone(sources()), "Asia/Kathmandu");
  fs::remove(root_ / "etc/localtime");
  write("etc/timezone", "<evil zone>\n");
  EXPECT_EQ(machine_zone(sources()), "");
}

TEST_F(LoadMeterTest, ThisMachineHasALoad) {
  LoadMeter meter(machine_sources("/"));
  const auto load = meter.measure();
  EXPECT_TRUE(load.memory.has_value());
  EXPECT_TRUE(load.disk_free.has_value());
}

}  // namespace
}  // namespace bourse::agent
