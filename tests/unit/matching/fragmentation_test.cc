#include "matching/fragmentation.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <string>

#include "domain/jid.h"
#include "unit/matching/market_builder.h"

namespace bourse::matching {
namespace {

using domain::kMilli;
using testing::Quantities;
using testing::resources;

constexpr std::array<std::string_view, 3> kColumns = {"cpu", "gpu", "memory"};
using Devices = std::vector<std::uint16_t>;

// A mix in which every one of these has the same share, all but for what fades between two requests.
DemandMix mix_of(const std::vector<Quantities>& shapes) {
  DemandMix mix;
  for (std::size_t i = 0; i < 64; ++i) {
    for (const Quantities& shape : shapes) mix.learn(resources(shape));
  }
  return mix;
}

struct Machine {
  std::vector<std::int64_t> free;  // cpu in milli, gpu in milli, memory in bytes
  Devices devices;
};

Machine machine(std::int64_t cpu, const Devices& devices, std::int64_t memory = std::int64_t{1} << 40) {
  std::int64_t gpu = 0;
  for (const std::uint16_t milli : devices) gpu += milli;
  return {{cpu * kMilli, gpu, memory}, devices};
}

TEST(FragmentationTest, WorthIsTheRootOfPlaces) {
  struct Case {
    const char* name;
    Quantities shape;
    Machine machine;
    double places;
  };
  const std::int64_t gi = std::int64_t{1} << 30;
  const Case cases[] = {
      {"by cpu", {{"cpu", "2"}}, machine(9, {}), 4},
      {"an exact multiple", {{"cpu", "3"}}, machine(9, {}), 3},
      {"one that 1/49 × 49 misses", {{"cpu", "49m"}}, {{49, 0, 0}, {}}, 1},
      {"none left", {{"cpu", "3"}}, machine(2, {}), 0},
      {"by memory", {{"cpu", "1"}, {"memory", "4Gi"}}, machine(64, {}, 12 * gi), 3},
      {"whole devices", {{"gpu", "1"}}, machine(64, {1000, 999, 1000}), 2},
      {"several whole devices", {{"gpu", "2"}}, machine(64, {1000, 1000, 1000, 1000, 1000}), 2},
      {"parts, device by device", {{"gpu", "0.3"}}, machine(64, {1000, 599, 600}), 3 + 1 + 2},
      {"parts that divide evenly", {{"gpu", "0.25"}}, machine(64, {1000, 750}), 4 + 3},
      {"the smallest parts", {{"gpu", "0.001"}}, machine(64, {7}), 7},
      {"the largest parts", {{"gpu", "0.999"}}, machine(64, {1000, 998}), 1},
      {"devices enough, cpu not", {{"cpu", "8"}, {"gpu", "0.1"}}, machine(17, {1000}), 2},
      {"no devices", {{"gpu", "0.1"}}, machine(64, {}), 0},
      {"a resource it does not have", {{"fpga", "1"}}, machine(64, {1000}), 0},
      {"more than are told apart", {{"cpu", "1m"}}, machine(64, {}), 1023},
      {"nothing free of what is not needed", {{"gpu", "1"}}, {{0, 1000, 0}, {1000}}, 1},
  };
  for (const Case& c : cases) {
    const DemandMix mix = mix_of({c.shape});
    const Appraiser appraiser(mix, kColumns);
    EXPECT_NEAR(appraiser.worth(c.machine.free, c.machine.devices), std::sqrt(c.places), 1e-12) << c.name;
  }
}

TEST(FragmentationTest, CostByHand) {
  struct Case {
    const char* name;
    std::vector<Quantities> shapes;
    Machine machine;
    std::vector<std::int64_t> needed;
    double cost;
    std::uint16_t device;
  };
  const double r2 = std::sqrt(2);
  const Case cases[] = {
      {"the last place", {{{"cpu", "4"}}}, machine(4, {}), {1000, 0, 0}, 1, 0},
      {"one place of four", {{{"cpu", "4"}}}, machine(16, {}), {1000, 0, 0}, 2 - std::sqrt(3), 0},
      {"what was of no use anyway", {{{"cpu", "4"}}}, machine(6, {}), {2000, 0, 0}, 0, 0},
      {"cpu beside an idle device", {{{"cpu", "8"}, {"gpu", "1"}}}, machine(8, {1000}), {1000, 0, 0}, 1, 0},
      {"cpu beside a busy one", {{{"cpu", "8"}, {"gpu", "1"}}}, machine(8, {0}), {1000, 0, 0}, 0, 0},
      {"a whole device", {{{"gpu", "1"}}}, machine(8, {1000, 1000}), {0, 1000, 0}, r2 - 1, 0},
      {"a part of the broken one", {{{"gpu", "1"}}}, machine(8, {1000, 500}), {0, 400, 0}, 0, 1},
      {"the part that fits in none but the whole", {{{"gpu", "1"}}}, machine(8, {1000, 300}), {0, 400, 0}, 1, 0},
      // 0.7 + 0.3: two places for 0.3 go from the whole device, none from the one of 0.8, though that is tighter.
      {"where the rest is of use", {{{"gpu", "0.3"}}}, machine(8, {900, 800}), {0, 200, 0}, 0, 1},
      {"not always the tightest", {{{"gpu", "0.4"}}}, machine(8, {500, 400}), {0, 100, 0}, 0, 0},
      {"not the second either", {{{"gpu", "0.4"}}}, machine(8, {790, 450, 400}), {0, 100, 0}, 0, 0},
      {"of equals the first", {{{"gpu", "1"}}}, machine(8, {0, 500, 500}), {0, 400, 0}, 0, 1},
      {"halves of two shapes", {{{"cpu", "1"}}, {{"gpu", "1"}}}, machine(1, {1000}), {1000, 0, 0}, 0.5, 0},
  };
  for (const Case& c : cases) {
    const DemandMix mix = mix_of(c.shapes);
    const Appraiser appraiser(mix, kColumns);
    const auto cost = appraiser.cost(c.machine.free, c.machine.devices, c.needed, c.needed[1]);
    EXPECT_NEAR(cost.cost, c.cost, 1e-2) << c.name;
    EXPECT_EQ(cost.device, c.device) << c.name;
  }
}

TEST(FragmentationTest, AnEmptyMixSaysNothing) {
  const DemandMix mix;
  const Appraiser appraiser(mix, kColumns);
  const Machine idle = machine(8, {1000});
  EXPECT_EQ(appraiser.worth(idle.free, idle.devices), 0);
  EXPECT_EQ(appraiser.cost(idle.free, idle.devices, idle.free, 500).cost, 0);
}

TEST(FragmentationTest, ShapesThatMayNotBeThereCountNothing) {
  const DemandMix mix = mix_of({{{"cpu", "1"}}, {{"gpu", "1"}}});
  const Appraiser appraiser(mix, kColumns);
  const Machine idle = machine(4, {1000});
  const double all = appraiser.worth(idle.free, idle.devices);
  const double first = appraiser.worth(idle.free, idle.devices, 1);
  const double second = appraiser.worth(idle.free, idle.devices, 2);
  EXPECT_GT(first, 0);
  EXPECT_GT(second, 0);
  EXPECT_DOUBLE_EQ(first + second, all);
  EXPECT_EQ(appraiser.worth(idle.free, idle.devices, 0), 0);
  EXPECT_EQ(appraiser.cost(idle.free, idle.devices, idle.free, 0, 0).cost, 0);
}

TEST(FragmentationTest, ColumnsInAnyOrderAndWithoutDevices) {
  const DemandMix mix = mix_of({{{"cpu", "2"}, {"service/blast", "1"}}});
  constexpr std::array<std::string_view, 3> kOrder = {"service/blast", "memory", "cpu"};
  const Appraiser appraiser(mix, kOrder);
  const std::vector<std::int64_t> free = {9'000, 0, 8'000};
  EXPECT_DOUBLE_EQ(appraiser.worth(free, {}), 2);
  const std::vector<std::int64_t> needed = {1'000, 0, 2'000};
  EXPECT_DOUBLE_EQ(appraiser.cost(free, {}, needed, 0).cost, 2 - std::sqrt(3));
}

TEST(FragmentationTest, VersionsFollowTheMix) {
  DemandMix mix = mix_of({{{"cpu", "2"}}});
  const Appraiser appraiser(mix, kColumns);
  EXPECT_EQ(appraiser.version(), mix.version());
  for (int i = 0; i < 2048; ++i) mix.learn(resources({{"cpu", "2"}}));
  EXPECT_NE(appraiser.version(), mix.version());
}

TEST(FragmentationTest, AThousandDevices) {
  const DemandMix mix = mix_of({{{"gpu", "0.5"}}});
  const Appraiser appraiser(mix, kColumns);
  Devices devices(1024);
  for (std::size_t d = 0; d < devices.size(); ++d) devices[d] = static_cast<std::uint16_t>(1000 - d % 1000);
  const Machine many = machine(64, devices);
  const auto cost = appraiser.cost(many.free, many.devices, std::vector<std::int64_t>{0, 100, 0}, 100);
  EXPECT_EQ(cost.cost, 0);
  EXPECT_EQ(devices[cost.device], 100);  // the tightest
  const Devices idle(1024, 1000);
  EXPECT_NEAR(appraiser.worth(machine(1024, idle).free, idle), std::sqrt(1023), 1e-9);
}

// Properties
// ---------------------------------------------------------------------------------------------------------------

std::int64_t places(const Shape& shape, const Machine& machine) {
  std::int64_t most = 1023;
  const std::int64_t cpu = shape.needs.amount("cpu");
  const std::int64_t memory = shape.needs.amount("memory");
  const std::int64_t gpu = shape.needs.gpu_milli();
  if (cpu > 0) most = std::min(most, machine.free[0] / cpu);
  if (memory > 0) most = std::min(most, machine.free[2] / memory);
  std::int64_t by_devices = 0;
  std::int64_t whole = 0;
  for (const std::int64_t milli : machine.devices) {
    whole += milli == kMilli ? 1 : 0;
    by_devices += gpu > 0 ? milli / gpu : 0;
  }
  if (gpu >= kMilli) by_devices = whole / (gpu / kMilli);
  return gpu > 0 ? std::min(most, by_devices) : most;
}

double worth_by_hand(const DemandMix& mix, const Machine& machine) {
  double sum = 0;
  for (const Shape& shape : mix.shapes()) {
    sum += shape.share * std::sqrt(static_cast<double>(places(shape, machine)));
  }
  return sum;
}

std::vector<std::int64_t> any_needs() {
  const auto gpu = *rc::gen::oneOf(rc::gen::just<std::int64_t>(0), rc::gen::inRange<std::int64_t>(1, 1000),
                                   rc::gen::map(rc::gen::inRange<std::int64_t>(1, 5), [](auto n) { return n * 1000; }));
  return {*rc::gen::inRange<std::int64_t>(0, 40'000), gpu, *rc::gen::inRange<std::int64_t>(0, std::int64_t{1} << 38)};
}

domain::Resources as_resources(const std::vector<std::int64_t>& amounts) {
  domain::Resources result;
  for (std::size_t c = 0; c < kColumns.size(); ++c) {
    if (amounts[c] > 0) RC_ASSERT(result.add(kColumns[c], amounts[c]).ok());
  }
  return result;
}

DemandMix any_mix() {
  DemandMix mix;
  std::vector<domain::Resources> shapes;
  for (int n = *rc::gen::inRange(1, 100); n > 0; --n) shapes.push_back(as_resources(any_needs()));
  for (int n = *rc::gen::inRange(1, 300); n > 0; --n) {
    mix.learn(shapes[*rc::gen::inRange<std::size_t>(0, shapes.size())]);
  }
  return mix;
}

Machine any_machine() {
  const auto part = rc::gen::oneOf(rc::gen::just<std::uint16_t>(1000), rc::gen::inRange<std::uint16_t>(0, 1001));
  Machine made = machine(0, *rc::gen::resize(8, rc::gen::container<Devices>(part)));
  made.free[0] = *rc::gen::inRange<std::int64_t>(0, 200'000);
  made.free[2] = *rc::gen::inRange<std::int64_t>(0, std::int64_t{1} << 40);
  return made;
}

// Where `needed` can be taken of; for a part every device that has it, otherwise one way to take whole ones.
std::vector<Machine> after(const Machine& machine, const std::vector<std::int64_t>& needed) {
  if (needed[0] > machine.free[0] || needed[2] > machine.free[2]) return {};
  Machine left = machine;
  for (std::size_t c = 0; c < needed.size(); ++c) left.free[c] -= needed[c];
  std::vector<Machine> ways;
  if (needed[1] > 0 && needed[1] < kMilli) {
    for (std::size_t d = 0; d < machine.devices.size(); ++d) {
      if (machine.devices[d] < needed[1]) continue;
      ways.push_back(left);
      ways.back().devices[d] = static_cast<std::uint16_t>(machine.devices[d] - needed[1]);
    }
    return ways;
  }
  std::int64_t whole = needed[1] / kMilli;
  for (std::uint16_t& milli : left.devices) {
    if (whole > 0 && milli == kMilli) {
      milli = 0;
      --whole;
    }
  }
  if (whole == 0) ways.push_back(left);
  return ways;
}

RC_GTEST_PROP(FragmentationProperty, CostIsTheWorthThatGoesOnTheBestDevice, ()) {
  const DemandMix mix = any_mix();
  const Appraiser appraiser(mix, kColumns);
  const Machine machine = any_machine();
  const double before = worth_by_hand(mix, machine);
  RC_ASSERT(std::abs(appraiser.worth(machine.free, machine.devices) - before) < 1e-9);

  const auto needed = any_needs();
  const auto ways = after(machine, needed);
  RC_PRE(!ways.empty());
  const auto found = appraiser.cost(machine.free, machine.devices, needed, needed[1]);
  double least = before;
  for (const Machine& way : ways) least = std::min(least, before - worth_by_hand(mix, way));
  RC_ASSERT(found.cost >= -1e-9);
  RC_ASSERT(std::abs(found.cost - least) < 1e-9);
  RC_ASSERT(found.cost <= before + 1e-9);
  if (needed[1] > 0 && needed[1] < kMilli) {
    Machine chosen = machine;
    RC_ASSERT(chosen.devices.at(found.device) >= needed[1]);
    chosen.devices[found.device] = static_cast<std::uint16_t>(chosen.devices[found.device] - needed[1]);
    chosen.free[0] -= needed[0];
    chosen.free[2] -= needed[2];
    RC_ASSERT(std::abs(before - worth_by_hand(mix, chosen) - least) < 1e-9);
  }
}

// Taking more never costs less; taking all that any shape could use costs all there was.
RC_GTEST_PROP(FragmentationProperty, TheMoreItTakesTheMoreItCosts, ()) {
  const DemandMix mix = any_mix();
  const Appraiser appraiser(mix, kColumns);
  const Machine machine = any_machine();
  std::vector<std::int64_t> needed = {*rc::gen::inRange<std::int64_t>(0, machine.free[0] + 1), 0,
                                      *rc::gen::inRange<std::int64_t>(0, machine.free[2] + 1)};
  const double less = appraiser.cost(machine.free, machine.devices, needed, 0).cost;
  needed[0] = *rc::gen::inRange<std::int64_t>(needed[0], machine.free[0] + 1);
  const double more = appraiser.cost(machine.free, machine.devices, needed, 0).cost;
  RC_ASSERT(more >= less - 1e-12);

  Machine bare = machine;
  bare.free[0] = 0;
  bare.free[2] = 0;
  const double all = appraiser.cost(machine.free, machine.devices, {{machine.free[0], 0, machine.free[2]}}, 0).cost;
  RC_ASSERT(std::abs(all - (worth_by_hand(mix, machine) - worth_by_hand(mix, bare))) < 1e-9);
}

}  // namespace
}  // namespace bourse::matching
