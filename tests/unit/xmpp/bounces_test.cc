#include "xmpp/bounces.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace bourse::xmpp {
namespace {

using namespace std::chrono_literals;

domain::Jid jid(const std::string& text) { return domain::Jid::parse(text).value(); }

struct Bounce {
  base::Duration at;
  const char* condition;
};

struct Case {
  std::string name;
  std::vector<Bounce> bounces;
  std::vector<std::size_t> given_up;  // at which of them
};

std::vector<Bounce> every(base::Duration step, std::size_t count, const char* condition) {
  std::vector<Bounce> bounces;
  for (std::size_t i = 0; i < count; ++i) bounces.push_back({step * static_cast<int>(i), condition});
  return bounces;
}

TEST(Bounces, Policy) {
  const Case cases[] = {
      {"three that say nobody is there", every(1s, 3, "item-not-found"), {2}},
      {"of each such kind", {{0s, "gone"}, {1s, "jid-malformed"}, {2s, "item-not-found"}}, {2}},
      {"too far apart", every(13h, 6, "gone"), {}},
      {"the last three within a day", {{0h, "gone"}, {23h, "gone"}, {25h, "gone"}, {26h, "gone"}}, {3}},
      {"a burst that may pass", every(1s, 1'000, "service-unavailable"), {}},
      {"one that goes on", every(4min, 30, "remote-server-timeout"), {19}},
      {"a condition nobody knows", every(4min, 20, "on-holiday"), {19}},
      {"soft ones are no hard ones", {{0s, "gone"}, {1s, "gone"}, {2s, "recipient-unavailable"}}, {}},
      {"what was on its way is not counted",
       {{0s, "gone"}, {1s, "gone"}, {2s, "gone"}, {3s, "gone"}, {4s, "gone"}, {5s, "gone"}, {6s, "gone"}},
       {2}},
      {"again after that",
       {{0s, "gone"}, {1s, "gone"}, {2s, "gone"}, {1h, "gone"}, {2h, "gone"}, {3h, "gone"}},
       {2, 5}},
      {"forgotten after a day", {{0h, "gone"}, {1h, "gone"}, {26h, "gone"}}, {}},
  };
  for (const auto& test : cases) {
    Bounces bounces{BouncePolicy{}};
    std::vector<std::size_t> given_up;
    const base::Timestamp start{1'000'000h};
    for (std::size_t i = 0; i < test.bounces.size(); ++i) {
      // Somebody else's have nothing to do with it.
      EXPECT_FALSE(bounces.count(jid("other" + std::to_string(i) + "@x"), "gone", start + test.bounces[i].at));
      if (bounces.count(jid("a@x"), test.bounces[i].condition, start + test.bounces[i].at)) given_up.push_back(i);
    }
    EXPECT_EQ(given_up, test.given_up) << test.name;
  }
}

TEST(Bounces, ZeroIsNever) {
  Bounces bounces{BouncePolicy{.hard = 0, .soft = 0}};
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(bounces.count(jid("a@x"), i % 2 == 0 ? "gone" : "service-unavailable", base::Timestamp{i * 1h}));
  }
}

TEST(Bounces, MemoryIsBounded) {
  Bounces bounces{BouncePolicy{}};
  const base::Timestamp now{1'000'000h};
  EXPECT_FALSE(bounces.count(jid("first@x"), "gone", now));
  EXPECT_FALSE(bounces.count(jid("recent@x"), "gone", now));
  for (std::size_t i = 0; i < Bounces::kMostRemembered + 10; ++i) {
    if (i == 100) {
      EXPECT_FALSE(bounces.count(jid("recent@x"), "gone", now));
    }
    EXPECT_FALSE(bounces.count(jid("u" + std::to_string(i) + "@x"), "gone", now));
    ASSERT_LE(bounces.size(), Bounces::kMostRemembered);
  }
  EXPECT_TRUE(bounces.count(jid("recent@x"), "gone", now)) << "the longest ago is forgotten first";
  EXPECT_FALSE(bounces.count(jid("first@x"), "gone", now));
  EXPECT_FALSE(bounces.count(jid("b@x"), "gone", now + 25h));
  EXPECT_EQ(bounces.size(), 1U) << "the others are more than a day old";
}

}  // namespace
}  // namespace bourse::xmpp
