// What the service says of itself.
#include "xmpp/disco.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "answers.h"
#include "pubsub/features.h"

namespace bourse::xmpp {
namespace {

using namespace testing_answers;
using Values = std::vector<std::string>;

ServiceFacts facts() {
  ServiceFacts known;
  known.service = "bourse.x";
  known.pools = {{"commons"}, {"lab"}};
  known.ticket_key = std::string(32, 'k');
  known.max_payload_bytes = 1000;
  known.version = "1.2.3";
  known.policy.creation = pubsub::CreationPolicy::kDomains;
  known.policy.creation_domains = {"x", "y"};
  known.policy.limits.max_items = 77;
  known.policy.longest_lease = std::chrono::hours(48);
  known.contacts.abuse = {"mailto:abuse@x", "xmpp:abuse@x"};
  known.contacts.security = {"xmpp:security@x"};
  return known;
}

std::vector<std::string> features(const gloox::Tag& query) {
  std::vector<std::string> all;
  for (const auto* feature : query.findChildren("feature")) all.push_back(feature->findAttribute("var"));
  return all;
}

TEST(ServiceInfo, AnnouncesEveryFeatureOnce) {
  const auto known = facts();
  const ParsedXml query(render_disco_info(known));
  ASSERT_TRUE(query.ok());
  const auto told = features(*query);
  const std::set<std::string> once(told.begin(), told.end());
  EXPECT_EQ(once.size(), told.size());
  for (const char* each :
       {"http://jabber.org/protocol/disco#info", "http://jabber.org/protocol/disco#items",
        "http://jabber.org/protocol/pubsub", "http://jabber.org/protocol/commands", "http://jabber.org/protocol/rsm",
        "http://jabber.org/protocol/shim", "jabber:x:data", "jabber:iq:version", "urn:xmpp:ping", "urn:xmpp:delay",
        "urn:xmpp:mam:2", "urn:xmpp:mam:2#extended", "urn:xmpp:order-by:0", "urn:xmpp:order-by:1",
        "urn:bourse:market:1"}) {
    EXPECT_TRUE(once.contains(each)) << each;
  }
  const std::string prefix(pubsub::kFeaturePrefix);
  std::vector<std::string> of_pubsub;
  for (const auto& feature : told) {
    if (feature.starts_with(prefix)) of_pubsub.push_back(feature.substr(prefix.size()));
  }
  const auto announced = pubsub::announced(known.policy);
  EXPECT_TRUE(std::equal(of_pubsub.begin(), of_pubsub.end(), announced.begin(), announced.end()));
  EXPECT_FALSE(of_pubsub.empty());
}

TEST(ServiceInfo, HasLimitsPolicySoftwareAndContacts) {
  const ParsedXml query(render_disco_info(facts()));
  ASSERT_TRUE(query.ok());
  EXPECT_EQ(query->findChild("identity")->findAttribute("category"), "pubsub");
  EXPECT_EQ(query->findChild("identity")->findAttribute("type"), "service");
  const struct {
    const char* form;
    const char* var;
    Values values;
  } fields[] = {
      {"urn:bourse:market:1", "max-payload-bytes", {"1000"}},
      {"urn:bourse:market:1", "pools", {"commons", "lab"}},
      {"urn:bourse:market:1", "ticket-key", {"a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s"}},
      {"urn:bourse:market:1", "node-creation", {"domains"}},
      {"urn:bourse:market:1", "node-creation-domains", {"x", "y"}},
      {"urn:bourse:market:1", "max-items", {"77"}},
      {"urn:bourse:market:1", "max-items-per-publish", {"100"}},
      {"urn:bourse:market:1", "max-node-name-bytes", {"512"}},
      {"urn:bourse:market:1", "max-subscriptions", {"1000"}},
      {"urn:bourse:market:1", "longest-lease", {"P2D"}},
      {"urn:bourse:market:1", "confirm-within", {"PT30S"}},
      {"urn:bourse:market:1", "suspect-for", {"PT1M"}},
      {"urn:bourse:market:1", "most-grace", {"PT1H"}},
      {"urn:xmpp:dataforms:softwareinfo", "software", {"Bourse"}},
      {"urn:xmpp:dataforms:softwareinfo", "software_version", {"1.2.3"}},
      {"http://jabber.org/network/serverinfo", "abuse-addresses", {"mailto:abuse@x", "xmpp:abuse@x"}},
      {"http://jabber.org/network/serverinfo", "security-addresses", {"xmpp:security@x"}},
      {"http://jabber.org/network/serverinfo", "sales-addresses", {"(none)"}},
  };
  for (const auto& each : fields) EXPECT_EQ(form_values(*query, each.form, each.var), each.values) << each.var;
}

TEST(ServiceInfo, LeavesOutWhatIsNotConfigured) {
  auto known = facts();
  known.contacts = {};
  known.policy.creation = pubsub::CreationPolicy::kOperators;
  const ParsedXml query(render_disco_info(known));
  ASSERT_TRUE(query.ok());
  EXPECT_EQ(form_values(*query, "http://jabber.org/network/serverinfo", "abuse-addresses"), Values{"(no form)"});
  EXPECT_EQ(form_values(*query, "urn:bourse:market:1", "node-creation"), Values{"operators"});
  EXPECT_EQ(form_values(*query, "urn:bourse:market:1", "node-creation-domains"), Values{"(none)"});
}

TEST(ServiceInfo, NamesTheHeadersOfItsMessages) {
  const ParsedXml query(render_header_info());
  ASSERT_TRUE(query.ok());
  EXPECT_EQ(query->findAttribute("node"), "http://jabber.org/protocol/shim");
  EXPECT_EQ(features(*query), (Values{"http://jabber.org/protocol/shim", "http://jabber.org/protocol/shim#Collection",
                                      "http://jabber.org/protocol/shim#SubID"}));
}

TEST(Version, IsTold) {
  EXPECT_EQ(render_version(facts()),
            "<query xmlns='jabber:iq:version'><name>Bourse</name><version>1.2.3</version></query>");
}

}  // namespace
}  // namespace bourse::xmpp
