// Nodes are created, configured, deleted and purged; owners and collections (XEP-0060 §8, XEP-0248).
#include <gtest/gtest.h>

#include "nodes_fixture.h"

namespace bourse::pubsub {
namespace {

using base::Errc;
using Fields = std::vector<std::pair<std::string, std::string>>;

int refusal(Errc code) { return static_cast<int>(code); }

TEST(NodesCreate, RefusesWhatIsNotAllowed) {
  struct Case {
    const char* name;
    const char* actor;
    const char* node;
    Fields config;
    int expected;
  };
  const Case cases[] = {
      {"new", "a@x/1", "blog", {}, World::kOk},
      {"with a configuration", "a@x/1", "blog", {{"title", "Mine"}}, World::kOk},
      {"there already", "a@x/1", "taken", {}, refusal(Errc::kConflict)},
      {"a market node", "a@x/1", "commons/offers", {}, refusal(Errc::kConflict)},
      {"the market's names", "a@x/1", "commons/else", {}, refusal(Errc::kForbidden)},
      {"another pool's", "a@x/1", "other/offers", {}, refusal(Errc::kForbidden)},
      {"control characters", "a@x/1", "a\nb", {}, refusal(Errc::kNotAcceptable)},
      {"unknown field", "a@x/1", "blog", {{"nonsense", "1"}}, refusal(Errc::kNotAcceptable)},
      {"unknown parent", "a@x/1", "blog", {{"collection", "nowhere"}}, refusal(Errc::kNotFound)},
      {"a leaf as parent", "a@x/1", "blog", {{"collection", "taken"}}, refusal(Errc::kNotAllowed)},
      {"somebody's collection", "a@x/1", "blog", {{"collection", "closed"}}, refusal(Errc::kForbidden)},
      {"everybody's collection", "a@x/1", "blog", {{"collection", "open"}}, World::kOk},
      {"a whitelisted guest", "a@x/1", "blog", {{"collection", "listed"}}, World::kOk},
      {"not on the list", "b@x/1", "blog", {{"collection", "listed"}}, refusal(Errc::kForbidden)},
      {"a full collection", "a@x/1", "blog", {{"collection", "full"}}, refusal(Errc::kMaxNodesExceeded)},
      {"adopting a node of somebody",
       "a@x/1",
       "blog",
       {{"node_type", "collection"}, {"children", "taken"}},
       refusal(Errc::kForbidden)},
      {"adopting the market",
       "root@x/1",
       "blog",
       {{"node_type", "collection"}, {"children", "commons/offers"}},
       refusal(Errc::kNotAllowed)},
      {"a quota", "many@x/1", "blog", {}, refusal(Errc::kMaxNodesExceeded)},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.name);
    Policy policy;
    policy.max_nodes_per_jid = 5;
    World world(policy);
    world.create("owner@x/1", "taken");
    world.create("owner@x/1", "closed", {{"node_type", "collection"}});
    world.create("owner@x/1", "open", {{"node_type", "collection"}, {"children_association_policy", "all"}});
    world.create("owner@x/1", "listed",
                 {{"node_type", "collection"},
                  {"children_association_policy", "whitelist"},
                  {"children_association_whitelist", "a@x"}});
    world.create("owner@x/1", "full",
                 {{"node_type", "collection"}, {"children_association_policy", "all"}, {"children_max", "1"}});
    world.create("many@x/1", "m1", {{"collection", "full"}});
    for (const char* name : {"m2", "m3", "m4", "m5"}) world.create("many@x/1", name);
    EXPECT_EQ(world.code(one.actor, CreateNode{.node = node(one.node), .config = form(one.config)}), one.expected);
    EXPECT_EQ(world.nodes.exists(node(one.node)),
              world.tables.nodes.contains(one.node) || one.node == std::string("commons/offers"));
  }
}

TEST(NodesCreate, FollowsThePolicy) {
  Policy operators;
  operators.creation = CreationPolicy::kOperators;
  Policy domains;
  domains.creation = CreationPolicy::kDomains;
  domains.creation_domains = {"good"};
  struct Case {
    Policy policy;
    const char* actor;
    int expected;
  };
  const Case cases[] = {{operators, "a@x/1", refusal(Errc::kForbidden)},
                        {operators, "root@x/1", World::kOk},
                        {domains, "a@x/1", refusal(Errc::kForbidden)},
                        {domains, "a@good/1", World::kOk},
                        {domains, "root@x/1", World::kOk},
                        {{}, "a@x/1", World::kOk}};
  for (const auto& one : cases) {
    SCOPED_TRACE(one.actor);
    World world(one.policy);
    EXPECT_EQ(world.code(one.actor, CreateNode{.node = node("n")}), one.expected);
  }
  World none({}, false);
  EXPECT_EQ(none.code("a@x/1", CreateNode{.node = node("n")}), refusal(Errc::kNotFound));
}

TEST(NodesCreate, WritesTheNodeAndItsOwner) {
  World world;
  world.create("a@x/1", "closed", {{"access_model", "whitelist"}, {"title", "T"}});
  const NodeRow& row = world.tables.nodes.at("closed");
  EXPECT_TRUE(row.hidden);
  EXPECT_EQ(row.title, "T");
  EXPECT_EQ(row.creator, jid("a@x"));
  EXPECT_EQ(row.archive_from.value, 100U);
  EXPECT_EQ(world.tables.affiliations.at({"closed", "a@x"}).affiliation, Affiliation::kOwner);
}

TEST(NodesConfigure, OwnersOnlyAndNotTheMarket) {
  World world;
  world.create("a@x/1", "n");
  const auto title = form({{"title", "New"}});
  EXPECT_EQ(world.code("b@x/1", ConfigureNode{node("n"), title}), refusal(Errc::kForbidden));
  EXPECT_EQ(world.code("a@x/1", ConfigureNode{node("none"), title}), refusal(Errc::kNotFound));
  EXPECT_EQ(world.code("root@x/1", ConfigureNode{node("commons/offers"), title}), refusal(Errc::kNotAllowed));
  EXPECT_EQ(world.code("a@x/1", ConfigureNode{node("commons/offers"), title}), refusal(Errc::kForbidden));
  EXPECT_EQ(world.code("a@x/1", ConfigureNode{node("n"), form({{"node_type", "collection"}})}),
            refusal(Errc::kNotAllowed));
  EXPECT_EQ(world.code("a@x/1", ConfigureNode{node("n"), title}), World::kOk);
  EXPECT_EQ(world.tables.nodes.at("n").title, "New");
  EXPECT_TRUE(world.run("a@x/1", ConfigureNode{node("n"), title}).changes.empty());
}

TEST(NodesConfigure, TellsSubscribersWhenAsked) {
  World world;
  world.create("a@x/1", "n", {{"notify_config", "1"}});
  world.subscribe("b@x", "n");
  EXPECT_EQ(World::text(world.run("a@x/1", ConfigureNode{node("n"), form({{"title", "New"}})})), "configured n: b@x");
  EXPECT_EQ(World::text(world.run("a@x/1", ConfigureNode{node("n"), form({{"notify_config", "0"}})})), "");
}

TEST(NodesConfigure, WhoIsNotLetInAnyMoreIsUnsubscribed) {
  World world;
  world.create("a@x/1", "n");
  world.run("a@x/1", SetAffiliations{node("n"), {{jid("member@x"), Affiliation::kMember}}});
  for (const char* who : {"a@x", "member@x", "b@x/r"}) world.subscribe(who, "n");
  EXPECT_EQ(World::text(world.run("a@x/1", ConfigureNode{node("n"), form({{"access_model", "authorize"}})})), "");
  EXPECT_EQ(World::text(world.run("a@x/1", ConfigureNode{node("n"), form({{"access_model", "whitelist"}})})),
            "subscription n b@x/r none: b@x/r");
  EXPECT_EQ(World::text(world.nodes.recipients(node("n"))), "a@x member@x");
  EXPECT_TRUE(world.tables.nodes.at("n").hidden);
}

TEST(NodesConfigure, OpeningLetsThoseInWhoWait) {
  World world;
  world.create("a@x/1", "n", {{"access_model", "authorize"}});
  world.publish("a@x/1", "n", "i");
  world.subscribe("b@x", "n");
  EXPECT_EQ(World::text(world.nodes.recipients(node("n"))), "");
  EXPECT_EQ(World::text(world.run("a@x/1", ConfigureNode{node("n"), form({{"access_model", "open"}})})),
            "subscription n b@x subscribed: b@x; published! n i: b@x");
  EXPECT_EQ(World::text(world.nodes.recipients(node("n"))), "b@x");
}

TEST(NodesConfigure, FewerItemsThanThereAre) {
  World world;
  world.create("a@x/1", "n");
  for (const char* id : {"1", "2", "3", "4"}) world.publish("a@x/1", "n", id);
  world.run("a@x/1", ConfigureNode{node("n"), form({{"max_items", "2"}})});
  EXPECT_EQ(world.tables.items.size(), 2U);
  EXPECT_TRUE(world.tables.items.contains({"n", "4"}) && world.tables.items.contains({"n", "3"}));
  world.run("a@x/1", ConfigureNode{node("n"), form({{"persist_items", "0"}})});
  EXPECT_TRUE(world.tables.items.empty());
  const auto then = world.last_event;
  world.publish("a@x/1", "n", "5");
  world.run("a@x/1", ConfigureNode{node("n"), form({{"persist_items", "1"}})});
  EXPECT_GT(world.tables.nodes.at("n").archive_from, then) << "what was not kept is in no archive";
}

TEST(NodesDelete, TellsAndForgets) {
  World world;
  world.create("a@x/1", "n", {{"notify_delete", "1"}});
  world.subscribe("b@x", "n");
  world.publish("a@x/1", "n", "1");
  EXPECT_EQ(world.code("b@x/1", DeleteNode{node("n")}), refusal(Errc::kForbidden));
  EXPECT_EQ(world.code("root@x/1", DeleteNode{node("commons/grants")}), refusal(Errc::kNotAllowed));
  const auto outcome = world.run("a@x/1", DeleteNode{node("n"), "xmpp:else?;node=m"});
  EXPECT_EQ(World::text(outcome), "deleted n: b@x");
  const auto record = decode_form(outcome.notices.front().record).value();
  EXPECT_EQ(find_field(record, "redirect")->values, std::vector<std::string>{"xmpp:else?;node=m"});
  EXPECT_EQ(World::text(world.nodes.recipients_again(outcome.notices.front())), "b@x");
  EXPECT_FALSE(world.nodes.exists(node("n")));
  EXPECT_EQ(world.nodes.subscription_count(), 0U);
  EXPECT_TRUE(world.tables.nodes.empty() && world.tables.subscriptions.empty() && world.tables.items.empty());
  world.create("a@x/1", "n");
  EXPECT_EQ(world.tables.nodes.at("n").archive_from, world.last_event) << "the earlier node's items are not this one's";
}

TEST(NodesPurge, MovesTheArchive) {
  World world;
  world.create("a@x/1", "n");
  world.create("a@x/1", "quiet", {{"notify_retract", "0"}});
  world.create("a@x/1", "passing", {{"persist_items", "0"}});
  world.create("a@x/1", "all", {{"node_type", "collection"}});
  for (const char* name : {"n", "quiet"}) {
    world.subscribe("b@x", name);
    world.publish("a@x/1", name, "1");
  }
  EXPECT_EQ(world.code("b@x/1", PurgeNode{node("n")}), refusal(Errc::kForbidden));
  const auto unsupported = world.run("a@x/1", PurgeNode{node("passing")});
  EXPECT_EQ(unsupported.answer.error().feature, "persistent-items");
  EXPECT_EQ(world.run("a@x/1", PurgeNode{node("all")}).answer.error().feature, "persistent-items");
  EXPECT_EQ(World::text(world.run("a@x/1", PurgeNode{node("n")})), "purged n: b@x");
  EXPECT_EQ(world.tables.nodes.at("n").archive_from, world.last_event);
  const auto quiet = world.run("a@x/1", PurgeNode{node("quiet")});
  EXPECT_EQ(World::text(quiet), "purged quiet: ");
  EXPECT_TRUE(world.nodes.recipients_again(quiet.notices.front()).empty());
  EXPECT_TRUE(world.tables.items.empty());
}

TEST(NodesAffiliations, AreTheOwnersToSet) {
  struct Case {
    const char* name;
    const char* actor;
    const char* node;
    std::vector<std::pair<const char*, Affiliation>> wanted;
    int expected;
  };
  const Case cases[] = {
      {"somebody else", "b@x/1", "n", {{"b@x", Affiliation::kOwner}}, refusal(Errc::kForbidden)},
      {"no node", "a@x/1", "m", {{"b@x", Affiliation::kOwner}}, refusal(Errc::kNotFound)},
      {"the last owner", "a@x/1", "n", {{"a@x", Affiliation::kNone}}, refusal(Errc::kNotAcceptable)},
      {"the last owner hands over",
       "a@x/1",
       "n",
       {{"a@x", Affiliation::kNone}, {"b@x", Affiliation::kOwner}},
       World::kOk},
      {"too many",
       "a@x/1",
       "n",
       {{"b@x", Affiliation::kMember}, {"c@x", Affiliation::kMember}, {"d@x", Affiliation::kMember}},
       refusal(Errc::kNotAcceptable)},
      {"a session is its bare JID", "a@x/1", "n", {{"b@x/r", Affiliation::kPublisher}}, World::kOk},
      {"market: not the operator",
       "a@x/1",
       "commons/offers",
       {{"b@x", Affiliation::kOutcast}},
       refusal(Errc::kForbidden)},
      {"market: outcast", "root@x/1", "commons/offers", {{"b@x", Affiliation::kOutcast}}, World::kOk},
      {"market: owner", "root@x/1", "commons/offers", {{"b@x", Affiliation::kOwner}}, refusal(Errc::kNotAcceptable)},
      {"market: an operator out",
       "root@x/1",
       "commons/offers",
       {{"root@x", Affiliation::kOutcast}},
       refusal(Errc::kNotAcceptable)},
      {"market: an operator as it is", "root@x/1", "commons/offers", {{"root@x", Affiliation::kOwner}}, World::kOk},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.name);
    Policy policy;
    policy.max_affiliations_per_node = 3;
    World world(policy);
    world.create("a@x/1", "n");
    SetAffiliations command{node(one.node), {}};
    for (const auto& [who, affiliation] : one.wanted) command.wanted.emplace_back(jid(who), affiliation);
    EXPECT_EQ(world.code(one.actor, command), one.expected);
    EXPECT_TRUE(world.run(one.actor, command).changes.empty()) << "again changes nothing";
  }
}

