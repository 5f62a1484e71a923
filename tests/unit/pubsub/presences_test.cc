#include "pubsub/presences.h"

#include <gtest/gtest.h>

#include "pubsub/rows.h"

namespace bourse::pubsub {
namespace {

domain::Jid jid(const char* text) { return domain::Jid::parse(text).value(); }
constexpr auto kAway = static_cast<std::uint8_t>(Show::kAway);
constexpr auto kOnline = static_cast<std::uint8_t>(Show::kOnline);

TEST(Presences, SessionsComeChangeAndGo) {
  Presences presences;
  EXPECT_FALSE(presences.is_there(jid("ann@a.example")));
  EXPECT_TRUE(presences.set(jid("ann@a.example/desk"), Show::kOnline));
  EXPECT_FALSE(presences.set(jid("ann@a.example/desk"), Show::kAway));
  EXPECT_TRUE(presences.set(jid("ann@a.example/phone"), Show::kOnline));
  EXPECT_EQ(presences.size(), 2U);

  EXPECT_TRUE(presences.is_there(jid("ann@a.example")));
  EXPECT_TRUE(presences.is_there(jid("ann@a.example/desk")));
  EXPECT_FALSE(presences.is_there(jid("ann@a.example/elsewhere")));
  EXPECT_FALSE(presences.is_there(jid("bob@a.example")));

  EXPECT_TRUE(presences.is_there(jid("ann@a.example/desk"), kAway));
  EXPECT_FALSE(presences.is_there(jid("ann@a.example/desk"), kOnline));
  EXPECT_TRUE(presences.is_there(jid("ann@a.example"), kOnline));
  EXPECT_TRUE(presences.is_there(jid("ann@a.example/desk"), kOnline | kAway));
  EXPECT_FALSE(presences.is_there(jid("ann@a.example"), static_cast<std::uint8_t>(Show::kDnd)));

  presences.erase(jid("ann@a.example/phone"));
  presences.erase(jid("ann@a.example/phone"));
  presences.erase(jid("bob@a.example/phone"));
  EXPECT_EQ(presences.size(), 1U);
  EXPECT_FALSE(presences.is_there(jid("ann@a.example"), kOnline));
  presences.erase(jid("ann@a.example/desk"));
  EXPECT_EQ(presences.size(), 0U);
  EXPECT_FALSE(presences.is_there(jid("ann@a.example")));
}

TEST(SubscriptionState, NamesAreThoseOfTheSpecification) {
  constexpr std::pair<SubscriptionState, std::string_view> kNames[] = {
      {SubscriptionState::kNone, "none"},
      {SubscriptionState::kPending, "pending"},
      {SubscriptionState::kUnconfigured, "unconfigured"},
      {SubscriptionState::kSubscribed, "subscribed"}};
  for (const auto& [state, text] : kNames) {
    EXPECT_EQ(to_text(state), text);
    EXPECT_EQ(subscription_state_from(text), state);
  }
  EXPECT_EQ(subscription_state_from("Subscribed"), std::nullopt);
  EXPECT_EQ(subscription_state_from(""), std::nullopt);
}

}  // namespace
}  // namespace bourse::pubsub
