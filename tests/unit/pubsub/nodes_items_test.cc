// Items are published, replaced, retracted and run out (XEP-0060 §7).
#include <gtest/gtest.h>

#include "nodes_fixture.h"

namespace bourse::pubsub {
namespace {

using base::Errc;
using Fields = std::vector<std::pair<std::string, std::string>>;

int refusal(Errc code) { return static_cast<int>(code); }

TEST(NodesPublish, RefusesWhatTheNodeDoesNotTake) {
  const NewItem empty{.id = "1"};
  const NewItem big = item("1", std::string(300, 'x'));
  struct Case {
    const char* name;
    Fields config;
    const char* actor;
    std::vector<NewItem> items;
    int expected;
  };
  const Case cases[] = {
      {"owner", {}, "a@x/1", {item("1")}, World::kOk},
      {"stranger", {}, "b@x/1", {item("1")}, refusal(Errc::kForbidden)},
      {"stranger, open", {{"publish_model", "open"}}, "b@x/1", {item("1")}, World::kOk},
      {"stranger, subscribers", {{"publish_model", "subscribers"}}, "b@x/1", {item("1")}, refusal(Errc::kForbidden)},
      {"subscriber, subscribers", {{"publish_model", "subscribers"}}, "sub@x/1", {item("1")}, World::kOk},
      {"publisher", {}, "pub@x/1", {item("1")}, World::kOk},
      {"publish-only", {}, "only@x/1", {item("1")}, World::kOk},
      {"outcast, open", {{"publish_model", "open"}}, "out@x/1", {item("1")}, refusal(Errc::kForbidden)},
      {"none, kept", {}, "a@x/1", {}, refusal(Errc::kItemRequired)},
      {"none, passing with payload", {{"persist_items", "0"}}, "a@x/1", {}, refusal(Errc::kItemRequired)},
      {"none, passing without", {{"persist_items", "0"}, {"deliver_payloads", "0"}}, "a@x/1", {}, World::kOk},
      {"one, passing without",
       {{"persist_items", "0"}, {"deliver_payloads", "0"}},
       "a@x/1",
       {item("1")},
       refusal(Errc::kItemForbidden)},
      {"empty, kept without", {{"deliver_payloads", "0"}}, "a@x/1", {empty}, World::kOk},
      {"empty, kept with", {}, "a@x/1", {empty}, refusal(Errc::kPayloadRequired)},
      {"empty, passing with", {{"persist_items", "0"}}, "a@x/1", {empty}, refusal(Errc::kPayloadRequired)},
      {"too big", {{"max_payload_size", "200"}}, "a@x/1", {big}, refusal(Errc::kPayloadTooBig)},
      {"big enough", {{"max_payload_size", "400"}}, "a@x/1", {big}, World::kOk},
      {"of another type", {{"type", "urn:b"}}, "a@x/1", {item("1")}, refusal(Errc::kInvalidPayload)},
      {"of the type", {{"type", "urn:a"}}, "a@x/1", {item("1")}, World::kOk},
      {"more than it keeps",
       {{"max_items", "2"}},
       "a@x/1",
       {item("1"), item("2"), item("3")},
       refusal(Errc::kMaxItemsExceeded)},
      {"as many as it keeps", {{"max_items", "2"}}, "a@x/1", {item("1"), item("2")}, World::kOk},
      {"more than the service takes",
       {},
       "a@x/1",
       std::vector<NewItem>(5, item("1")),
       refusal(Errc::kMaxItemsExceeded)},
      {"one twice", {}, "a@x/1", {item("1"), item("1")}, refusal(Errc::kBadRequest)},
      {"a long id", {}, "a@x/1", {item(std::string(1000, 'i'))}, refusal(Errc::kNotAcceptable)},
      {"no id", {}, "a@x/1", {item("")}, refusal(Errc::kItemRequired)},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.name);
    Policy policy;
    policy.max_items_per_publish = 4;
    World world(policy);
    world.create("a@x/1", "n", one.config);
    world.run("a@x/1", SetAffiliations{node("n"),
                                       {{jid("pub@x"), Affiliation::kPublisher},
                                        {jid("only@x"), Affiliation::kPublishOnly},
                                        {jid("out@x"), Affiliation::kOutcast}}});
    world.subscribe("sub@x/other", "n");
    EXPECT_EQ(world.code(one.actor, PublishItems{.node = node("n"), .items = one.items}), one.expected);
  }
}

TEST(NodesPublish, WhereItCannot) {
  World world;
  world.create("a@x/1", "all", {{"node_type", "collection"}});
  const auto outcome = world.publish("a@x/1", "all", "1");
  EXPECT_EQ(outcome.answer.error().code, Errc::kUnsupported);
  EXPECT_EQ(outcome.answer.error().feature, "publish");
  EXPECT_EQ(world.publish("a@x/1", "none", "1").answer.error().code, Errc::kNotFound);
  EXPECT_EQ(world.publish("root@x/1", "commons/offers", "1").answer.error().code, Errc::kNotAllowed);
}

TEST(NodesPublish, ToASubscriberWhoWaitsIsNotToASubscriber) {
  World world;
  world.create("a@x/1", "n", {{"publish_model", "subscribers"}, {"access_model", "authorize"}});
  world.subscribe("b@x", "n");
  EXPECT_EQ(world.publish("b@x/1", "n", "1").answer.error().code, Errc::kForbidden);
  world.run("a@x/1", ApproveSubscription{.node = node("n"), .subscriber = jid("b@x"), .allow = true});
  EXPECT_TRUE(world.publish("b@x/1", "n", "1").answer.ok());
}

TEST(NodesPublish, ReplacesAndKeepsWhenItWasCreated) {
  World world;
  world.create("a@x/1", "n", {{"publish_model", "open"}, {"item_expire", "60"}});
  world.publish("b@x/1", "n", "1");
  const auto created = world.now;
  world.now += std::chrono::seconds(10);
  EXPECT_EQ(world.publish("c@x/1", "n", "1").answer.error().code, Errc::kForbidden);
  world.publish("b@x/2", "n", "1");
  const ItemRow row = world.tables.items.at({"n", "1"});
  EXPECT_EQ(row.created, created);
  EXPECT_EQ(row.modified, world.now);
  EXPECT_EQ(row.expires, world.now + std::chrono::seconds(60));
  EXPECT_EQ(row.seq, world.last_event);
  world.publish("a@x/1", "n", "1");
  EXPECT_EQ(world.tables.items.at({"n", "1"}).publisher, jid("a@x"));
  EXPECT_EQ(world.nodes.next_expiry(), world.now + std::chrono::seconds(60));
  world.now = world.nodes.next_expiry();
  world.expire();
  EXPECT_TRUE(world.tables.items.empty());
  EXPECT_EQ(world.nodes.next_expiry(), base::Timestamp::max());
}

TEST(NodesPublish, TheOldestGoes) {
  World world;
  world.create("a@x/1", "n", {{"max_items", "2"}});
  for (const char* id : {"1", "2", "1", "3"}) world.publish("a@x/1", "n", id);
  ASSERT_EQ(world.tables.items.size(), 2U);
  EXPECT_TRUE(world.tables.items.contains({"n", "1"})) << "published again, it was not the oldest";
}

TEST(NodesPublish, QuietNodesLogOnly) {
  World world;
  world.create("a@x/1", "n", {{"deliver_notifications", "0"}});
  world.subscribe("b@x", "n");
  const auto outcome = world.publish("a@x/1", "n", "1");
  ASSERT_EQ(outcome.notices.size(), 1U);
  EXPECT_EQ(outcome.notices.front().seq, world.last_event);
  EXPECT_TRUE(outcome.notices.front().recipients.empty());
}

TEST(NodesPublish, PreconditionsHoldOrNothingHappens) {
  World world;
  world.create("a@x/1", "n", {{"max_items", "5"}});
  const auto with = [&](Fields options) {
    return world.code("a@x/1",
                      PublishItems{.node = node("n"), .items = {item("1")}, .options = form(std::move(options))});
  };
  EXPECT_EQ(with({{"max_items", "4"}}), refusal(Errc::kPreconditionNotMet));
  EXPECT_TRUE(world.tables.items.empty());
  EXPECT_EQ(with({{"max_items", "5"}, {"access_model", "open"}}), World::kOk);
}

TEST(NodesPublish, MakesTheNodeWhenThePolicySaysSo) {
  Policy policy;
  policy.auto_create = true;
  World world(policy);
  const PublishItems command{.node = node("n"), .items = {item("1")}, .options = form({{"access_model", "whitelist"}})};
  PublishItems wrong = command;
  wrong.items.push_back({.id = "2"});
  EXPECT_EQ(world.code("a@x/1", wrong), refusal(Errc::kPayloadRequired));
  EXPECT_FALSE(world.nodes.exists(node("n"))) << "a publication that fails makes no node";
  EXPECT_EQ(world.code("a@x/1", command), World::kOk);
  EXPECT_TRUE(world.tables.nodes.at("n").hidden);
  EXPECT_EQ(world.tables.affiliations.at({"n", "a@x"}).affiliation, Affiliation::kOwner);
  EXPECT_TRUE(world.tables.items.contains({"n", "1"}));
  EXPECT_EQ(world.code("b@x/1", command), refusal(Errc::kForbidden));

  policy.creation = CreationPolicy::kOperators;
  World closed(policy);
  EXPECT_EQ(closed.code("a@x/1", command), refusal(Errc::kNotFound));
  EXPECT_EQ(closed.code("root@x/1", command), World::kOk);
}

TEST(NodesRetract, ByThePublisherOrAnOwner) {
  struct Case {
    const char* name;
    const char* actor;
    const char* node;
    std::vector<std::string> ids;
    int expected;
  };
  const Case cases[] = {
      {"publisher", "b@x/2", "n", {"b"}, World::kOk},
      {"owner", "a@x/1", "n", {"b"}, World::kOk},
      {"another", "c@x/1", "n", {"b"}, refusal(Errc::kForbidden)},
      {"one of two", "b@x/1", "n", {"b", "a"}, refusal(Errc::kForbidden)},
      {"stranger", "c@x/1", "closed", {"a"}, refusal(Errc::kForbidden)},
      {"unknown", "a@x/1", "n", {"c"}, refusal(Errc::kNotFound)},
      {"outcast, unknown", "out@x/1", "n", {"c"}, refusal(Errc::kForbidden)},
      {"none", "a@x/1", "n", {}, refusal(Errc::kItemRequired)},
      {"twice", "b@x/1", "n", {"b", "b"}, World::kOk},
      {"not kept", "a@x/1", "passing", {"a"}, refusal(Errc::kUnsupported)},
      {"the market's", "root@x/1", "commons/offers", {"a"}, refusal(Errc::kNotAllowed)},
      {"no node", "a@x/1", "none", {"a"}, refusal(Errc::kNotFound)},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.name);
    World world;
    world.create("a@x/1", "n", {{"publish_model", "open"}});
    world.create("a@x/1", "closed");
    world.create("a@x/1", "passing", {{"persist_items", "0"}});
    world.run("a@x/1", SetAffiliations{node("n"), {{jid("out@x"), Affiliation::kOutcast}}});
    world.publish("a@x/1", "n", "a");
    world.publish("b@x/1", "n", "b");
    for (const char* name : {"closed", "passing"}) world.publish("a@x/1", name, "a");
    const auto before = world.tables.items.size();
    EXPECT_EQ(world.code(one.actor, RetractItems{.node = node(one.node), .ids = one.ids}), one.expected);
    EXPECT_EQ(world.tables.items.size(), before - (one.expected == World::kOk ? 1 : 0));
  }
}