TEST(NodesAffiliations, SubscriptionsFollow) {
  World world;
  world.create("a@x/1", "n", {{"access_model", "authorize"}});
  for (const char* who : {"b@x", "c@x/r", "d@x"}) world.subscribe(who, "n");
  const auto set = [&](const char* who, Affiliation affiliation) {
    return World::text(world.run("a@x/1", SetAffiliations{node("n"), {{jid(who), affiliation}}}));
  };
  EXPECT_EQ(set("b@x", Affiliation::kPublisher), "subscription n b@x subscribed: b@x");
  EXPECT_EQ(set("c@x", Affiliation::kOutcast), "subscription n c@x/r none: c@x/r");
  EXPECT_EQ(set("b@x", Affiliation::kOutcast), "subscription n b@x none: b@x");
  EXPECT_EQ(world.code("b@x/1", Subscribe{node("n"), jid("b@x")}), refusal(Errc::kForbidden));
  EXPECT_EQ(world.code("b@x/1", GetNode{node("n")}), refusal(Errc::kForbidden));

  EXPECT_TRUE(world.nodes.may_publish_to_market(MarketNode::kOffers, jid("b@x/1")).ok());
  world.subscribe("b@x", "commons/offers");
  EXPECT_EQ(World::text(
                world.run("root@x/1", SetAffiliations{node("commons/offers"), {{jid("b@x"), Affiliation::kOutcast}}})),
            "subscription commons/offers b@x none: b@x");
  EXPECT_FALSE(world.nodes.may_publish_to_market(MarketNode::kOffers, jid("b@x/1")).ok());
  EXPECT_TRUE(world.nodes.may_publish_to_market(MarketNode::kRequests, jid("b@x/1")).ok());
}

