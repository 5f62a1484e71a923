#include "pubsub/affiliation.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace bourse::pubsub {
namespace {

using base::Errc;

constexpr Affiliation kNone = Affiliation::kNone;
constexpr Affiliation kOwner = Affiliation::kOwner;
constexpr Affiliation kPublisher = Affiliation::kPublisher;
constexpr Affiliation kPublishOnly = Affiliation::kPublishOnly;
constexpr Affiliation kMember = Affiliation::kMember;
constexpr Affiliation kOutcast = Affiliation::kOutcast;
constexpr Affiliation kAll[] = {kNone, kOwner, kPublisher, kPublishOnly, kMember, kOutcast};

std::optional<Errc> code(const base::Status& status) {
  if (status) return std::nullopt;
  EXPECT_FALSE(status.error().text.empty());
  return status.error().code;
}

TEST(Affiliation, NamesAreThoseOfTheSpecification) {
  constexpr std::pair<Affiliation, std::string_view> kNames[] = {
      {kNone, "none"},     {kOwner, "owner"},    {kPublisher, "publisher"}, {kPublishOnly, "publish-only"},
      {kMember, "member"}, {kOutcast, "outcast"}};
  for (const auto& [affiliation, text] : kNames) {
    EXPECT_EQ(to_text(affiliation), text);
    EXPECT_EQ(affiliation_from(text), affiliation);
  }
  EXPECT_EQ(affiliation_from("king"), std::nullopt);
  EXPECT_EQ(affiliation_from("publish_only"), std::nullopt);
}

// XEP-0060 §4.1, Table 1: y yes, n no, m as the model says.
TEST(Affiliation, TableOfRights) {
  struct Case {
    Affiliation affiliation;
    std::string rights;  // subscribe, retrieve, publish, delete own, delete any, purge, configure
  };
  const Case cases[] = {{kOwner, "yyyyyyy"},  {kPublisher, "yyyynnn"}, {kPublishOnly, "nnyynnn"},
                        {kMember, "yymmnnn"}, {kNone, "mmmmnnn"},      {kOutcast, "nnnnnnn"}};
  for (const auto& test : cases) {
    for (std::size_t i = 0; i < test.rights.size(); ++i) {
      const Right expected = test.rights[i] == 'y' ? Right::kYes : test.rights[i] == 'n' ? Right::kNo : Right::kByModel;
      EXPECT_EQ(right(test.affiliation, static_cast<Operation>(i)), expected) << to_text(test.affiliation) << i;
    }
  }
}

TEST(Affiliation, AccessModels) {
  struct Case {
    AccessModel model;
    std::optional<Errc> subscribe;
    std::optional<Errc> retrieve;
    std::optional<Errc> retrieve_subscribed;
  };
  const Case strangers[] = {
      {AccessModel::kOpen, {}, {}, {}},
      {AccessModel::kPresence, Errc::kPresenceSubscriptionRequired, Errc::kPresenceSubscriptionRequired,
       Errc::kPresenceSubscriptionRequired},
      {AccessModel::kRoster, Errc::kNotInRosterGroup, Errc::kNotInRosterGroup, Errc::kNotInRosterGroup},
      {AccessModel::kAuthorize, {}, Errc::kNotAuthorized, {}},
      {AccessModel::kWhitelist, Errc::kClosedNode, Errc::kClosedNode, Errc::kClosedNode}};
  for (const auto& test : strangers) {
    NodeConfig config;
    config.access = test.model;
    EXPECT_EQ(code(may_subscribe(kNone, config)), test.subscribe);
    EXPECT_EQ(code(may_retrieve(kNone, false, config)), test.retrieve);
    EXPECT_EQ(code(may_retrieve(kNone, true, config)), test.retrieve_subscribed);
    for (const auto affiliation : {kOwner, kPublisher, kMember}) {
      EXPECT_EQ(code(may_subscribe(affiliation, config)), std::nullopt);
      EXPECT_EQ(code(may_retrieve(affiliation, false, config)), std::nullopt);
    }
    for (const auto affiliation : {kPublishOnly, kOutcast}) {
      EXPECT_EQ(code(may_subscribe(affiliation, config)), Errc::kForbidden);
      EXPECT_EQ(code(may_retrieve(affiliation, true, config)), Errc::kForbidden);
    }
  }
}

TEST(Affiliation, PublishModels) {
  struct Case {
    PublishModel model;
    bool subscribed;
    std::string may;  // in the order of kAll
  };
  const Case cases[] = {{PublishModel::kPublishers, false, "nyyynn"},  {PublishModel::kPublishers, true, "nyyynn"},
                        {PublishModel::kSubscribers, false, "nyyynn"}, {PublishModel::kSubscribers, true, "yyyyyn"},
                        {PublishModel::kOpen, false, "yyyyyn"},        {PublishModel::kOpen, true, "yyyyyn"}};
  for (const auto& test : cases) {
    NodeConfig config;
    config.publishing = test.model;
    for (std::size_t i = 0; i < test.may.size(); ++i) {
      const auto expected = test.may[i] == 'y' ? std::nullopt : std::optional(Errc::kForbidden);
      EXPECT_EQ(code(may_publish(kAll[i], test.subscribed, config)), expected) << to_text(kAll[i]) << test.subscribed;
    }
  }
}

}  // namespace
}  // namespace bourse::pubsub
