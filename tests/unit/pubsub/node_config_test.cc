#include "pubsub/node_config.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace bourse::pubsub {
namespace {

using base::Errc;
using Values = std::vector<std::string>;

constexpr auto kLeaf = NodeType::kLeaf;
constexpr auto kCollection = NodeType::kCollection;

Values written(const NodeConfig& config, std::string_view var) {
  const FormValues values = values_of(config);
  const auto* const field = find_field(values, var);
  return field == nullptr ? Values{"not there"} : field->values;
}

struct Accepted {
  std::string var;
  Values submitted;
  Values read;
  NodeType type = kLeaf;
};

// Differs from the default in every field of its type that has a default worth the name.
NodeConfig unlike_the_default(NodeType type) {
  NodeConfig config = default_config(type);
  config.title = config.description = config.language = "x";
  config.access = AccessModel::kWhitelist;
  config.subscribe = config.deliver_notifications = false;
  config.notify_config = config.notify_delete = config.notify_sub = true;
  config.presence_based_delivery = config.temporary_subscriptions = true;
  config.notification_type = MessageType::kNormal;
  config.collections = {"x"};
  if (type == kCollection) {
    config.children_policy = ChildrenPolicy::kAll;
    config.children_max = 7;
    return config;
  }
  config.publishing = PublishModel::kOpen;
  config.send_last = SendLast::kNever;
  config.item_reply = ItemReply::kOwner;
  config.purge_offline = true;
  config.persist_items = config.deliver_payloads = config.notify_retract = false;
  config.max_items = config.max_payload_bytes = 7;
  config.item_expire = std::chrono::seconds(7);
  return config;
}

TEST(NodeConfig, EveryFieldIsReadAndWritten) {
  const std::vector<Accepted> cases = {
      {"pubsub#node_type", {"leaf"}, {"leaf"}},
      {"pubsub#node_type", {"collection"}, {"collection"}, kCollection},
      {"pubsub#title", {"A title"}, {"A title"}},
      {"pubsub#title", {}, {}},
      {"pubsub#description", {"two\nlines"}, {"two\nlines"}},
      {"pubsub#language", {"pt-BR"}, {"pt-BR"}},
      {"pubsub#language", {""}, {}},
      {"pubsub#contact", {"Ann@A.example", "ann@a.example", "b@b.example/desk"}, {"ann@a.example", "b@b.example/desk"}},
      {"pubsub#type", {"http://www.w3.org/2005/Atom"}, {"http://www.w3.org/2005/Atom"}},
      {"pubsub#access_model", {"open"}, {"open"}},
      {"pubsub#access_model", {"presence"}, {"presence"}},
      {"pubsub#access_model", {"roster"}, {"roster"}},
      {"pubsub#access_model", {"authorize"}, {"authorize"}},
      {"pubsub#access_model", {"whitelist"}, {"whitelist"}, kCollection},
      {"pubsub#roster_groups_allowed", {"friends", "friends", "work"}, {"friends", "work"}},
      {"pubsub#publish_model", {"publishers"}, {"publishers"}},
      {"pubsub#publish_model", {"subscribers"}, {"subscribers"}},
      {"pubsub#publish_model", {"open"}, {"open"}},
      {"pubsub#subscribe", {"0"}, {"0"}},
      {"pubsub#subscribe", {"false"}, {"0"}},
      {"pubsub#tempsub", {"true"}, {"1"}},
      {"pubsub#deliver_notifications", {"0"}, {"0"}},
      {"pubsub#deliver_payloads", {"false"}, {"0"}},
      {"pubsub#notify_retract", {"0"}, {"0"}},
      {"pubsub#notify_config", {"1"}, {"1"}},
      {"pubsub#notify_delete", {"1"}, {"1"}},
      {"pubsub#notify_sub", {"1"}, {"1"}},
      {"pubsub#presence_based_delivery", {"1"}, {"1"}},
      {"pubsub#notification_type", {"normal"}, {"normal"}},
      {"pubsub#notification_type", {"headline"}, {"headline"}},
      {"pubsub#send_last_published_item", {"never"}, {"never"}},
      {"pubsub#send_last_published_item", {"on_sub"}, {"on_sub"}},
      {"pubsub#send_last_published_item", {"on_sub_and_presence"}, {"on_sub_and_presence"}},
      {"pubsub#itemreply", {"owner"}, {"owner"}},
      {"pubsub#itemreply", {"publisher"}, {"publisher"}},
      {"pubsub#persist_items", {"0"}, {"0"}},
      {"pubsub#max_items", {"1"}, {"1"}},
      {"pubsub#max_items", {"10000"}, {"10000"}},
      {"pubsub#max_items", {"max"}, {"max"}},
      {"pubsub#item_expire", {"3600"}, {"3600"}},
      {"pubsub#item_expire", {"max"}, {"max"}},
      {"pubsub#item_expire", {""}, {"max"}},
      {"pubsub#item_expire", {}, {"max"}},
      {"pubsub#max_payload_size", {"0"}, {"0"}},
      {"pubsub#max_payload_size", {"65536"}, {"65536"}},
      {"pubsub#purge_offline", {"1"}, {"1"}},
      {"pubsub#body_xslt", {"https://a.example/body.xsl"}, {"https://a.example/body.xsl"}},
      {"pubsub#dataform_xslt", {"https://a.example/form.xsl"}, {"https://a.example/form.xsl"}},
      {"pubsub#collection", {"blogs", "", "news"}, {"blogs", "news"}},
      {"pubsub#collection", {""}, {}},
      {"pubsub#children", {"a", "b"}, {"a", "b"}, kCollection},
      {"pubsub#children_max", {"3"}, {"3"}, kCollection},
      {"pubsub#children_max", {"max"}, {"max"}, kCollection},
      {"pubsub#children_association_policy", {"all"}, {"all"}, kCollection},
      {"pubsub#children_association_policy", {"owners"}, {"owners"}, kCollection},
      {"pubsub#children_association_policy", {"whitelist"}, {"whitelist"}, kCollection},
      {"pubsub#children_association_whitelist", {"ann@a.example/desk"}, {"ann@a.example"}, kCollection},
  };
  std::set<std::string> covered;
  for (const auto& test : cases) {
    covered.insert(test.var);
    // From both of two different starts, so that no default looks like a value that was read.
    for (const auto& start : {default_config(test.type), unlike_the_default(test.type)}) {
      const auto config = apply(start, {{test.var, test.submitted}}, {});
      ASSERT_TRUE(config.ok()) << test.var << ": " << config.error().text;
      EXPECT_EQ(written(*config, test.var), test.read) << test.var;
      const auto stored = decode_form(encode(values_of(*config)));
      ASSERT_TRUE(stored.has_value());
      const auto again = config_from(*stored);
      ASSERT_TRUE(again.ok()) << again.error().text;
      EXPECT_TRUE(*again == *config) << test.var;
    }
  }
  for (const auto type : {kLeaf, kCollection}) {
    for (const auto& field : values_of(default_config(type))) EXPECT_EQ(covered.count(field.var), 1U) << field.var;
  }
}

TEST(NodeConfig, WhatIsWrongIsRefusedByName) {
  struct Case {
    std::string var;
    Values submitted;
    Errc code = Errc::kNotAcceptable;
    NodeType type = kLeaf;
  };
  const std::vector<Case> cases = {
      {"pubsub#unheard_of", {"1"}},
      {"", {"1"}},
      {"pubsub#creator", {"ann@a.example"}},
      {"pubsub#creation_date", {"2026-11-22T00:00:00Z"}},
      {"pubsub#subscribe", {"yes"}},
      {"pubsub#subscribe", {"TRUE"}},
      {"pubsub#subscribe", {}},
      {"pubsub#subscribe", {"1", "0"}},
      {"pubsub#access_model", {"secret"}, Errc::kUnsupportedAccessModel},
      {"pubsub#access_model", {""}, Errc::kUnsupportedAccessModel},
      {"pubsub#access_model", {"open", "whitelist"}},
      {"pubsub#publish_model", {"nobody"}},
      {"pubsub#send_last_published_item", {"always"}},
      {"pubsub#itemreply", {"room"}},
      {"pubsub#notification_type", {"chat"}},
      {"pubsub#node_type", {"tree"}},
      {"pubsub#node_type", {"collection"}, Errc::kNotAllowed},
      {"pubsub#node_type", {"leaf"}, Errc::kNotAllowed, kCollection},
      {"pubsub#title", {"a", "b"}},
      {"pubsub#title", {std::string(4'097, 'x')}},
      {"pubsub#title", {std::string("a\0b", 3)}},
      {"pubsub#title", {"\x1b[31m"}},
      {"pubsub#title", {"\xff"}},
      {"pubsub#language", {"<en>"}},
      {"pubsub#language", {std::string(36, 'x')}},
      {"pubsub#contact", {"not an@address@at all"}},
      {"pubsub#contact", Values(1'001, "ann@a.example")},
      {"pubsub#max_items", {"0"}},
      {"pubsub#max_items", {"-1"}},
      {"pubsub#max_items", {"+1"}},
      {"pubsub#max_items", {"1 "}},
      {"pubsub#max_items", {"1.5"}},
      {"pubsub#max_items", {"10001"}},
      {"pubsub#max_items", {"4294967297"}},
      {"pubsub#max_items", {"99999999999999999999999"}},
      {"pubsub#max_items", {"many"}},
      {"pubsub#item_expire", {"0"}},
      {"pubsub#item_expire", {"never"}},
      {"pubsub#item_expire", {"18446744073709551615"}},
      {"pubsub#max_payload_size", {"65537"}},
      {"pubsub#max_payload_size", {""}},
      {"pubsub#max_payload_size", {"max"}},
      {"pubsub#collection", Values(1'001, "x")},
      {"pubsub#collection", {std::string(4'097, 'x')}},
      {"pubsub#children", {"a"}},
      {"pubsub#children_max", {"3"}},
      {"pubsub#max_items", {"3"}, Errc::kNotAcceptable, kCollection},
      {"pubsub#publish_model", {"open"}, Errc::kNotAcceptable, kCollection},
      {"pubsub#children_max", {"0"}, Errc::kNotAcceptable, kCollection},
      {"pubsub#children_max", {"1001"}, Errc::kNotAcceptable, kCollection},
      {"pubsub#children_association_policy", {"nobody"}, Errc::kNotAcceptable, kCollection},
      {"pubsub#children_association_whitelist", {"@"}, Errc::kNotAcceptable, kCollection},
  };
  for (const auto& test : cases) {
    const auto config = apply(default_config(test.type), {{test.var, test.submitted}}, {});
    ASSERT_FALSE(config.ok()) << test.var << testing::PrintToString(test.submitted);
    EXPECT_EQ(config.error().code, test.code) << test.var << ": " << config.error().text;
    EXPECT_NE(config.error().text.find(test.var), std::string::npos) << config.error().text;
    EXPECT_LE(config.error().text.size(), 400U) << config.error().text;
  }
}

TEST(NodeConfig, ChildrenBeyondTheMostAreRefused) {
  const FormValues three = {{"pubsub#children", {"a", "b", "c"}}, {"pubsub#children_max", {"2"}}};
  EXPECT_EQ(apply(default_config(kCollection), three, {}).error().code, Errc::kMaxNodesExceeded);
  EXPECT_EQ(
      apply(default_config(kCollection), {{"pubsub#children", {"a", "b", "c"}}}, {.children_max = 2}).error().code,
      Errc::kMaxNodesExceeded);
  EXPECT_TRUE(apply(default_config(kCollection), {{"pubsub#children", {"a", "b", "c"}}}, {.children_max = 3}).ok());
}

TEST(NodeConfig, FieldsLeftOutKeepTheirValues) {
  NodeConfig config = default_config(kLeaf);
  config.title = "kept";
  config.max_items = 5;
  const auto changed = apply(config, {{"pubsub#description", {"new"}}}, {});
  ASSERT_TRUE(changed.ok());
  config.description = "new";
  EXPECT_TRUE(*changed == config);
}

TEST(NodeConfig, Preconditions) {
  NodeConfig config = default_config(kLeaf);
  config.access = AccessModel::kWhitelist;
  config.collections = {"news", "blogs"};
  struct Case {
    FormValues options;
    bool met;
  };
  const std::vector<Case> cases = {
      {{}, true},
      {{{"pubsub#access_model", {"whitelist"}}}, true},
      {{{"pubsub#access_model", {"open"}}}, false},
      {{{"pubsub#access_model", {"secret"}}}, false},
      {{{"pubsub#persist_items", {"true"}}}, true},
      {{{"pubsub#persist_items", {"1"}}}, true},
      {{{"pubsub#persist_items", {"0"}}}, false},
      {{{"pubsub#persist_items", {"perhaps"}}}, false},
      {{{"pubsub#max_items", {"max"}}}, true},
      {{{"pubsub#max_items", {"10000"}}}, true},
      {{{"pubsub#max_items", {"9999"}}}, false},
      {{{"pubsub#max_items", {"10001"}}}, false},
      {{{"pubsub#collection", {"blogs", "news"}}}, true},
      {{{"pubsub#collection", {"blogs"}}}, false},
      {{{"pubsub#item_expire", {"max"}}}, true},
      {{{"pubsub#unheard_of", {"1"}}}, false},
      {{{"pubsub#children_max", {"max"}}}, false},
      {{{"pubsub#node_type", {"leaf"}}}, true},
      {{{"pubsub#node_type", {"collection"}}}, false},
      {{{"pubsub#access_model", {"whitelist"}}, {"pubsub#title", {"x"}}}, false},
  };
  for (const auto& test : cases) {
    const auto status = check_preconditions(config, test.options, {});
    EXPECT_EQ(status.ok(), test.met) << testing::PrintToString(test.options.empty() ? "" : test.options.front().var);
    if (status.ok()) continue;
    EXPECT_EQ(status.error().code, Errc::kPreconditionNotMet);
    EXPECT_NE(status.error().text.find(test.options.back().var), std::string::npos) << status.error().text;
  }
}

TEST(NodeConfig, MaxIsTheServicesMost) {
  NodeConfig config = default_config(kLeaf);
  config.max_items = 50;
  EXPECT_TRUE(check_preconditions(config, {{"pubsub#max_items", {"max"}}}, {.max_items = 50}).ok());
  EXPECT_FALSE(check_preconditions(config, {{"pubsub#max_items", {"max"}}}, {.max_items = 51}).ok());
}

TEST(NodeConfig, StoredConfigurationsOutliveNarrowerLimits) {
  NodeConfig config = default_config(kLeaf);
  config.max_items = 1'000'000;
  config.max_payload_bytes = 1'000'000;
  const auto again = config_from(values_of(config));
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(*again == config);
  EXPECT_EQ(config_from({{"pubsub#access_model", {"secret"}}}).error().code, Errc::kCorrupt);
  EXPECT_TRUE(*config_from({}) == NodeConfig{});
}

// Otherwise a market would not start with another Unicode than the one it was written with.
TEST(NodeConfig, StoredAddressesAreTakenAsTheyAre) {
  const FormValues values{{"pubsub#contact", {"i♥x@x"}}};
  EXPECT_FALSE(apply(default_config(kLeaf), values, {}).ok());
  const auto stored = config_from(values);
  ASSERT_TRUE(stored.ok()) << stored.error().text;
  ASSERT_EQ(stored->contacts.size(), 1U);
  EXPECT_EQ(stored->contacts[0].text(), "i♥x@x");
}

TEST(NodeConfig, TheFormSubmittedAsItIsChangesNothing) {
  for (const auto type : {kLeaf, kCollection}) {
    auto config = default_config(type);
    config.title = "a title";
    config.roster_groups = {"friends"};
    const Form form = config_form(config, {});
    EXPECT_EQ(form.form_type, kNodeConfigForm);
    FormValues submitted;
    for (const auto& field : form.fields) {
      submitted.push_back({field.var, field.values});
      EXPECT_FALSE(field.label.empty()) << field.var;
      if (field.type != FieldType::kListSingle) continue;
      ASSERT_EQ(field.values.size(), 1U) << field.var;
      EXPECT_TRUE(std::any_of(field.options.begin(), field.options.end(), [&field](const auto& option) {
        return option.value == field.values.front();
      })) << field.var;
      for (const auto& option : field.options) {
        if (field.var == "pubsub#node_type") continue;
        EXPECT_TRUE(apply(config, {{field.var, {option.value}}}, {}).ok()) << field.var << option.value;
      }
    }
    const auto same = apply(config, submitted, {});
    ASSERT_TRUE(same.ok()) << same.error().text;
    EXPECT_TRUE(*same == config);
  }
}

TEST(NodeConfig, TheFormSaysTheLimits) {
  const Form form = config_form(default_config(kLeaf), {.max_items = 77, .max_payload_bytes = 99});
  const auto field = [&form](std::string_view var) {
    return *std::find_if(form.fields.begin(), form.fields.end(), [var](const auto& one) { return one.var == var; });
  };
  EXPECT_EQ(field("pubsub#max_items").validation.datatype, "pubsub:integer-or-max");
  EXPECT_EQ(field("pubsub#max_items").validation.min, "1");
  EXPECT_EQ(field("pubsub#max_items").validation.max, "77");
  EXPECT_EQ(field("pubsub#max_payload_size").validation.datatype, "xs:integer");
  EXPECT_EQ(field("pubsub#max_payload_size").validation.max, "99");
}

}  // namespace
}  // namespace bourse::pubsub