TEST(NodesCollections, NoCycles) {
  World world;
  const Fields collection{{"node_type", "collection"}};
  for (const char* name : {"a", "b", "c"}) world.create("o@x/1", name, collection);
  EXPECT_EQ(world.code("o@x/1", AssociateNode{node("a"), node("a")}), refusal(Errc::kNotAllowed));
  EXPECT_EQ(world.code("o@x/1", AssociateNode{node("a"), node("b")}), World::kOk);
  EXPECT_EQ(world.code("o@x/1", ConfigureNode{node("b"), form({{"children", "c"}})}), World::kOk);
  EXPECT_EQ(world.code("o@x/1", AssociateNode{node("c"), node("a")}), refusal(Errc::kNotAllowed));
  EXPECT_EQ(world.code("o@x/1", ConfigureNode{node("a"), form({{"collection", "c"}})}), refusal(Errc::kNotAllowed));
  EXPECT_EQ(world.code("o@x/1", ConfigureNode{node("c"), form({{"children", "a"}})}), refusal(Errc::kNotAllowed));
  EXPECT_EQ(
      world.code("o@x/1",
                 CreateNode{.node = node("d"),
                            .config = form({{"node_type", "collection"}, {"collection", "c"}, {"children", "a"}})}),
      refusal(Errc::kNotAllowed));
  EXPECT_EQ(world.tables.nodes.at("c").parents, std::vector<std::string>{"b"});
  EXPECT_EQ(world.code("o@x/1", AssociateNode{node("a"), node("c"), true}), refusal(Errc::kBadRequest));
  EXPECT_EQ(world.code("p@x/1", AssociateNode{node("b"), node("c"), true}), refusal(Errc::kForbidden));
  EXPECT_EQ(world.code("o@x/1", AssociateNode{node("b"), node("c"), true}), World::kOk);
  EXPECT_TRUE(world.tables.nodes.at("c").parents.empty());
  EXPECT_EQ(world.code("o@x/1", AssociateNode{node("c"), node("a")}), World::kOk);
}

