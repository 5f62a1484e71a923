// What `-o json` and hooks get: names that scripts rely on.
#include "xmpp/client_json.h"

#include <gtest/gtest.h>

#include "xmpp/timestamps.h"

namespace bourse::xmpp {
namespace {

base::Timestamp at(const char* text) { return parse_timestamp(text).value(); }

TEST(ClientJson, Offer) {
  ListedOffer listed{{"o1"}, "lab@example.org", {}};
  domain::Offer& offer = listed.offer;
  ASSERT_TRUE(offer.resources.add("cpu", 1500).ok());
  offer.services = {{"blast", "2.14", "", 4}, {"jupyter", "", "", 0}};
  offer.schedule = {"Sat-Sun", "Europe/Berlin"};
  offer.terms.confirm = domain::Confirm::kManual;
  offer.terms.grace = std::chrono::minutes(5);
  offer.terms.drain = true;
  offer.starts = at("2026-12-01T00:00:00Z");
  offer.expires = at("2026-12-02T00:00:00Z");
  EXPECT_EQ(to_json(listed), Json::parse(R"({
    "id": "o1", "provider": "lab@example.org", "resources": {"cpu": "1500m"}, "attributes": [],
    "services": [{"name": "blast", "version": "2.14", "seats": 4}, {"name": "jupyter"}],
    "divisible": true, "confirm": "manual", "grace": "PT5M", "drain": true,
    "schedule": "Sat-Sun", "tz": "Europe/Berlin",
    "starts": "2026-12-01T00:00:00Z", "expires": "2026-12-02T00:00:00Z"})"));
}

TEST(ClientJson, Request) {
  ListedRequest listed{{"r1"}, {}, RequestStanding{}};
  domain::Request& request = listed.request;
  request.services = {"blast"};
  request.prefers = domain::Preference::parse("2*speed").value();
  request.count = 3;
  request.gang = true;
  request.spares = 1;
  request.spread = "domain";
  request.apart = {{{"r0"}, "rack"}};
  request.priority = -5;
  request.start = at("2026-12-01T00:00:00Z");
  EXPECT_EQ(to_json(listed), Json::parse(R"({
    "id": "r1", "resources": {}, "services": ["blast"], "prefers": "2*speed", "count": 3, "gang": true, "spares": 1,
    "spread": "domain", "apart": [{"request": "r0", "by": "rack"}], "priority": -5, "duration": "PT1H",
    "start": "2026-12-01T00:00:00Z", "state": "waiting", "granted": 0})"));
}

TEST(ClientJson, Grant) {
  GrantPayload payload;
  domain::Grant& grant = payload.grant;
  grant.id = {42};
  grant.state = domain::GrantState::kProposed;
  grant.ahead = true;
  grant.started = at("2026-12-01T00:00:00Z");
  grant.expires = at("2026-12-01T01:00:00Z");
  grant.state_until = at("2026-11-30T00:00:30Z");
  grant.entry = domain::AuditIndex{17};
  EXPECT_EQ(to_json(payload), Json::parse(R"({
    "id": "g42", "offer": "", "request": "", "provider": "", "consumer": "", "state": "proposed", "resources": {},
    "devices": [], "ahead": true, "started": "2026-12-01T00:00:00Z", "expires": "2026-12-01T01:00:00Z",
    "state_until": "2026-11-30T00:00:30Z", "entry": 17, "fence": 42})"));
}

TEST(ClientJson, Explanation) {
  market::RequestExplanation explanation;
  explanation.request = {"r1"};
  explanation.count = 2;
  explanation.submitted = at("2026-11-20T08:00:00Z");
  explanation.share = 0.5;
  explanation.quota = "too much";
  explanation.held_offer = domain::OfferId{"o7"};
  explanation.held_from = at("2026-11-20T10:00:00Z");
  explanation.offers = 9;
  explanation.fitting = 1;
  explanation.rejections = {{matching::Obstacle::kInUse, "cpu", 8, 3}};
  explanation.nearest = {{{"o7"}, domain::Jid::parse("lab@example.org").value(), {"cpu: 4 free"}, {}}};
  explanation.changes = {"ask for less"};
  EXPECT_EQ(to_json(explanation), Json::parse(R"({
    "request": "r1", "state": "waiting", "granted": 0, "count": 2, "submitted": "2026-11-20T08:00:00Z", "share": 0.5,
    "quota": "too much", "held_offer": "o7", "held_from": "2026-11-20T10:00:00Z", "offers": 9, "fitting": 1,
    "rejections": [{"obstacle": "in-use", "what": "cpu", "offers": 8, "alone": 3}],
    "nearest": [{"offer": "o7", "provider": "lab@example.org", "lacks": ["cpu: 4 free"]}],
    "changes": ["ask for less"]})"));
}

}  // namespace
}  // namespace bourse::xmpp
