#include "domain/resources.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace bourse::domain {
namespace {

TEST(Resources, AreSortedWhateverTheOrder) {
  Resources a;
  ASSERT_TRUE(a.add("memory", 1).ok());
  ASSERT_TRUE(a.add("cpu", 2000).ok());
  ASSERT_TRUE(a.add("gpu", 3000).ok());
  Resources b;
  ASSERT_TRUE(b.add("gpu", 3000).ok());
  ASSERT_TRUE(b.add("memory", 1).ok());
  ASSERT_TRUE(b.add("cpu", 2000).ok());
  EXPECT_EQ(a, b);
  EXPECT_EQ(a.entries().front().name, "cpu");
  EXPECT_EQ(a.amount("memory"), 1);
  EXPECT_EQ(a.gpu_milli(), 3000);
  EXPECT_EQ(a.amount("disk"), 0);
  EXPECT_FALSE(a.empty());
  EXPECT_TRUE(Resources().empty());
}

TEST(Resources, AcceptQualifiedNames) {
  const std::vector<std::string> good = {"cpu",
                                         "a",
                                         "hugepages-2Mi",
                                         "nvidia.com/gpu",
                                         "X_1.y-Z",
                                         std::string(63, 'a'),
                                         std::string(253, 'd') + "/" + std::string(63, 'a')};
  for (const auto& name : good) {
    Resources resources;
    EXPECT_TRUE(resources.add(name, 1).ok()) << name;
  }
}

TEST(Resources, RefuseBadEntries) {
  struct Case {
    std::string name;
    std::int64_t amount;
  };
  const std::vector<Case> cases = {
      {"", 1},
      {"-a", 1},
      {"a-", 1},
      {"a b", 1},
      {"a/b/c", 1},
      {"/a", 1},
      {"a/", 1},
      {"é", 1},
      {"a_b/c", 1},
      {"a\n", 1},
      {std::string(64, 'a'), 1},
      {std::string(254, 'd') + "/a", 1},
      {"cpu", 0},
      {"cpu", -1},
      {"there", 1},
  };
  for (const auto& test : cases) {
    Resources resources;
    ASSERT_TRUE(resources.add("there", 5).ok());
    const auto status = resources.add(test.name, test.amount);
    ASSERT_FALSE(status.ok()) << test.name;
    EXPECT_EQ(status.error().code, base::Errc::kInvalidPayload) << test.name;
    EXPECT_EQ(resources.entries().size(), 1U) << test.name;
    EXPECT_EQ(resources.amount("there"), 5) << test.name;
  }
}

TEST(Resources, Increase) {
  Resources resources;
  ASSERT_TRUE(resources.add("cpu", 1000).ok());
  resources.increase("cpu", 500);
  resources.increase("a", 7);
  EXPECT_EQ(resources.amount("cpu"), 1500);
  EXPECT_EQ(resources.amount("a"), 7);
  EXPECT_EQ(resources.entries().front().name, "a");
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  resources.increase("a", kMost - 7);
  EXPECT_EQ(resources.amount("a"), kMost);
  resources.increase("a", kMost);
  EXPECT_EQ(resources.amount("a"), kMost);
}

TEST(CountsBytes, Table) {
  for (const char* name : {"memory", "storage", "ephemeral-storage", "hugepages-1Gi"}) EXPECT_TRUE(counts_bytes(name));
  for (const char* name : {"cpu", "gpu", "Memory", "memory2", "hugepages"}) EXPECT_FALSE(counts_bytes(name)) << name;
}

}  // namespace
}  // namespace bourse::domain
