#include "pubsub/subscription_options.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "domain/date_time.h"

namespace bourse::pubsub {
namespace {

using base::Errc;
using Values = std::vector<std::string>;

const base::Timestamp kNow = domain::parse_date_time("2026-11-22T12:00:00Z").value();
const OptionScope kPlain{};
const OptionScope kCollection{.collection = true};
const OptionScope kOffers{.offers = true};

domain::Filter filter(std::string_view text) { return domain::Filter::parse(text).value(); }

TEST(SubscriptionOptions, WhatIsAccepted) {
  struct Case {
    OptionScope scope;
    FormValues form;
    SubscriptionOptions expected;
  };
  const std::vector<Case> cases = {
      {kPlain, {}, {}},
      {kPlain, {{"pubsub#deliver", {"0"}}}, {.deliver = false}},
      {kPlain, {{"pubsub#deliver", {"true"}}}, {}},
      {kPlain, {{"pubsub#digest", {"0"}}, {"pubsub#digest_frequency", {"5000"}}}, {}},
      {kPlain, {{"pubsub#include_body", {"1"}}}, {.include_body = true}},
      {kPlain, {{"pubsub#show-values", {"online"}}}, {.show_values = 1}},
      {kPlain, {{"pubsub#show-values", {"away", "chat", "dnd", "online", "xa"}}}, {.show_values = 31}},
      {kPlain, {{"pubsub#show-values", {}}}, {}},
      {kPlain,
       {{"pubsub#expire", {"2026-11-22T13:00:00+00:30"}}},
       {.expire = domain::parse_date_time("2026-11-22T12:30:00Z")}},
      {kPlain, {{"pubsub#expire", {""}}}, {}},
      {kPlain, {{"pubsub#expire", {}}}, {}},
      {kCollection, {{"pubsub#subscription_type", {"nodes"}}}, {.type = SubscriptionType::kNodes}},
      {kCollection, {{"pubsub#subscription_type", {"all"}}}, {.type = SubscriptionType::kAll}},
      {kCollection, {{"pubsub#subscription_depth", {"all"}}}, {.depth = SubscriptionOptions::kAllDepths}},
      {kCollection, {{"pubsub#subscription_depth", {"0"}}}, {.depth = 0}},
      {kOffers, {{kFilterField, {"(gpu.model=T4)"}}}, {.filter = filter("(gpu.model=T4)")}},
      {kOffers, {{kFilterField, {" "}}}, {}},
  };
  for (const auto& test : cases) {
    const auto options = apply({}, test.form, test.scope, kNow);
    ASSERT_TRUE(options.ok()) << options.error().text;
    EXPECT_EQ(*options, test.expected) << (test.form.empty() ? "" : test.form.front().var);
    EXPECT_EQ(options->is_default(), test.expected == SubscriptionOptions{});
    EXPECT_EQ(values_of(*options).empty(), options->is_default());
    const auto stored = options_from(decode_form(encode(values_of(*options))).value());
    ASSERT_TRUE(stored.ok()) << stored.error().text;
    EXPECT_EQ(*stored, *options);
  }
}

TEST(SubscriptionOptions, WhatIsRefused) {
  struct Case {
    OptionScope scope;
    std::string var;
    Values values;
  };
  const std::vector<Case> cases = {
      {kPlain, "pubsub#unheard_of", {"1"}},
      {kPlain, "pubsub#deliver", {"yes"}},
      {kPlain, "pubsub#deliver", {}},
      {kPlain, "pubsub#deliver", {"1", "0"}},
      {kPlain, "pubsub#digest", {"1"}},
      {kPlain, "pubsub#digest", {"often"}},
      {kPlain, "pubsub#digest_frequency", {"often"}},
      {kPlain, "pubsub#include_body", {"2"}},
      {kPlain, "pubsub#show-values", {"online", "asleep"}},
      {kPlain, "pubsub#show-values", {""}},
      {kPlain, "pubsub#expire", {"2026-11-22T12:00:00Z"}},
      {kPlain, "pubsub#expire", {"2028-11-22T12:00:00Z"}},
      {kPlain, "pubsub#expire", {"tomorrow"}},
      {kPlain, "pubsub#expire", {"presence"}},
      {kPlain, "pubsub#expire", {"2026-11-22T12:30:00Z", "2026-11-22T12:31:00Z"}},
      {kPlain, "pubsub#subscription_type", {"items"}},
      {kPlain, "pubsub#subscription_depth", {"1"}},
      {kOffers, "pubsub#subscription_type", {"items"}},
      {kCollection, "pubsub#subscription_type", {"trees"}},
      {kCollection, "pubsub#subscription_type", {}},
      {kCollection, "pubsub#subscription_depth", {"-1"}},
      {kCollection, "pubsub#subscription_depth", {"deep"}},
      {kCollection, "pubsub#subscription_depth", {"99999999999"}},
      {kPlain, kFilterField, {"(gpu.model=T4)"}},
      {kCollection, kFilterField, {"(gpu.model=T4)"}},
      {kOffers, kFilterField, {"gpu.model=T4"}},
      {kOffers, kFilterField, {"(gpu.model=T4)", "(a=1)"}},
      {kOffers, kFilterField, {std::string(5'000, '(')}},
  };
  for (const auto& test : cases) {
    const auto options = apply({}, {{test.var, test.values}}, test.scope, kNow);
    ASSERT_FALSE(options.ok()) << test.var << testing::PrintToString(test.values);
    EXPECT_EQ(options.error().code, Errc::kInvalidOptions);
    EXPECT_NE(options.error().text.find(test.var), std::string::npos) << options.error().text;
  }
}

TEST(SubscriptionOptions, WhatIsLeftOutStays) {
  const SubscriptionOptions before{.include_body = true, .show_values = 3, .filter = filter("(cpu>=4)")};
  const auto after = apply(before, {{"pubsub#deliver", {"0"}}}, kOffers, kNow);
  ASSERT_TRUE(after.ok());
  auto expected = before;
  expected.deliver = false;
  EXPECT_EQ(*after, expected);
  EXPECT_TRUE(apply(before, {{kFilterField, {}}}, kOffers, kNow)->filter.empty());
}

TEST(SubscriptionOptions, LeasesAreAsLongAsTheServiceAllows) {
  const OptionScope hour{.longest_lease = std::chrono::hours(1)};
  EXPECT_TRUE(apply({}, {{"pubsub#expire", {"2026-11-22T13:00:00Z"}}}, hour, kNow).ok());
  const auto longer = apply({}, {{"pubsub#expire", {"2026-11-22T13:00:01Z"}}}, hour, kNow);
  ASSERT_FALSE(longer.ok());
  EXPECT_NE(longer.error().text.find("2026-11-22T13:00:00Z"), std::string::npos) << longer.error().text;
}

// They were checked when they were stored; a lease that has run out since is no damage.
TEST(SubscriptionOptions, StoredOptions) {
  EXPECT_TRUE(options_from({{"pubsub#expire", {"1999-01-01T00:00:00Z"}}}).ok());
  EXPECT_EQ(options_from({{"pubsub#deliver", {"perhaps"}}}).error().code, Errc::kCorrupt);
  EXPECT_EQ(options_from({{kFilterField, {"(("}}}).error().code, Errc::kCorrupt);
}

TEST(SubscriptionOptions, TheFormShowsWhatTheNodeSupports) {
  struct Case {
    OptionScope scope;
    bool collection;
    bool offers;
  };
  const OptionScope both{.collection = true, .offers = true};
  for (const auto& test : {Case{kPlain, false, false}, Case{kCollection, true, false}, Case{kOffers, false, true},
                           Case{both, true, true}}) {
    SubscriptionOptions options{.include_body = true, .show_values = 5};
    if (test.collection) options.depth = SubscriptionOptions::kAllDepths;
    if (test.offers) options.filter = filter("(cpu>=4)");
    options.expire = kNow + std::chrono::hours(1);
    const Form form = options_form(options, test.scope);
    EXPECT_EQ(form.form_type, kSubscribeOptionsForm);
    FormValues submitted;
    bool collection = false;
    bool offers = false;
    for (const auto& field : form.fields) {
      submitted.push_back({field.var, field.values});
      collection = collection || field.var == "pubsub#subscription_depth";
      offers = offers || field.var == kFilterField;
    }
    EXPECT_EQ(collection, test.collection);
    EXPECT_EQ(offers, test.offers);
    const auto same = apply({}, submitted, test.scope, kNow);
    ASSERT_TRUE(same.ok()) << same.error().text;
    EXPECT_EQ(*same, options);
  }
}

}  // namespace
}  // namespace bourse::pubsub