TEST(NodesRetract, TellsWhenTheNodeOrTheStanzaSays) {
  for (const bool node_says : {false, true}) {
    for (const bool stanza_says : {false, true}) {
      World world;
      world.create("a@x/1", "n", {{"notify_retract", node_says ? "1" : "0"}});
      world.publish("a@x/1", "n", "1");
      world.subscribe("b@x", "n");
      const auto outcome = world.run("a@x/1", RetractItems{node("n"), {"1"}, stanza_says});
      EXPECT_EQ(World::text(outcome), node_says || stanza_says ? "retracted n 1: b@x" : "retracted n 1: ");
      EXPECT_EQ(World::text(world.nodes.recipients_again(outcome.notices.front())),
                node_says || stanza_says ? "b@x" : "");
    }
  }
}

TEST(NodesLastItem, GoesToNewSubscribers) {
  struct Case {
    const char* name;
    Fields config;
    std::vector<std::string> retracted;
    const char* expected;
  };
  const Case cases[] = {
      {"the last", {}, {}, "published! n 3: b@x"},
      {"never", {{"send_last_published_item", "never"}}, {}, ""},
      {"quiet", {{"deliver_notifications", "0"}}, {}, ""},
      {"not kept otherwise", {{"persist_items", "0"}}, {}, "published! n 3: b@x"},
      {"neither kept nor sent", {{"persist_items", "0"}, {"send_last_published_item", "never"}}, {}, ""},
      {"the one before", {}, {"3"}, "published! n 2: b@x"},
      {"none left", {}, {"1", "2", "3"}, ""},
      {"expired", {{"item_expire", "5"}}, {}, ""},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.name);
    World world;
    world.create("a@x/1", "n", one.config);
    for (const char* id : {"1", "2", "3"}) world.publish("a@x/1", "n", id);
    const auto published = world.now;
    world.now += std::chrono::seconds(7);
    if (!one.retracted.empty()) world.run("a@x/1", RetractItems{.node = node("n"), .ids = one.retracted});
    const auto again = world.replayed();
    const Context context{.actor = jid("b@x/1"), .now = world.now, .last_event = world.last_event};
    EXPECT_EQ(World::text(again->decide(context, Subscribe{node("n"), jid("b@x")})), one.expected) << "after a restart";
    const auto outcome = world.run("b@x/1", Subscribe{node("n"), jid("b@x")});
    EXPECT_EQ(World::text(outcome), one.expected);
    for (const auto& notice : outcome.notices) {
      EXPECT_EQ(notice.at, published);
      EXPECT_TRUE(notice.recipients.manner.delayed);
      EXPECT_EQ(notice.publisher, jid("a@x"));
      EXPECT_FALSE(notice.record.empty());
    }
  }
}

