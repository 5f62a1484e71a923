#include "xmpp/stanza_error.h"

#include <gtest/gtest.h>

#include <string>

#include "parsed_xml.h"
#include "xmpp/client_errors.h"
#include "xmpp/component_link.h"

namespace bourse::xmpp {
namespace {

using enum base::Errc;

TEST(StanzaErrors, TheTable) {
  const struct {
    base::Errc code;
    const char* type;
    const char* condition;
    const char* pubsub;
  } cases[] = {
      {kBadRequest, "modify", "bad-request", ""},
      {kInvalidPayload, "modify", "bad-request", "invalid-payload"},
      {kPayloadRequired, "modify", "bad-request", "payload-required"},
      {kItemRequired, "modify", "bad-request", "item-required"},
      {kNodeRequired, "modify", "bad-request", "nodeid-required"},
      {kInvalidJid, "modify", "bad-request", "invalid-jid"},
      {kNotSubscribed, "cancel", "unexpected-request", "not-subscribed"},
      {kForbidden, "auth", "forbidden", ""},
      {kNotFound, "cancel", "item-not-found", ""},
      {kConflict, "cancel", "conflict", ""},
      {kNotAcceptable, "modify", "not-acceptable", ""},
      {kUnsupported, "cancel", "feature-not-implemented", ""},
      {kPayloadTooBig, "modify", "not-acceptable", "payload-too-big"},
      {kResourceConstraint, "wait", "resource-constraint", ""},
      {kUnavailable, "wait", "service-unavailable", ""},
      {kRateLimited, "wait", "policy-violation", ""},
      {kCorrupt, "cancel", "internal-server-error", ""},
      {kInternal, "cancel", "internal-server-error", ""},
      {kNotAllowed, "cancel", "not-allowed", ""},
      {kNotAuthorized, "auth", "not-authorized", "not-subscribed"},
      {kClosedNode, "cancel", "not-allowed", "closed-node"},
      {kNotInRosterGroup, "auth", "not-authorized", "not-in-roster-group"},
      {kPresenceSubscriptionRequired, "auth", "not-authorized", "presence-subscription-required"},
      {kPendingSubscription, "auth", "not-authorized", "pending-subscription"},
      {kTooManySubscriptions, "wait", "policy-violation", "too-many-subscriptions"},
      {kInvalidOptions, "modify", "bad-request", "invalid-options"},
      {kInvalidSubid, "modify", "not-acceptable", "invalid-subid"},
      {kSubidRequired, "modify", "bad-request", "subid-required"},
      {kJidRequired, "modify", "bad-request", "jid-required"},
      {kConfigurationRequired, "modify", "not-acceptable", "configuration-required"},
      {kPreconditionNotMet, "cancel", "conflict", "precondition-not-met"},
      {kMaxItemsExceeded, "modify", "not-allowed", "max-items-exceeded"},
      {kMaxNodesExceeded, "cancel", "not-allowed", "max-nodes-exceeded"},
      {kItemForbidden, "modify", "bad-request", "item-forbidden"},
      {kUnsupportedAccessModel, "modify", "not-acceptable", "unsupported-access-model"},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.condition);
    const ParsedXml parsed(render_error({test.code, "<why> & \xFF where"}));
    ASSERT_TRUE(parsed.ok());
    EXPECT_EQ(parsed->findAttribute("type"), test.type);
    EXPECT_EQ(parsed->children().front()->name(), test.condition);
    EXPECT_EQ(parsed->findChild("text")->cdata(), "<why> & \xEF\xBF\xBD where");
    EXPECT_EQ(parsed->children().size(), *test.pubsub == '\0' ? 2U : 3U);
    if (*test.pubsub != '\0') {
      EXPECT_EQ(parsed->children().back()->name(), test.pubsub);
    }
  }
}

TEST(StanzaErrors, WhatIsMissingHasAName) {
  const ParsedXml parsed(render_error({kUnsupported, "no collections here", "collections"}));
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->children().front()->name(), "feature-not-implemented");
  const auto* unsupported = parsed->findChild("unsupported");
  ASSERT_NE(unsupported, nullptr);
  EXPECT_EQ(unsupported->xmlns(), kPubsubErrorsNs);
  EXPECT_EQ(unsupported->findAttribute("feature"), "collections");
}

