#include "xmpp/stanza_error.h"

#include <gtest/gtest.h>

#include <string>

#include "parsed_xml.h"
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
      {kCorrupt, "cancel", "internal-server-error", ""},
      {kInternal, "cancel", "internal-server-error", ""},
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
