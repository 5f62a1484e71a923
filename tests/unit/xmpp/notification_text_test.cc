// Events as messages: every kind, every manner, and many recipients.
#include "xmpp/notification_text.h"

#include <gtest/gtest.h>

#include "answers.h"
#include "domain/records.h"
#include "pubsub/node_config.h"
#include "xmpp/client_market.h"
#include "xmpp/payload.h"

namespace bourse::xmpp {
namespace {

using namespace testing_answers;
using market::Event;
using market::EventKind;
using Values = std::vector<std::string>;

constexpr const char* kService = "bourse.x";
constexpr std::size_t kAll = 1 << 20;
const std::string kEvent = "<event xmlns='http://jabber.org/protocol/pubsub#event'>";

domain::Offer offer() {
  domain::Offer lent;
  lent.resources = resources({{"cpu", "16"}, {"memory", "64Gi"}});
  return lent;
}

Event event(EventKind kind, std::string node, std::string item = {}, std::string record = {}) {
  Event made;
  made.seq = {5};
  made.at = at("2026-11-22T10:00:00Z");
  made.kind = kind;
  made.node = {std::move(node)};
  made.item_id = std::move(item);
  made.record = std::move(record);
  return made;
}

Event offered() {
  auto made = event(EventKind::kPublished, "commons/offers", "o1", domain::encode(offer()));
  made.publisher = made.provider = jid("p@x");
  return made;
}

Event blogged() {
  auto made = event(EventKind::kItemPublished, "blog", "i1", "<entry xmlns='urn:e'>a</entry>");
  made.publisher = jid("a@x/r");
  return made;
}

Event about_subscriber(EventKind kind, std::string record) {
  auto made = event(kind, "blog", "9", std::move(record));
  made.consumer = jid("s@x");
  return made;
}

market::Notification to_one(Event event, pubsub::Recipient recipient = {jid("s@x/r")}, pubsub::Manner manner = {}) {
  market::Notification notification{std::move(event), {}};
  notification.recipients.others.push_back(std::move(recipient));
  notification.recipients.manner = manner;
  return notification;
}

std::string told(const market::Notification& notification) {
  std::string xml;
  const auto appended = append_notification(xml, kService, notification, 0, kAll, signed_ticket);
  EXPECT_TRUE(appended.ok()) << appended.error().text;
  EXPECT_EQ(*appended, notification.recipients.size());
  return xml;
}

std::string headline(const std::string& to, const std::string& content) {
  return "<message type='headline' from='bourse.x' to='" + to + "'>" + content + "</message>";
}

struct Case {
  const char* name;
  Event event;
  std::string content;  // of <event/>
};

std::vector<Case> cases() {
  const std::string deleted = pubsub::encode(pubsub::FormValues{{"redirect", {"xmpp:new@x"}}, {"to", {"s@x"}}});
  const std::string gone = pubsub::encode(pubsub::FormValues{{"to", {"s@x"}}});
  const std::string leased = pubsub::encode(
      pubsub::FormValues{{"state", {"subscribed"}}, {"subid", {"9"}}, {"expiry", {"2026-12-01T00:00:00Z"}}});
  const std::string ended = pubsub::encode(pubsub::FormValues{{"state", {"none"}}, {"subid", {"9"}}});
  return {
      {"an item", blogged(),
       "<items node='blog'><item id='i1' publisher='a@x'><entry xmlns='urn:e'>a</entry></item></items>"},
      {"an item without payload", event(EventKind::kItemPublished, "blog", "i1"),
       "<items node='blog'><item id='i1' publisher='bourse.x'/></items>"},
      {"an offer", offered(),
       "<items node='commons/offers'><item id='o1' publisher='p@x'>" + render_offer(offer()) + "</item></items>"},
      {"an offer withdrawn", event(EventKind::kRetracted, "commons/offers", "o<1"),
       "<items node='commons/offers'><retract id='o&lt;1'/></items>"},
      {"an item retracted", event(EventKind::kItemRetracted, "blog", "i1"),
       "<items node='blog'><retract id='i1'/></items>"},
      {"a node deleted", event(EventKind::kNodeDeleted, "blog", {}, gone), "<delete node='blog'/>"},
      {"a node moved", event(EventKind::kNodeDeleted, "blog", {}, deleted),
       "<delete node='blog'><redirect uri='xmpp:new@x'/></delete>"},
      {"a node purged", event(EventKind::kNodePurged, "blog"), "<purge node='blog'/>"},
      {"a node made", event(EventKind::kNodeCreated, "blog"), "<create node='blog'/>"},
      {"associated", event(EventKind::kAssociated, "blogs", "blog"),
       "<collection node='blogs'><associate node='blog'/></collection>"},
      {"dissociated", event(EventKind::kDissociated, "blogs", "blog"),
       "<collection node='blogs'><dissociate node='blog'/></collection>"},
      {"a leased subscription", about_subscriber(EventKind::kSubscriptionChanged, leased),
       "<subscription node='blog' jid='s@x' subscription='subscribed' subid='9' expiry='2026-12-01T00:00:00Z'/>"},
      {"a subscription ended", about_subscriber(EventKind::kSubscriptionChanged, ended),
       "<subscription node='blog' jid='s@x' subscription='none' subid='9'/>"},
  };
}

TEST(Notification, IsWhatXep0060Wants) {
  for (const auto& each : cases()) {
    EXPECT_EQ(told(to_one(each.event)), headline("s@x/r", kEvent + each.content + "</event>")) << each.name;
  }
}

TEST(Notification, OfAConfigurationHasItsFormOnlyWithPayloads) {
  auto config = pubsub::default_config(pubsub::NodeType::kLeaf);
  config.title = "New";
  const auto configured = event(EventKind::kNodeConfigured, "blog", {}, pubsub::encode(values_of(config)));
  EXPECT_EQ(told(to_one(configured, {jid("s@x/r")}, {pubsub::MessageType::kHeadline, false, false})),
            headline("s@x/r", kEvent + "<configuration node='blog'/></event>"));
  const ParsedXml message(told(to_one(configured)));
  ASSERT_TRUE(message.ok());
  const auto* configuration = message->findChild("event")->findChild("configuration");
  ASSERT_NE(configuration, nullptr);
  EXPECT_EQ(form_values(*configuration, pubsub::kNodeConfigForm, "pubsub#title"), Values{"New"});
  EXPECT_EQ(configuration->findChild("x")->findAttribute("type"), "result");
}

TEST(Notification, AsksOwnersWithAFormThatIsNoHeadline) {
  const ParsedXml message(told(to_one(about_subscriber(EventKind::kSubscriptionRequested, {}), {jid("owner@x")})));
  ASSERT_TRUE(message.ok());
  EXPECT_EQ(message->findAttribute("type"), "");
  EXPECT_EQ(message->findAttribute("to"), "owner@x");
  EXPECT_EQ(message->findChild("event"), nullptr);
  EXPECT_EQ(message->findChild("x")->findAttribute("type"), "form");
  const auto value = [&](const char* var) {
    return form_values(*message, "http://jabber.org/protocol/pubsub#subscribe_authorization", var);
  };
  EXPECT_EQ(value("pubsub#node"), Values{"blog"});
  EXPECT_EQ(value("pubsub#subscriber_jid"), Values{"s@x"});
  EXPECT_EQ(value("pubsub#subid"), Values{"9"});
  EXPECT_EQ(value("pubsub#allow"), Values{"false"});
}

TEST(Notification, IsSentInTheNodesManner) {
  const std::string item = "<items node='blog'><item id='i1' publisher='a@x'";
  const std::string payload = "><entry xmlns='urn:e'>a</entry></item></items></event>";
  EXPECT_EQ(told(to_one(blogged(), {jid("s@x")}, {pubsub::MessageType::kNormal, true, false})),
            "<message from='bourse.x' to='s@x'>" + kEvent + item + payload + "</message>");
  EXPECT_EQ(told(to_one(blogged(), {jid("s@x")}, {pubsub::MessageType::kHeadline, false, false})),
            headline("s@x", kEvent + item + "/></items></event>"));
  EXPECT_EQ(told(to_one(blogged(), {jid("s@x")}, {pubsub::MessageType::kHeadline, true, true})),
            headline("s@x", kEvent + item + payload +
                                "<delay xmlns='urn:xmpp:delay' from='bourse.x' stamp='2026-11-22T10:00:00Z'/>"));
}

TEST(Notification, NamesSubscriptionsAndCollection) {
  const auto purged = event(EventKind::kNodePurged, "blog");
  const std::string content = kEvent + "<purge node='blog'/></event><headers xmlns='http://jabber.org/protocol/shim'>";
  EXPECT_EQ(
      told(to_one(purged, {jid("s@x"), false, {{3}, {12345678901}}})),
      headline("s@x", content + "<header name='SubID'>3</header><header name='SubID'>12345678901</header></headers>"));
  const auto blogs = std::make_shared<const domain::NodeName>(domain::NodeName{"b & c"});
  EXPECT_EQ(
      told(to_one(purged, {jid("s@x"), false, {{3}}, blogs})),
      headline("s@x",
               content + "<header name='Collection'>b &amp; c</header><header name='SubID'>3</header></headers>"));
}

Event grant_event(EventKind kind, domain::GrantState state, const std::string& reason) {
  auto grant = live_grant();
  grant.state = state;
  grant.reason = reason;
  grant.state_until = at("2026-11-22T10:00:30Z");
  return event(kind, "commons/grants", "g7", domain::encode(grant));
}

TEST(Notification, HasALineForThosePeopleWhoWantOne) {
  auto grant = live_grant();
  auto granted = event(EventKind::kGrantStarted, "commons/grants", "g7", domain::encode(grant));
  grant.state = domain::GrantState::kReleased;
  grant.reason = "done <early>";
  const auto released = event(EventKind::kGrantEnded, "commons/grants", "g7", domain::encode(grant));
  const auto proposed = grant_event(EventKind::kGrantStarted, domain::GrantState::kProposed, {});
  const auto suspect = grant_event(EventKind::kGrantChanged, domain::GrantState::kSuspect, "its provider has vanished");
  const auto reserved = grant_event(EventKind::kGrantStarted, domain::GrantState::kReserved, {});
  domain::Request request;
  request.resources = resources({{"cpu", "4"}});
  request.count = 3;
  auto requested = event(EventKind::kPublished, "commons/requests", "r1", domain::encode(request));
  requested.publisher = requested.consumer = jid("c@y");
  const domain::AvailabilityChange change{jid("p@x"), domain::Presence::kUp, at("2026-11-22T09:00:00Z")};
  const struct {
    Event event;
    std::string line;
  } lines[] = {
      {offered(), "Offer o1 by p@x: 16 cpu, 64Gi memory"},
      {requested, "Request r1 by c@y: 3 × 4 cpu for PT1H"},
      {granted, "Grant g7: 4 cpu of p@x for c@y until 2026-11-22T12:00:00Z"},
      {released, "Grant g7: 4 cpu of p@x for c@y, released: done &lt;early&gt;"},
      {proposed, "Grant g7: 4 cpu of p@x for c@y, proposed until 2026-11-22T10:00:30Z"},
      {suspect, "Grant g7: 4 cpu of p@x for c@y, suspect until 2026-11-22T10:00:30Z: its provider has vanished"},
      {reserved, "Grant g7: 4 cpu of p@x for c@y, reserved from 2026-11-22T10:00:00Z until 2026-11-22T12:00:00Z"},
      {event(EventKind::kAvailabilityChanged, "commons/availability", "p@x", domain::encode(change)),
       "Provider p@x is up since 2026-11-22T09:00:00Z"},
      {blogged(), "New item i1 in node blog"},
      {event(EventKind::kItemRetracted, "blog", "i1"), "Item i1 is gone from node blog"},
      {event(EventKind::kNodePurged, "blog"), "All items are gone from node blog"},
      {event(EventKind::kNodeDeleted, "blog", {}, pubsub::encode(pubsub::FormValues{{"redirect", {"xmpp:n@x"}}})),
       "Node blog was deleted: see xmpp:n@x"},
  };
  for (const auto& each : lines) {
    const std::string xml = told(to_one(each.event, {jid("s@x"), true}));
    EXPECT_NE(xml.find("<body>" + each.line + "</body>"), std::string::npos) << xml;
    EXPECT_EQ(told(to_one(each.event)).find("<body>"), std::string::npos) << each.line;
  }
}

TEST(Notification, GivesTheTicketToThePartiesOnly) {
  market::Notification notification{
      event(EventKind::kGrantStarted, "commons/grants", "g7", domain::encode(live_grant())), {}};
  for (const char* to : {"p@x", "c@y/session", "c@y.evil", "stranger@x/p@x", "p@x.y"}) {
    notification.recipients.others.push_back({jid(to)});
  }
  const std::string xml = told(notification);
  const auto message_to = [&](const std::string& to) {
    const auto begin = xml.find("to='" + to + "'");
    return xml.substr(begin, xml.find("</message>", begin) - begin);
  };
  for (const char* party : {"p@x", "c@y/session"}) {
    EXPECT_NE(message_to(party).find("ticket-of-g7"), std::string::npos) << party;
  }
  for (const char* other : {"c@y.evil", "stranger@x/p@x", "p@x.y"}) {
    EXPECT_EQ(message_to(other).find("ticket"), std::string::npos) << other;
  }
  EXPECT_NE(xml.find("publisher='bourse.x'"), std::string::npos) << "nobody else published it";
}

TEST(Notification, HasATicketWhereTheProviderHasAgreed) {
  for (const auto state : domain::kGrantStates) {
    const bool signs = domain::is_usable(state) || state == domain::GrantState::kReserved;
    for (const auto kind : {EventKind::kGrantStarted, EventKind::kGrantChanged, EventKind::kGrantEnded}) {
      const std::string xml = told(to_one(grant_event(kind, state, {}), {jid("p@x")}));
      EXPECT_EQ(xml.find("ticket-of-g7") != std::string::npos, signs) << domain::name(state);
      EXPECT_NE(xml.find("state='" + std::string(domain::name(state)) + "'"), std::string::npos);
    }
  }
}

TEST(Notification, GoesOnFromWhereItStopped) {
  market::Notification notification{blogged(), {}};
  auto shared = std::make_shared<std::vector<pubsub::Recipient>>();
  for (int i = 0; i < 100; ++i) shared->push_back({jid("s" + std::to_string(i) + "@x"), i % 10 == 9});
  notification.recipients.shared = shared;
  notification.recipients.others.push_back({jid("last@x")});
  const std::string whole = told(notification);

  std::string pieces;
  std::size_t from = 0;
  while (from < notification.recipients.size()) {
    std::string piece;
    const auto appended = append_notification(piece, kService, notification, from, 2000, signed_ticket);
    ASSERT_TRUE(appended.ok());
    ASSERT_GE(*appended, 1U);
    EXPECT_LT(piece.size(), 2500U);
    from += *appended;
    pieces += piece;
  }
  EXPECT_EQ(from, 101U);
  EXPECT_EQ(pieces, whole);

  std::string none;
  EXPECT_EQ(*append_notification(none, kService, notification, 101, kAll, signed_ticket), 0U);
  EXPECT_EQ(*append_notification(none, kService, notification, 7, 0, signed_ticket), 1U) << "at least one";
}

TEST(Notification, ThatCannotBeReadAppendsNothing) {
  const EventKind kinds[] = {EventKind::kPublished,    EventKind::kGrantStarted,        EventKind::kGrantEnded,
                             EventKind::kGrantChanged, EventKind::kAvailabilityChanged, EventKind::kNodeConfigured,
                             EventKind::kNodeDeleted,  EventKind::kSubscriptionChanged, static_cast<EventKind>(99)};
  for (const auto kind : kinds) {
    std::string xml = "before";
    const auto appended = append_notification(xml, kService, to_one(event(kind, "commons/offers", "o1", "\xff\xff")), 0,
                                              kAll, signed_ticket);
    ASSERT_FALSE(appended.ok()) << static_cast<int>(kind);
    EXPECT_EQ(appended.error().code, base::Errc::kCorrupt);
    EXPECT_EQ(xml, "before");
  }
  // The line for a person needs the record even where the payload is not sent.
  auto notification = to_one(event(EventKind::kPublished, "commons/offers", "o1", "\xff\xff"), {jid("s@x")},
                             {pubsub::MessageType::kHeadline, false, false});
  notification.recipients.others.push_back({jid("t@x"), true});
  std::string xml = "before";
  EXPECT_FALSE(append_notification(xml, kService, notification, 0, kAll, signed_ticket).ok());
  EXPECT_EQ(xml, "before");
}

TEST(Notification, IsReadByOurOwnClient) {
  const auto first = [](const Event& event) {
    const ParsedXml message(told(to_one(event, {jid("p@x/agent"), true, {{1}, {2}}}, {{}, true, true})));
    return parse_events(*message);
  };
  const auto offers = first(offered());
  ASSERT_EQ(offers.size(), 1U);
  const auto& published = std::get<OfferPublished>(offers.front());
  EXPECT_EQ(published.publisher, "p@x");
  EXPECT_EQ(published.offer, offer());
  const auto grants = first(event(EventKind::kGrantStarted, "commons/grants", "g7", domain::encode(live_grant())));
  ASSERT_EQ(grants.size(), 1U);
  EXPECT_EQ(std::get<GrantChanged>(grants.front()).payload, (GrantPayload{live_grant(), "ticket-of-g7"}));
  EXPECT_TRUE(first(event(EventKind::kNodePurged, "blog")).empty());
}

}  // namespace
}  // namespace bourse::xmpp
