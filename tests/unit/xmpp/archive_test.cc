// Archive queries (XEP-0313, XEP-0442): what is asked, what comes back, and what is refused.
#include <gtest/gtest.h>

#include "answers.h"
#include "domain/records.h"
#include "xmpp/archive_request.h"

namespace bourse::xmpp {
namespace {

using namespace testing_answers;
using base::Errc;
using market::ArchiveQuery;
using market::EventKind;

PubsubRules rules() {
  return {{{"commons"}, {"lab"}}, {}, [] { return std::string("made-up"); }};
}

std::string query(const std::string& content, const std::string& attributes = "node='blog' queryid='f27'") {
  return "<query xmlns='urn:xmpp:mam:2' " + attributes + ">" + content + "</query>";
}

std::string form(const std::string& fields, const std::string& type = "urn:xmpp:mam:2") {
  return "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'><value>" + type +
         "</value></field>" + fields + "</x>";
}

std::string field(const std::string& var, const std::vector<std::string>& values) {
  std::string xml = "<field var='" + var + "'>";
  for (const auto& value : values) xml += "<value>" + value + "</value>";
  return xml + "</field>";
}

base::Result<market::QueryBody> parse(const std::string& xml, bool set = true) {
  const ParsedXml tag(xml);
  BOURSE_CHECK(tag.ok());
  return parse_archive(*tag, set, rules());
}

ArchiveQuery parsed(const std::string& xml) {
  const auto body = parse(xml);
  EXPECT_TRUE(body.ok()) << (body.ok() ? "" : body.error().text);
  return body ? std::get<ArchiveQuery>(*body) : ArchiveQuery{};
}

TEST(ArchiveRequest, TakesEveryField) {
  const auto asked = parsed(query(
      form(field("start", {"2026-11-01T00:00:00Z"}) + field("end", {"2026-11-02T00:00:00Z"}) +
           field("with", {"P@x/phone"}) + field("after-id", {"5"}) + field("before-id", {"9"}) +
           field("ids", {"6", "8", "6"})) +
      "<set xmlns='http://jabber.org/protocol/rsm'><max>10</max><before/></set><flip-page/>" +
      "<order xmlns='urn:xmpp:order-by:0' by='creation'/><order xmlns='urn:xmpp:order-by:1' field='modification'/>"));
  EXPECT_EQ(asked.pool.value, "commons");
  EXPECT_EQ(asked.node.value, "blog");
  EXPECT_EQ(asked.query_id, "f27");
  EXPECT_EQ(asked.since, at("2026-11-01T00:00:00Z"));
  EXPECT_EQ(asked.until, at("2026-11-02T00:00:00Z"));
  EXPECT_EQ(asked.with, jid("p@x"));
  EXPECT_EQ(asked.after_id, "5");
  EXPECT_EQ(asked.before_id, "9");
  EXPECT_EQ(asked.ids, (std::vector<std::string>{"6", "8"}));
  EXPECT_TRUE(asked.flip);
  EXPECT_EQ(asked.page.max, 10U);
  EXPECT_EQ(asked.page.before, "");
}

TEST(ArchiveRequest, NeedsNoForm) {
  const auto asked = parsed("<query xmlns='urn:xmpp:mam:2' node='lab/offers'/>");
  EXPECT_EQ(asked.pool.value, "lab");
  EXPECT_EQ(asked.node.value, "lab/offers");
  EXPECT_FALSE(asked.since || asked.until || asked.with || asked.after_id || asked.before_id || asked.flip);
  EXPECT_TRUE(asked.ids.empty());
  EXPECT_EQ(parsed(query(form(field("with", {""}) + field("start", {})))).with, std::nullopt) << "left as it came";
}

TEST(ArchiveRequest, RefusesWhatItCannotDo) {
  std::vector<std::string> many;
  for (int i = 0; i < 501; ++i) many.push_back(std::to_string(i));
  const struct {
    const char* name;
    std::string xml;
    bool set;
    Errc code;
  } cases[] = {
      {"no node", query("", "queryid='f27'"), true, Errc::kNodeRequired},
      {"an empty node", query("", "node=''"), true, Errc::kNodeRequired},
      {"a node of 600 bytes", query("", "node='" + std::string(600, 'n') + "'"), true, Errc::kNotFound},
      {"a search with get", query(""), false, Errc::kBadRequest},
      {"metadata with set", "<metadata xmlns='urn:xmpp:mam:2' node='blog'/>", true, Errc::kBadRequest},
      {"metadata without node", "<metadata xmlns='urn:xmpp:mam:2'/>", false, Errc::kNodeRequired},
      {"another element", "<prefs xmlns='urn:xmpp:mam:2'/>", false, Errc::kUnsupported},
      {"an unknown field", query(form(field("include-groupchat", {"true"}))), true, Errc::kUnsupported},
      {"another form", query(form("", "jabber:iq:search")), true, Errc::kBadRequest},
      {"a wrong start", query(form(field("start", {"yesterday"}))), true, Errc::kBadRequest},
      {"a wrong end", query(form(field("end", {"2026-13-01T00:00:00Z"}))), true, Errc::kBadRequest},
      {"two starts", query(form(field("start", {"2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"}))), true,
       Errc::kBadRequest},
      {"a wrong JID", query(form(field("with", {"@"}))), true, Errc::kBadRequest},
      {"an empty id", query(form(field("ids", {""}))), true, Errc::kBadRequest},
      {"an endless id", query(form(field("after-id", {std::string(1000, '1')}))), true, Errc::kNotFound},
      {"too many ids", query(form(field("ids", many))), true, Errc::kNotAcceptable},
      {"an endless queryid", query("", "node='blog' queryid='" + std::string(1000, 'q') + "'"), true,
       Errc::kNotAcceptable},
      {"after and before",
       query("<set xmlns='http://jabber.org/protocol/rsm'><after>1</after><before>2</before></set>"), true,
       Errc::kBadRequest},
      {"an order it has not", query("<order xmlns='urn:xmpp:order-by:1' field='size'/>"), true, Errc::kBadRequest},
      {"an order that was not said", query("<order xmlns='urn:xmpp:order-by:1' by='creation'/>"), true,
       Errc::kBadRequest},
  };
  for (const auto& each : cases) {
    const auto body = parse(each.xml, each.set);
    ASSERT_FALSE(body.ok()) << each.name;
    EXPECT_EQ(body.error().code, each.code) << each.name << ": " << body.error().text;
    EXPECT_FALSE(body.error().text.empty()) << each.name;
  }
}

TEST(ArchiveRequest, OffersItsFormAndRequiresNothing) {
  const ParsedXml answer(render_archive_form());
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->findAttribute("xmlns"), "urn:xmpp:mam:2");
  for (const char* var : {"with", "start", "end", "before-id", "after-id", "ids"}) {
    EXPECT_NE(form_values(*answer, "urn:xmpp:mam:2", var), std::vector<std::string>{"(none)"}) << var;
  }
  EXPECT_EQ(answer->xml().find("required"), std::string::npos);
  EXPECT_NE(render_archive_form().find("<open/>"), std::string::npos) << "ids are the client's to name";
}

TEST(ArchiveMetadata, NamesBothEdges) {
  const auto body = parse("<metadata xmlns='urn:xmpp:mam:2' node='lab/offers'/>", false);
  ASSERT_TRUE(body.ok());
  EXPECT_EQ(std::get<market::ArchiveEdgesQuery>(*body).pool.value, "lab");
  EXPECT_EQ(std::get<market::ArchiveEdgesQuery>(*body).node.value, "lab/offers");

  market::ArchiveEdges edges;
  EXPECT_EQ(render(edges), "<metadata xmlns='urn:xmpp:mam:2'/>");
  edges.first = {"3", at("2026-11-01T00:00:00Z")};
  edges.last = {"17", at("2026-11-02T00:00:00Z")};
  EXPECT_EQ(render(edges),
            "<metadata xmlns='urn:xmpp:mam:2'><start id='3' timestamp='2026-11-01T00:00:00Z'/>"
            "<end id='17' timestamp='2026-11-02T00:00:00Z'/></metadata>");
}

market::Event entry(std::uint64_t seq, std::string record = "<e xmlns='urn:e'/>") {
  market::Event event;
  event.seq = {seq};
  event.at = at("2026-11-22T10:00:00Z");
  event.kind = EventKind::kItemPublished;
  event.node = {"blog"};
  event.item_id = "i" + std::to_string(seq);
  event.publisher = jid("a@x");
  event.record = std::move(record);
  return event;
}

const market::ReplyTo kAddress{jid("c@y/r"), "bourse.x", "q1"};

std::string message(std::uint64_t seq, const std::string& queryid) {
  const std::string number = std::to_string(seq);
  return "<message from='bourse.x' to='c@y/r'><result xmlns='urn:xmpp:mam:2'" + queryid + " id='" + number +
         "'><forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' stamp='2026-11-22T10:00:00Z'/>"
         "<message xmlns='jabber:client' from='bourse.x'><event xmlns='http://jabber.org/protocol/pubsub#event'>"
         "<items node='blog'><item id='i" +
         number +
         "' publisher='a@x'><e xmlns='urn:e'/></item></items></event></message></forwarded></result></message>";
}

std::string fin(const std::string& complete, const std::string& set) {
  return "<iq type='result' from='bourse.x' to='c@y/r' id='q1'><fin xmlns='urn:xmpp:mam:2'" + complete +
         "><set xmlns='http://jabber.org/protocol/rsm'>" + set + "</set></fin></iq>";
}

TEST(ArchiveAnswer, IsMessagesAndThenTheIq) {
  ArchiveQuery query;
  query.query_id = "f'27";
  market::PageOf<market::Event> page{{entry(5), entry(8)}, 30, 4, false};
  std::string xml;
  ASSERT_TRUE(append_archive(xml, kAddress, query, page, signed_ticket).ok());
  const std::string end = fin("", "<first index='4'>5</first><last>8</last><count>30</count>");
  EXPECT_EQ(xml, message(5, " queryid='f&apos;27'") + message(8, " queryid='f&apos;27'") + end);

  query.query_id.clear();
  query.flip = true;
  page.complete = true;
  xml.clear();
  ASSERT_TRUE(append_archive(xml, kAddress, query, page, signed_ticket).ok());
  EXPECT_EQ(xml, message(8, "") + message(5, "") +
                     fin(" complete='true'", "<first index='4'>5</first><last>8</last><count>30</count>"));

  xml.clear();
  ASSERT_TRUE(append_archive(xml, kAddress, {}, {{}, 0, 0, true}, signed_ticket).ok());
  EXPECT_EQ(xml, fin(" complete='true'", "<count>0</count>"));
}

TEST(ArchiveAnswer, HasRetractionsAndTicketsOfOnesOwn) {
  auto retracted = entry(6, {});
  retracted.kind = EventKind::kItemRetracted;
  auto granted = entry(7, domain::encode(live_grant()));
  granted.kind = EventKind::kGrantStarted;
  granted.publisher = {};
  market::PageOf<market::Event> page{{retracted, granted}, 2, 0, true};
  std::string own;
  ASSERT_TRUE(append_archive(own, kAddress, {}, page, signed_ticket).ok());
  EXPECT_NE(own.find("<retract id='i6'/>"), std::string::npos);
  EXPECT_NE(own.find("publisher='bourse.x'"), std::string::npos) << "as in the notification";
  EXPECT_NE(own.find("ticket-of-g7"), std::string::npos);
  std::string operators;
  ASSERT_TRUE(append_archive(operators, {jid("root@x/r"), "bourse.x", "q1"}, {}, page, signed_ticket).ok());
  EXPECT_EQ(operators.find("ticket"), std::string::npos);
}

TEST(ArchiveAnswer, ThatCannotBeReadAppendsNothing) {
  auto unreadable = entry(6, "\xff\xff");
  unreadable.kind = EventKind::kGrantStarted;
  std::string xml = "before";
  const auto appended = append_archive(xml, kAddress, {}, {{entry(5), unreadable}, 2, 0, true}, signed_ticket);
  ASSERT_FALSE(appended.ok());
  EXPECT_EQ(appended.error().code, Errc::kCorrupt);
  EXPECT_EQ(xml, "before");
}

TEST(ArchiveAnswer, IsNeverEndless) {
  market::PageOf<market::Event> page{{}, 200, 0, true};
  for (std::uint64_t i = 1; i <= 200; ++i)
    page.rows.push_back(entry(i, "<e xmlns='urn:e'>" + std::string(65'000, 'x') + "</e>"));
  ArchiveQuery query;
  std::string xml;
  ASSERT_TRUE(append_archive(xml, kAddress, query, page, signed_ticket).ok());
  EXPECT_LT(xml.size(), 5U << 20);
  EXPECT_EQ(xml.find("complete"), std::string::npos);
  EXPECT_NE(xml.find("<first index='0'>1</first>"), std::string::npos);
  query.page.before = "";
  xml.clear();
  ASSERT_TRUE(append_archive(xml, kAddress, query, page, signed_ticket).ok());
  EXPECT_LT(xml.size(), 5U << 20);
  EXPECT_NE(xml.find("<last>200</last>"), std::string::npos) << "the page before goes on in front of these";
}

}  // namespace
}  // namespace bourse::xmpp