TEST(StanzaErrors, WhoIsTooFastIsToldWhenToComeAgain) {
  using std::chrono::seconds;
  const auto xml = render_error({kRateLimited, "too fast", "", seconds(7)});
  const ParsedXml parsed(xml);
  ASSERT_TRUE(parsed.ok());
  const auto* hint = parsed->findChild("retry-after");
  ASSERT_NE(hint, nullptr);
  EXPECT_EQ(hint->xmlns(), "urn:bourse:market:1");
  EXPECT_EQ(hint->findAttribute("seconds"), "7");
  const auto read = [](const std::string& error) {
    const ParsedXml iq("<iq type='error' from='s'>" + error + "</iq>");
    return error_of_stanza(*iq);
  };
  EXPECT_EQ(read(xml).code, kRateLimited);
  EXPECT_EQ(read(xml).retry_after, seconds(7));
  EXPECT_EQ(read(render_error({kResourceConstraint, "full", "", seconds(1)})).retry_after, seconds(1));
  for (const char* text : {"", "-1", "7s", "1e3", "99999999999999999999"}) {
    auto wrong = xml;
    wrong.replace(wrong.find("'7'"), 3, std::string("'") + text + "'");
    EXPECT_EQ(read(wrong).retry_after, seconds(0)) << text;
  }
  auto for_ever = xml;
  for_ever.replace(for_ever.find("'7'"), 3, "'4000000000'");
  EXPECT_EQ(read(for_ever).retry_after, std::chrono::hours(24));
  // A server's word for a stanza that is too long: it stays so.
  auto too_long = xml;
  too_long.replace(too_long.find("wait"), 4, "modify");
  EXPECT_EQ(read(too_long).code, kNotAcceptable);
}

TEST(StanzaErrors, ANodeThatMovedSaysWhereTo) {
  const ParsedXml moved(render_error({kGone, "xmpp:pubsub.x?;node=a&b"}));
  ASSERT_TRUE(moved.ok());
  EXPECT_EQ(moved->findAttribute("type"), "cancel");
  EXPECT_EQ(moved->findChild("gone")->cdata(), "xmpp:pubsub.x?;node=a&b");
  const ParsedXml deleted(render_error({kGone, ""}));
  EXPECT_EQ(deleted->findChild("gone")->cdata(), "");
  EXPECT_EQ(deleted->findChild("text")->cdata(), "the node was deleted");
}

// What a client understands of an error is what the service meant, wherever conditions can tell.
TEST(StanzaErrors, AClientReadsThemBack) {
  for (int i = 0; i <= static_cast<int>(kGone); ++i) {
    const auto code = static_cast<base::Errc>(i);
    const ParsedXml parsed("<iq type='error' from='s'>" + render_error({code, "why", ""}) + "</iq>");
    ASSERT_TRUE(parsed.ok());
    const auto expected = code == kCorrupt ? kInternal : code;  // nobody outside need know
    EXPECT_EQ(error_of_stanza(*parsed).code, expected) << i;
  }
  const ParsedXml unsupported("<iq type='error'>" + render_error({kUnsupported, "why", "digest"}) + "</iq>");
  EXPECT_EQ(error_of_stanza(*unsupported).feature, "digest");
}

TEST(RetryPause, DoublesWithinItsBounds) {
  using std::chrono::milliseconds;
  const base::Duration first = milliseconds(200);
  const base::Duration longest = std::chrono::seconds(30);
  EXPECT_EQ(retry_pause(1, first, longest, 0.0), milliseconds(100));
  EXPECT_EQ(retry_pause(3, first, longest, 0.0), milliseconds(400));
  EXPECT_EQ(retry_pause(3, first, longest, 0.5), milliseconds(600));
  EXPECT_EQ(retry_pause(1'000'000, first, longest, 0.0), std::chrono::seconds(15));
  EXPECT_LE(retry_pause(1'000'000, first, longest, 0.999), longest);
}

}  // namespace
}  // namespace bourse::xmpp
