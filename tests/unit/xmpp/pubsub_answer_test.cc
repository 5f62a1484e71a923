// What the decider says of nodes, as XEP-0060 wants to read it.
#include "xmpp/pubsub_answer.h"

#include <gtest/gtest.h>

#include "answers.h"
#include "xmpp/data_form.h"
#include "xmpp/reply_text.h"

namespace bourse::xmpp {
namespace {

using namespace testing_answers;
using pubsub::SubscriptionState;
using Values = std::vector<std::string>;

pubsub::SubscriptionInfo subscription(SubscriptionState state, std::optional<base::Timestamp> expires = {}) {
  return {{"blog"}, jid("a@x/r"), {3}, state, expires};
}

pubsub::Form small_form() {
  pubsub::Form form;
  form.form_type = "t";
  return form;
}

const std::string kUser = "<pubsub xmlns='http://jabber.org/protocol/pubsub'>";
const std::string kOwner = "<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>";
const std::string kEnd = "</pubsub>";

struct Case {
  const char* name;
  pubsub::Answer answer;
  std::string xml;
};

std::vector<Case> cases() {
  using namespace pubsub;
  using domain::NodeName;
  const std::string form = render(small_form());
  const auto lease = at("2026-12-01T00:00:00Z");
  return {
      {"nothing", std::monostate{}, ""},
      {"created", NodeCreated{{"a'b"}}, kUser + "<create node='a&apos;b'/>" + kEnd},
      {"published", ItemsPublished{{"blog"}, {"1", "<2>"}},
       kUser + "<publish node='blog'><item id='1'/><item id='&lt;2&gt;'/></publish>" + kEnd},
      {"subscribed", SubscriptionAnswer{subscription(SubscriptionState::kSubscribed)},
       kUser + "<subscription node='blog' jid='a@x/r' subscription='subscribed' subid='3'/>" + kEnd},
      {"pending", SubscriptionAnswer{subscription(SubscriptionState::kPending)},
       kUser + "<subscription node='blog' jid='a@x/r' subscription='pending' subid='3'/>" + kEnd},
      {"to be configured", SubscriptionAnswer{subscription(SubscriptionState::kUnconfigured)},
       kUser + "<subscription node='blog' jid='a@x/r' subscription='unconfigured' subid='3'>" +
           "<subscribe-options><required/></subscribe-options></subscription>" + kEnd},
      {"unsubscribed", SubscriptionAnswer{subscription(SubscriptionState::kNone)},
       kUser + "<subscription node='blog' jid='a@x/r' subscription='none' subid='3'/>" + kEnd},
      {"configuration", ConfigAnswer{NodeName{"blog"}, small_form()},
       kOwner + "<configure node='blog'>" + form + "</configure>" + kEnd},
      {"default configuration", ConfigAnswer{std::nullopt, small_form()},
       kOwner + "<default>" + form + "</default>" + kEnd},
      {"options", OptionsAnswer{NodeName{"blog"}, jid("a@x"), SubId{3}, small_form()},
       kUser + "<options node='blog' jid='a@x' subid='3'>" + form + "</options>" + kEnd},
      {"options without subid", OptionsAnswer{NodeName{"blog"}, jid("a@x"), {}, small_form()},
       kUser + "<options node='blog' jid='a@x'>" + form + "</options>" + kEnd},
      {"default options of a node", OptionsAnswer{NodeName{"blog"}, {}, {}, small_form()},
       kUser + "<default node='blog'>" + form + "</default>" + kEnd},
      {"default options", OptionsAnswer{{}, {}, {}, small_form()}, kUser + "<default>" + form + "</default>" + kEnd},
      {"no subscriptions", SubscriptionsAnswer{{}, false, {}}, kUser + "<subscriptions></subscriptions>" + kEnd},
      {"own subscriptions",
       SubscriptionsAnswer{NodeName{"blog"}, false, {subscription(SubscriptionState::kSubscribed, lease)}},
       kUser +
           "<subscriptions node='blog'><subscription node='blog' jid='a@x/r' subscription='subscribed' subid='3'/>" +
           "</subscriptions>" + kEnd},
      {"subscriptions for the owner",
       SubscriptionsAnswer{NodeName{"blog"}, true, {subscription(SubscriptionState::kSubscribed, lease)}},
       kOwner +
           "<subscriptions node='blog'><subscription jid='a@x/r' subscription='subscribed' subid='3' "
           "expiry='2026-12-01T00:00:00Z'/></subscriptions>" +
           kEnd},
      {"own affiliations", AffiliationsAnswer{{}, false, {{{"blog"}, jid("a@x"), Affiliation::kPublishOnly}}},
       kUser + "<affiliations><affiliation node='blog' affiliation='publish-only'/></affiliations>" + kEnd},
      {"affiliations for the owner",
       AffiliationsAnswer{NodeName{"blog"}, true, {{{"blog"}, jid("a@x"), Affiliation::kOwner}}},
       kOwner + "<affiliations node='blog'><affiliation jid='a@x' affiliation='owner'/></affiliations>" + kEnd},
      {"pending requests are a command's", PendingAnswer{{{"blog"}}}, ""},
  };
}

TEST(PubsubAnswer, IsWhatXep0060Wants) {
  for (const auto& each : cases()) EXPECT_EQ(render(each.answer), each.xml) << each.name;
}

TEST(PubsubAnswer, IsTheResultOfTheIq) {
  market::Reply reply{{jid("a@x/r"), "bourse.x", "q1"}, pubsub::Answer(pubsub::NodeCreated{{"blog"}})};
  std::string xml;
  append_reply(xml, reply);
  EXPECT_EQ(xml,
            "<iq type='result' from='bourse.x' to='a@x/r' id='q1'>" + kUser + "<create node='blog'/>" + kEnd + "</iq>");
  xml.clear();
  reply.body = pubsub::Answer{};
  append_reply(xml, reply);
  EXPECT_EQ(xml, "<iq type='result' from='bourse.x' to='a@x/r' id='q1'/>");
  xml.clear();
  reply.to.stanza_id.clear();
  append_reply(xml, reply);
  EXPECT_EQ(xml, "");
}

pubsub::NodeInfo blog() {
  pubsub::NodeInfo info;
  info.node = {"blog"};
  info.config = pubsub::default_config(pubsub::NodeType::kLeaf);
  info.config.title = "A & B";
  info.config.payload_type = "http://www.w3.org/2005/Atom";
  info.config.contacts = {jid("c@x")};
  info.config.access = pubsub::AccessModel::kWhitelist;
  info.creator = jid("a@x");
  info.created = at("2026-11-22T10:00:00Z");
  info.owners = {jid("a@x"), jid("b@x")};
  info.publishers = {jid("p@x")};
  info.subscribers = 12;
  return info;
}

std::vector<std::string> features(const gloox::Tag& query) {
  std::vector<std::string> all;
  for (const auto* feature : query.findChildren("feature")) all.push_back(feature->findAttribute("var"));
  return all;
}

TEST(NodeInfo, HasIdentityAndMetaData) {
  const ParsedXml query(render(pubsub::Answer(blog())));
  ASSERT_TRUE(query.ok());
  EXPECT_EQ(query->findAttribute("node"), "blog");
  const auto* identity = query->findChild("identity");
  ASSERT_NE(identity, nullptr);
  EXPECT_EQ(identity->findAttribute("category"), "pubsub");
  EXPECT_EQ(identity->findAttribute("type"), "leaf");
  EXPECT_EQ(identity->findAttribute("name"), "A & B");
  const auto value = [&](const char* var) { return form_values(*query, pubsub::kMetaDataForm, var); };
  EXPECT_EQ(value("pubsub#title"), Values{"A & B"});
  EXPECT_EQ(value("pubsub#type"), Values{"http://www.w3.org/2005/Atom"});
  EXPECT_EQ(value("pubsub#creator"), Values{"a@x"});
  EXPECT_EQ(value("pubsub#creation_date"), Values{"2026-11-22T10:00:00Z"});
  EXPECT_EQ(value("pubsub#owner"), (Values{"a@x", "b@x"}));
  EXPECT_EQ(value("pubsub#publisher"), Values{"p@x"});
  EXPECT_EQ(value("pubsub#contact"), Values{"c@x"});
  EXPECT_EQ(value("pubsub#access_model"), Values{"whitelist"});
  EXPECT_EQ(value("pubsub#publish_model"), Values{"publishers"});
  EXPECT_EQ(value("pubsub#max_items"), Values{"max"});
  EXPECT_EQ(value("pubsub#num_subscribers"), Values{"12"});
  EXPECT_EQ(value("pubsub#description"), Values{"(none)"}) << "what is not set is not told";
  EXPECT_EQ(value("pubsub#notify_config"), Values{"(none)"}) << "the rest of the configuration is the owner's";
}

TEST(NodeInfo, AnnouncesWhatTheNodeDoes) {
  const auto told = [](const pubsub::NodeInfo& info) {
    const ParsedXml query(render(pubsub::Answer(info)));
    return features(*query);
  };
  const Values kept = {"http://jabber.org/protocol/pubsub",
                       "http://jabber.org/protocol/rsm",
                       "urn:xmpp:mam:2",
                       "urn:xmpp:mam:2#extended",
                       "urn:xmpp:order-by:0",
                       "urn:xmpp:order-by:1"};
  const Values only_pubsub = {"http://jabber.org/protocol/pubsub"};
  auto info = blog();
  EXPECT_EQ(told(info), kept);
  info.config.persist_items = false;
  EXPECT_EQ(told(info), only_pubsub);
  info.kind = pubsub::NodeKind::kCollection;
  EXPECT_EQ(told(info), only_pubsub);
  info.kind = pubsub::NodeKind::kMarket;
  EXPECT_EQ(told(info), Values(kept.begin(), kept.end() - 2));
}

TEST(NodeInfo, NamesTheKindOfNode) {
  auto info = blog();
  info.kind = pubsub::NodeKind::kCollection;
  info.config = pubsub::default_config(pubsub::NodeType::kCollection);
  EXPECT_NE(render(pubsub::Answer(info)).find("<identity category='pubsub' type='collection'/>"), std::string::npos);
  info.kind = pubsub::NodeKind::kMarket;
  info.node = {"commons/offers"};
  EXPECT_NE(render(pubsub::Answer(info)).find("<identity category='pubsub' type='leaf' name='What providers lend'/>"),
            std::string::npos);
}

}  // namespace
}  // namespace bourse::xmpp