TEST(NodesLastItem, GoesToThoseWhoComeOnline) {
  World world;
  world.create("a@x/1", "n", {{"send_last_published_item", "on_sub_and_presence"}});
  world.create("a@x/1", "other");
  for (const char* name : {"n", "other"}) world.publish("a@x/1", name, "1");
  for (const char* name : {"n", "other"}) world.subscribe("b@x", name);
  world.subscribe("c@x/1", "n");
  world.subscribe("d@x", "n", {{"deliver", "0"}});
  EXPECT_EQ(World::text(world.came("b@x/home")), "published! n 1: b@x/home");
  EXPECT_EQ(World::text(world.came("b@x/home")), "") << "it was there";
  EXPECT_EQ(World::text(world.came("c@x/2")), "") << "another session is subscribed";
  EXPECT_EQ(World::text(world.came("c@x/1")), "published! n 1: c@x/1");
  EXPECT_EQ(World::text(world.came("d@x/1")), "");
  EXPECT_EQ(World::text(world.came("stranger@x/1")), "");
}

TEST(NodesSessions, ItemsOfThoseWhoLeaveGo) {
  World world;
  world.create("a@x/1", "n", {{"purge_offline", "1"}, {"publish_model", "open"}});
  world.create("a@x/1", "other", {{"publish_model", "open"}});
  world.came("b@x/1");
  world.came("b@x/2");
  world.publish("b@x/1", "n", "1");
  world.publish("b@x/1", "other", "1");
  world.publish("c@x/1", "n", "2");
  world.subscribe("a@x", "n");
  EXPECT_EQ(World::text(world.gone("b@x/1")), "");
  EXPECT_EQ(World::text(world.gone("b@x/2")), "retracted n 1: a@x");
  EXPECT_EQ(world.tables.items.size(), 2U);
}

}  // namespace
}  // namespace bourse::pubsub
