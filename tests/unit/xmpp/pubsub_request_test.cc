// Requests of XEP-0060 as commands and questions, and the precise error of each that is wrong.
#include "xmpp/pubsub_request.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "parsed_xml.h"

namespace bourse::xmpp {
namespace {

using base::Errc;

domain::Jid jid(std::string_view text) { return domain::Jid::parse(text).value(); }

struct PubsubRequestTest : testing::Test {
  PubsubRequestTest() {
    rules.pools = {{"commons"}, {"lab"}};
    rules.new_item_id = [this] { return "made-" + std::to_string(++made); };
    rules.policy.limits.max_payload_bytes = 2'000;
    rules.max_payload_bytes = 1'000;
  }

  base::Result<PubsubRequest> user(bool set, const std::string& content) {
    const ParsedXml xml("<pubsub xmlns='http://jabber.org/protocol/pubsub'>" + content + "</pubsub>");
    BOURSE_CHECK(xml.ok());
    return parse_pubsub(*xml, set, jid("a@x/r"), {}, rules);
  }
  base::Result<PubsubRequest> owner(bool set, const std::string& content) {
    const ParsedXml xml("<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>" + content + "</pubsub>");
    BOURSE_CHECK(xml.ok());
    return parse_pubsub_owner(*xml, set, jid("a@x/r"), rules);
  }

  // The command a request became; `pool` who decides it.
  template <class Command>
  Command command(const base::Result<PubsubRequest>& request, const std::string& pool = "commons") {
    if (!request) {
      ADD_FAILURE() << request.error().text;
      return {};
    }
    const auto* asked = std::get_if<PoolCommand>(&*request);
    const auto* node = asked == nullptr ? nullptr : std::get_if<pubsub::Command>(&asked->body);
    const auto* found = node == nullptr ? nullptr : std::get_if<Command>(node);
    if (found == nullptr) {
      ADD_FAILURE() << "another command";
      return {};
    }
    EXPECT_EQ(asked->pool.value, pool);
    return *found;
  }