TEST(NodesCollections, SubscribersHearOfWhatIsInside) {
  World world;
  world.create("o@x/1", "top", {{"node_type", "collection"}, {"notify_config", "1"}});
  world.create("o@x/1", "mid", {{"node_type", "collection"}, {"collection", "top"}, {"notify_config", "1"}});
  world.subscribe("items1@x", "top");
  world.subscribe("items@x", "top", {{"subscription_depth", "all"}});
  world.subscribe("nodes@x", "top", {{"subscription_type", "nodes"}, {"subscription_depth", "all"}});
  world.subscribe("nodes1@x", "top", {{"subscription_type", "nodes"}});
  world.subscribe("both@x", "mid", {{"subscription_type", "all"}});
  world.subscribe("both@x", "top", {{"subscription_depth", "2"}});
  EXPECT_EQ(World::text(world.run("o@x/1", CreateNode{.node = node("leaf"), .config = form({{"collection", "mid"}})})),
            "created leaf: both@x<mid> nodes@x<top>");
  world.subscribe("items@x", "leaf");
  EXPECT_EQ(World::text(world.publish("o@x/1", "leaf", "1")), "published leaf 1: both@x<mid> items@x");
  EXPECT_EQ(World::text(world.run("o@x/1", AssociateNode{node("mid"), node("leaf"), true})),
            "dissociated mid leaf: both@x nodes@x<top>");
  EXPECT_EQ(World::text(world.publish("o@x/1", "leaf", "2")), "published leaf 2: items@x");
  EXPECT_EQ(World::text(world.run("o@x/1", ConfigureNode{node("top"), {{"pubsub#children", {"mid", "leaf"}}}})),
            "configured top: both@x items1@x items@x nodes1@x nodes@x; associated top leaf: nodes1@x nodes@x");
  EXPECT_EQ(World::text(world.publish("o@x/1", "leaf", "3")), "published leaf 3: both@x<top> items1@x<top> items@x");
  world.run("o@x/1", DeleteNode{node("top")});
  EXPECT_TRUE(world.tables.nodes.at("leaf").parents.empty());
  EXPECT_EQ(World::text(world.publish("o@x/1", "leaf", "4")), "published leaf 4: items@x");
}

TEST(NodesCollections, DoNotOpenWhatIsClosed) {
  World world;
  world.create("o@x/1", "top", {{"node_type", "collection"}});
  world.create("o@x/1", "secret", {{"collection", "top"}, {"access_model", "whitelist"}});
  world.run("o@x/1", SetAffiliations{node("secret"), {{jid("m@x"), Affiliation::kMember}}});
  for (const char* who : {"m@x", "stranger@x"}) world.subscribe(who, "top");
  EXPECT_EQ(World::text(world.publish("o@x/1", "secret", "1")), "published secret 1: m@x<top>");
}

}  // namespace
}  // namespace bourse::pubsub
