#include "matching/capacity.h"

#include <gtest/gtest.h>

#include <array>

namespace bourse::matching {
namespace {

using domain::DeviceShare;
using Shares = std::vector<DeviceShare>;

// One offer of 8 cpu and some gpus, with parts of its devices taken beforehand.
struct Devices {
  explicit Devices(std::int64_t gpus, const Shares& taken = {}) : table(2, 1) {
    row = table.add(std::array<std::int64_t, 2>{8000, gpus * 1000});
    for (const DeviceShare& share : taken) {
      EXPECT_TRUE(table.take(row, std::array<std::int64_t, 2>{0, share.milli}, Shares{share}));
    }
  }
  CapacityTable table;
  Row row = 0;
};

TEST(CapacityTest, ChoosesDevices) {
  struct Case {
    const char* name;
    std::int64_t gpus;
    Shares taken;
    std::int64_t wanted;
    bool fits;
    Shares chosen;
  };
  const Case cases[] = {
      {"no gpu wanted", 2, {}, 0, true, {}},
      {"one whole", 2, {}, 1000, true, {{0, 1000}}},
      {"all whole", 2, {}, 2000, true, {{0, 1000}, {1, 1000}}},
      {"more than there are", 2, {}, 3000, false, {}},
      {"a part", 2, {}, 500, true, {{0, 500}}},
      {"a part goes where least is free", 3, {{1, 300}, {2, 500}}, 500, true, {{2, 500}}},
      {"least free but sufficient", 3, {{1, 300}, {2, 600}}, 500, true, {{1, 500}}},
      {"an equal part goes to the lower index", 3, {{1, 500}, {2, 500}}, 500, true, {{1, 500}}},
      {"a part never spans devices", 2, {{0, 600}, {1, 600}}, 500, false, {}},
      {"whole ones only from wholly free ones", 2, {{0, 1}}, 1000, true, {{1, 1000}}},
      {"parts that add up are not a whole", 2, {{0, 500}, {1, 500}}, 1000, false, {}},
      {"one milli", 1, {{0, 999}}, 1, true, {{0, 1}}},
      {"more than one but not whole", 3, {}, 1500, false, {}},
      {"negative", 1, {}, -1, false, {}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const Devices devices(c.gpus, c.taken);
    EXPECT_EQ(devices.table.devices_fit(devices.row, c.wanted), c.fits);
    if (!c.fits) continue;
    EXPECT_EQ(devices.table.choose_devices(devices.row, c.wanted), c.chosen);
  }
}

TEST(CapacityTest, TakesOnlyWhatIsFree) {
  struct Case {
    const char* name;
    std::array<std::int64_t, 2> amounts;
    Shares devices;
    bool taken;
  };
  const Case cases[] = {
      {"all of it", {8000, 2000}, {{0, 1000}, {1, 1000}}, true},
      {"cpu alone", {8000, 0}, {}, true},
      {"a cpu too many", {8001, 0}, {}, false},
      {"negative cpu", {-1, 0}, {}, false},
      {"gpu without a device", {1000, 500}, {}, false},
      {"a device without gpu", {1000, 0}, {{0, 500}}, false},
      {"devices that do not add up", {1000, 600}, {{0, 500}}, false},
      {"a device that is not there", {1000, 500}, {{2, 500}}, false},
      {"a device twice", {1000, 1000}, {{0, 500}, {0, 500}}, false},
      {"more than a device", {1000, 1500}, {{0, 1500}}, false},
      {"nothing of a device", {1000, 500}, {{0, 500}, {1, 0}}, false},
      {"more devices than there are", {1000, 3}, {{0, 1}, {1, 1}, {2, 1}}, false},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    Devices devices(2);
    EXPECT_EQ(devices.table.take(devices.row, c.amounts, c.devices), c.taken);
    EXPECT_EQ(devices.table.untouched(devices.row), !c.taken);
  }
}

TEST(CapacityTest, RefusesADeviceInUse) {
  Devices devices(2, {{0, 600}});
  EXPECT_FALSE(devices.table.take(devices.row, std::array<std::int64_t, 2>{0, 500}, Shares{{0, 500}}));
  EXPECT_TRUE(devices.table.take(devices.row, std::array<std::int64_t, 2>{0, 400}, Shares{{0, 400}}));
  EXPECT_EQ(devices.table.free(devices.row)[1], 1000);
}

TEST(CapacityTest, TakesBackOnlyWhatIsInUse) {
  Devices devices(2, {{1, 600}});
  const std::array<std::int64_t, 2> part = {0, 600};
  EXPECT_FALSE(devices.table.give_back(devices.row, part, Shares{{0, 600}}));  // not that device
  EXPECT_FALSE(devices.table.give_back(devices.row, std::array<std::int64_t, 2>{1, 600}, Shares{{1, 600}}));
  EXPECT_TRUE(devices.table.give_back(devices.row, part, Shares{{1, 600}}));
  EXPECT_FALSE(devices.table.give_back(devices.row, part, Shares{{1, 600}}));
  EXPECT_TRUE(devices.table.untouched(devices.row));
}

TEST(CapacityTest, TheLastRowMovesIntoAGap) {
  CapacityTable table(2, 1);
  for (std::int64_t gpus : {1, 2, 3}) table.add(std::array<std::int64_t, 2>{gpus * 100, gpus * 1000});
  ASSERT_TRUE(table.take(2, std::array<std::int64_t, 2>{50, 250}, Shares{{2, 250}}));
  table.remove(0);
  ASSERT_EQ(table.rows(), 2U);
  EXPECT_EQ(table.total(0)[1], 3000);
  EXPECT_EQ(table.free(0)[0], 250);
  EXPECT_EQ(table.choose_devices(0, 700), (Shares{{2, 700}}));
  EXPECT_EQ(table.total(1)[1], 2000);
  table.remove(1);
  table.remove(0);
  EXPECT_EQ(table.rows(), 0U);
}

}  // namespace
}  // namespace bourse::matching