  PubsubRules rules;
  int made = 0;
};

std::string form(const std::string& form_type, const std::string& var, const std::string& value) {
  return "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'><value>" + form_type +
         "</value></field><field var='" + var + "'><value>" + value + "</value></field></x>";
}
const std::string kCancel = "<x xmlns='jabber:x:data' type='cancel'/>";

TEST_F(PubsubRequestTest, Create) {
  const auto named = command<pubsub::CreateNode>(user(true, "<create node='blog'/>"));
  EXPECT_EQ(named.node.value, "blog");
  EXPECT_FALSE(named.instant);
  EXPECT_TRUE(named.config.empty());

  const auto instant = command<pubsub::CreateNode>(user(true, "<create/>"));
  EXPECT_EQ(instant.node.value, "made-1");
  EXPECT_TRUE(instant.instant);
  EXPECT_TRUE(command<pubsub::CreateNode>(user(true, "<create node=''/>")).instant);

  const auto configured = command<pubsub::CreateNode>(
      user(true, "<create node='blog'/><configure>" +
                     form(pubsub::kNodeConfigForm, "pubsub#access_model", "whitelist") + "</configure>"));
  EXPECT_EQ(configured.config, (pubsub::FormValues{{"pubsub#access_model", {"whitelist"}}}));
  for (const auto& without : {std::string("<configure/>"), "<configure>" + kCancel + "</configure>"}) {
    EXPECT_TRUE(command<pubsub::CreateNode>(user(true, "<create node='blog'/>" + without)).config.empty());
  }
  command<pubsub::CreateNode>(user(true, "<create node='lab/offers'/>"), "lab");  // which says that it is there
}

TEST_F(PubsubRequestTest, PublishToAnyNode) {
  const auto publish = command<pubsub::PublishItems>(
      user(true,
           "<publish node='blog'><item id='i1'><entry xmlns='urn:a'><t>1 &lt; 2</t></entry></item><item/>"
           "<item id='i3' publisher='forged@x'><p:e xmlns:p='urn:b'/></item><item id='i4'><bare/></item></publish>"));
  ASSERT_EQ(publish.items.size(), 4U);
  EXPECT_EQ(publish.items[0].id, "i1");
  EXPECT_EQ(publish.items[0].payload, "<entry xmlns='urn:a'><t>1 &lt; 2</t></entry>");
  EXPECT_EQ(publish.items[0].payload_ns, "urn:a");
  EXPECT_EQ(publish.items[1].id, "made-1");
  EXPECT_TRUE(publish.items[1].payload.empty());
  EXPECT_EQ(publish.items[2].payload, "<p:e xmlns:p='urn:b'/>");
  EXPECT_EQ(publish.items[2].payload_ns, "urn:b");
  EXPECT_EQ(publish.items[3].payload, "<bare xmlns='http://jabber.org/protocol/pubsub'/>");
  EXPECT_FALSE(publish.options.has_value());

  EXPECT_TRUE(command<pubsub::PublishItems>(user(true, "<publish node='blog'/>")).items.empty());
  const auto options = command<pubsub::PublishItems>(
      user(true, "<publish node='blog'><item/></publish><publish-options>" +
                     form(pubsub::kPublishOptionsForm, "pubsub#persist_items", "1") + "</publish-options>"));
  ASSERT_TRUE(options.options.has_value());
  EXPECT_EQ(*options.options, (pubsub::FormValues{{"pubsub#persist_items", {"1"}}}));
}

const std::string kOffer = "<offer xmlns='urn:bourse:market:1'><resource name='cpu' quantity='4'/></offer>";

TEST_F(PubsubRequestTest, OffersAreTheMarketsOwn) {
  for (const auto& options :
       {std::string(), "<publish-options>" + form(pubsub::kPublishOptionsForm, "pubsub#access_model", "open") +
                           "</publish-options>"}) {
    const auto request =
        user(true, "<publish node='lab/offers'><item id='o1'>" + kOffer + "</item></publish>" + options);
    ASSERT_TRUE(request.ok()) << request.error().text;
    const auto& asked = std::get<PoolCommand>(*request);
    EXPECT_EQ(asked.pool.value, "lab");
    EXPECT_EQ(std::get<market::PublishOffer>(asked.body).id.value, "o1");
  }
  const auto retract = user(true, "<retract node='commons/requests' notify='1'><item id='r1'/></retract>");
  ASSERT_TRUE(retract.ok());
  EXPECT_EQ(std::get<market::Retract>(std::get<PoolCommand>(*retract).body).item_id, "r1");
  // A pool that is not of this service has no market nodes.
  command<pubsub::PublishItems>(user(true, "<publish node='other/offers'><item>" + kOffer + "</item></publish>"));
}

TEST_F(PubsubRequestTest, Retract) {
  const auto retract = command<pubsub::RetractItems>(
      user(true, "<retract node='blog'><item id='1'/><item id='2'/><item id='1'/></retract>"));
  EXPECT_EQ(retract.ids, (std::vector<std::string>{"1", "2"}));
  EXPECT_FALSE(retract.notify);
  for (const char* yes : {"true", "1"}) {
    const std::string xml = "<retract node='blog' notify='" + std::string(yes) + "'><item id='1'/></retract>";
    EXPECT_TRUE(command<pubsub::RetractItems>(user(true, xml)).notify);
  }
}

TEST_F(PubsubRequestTest, Subscriptions) {
  const auto subscribe = command<pubsub::Subscribe>(user(true, "<subscribe node='lab/offers' jid='A@x'/>"), "lab");
  EXPECT_EQ(subscribe.subscriber, jid("a@x"));
  EXPECT_FALSE(subscribe.options.has_value());
  const std::string options = form(pubsub::kSubscribeOptionsForm, "pubsub#deliver", "0");
  const auto with =
      command<pubsub::Subscribe>(user(true, "<subscribe node='blog' jid='a@x/r'/><options>" + options + "</options>"));
  EXPECT_EQ(with.subscriber, jid("a@x/r"));
  EXPECT_EQ(with.options, (pubsub::FormValues{{"pubsub#deliver", {"0"}}}));

  const auto unsubscribe =
      command<pubsub::Unsubscribe>(user(true, "<unsubscribe node='blog' jid='a@x/gone' subid='7'/>"));
  EXPECT_EQ(unsubscribe.subscriber, jid("a@x/gone"));
  EXPECT_EQ(unsubscribe.id, pubsub::SubId{7});
  EXPECT_FALSE(
      command<pubsub::Unsubscribe>(user(true, "<unsubscribe node='blog' jid='a@x' subid=''/>")).id.has_value());

  const auto set =
      command<pubsub::SetOptions>(user(true, "<options node='blog' jid='a@x' subid='2'>" + options + "</options>"));
  EXPECT_EQ(set.id, pubsub::SubId{2});
  EXPECT_EQ(set.options, (pubsub::FormValues{{"pubsub#deliver", {"0"}}}));
  const auto cancelled = user(true, "<options node='blog' jid='a@x'>" + kCancel + "</options>");
  ASSERT_TRUE(cancelled.ok());
  EXPECT_TRUE(std::holds_alternative<Nothing>(*cancelled));
  EXPECT_EQ(command<pubsub::GetOptions>(user(false, "<options node='blog' jid='a@x' subid='2'/>")).id,
            pubsub::SubId{2});
}

TEST_F(PubsubRequestTest, QuestionsOfEverybody) {
  EXPECT_FALSE(command<pubsub::GetDefaultOptions>(user(false, "<default/>")).node.has_value());
  EXPECT_EQ(command<pubsub::GetDefaultOptions>(user(false, "<default node='lab/offers'/>"), "lab").node->value,
            "lab/offers");
  EXPECT_FALSE(command<pubsub::GetSubscriptions>(user(false, "<subscriptions/>")).node.has_value());
  EXPECT_EQ(command<pubsub::GetSubscriptions>(user(false, "<subscriptions node='blog'/>")).node->value, "blog");
  EXPECT_FALSE(command<pubsub::GetAffiliations>(user(false, "<affiliations/>")).node.has_value());
  EXPECT_EQ(command<pubsub::GetAffiliations>(user(false, "<affiliations node='blog'/>")).node->value, "blog");
}

TEST_F(PubsubRequestTest, Items) {
  const auto items = [&](const std::string& xml) {
    const auto request = user(false, xml);
    EXPECT_TRUE(request.ok()) << request.error().text;
    return std::get<market::NodeItemsQuery>(std::get<market::QueryBody>(*request));
  };
  EXPECT_EQ(items("<items node='blog' subid='3'/>").page.before, "");
  EXPECT_EQ(items("<items node='blog' max_items='9999'/>").page.max, market::kMaxPage);
  EXPECT_EQ(items("<items node='blog'><item id='b'/><item id='a'/></items>").ids, (std::vector<std::string>{"b", "a"}));
  const auto paged = items(
      "<items node='blog'/><set xmlns='http://jabber.org/protocol/rsm'><max>3</max><before>x</before></set>"
      "<order xmlns='urn:xmpp:order-by:1' field='creation'/><order xmlns='urn:xmpp:order-by:1' field='modification'/>");
  EXPECT_EQ(paged.page.before, "x");
  EXPECT_EQ(paged.page.max, 3U);
  EXPECT_EQ(paged.order, market::ItemOrder::kCreation);
  EXPECT_EQ(paged.pool.value, "commons");
  EXPECT_EQ(items("<items node='blog'/><order xmlns='urn:xmpp:order-by:0' by='creation'/>").order,
            market::ItemOrder::kCreation);
  EXPECT_EQ(items("<items node='blog'/>").order, market::ItemOrder::kModification);
  const auto offers =
      user(false, "<items node='lab/offers'/><order xmlns='urn:xmpp:order-by:1' field='modification'/>");
  ASSERT_TRUE(offers.ok());
  EXPECT_EQ(std::get<market::ItemQuery>(std::get<market::QueryBody>(*offers)).pool.value, "lab");
}

TEST_F(PubsubRequestTest, OwnersQuestions) {
  EXPECT_EQ(command<pubsub::GetConfig>(owner(false, "<configure node='blog'/>")).node.value, "blog");
  EXPECT_EQ(command<pubsub::GetDefaultConfig>(owner(false, "<default/>")).type, pubsub::NodeType::kLeaf);
  EXPECT_EQ(command<pubsub::GetDefaultConfig>(owner(false, "<default type='collection'/>")).type,
            pubsub::NodeType::kCollection);
  EXPECT_EQ(
      command<pubsub::GetDefaultConfig>(
          owner(false, "<default>" + form(pubsub::kNodeConfigForm, "pubsub#node_type", "collection") + "</default>"))
          .type,
      pubsub::NodeType::kCollection);
  EXPECT_EQ(command<pubsub::GetNodeAffiliations>(owner(false, "<affiliations node='lab/grants'/>"), "lab").node.value,
            "lab/grants");
  EXPECT_EQ(command<pubsub::GetNodeSubscriptions>(owner(false, "<subscriptions node='blog'/>")).node.value, "blog");
}

TEST_F(PubsubRequestTest, OwnersCommands) {
  const std::string title = form(pubsub::kNodeConfigForm, "pubsub#title", "T");
  EXPECT_EQ(command<pubsub::ConfigureNode>(owner(true, "<configure node='blog'>" + title + "</configure>")).config,
            (pubsub::FormValues{{"pubsub#title", {"T"}}}));
  const auto cancelled = owner(true, "<configure node='blog'>" + kCancel + "</configure>");
  ASSERT_TRUE(cancelled.ok());
  EXPECT_TRUE(std::holds_alternative<Nothing>(*cancelled));
  EXPECT_EQ(command<pubsub::DeleteNode>(owner(true, "<delete node='blog'/>")).redirect, "");
  EXPECT_EQ(command<pubsub::DeleteNode>(owner(true, "<delete node='blog'><redirect uri='xmpp:h?;node=b'/></delete>"))
                .redirect,
            "xmpp:h?;node=b");
  EXPECT_EQ(command<pubsub::PurgeNode>(owner(true, "<purge node='blog'/>")).node.value, "blog");

  const auto affiliations = command<pubsub::SetAffiliations>(
      owner(true,
            "<affiliations node='blog'><affiliation jid='b@x/r' affiliation='publish-only'/>"
            "<affiliation jid='c@x'/><affiliation jid='d@x' affiliation='none'/></affiliations>"));
  ASSERT_EQ(affiliations.wanted.size(), 2U);
  EXPECT_EQ(affiliations.wanted[0], std::pair(jid("b@x"), pubsub::Affiliation::kPublishOnly));
  EXPECT_EQ(affiliations.wanted[1], std::pair(jid("d@x"), pubsub::Affiliation::kNone));

  const auto subscriptions = command<pubsub::SetSubscriptions>(
      owner(true,
            "<subscriptions node='blog'><subscription jid='b@x/r' subscription='subscribed'/>"
            "<subscription jid='c@x' subscription='none' subid='1'/><subscription jid='c@x' subscription='none' "
            "subid='2'/><subscription jid='d@x'/></subscriptions>"));
  ASSERT_EQ(subscriptions.wanted.size(), 3U);
  EXPECT_EQ(subscriptions.wanted[0].subscriber, jid("b@x/r"));
  EXPECT_EQ(subscriptions.wanted[0].state, pubsub::SubscriptionState::kSubscribed);
  EXPECT_FALSE(subscriptions.wanted[0].id.has_value());
  EXPECT_EQ(subscriptions.wanted[2].id, pubsub::SubId{2});

  const auto in =
      command<pubsub::AssociateNode>(owner(true, "<collection node='c'><associate node='n'/></collection>"));
  EXPECT_EQ(in.collection.value, "c");
  EXPECT_EQ(in.node.value, "n");
  EXPECT_FALSE(in.dissociate);
  EXPECT_TRUE(command<pubsub::AssociateNode>(owner(true, "<collection node='c'><dissociate node='n'/></collection>"))
                  .dissociate);
}

std::string repeated(std::size_t count, const std::function<std::string(std::size_t)>& make) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += make(i);
  return all;
}

TEST_F(PubsubRequestTest, BadRequestsAreRefusedPrecisely) {
  const std::string long_name(513, 'n');
  const std::string node_config = form(pubsub::kNodeConfigForm, "a", "1");
  const std::string wrong_type = form("urn:wrong", "a", "1");
  const auto item = [](std::size_t i) { return "<item id='" + std::to_string(i) + "'/>"; };
  const std::string big = "<item><e xmlns='urn:a'>" + std::string(2'000, 'x') + "</e></item>";
  const struct {
    std::string name;
    bool set;
    std::string xml;
    Errc expected;
  } cases[] = {
      {"nothing", true, "", Errc::kBadRequest},
      {"only another namespace", true, "<create xmlns='urn:x'/>", Errc::kBadRequest},
      {"unknown", true, "<frobnicate node='a'/>", Errc::kUnsupported},
      {"wrong iq type", false, "<create node='a'/>", Errc::kBadRequest},
      {"wrong iq type, too", true, "<items node='a'/>", Errc::kBadRequest},
      {"two requests", true, "<subscribe node='a' jid='a@x'/><subscribe node='b' jid='a@x'/>", Errc::kBadRequest},
      {"create twice", true, "<create node='a'/><create node='b'/>", Errc::kBadRequest},
      {"configure first", true, "<configure/><create node='a'/>", Errc::kBadRequest},
      {"configure alone", true, "<configure/>", Errc::kBadRequest},
      {"configure names another node", true, "<create node='a'/><configure node='b'/>", Errc::kBadRequest},
      {"configure twice", true, "<create node='a'/><configure/><configure/>", Errc::kBadRequest},
      {"options first", true, "<options/><subscribe node='a' jid='a@x'/>", Errc::kBadRequest},
      {"options name another node", true, "<subscribe node='a' jid='a@x'/><options node='b'/>", Errc::kBadRequest},
      {"options name another jid", true, "<subscribe node='a' jid='a@x'/><options jid='b@x'/>", Errc::kBadRequest},
      {"create: long name", true, "<create node='" + long_name + "'/>", Errc::kNotAcceptable},
      {"create: control", true, "<create node='a&#9;b'/>", Errc::kNotAcceptable},
      {"create: bidi", true,
       "<create node='a\xE2\x80\xAE"
       "b'/>",
       Errc::kNotAcceptable},
      {"create: other form", true, "<create node='a'/><configure>" + wrong_type + "</configure>", Errc::kBadRequest},
      {"create: no form", true, "<create node='a'/><configure><y xmlns='urn:y'/></configure>", Errc::kBadRequest},
      {"create: two forms", true, "<create node='a'/><configure>" + node_config + node_config + "</configure>",
       Errc::kBadRequest},
      {"publish: no node", true, "<publish><item/></publish>", Errc::kNodeRequired},
      {"publish: empty node", true, "<publish node=''><item/></publish>", Errc::kNodeRequired},
      {"publish: long node", true, "<publish node='" + long_name + "'><item/></publish>", Errc::kNotFound},
      {"publish: not an item", true, "<publish node='a'><itm/></publish>", Errc::kBadRequest},
      {"publish: two payloads", true, "<publish node='a'><item><e xmlns='u'/><e xmlns='u'/></item></publish>",
       Errc::kInvalidPayload},
      {"publish: text", true, "<publish node='a'><item>words</item></publish>", Errc::kInvalidPayload},
      {"publish: long id", true, "<publish node='a'><item id='" + std::string(1'000, 'i') + "'/></publish>",
       Errc::kNotAcceptable},
      {"publish: id twice", true, "<publish node='a'><item id='i'/><item id='i'/></publish>", Errc::kBadRequest},
      {"publish: 10,000 items", true, "<publish node='a'>" + repeated(10'000, item) + "</publish>",
       Errc::kMaxItemsExceeded},
      {"publish: too big", true, "<publish node='a'>" + big + "</publish>", Errc::kPayloadTooBig},
      {"publish: other options", true,
       "<publish node='a'><item/></publish><publish-options>" + wrong_type + "</publish-options>", Errc::kBadRequest},
      {"publish: options alone", true, "<publish-options/>", Errc::kBadRequest},
      {"offer: precondition", true,
       "<publish node='lab/offers'><item>" + kOffer + "</item></publish><publish-options>" +
           form(pubsub::kPublishOptionsForm, "pubsub#access_model", "whitelist") + "</publish-options>",
       Errc::kPreconditionNotMet},
      {"offer: long id", true, "<publish node='lab/offers'><item id='" + std::string(129, 'i') + "'/></publish>",
       Errc::kNotAcceptable},
      {"offer: empty", true, "<publish node='lab/offers'><item/></publish>", Errc::kPayloadRequired},
      {"offer: none", true, "<publish node='lab/offers'/>", Errc::kItemRequired},
      {"offer: two", true, "<publish node='lab/offers'><item/><item/></publish>", Errc::kNotAcceptable},
      {"grant", true, "<publish node='lab/grants'><item/></publish>", Errc::kForbidden},
      {"retract: two offers", true, "<retract node='lab/offers'><item id='1'/><item id='2'/></retract>",
       Errc::kNotAcceptable},
      {"retract: no node", true, "<retract><item id='1'/></retract>", Errc::kNodeRequired},
      {"retract: no item", true, "<retract node='a'/>", Errc::kItemRequired},
      {"retract: no id", true, "<retract node='a'><item/></retract>", Errc::kItemRequired},
      {"retract: long id", true, "<retract node='a'><item id='" + std::string(1'000, 'i') + "'/></retract>",
       Errc::kNotFound},
      {"retract: notify", true, "<retract node='a' notify='perhaps'><item id='1'/></retract>", Errc::kBadRequest},
      {"retract: 10,000", true, "<retract node='a'>" + repeated(10'000, item) + "</retract>", Errc::kMaxItemsExceeded},
      {"subscribe: no node", true, "<subscribe jid='a@x'/>", Errc::kNodeRequired},
      {"subscribe: no jid", true, "<subscribe node='a'/>", Errc::kJidRequired},
      {"subscribe: bad jid", true, "<subscribe node='a' jid='@'/>", Errc::kInvalidJid},
      {"subscribe: another's", true, "<subscribe node='a' jid='b@x'/>", Errc::kInvalidJid},
      {"subscribe: another session's", true, "<subscribe node='a' jid='a@x/q'/>", Errc::kInvalidJid},
      {"subscribe: bad options", true, "<subscribe node='a' jid='a@x'/><options>" + wrong_type + "</options>",
       Errc::kInvalidOptions},
      {"unsubscribe: another's", true, "<unsubscribe node='a' jid='b@x'/>", Errc::kForbidden},
      {"unsubscribe: no jid", true, "<unsubscribe node='a'/>", Errc::kJidRequired},
      {"unsubscribe: subid", true, "<unsubscribe node='a' jid='a@x' subid='ba49'/>", Errc::kInvalidSubid},
      {"unsubscribe: subid 0", true, "<unsubscribe node='a' jid='a@x' subid='0'/>", Errc::kInvalidSubid},
      {"unsubscribe: subid 07", true, "<unsubscribe node='a' jid='a@x' subid='07'/>", Errc::kInvalidSubid},
      {"unsubscribe: huge subid", true, "<unsubscribe node='a' jid='a@x' subid='99999999999999999999'/>",
       Errc::kInvalidSubid},
      {"options: another's", false, "<options node='a' jid='b@x'/>", Errc::kForbidden},
      {"options: no node", false, "<options jid='a@x'/>", Errc::kNodeRequired},
      {"options: no jid", false, "<options node='a'/>", Errc::kJidRequired},
      {"options: no form", true, "<options node='a' jid='a@x'/>", Errc::kInvalidOptions},
      {"options: not submitted", true, "<options node='a' jid='a@x'><x xmlns='jabber:x:data' type='form'/></options>",
       Errc::kInvalidOptions},
      {"items: no node", false, "<items/>", Errc::kNodeRequired},
      {"items: subid", false, "<items node='a' subid='x'/>", Errc::kInvalidSubid},
      {"items: no id", false, "<items node='a'><item/></items>", Errc::kItemRequired},
      {"items: long id", false, "<items node='a'><item id='" + std::string(1'000, 'i') + "'/></items>",
       Errc::kNotFound},
      {"items: 501", false, "<items node='a'>" + repeated(501, item) + "</items>", Errc::kNotAcceptable},
      {"items: max_items", false, "<items node='a' max_items='-1'/>", Errc::kBadRequest},
      {"items: order", false, "<items node='a'/><order xmlns='urn:xmpp:order-by:1' field='size'/>", Errc::kBadRequest},
      {"items: two anchors", false,
       "<items node='a'/><set xmlns='http://jabber.org/protocol/rsm'><before/><after>b</after></set>",
       Errc::kBadRequest},
      {"items: order of offers", false,
       "<items node='lab/offers'/><order xmlns='urn:xmpp:order-by:1' field='creation'/>", Errc::kUnsupported},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.name);
    const auto request = user(test.set, test.xml);
    ASSERT_FALSE(request.ok());
    EXPECT_EQ(request.error().code, test.expected) << request.error().text;
    EXPECT_FALSE(request.error().text.empty());
    EXPECT_LT(request.error().text.size(), 1'000U);
  }
}

TEST_F(PubsubRequestTest, BadRequestsOfOwnersAreRefusedPrecisely) {
  const struct {
    std::string name;
    bool set;
    std::string xml;
    Errc expected;
  } cases[] = {
      {"nothing", true, "", Errc::kBadRequest},
      {"unknown", true, "<entities node='a'/>", Errc::kUnsupported},
      {"user's", true, "<publish xmlns='http://jabber.org/protocol/pubsub' node='a'/>", Errc::kBadRequest},
      {"configure: no node", false, "<configure/>", Errc::kNodeRequired},
      {"configure: no form", true, "<configure node='a'/>", Errc::kBadRequest},
      {"configure: wrong form", true, "<configure node='a'>" + form("urn:x", "a", "1") + "</configure>",
       Errc::kBadRequest},
      {"default: set", true, "<default/>", Errc::kBadRequest},
      {"default: type", false, "<default type='bush'/>", Errc::kNotAcceptable},
      {"delete: no node", true, "<delete/>", Errc::kNodeRequired},
      {"delete: get", false, "<delete node='a'/>", Errc::kBadRequest},
      {"delete: redirect", true, "<delete node='a'><redirect/></delete>", Errc::kBadRequest},
      {"delete: long redirect", true, "<delete node='a'><redirect uri='" + std::string(5'000, 'u') + "'/></delete>",
       Errc::kNotAcceptable},
      {"purge: no node", true, "<purge/>", Errc::kNodeRequired},
      {"affiliations: no node", false, "<affiliations/>", Errc::kNodeRequired},
      {"affiliations: no jid", true, "<affiliations node='a'><affiliation affiliation='owner'/></affiliations>",
       Errc::kJidRequired},
      {"affiliations: bad jid", true,
       "<affiliations node='a'><affiliation jid='@' affiliation='owner'/></affiliations>", Errc::kInvalidJid},
      {"affiliations: unknown", true,
       "<affiliations node='a'><affiliation jid='b@x' affiliation='king'/></affiliations>", Errc::kNotAcceptable},
      {"affiliations: twice", true,
       "<affiliations node='a'><affiliation jid='b@x' affiliation='owner'/>"
       "<affiliation jid='b@x/r' affiliation='none'/></affiliations>",
       Errc::kBadRequest},
      {"subscriptions: unknown", true,
       "<subscriptions node='a'><subscription jid='b@x' subscription='perhaps'/></subscriptions>",
       Errc::kNotAcceptable},
      {"subscriptions: subid", true,
       "<subscriptions node='a'><subscription jid='b@x' subscription='none' subid='x'/></subscriptions>",
       Errc::kInvalidSubid},
      {"subscriptions: twice", true,
       "<subscriptions node='a'><subscription jid='b@x' subscription='none'/>"
       "<subscription jid='b@x' subscription='subscribed'/></subscriptions>",
       Errc::kBadRequest},
      {"collection: empty", true, "<collection node='a'/>", Errc::kBadRequest},
      {"collection: both", true, "<collection node='a'><associate node='b'/><dissociate node='c'/></collection>",
       Errc::kBadRequest},
      {"collection: no member", true, "<collection node='a'><associate/></collection>", Errc::kNodeRequired},
      {"collection: unknown", true, "<collection node='a'><adopt node='b'/></collection>", Errc::kBadRequest},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.name);
    const auto request = owner(test.set, test.xml);
    ASSERT_FALSE(request.ok());
    EXPECT_EQ(request.error().code, test.expected) << request.error().text;
  }
}

std::string decision(const std::string& fields, const std::string& type = "submit") {
  return "<message from='o@x/r' to='bourse.localhost'><x xmlns='jabber:x:data' type='" + type +
         "'><field var='FORM_TYPE'><value>http://jabber.org/protocol/pubsub#subscribe_authorization</value></field>" +
         fields + "</x></message>";
}
std::string value(const std::string& var, const std::string& text) {
  return "<field var='pubsub#" + var + "'><value>" + text + "</value></field>";
}

TEST_F(PubsubRequestTest, AnOwnersDecisionOnASubscription) {
  const std::string good = value("node", "lab/offers") + value("subscriber_jid", "b@x/r");
  const ParsedXml xml(decision(good + value("allow", "true") + value("subid", "4")));
  const auto allowed = parse_authorization(*xml, rules);
  ASSERT_TRUE(allowed && *allowed);
  EXPECT_EQ((*allowed)->pool.value, "lab");
  const auto approve = std::get<pubsub::ApproveSubscription>(std::get<pubsub::Command>((*allowed)->body));
  EXPECT_EQ(approve.subscriber, jid("b@x/r"));
  EXPECT_EQ(approve.id, pubsub::SubId{4});
  EXPECT_TRUE(approve.allow);
  const ParsedXml no(decision(good + value("allow", "0")));
  const auto denied = parse_authorization(*no, rules);
  ASSERT_TRUE(denied && *denied);
  EXPECT_FALSE(std::get<pubsub::ApproveSubscription>(std::get<pubsub::Command>((*denied)->body)).allow);

  for (const auto& nothing :
       {decision(good + value("allow", "1"), "cancel"), decision(good + value("allow", "1"), "form"),
        std::string("<message from='o@x/r'><body>hi</body></message>"),
        "<message from='o@x/r'>" + form("urn:x", "a", "1") + "</message>"}) {
    const ParsedXml other(nothing);
    EXPECT_FALSE(parse_authorization(*other, rules).has_value()) << nothing;
  }
  for (const auto& wrong : {good, good + value("allow", "perhaps"), value("node", "n") + value("allow", "1"),
                            value("subscriber_jid", "b@x") + value("allow", "1"),
                            value("node", "n") + value("subscriber_jid", "@") + value("allow", "1"),
                            good + value("allow", "1") + value("subid", "x")}) {
    const ParsedXml bad(decision(wrong));
    const auto refused = parse_authorization(*bad, rules);
    ASSERT_TRUE(refused.has_value()) << wrong;
    EXPECT_FALSE(refused->ok()) << wrong;
  }
}

TEST_F(PubsubRequestTest, APoolDecidesItsOwnNodes) {
  EXPECT_EQ(pool_of({"lab/offers"}, rules.pools).value, "lab");
  EXPECT_EQ(pool_of({"other/offers"}, rules.pools).value, "commons");
  EXPECT_EQ(pool_of({"lab/blog"}, rules.pools).value, "commons");
  EXPECT_TRUE(market_node({"commons/grants"}, rules.pools).has_value());
  EXPECT_FALSE(market_node({"other/grants"}, rules.pools).has_value());
  EXPECT_FALSE(market_node({"blog"}, rules.pools).has_value());
}

}  // namespace
}  // namespace bourse::xmpp
