// Answers to questions: items, listings, archives and errors as whole stanzas.
#include "xmpp/answer.h"

#include <gtest/gtest.h>

#include "answers.h"
#include "domain/records.h"
#include "xmpp/page_fit.h"
#include "xmpp/payload.h"

namespace bourse::xmpp {
namespace {

using namespace testing_answers;
using market::PageOf;

market::Answer answer(market::QueryBody body, base::Result<market::AnswerBody> result) {
  return {{{jid("a@x"), false}, {jid("a@x/r"), "bourse.x/disco", "q1"}, std::move(body)}, std::move(result)};
}

std::string told(const market::Answer& given) {
  std::string xml;
  append_answer(xml, given, "1.2.3", signed_ticket);
  return xml;
}

std::string result(const std::string& payload) {
  return "<iq type='result' from='bourse.x/disco' to='a@x/r' id='q1'>" + payload + "</iq>";
}

pubsub::ItemRow row(std::string id, std::string payload = "<e xmlns='urn:e'/>") {
  pubsub::ItemRow made;
  made.node = {"blog"};
  made.id = std::move(id);
  made.publisher = jid("p@x");
  made.payload = std::move(payload);
  return made;
}

market::NodeItemsQuery of_blog() { return {{"commons"}, {"blog"}, {}, market::ItemOrder::kModification, true, {}}; }

TEST(Answer, HasItemsOfANode) {
  const PageOf<pubsub::ItemRow> page{{row("1"), row("2", {})}, 9, 4, false};
  const std::string items =
      "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='blog'>"
      "<item id='1' publisher='p@x'><e xmlns='urn:e'/></item><item id='2' publisher='p@x'/></items>";
  EXPECT_EQ(told(answer(of_blog(), market::AnswerBody(page))),
            result(items + "<set xmlns='http://jabber.org/protocol/rsm'><first index='4'>1</first><last>2</last>"
                           "<count>9</count></set></pubsub>"));
  auto by_id = of_blog();
  by_id.ids = {"1", "2"};
  EXPECT_EQ(told(answer(by_id, market::AnswerBody(page))), result(items + "</pubsub>"));
}

TEST(Answer, ListsNodesAndItems) {
  const PageOf<market::NodeSummary> nodes{{{{"blog"}, pubsub::NodeKind::kLeaf, "My blog"},
                                           {{"commons/offers"}, pubsub::NodeKind::kMarket, {}},
                                           {{"x/offers"}, pubsub::NodeKind::kLeaf, {}}},
                                          3,
                                          0,
                                          true};
  EXPECT_EQ(told(answer(market::NodesQuery{{"commons"}, {}, {}}, market::AnswerBody(nodes))),
            result("<query xmlns='http://jabber.org/protocol/disco#items'>"
                   "<item jid='bourse.x' node='blog' name='My blog'/>"
                   "<item jid='bourse.x' node='commons/offers' name='What providers lend'/>"
                   "<item jid='bourse.x' node='x/offers'/><set xmlns='http://jabber.org/protocol/rsm'>"
                   "<first index='0'>blog</first><last>x/offers</last><count>3</count></set></query>"));
  const std::string listed =
      "<item jid='bourse.x' name='i1'/><set xmlns='http://jabber.org/protocol/rsm'>"
      "<first index='0'>i1</first><last>i1</last><count>1</count></set></query>";
  EXPECT_EQ(told(answer(market::NodesQuery{{"commons"}, domain::NodeName{"blog"}, {}},
                        market::AnswerBody(PageOf<pubsub::ItemRow>{{row("i1")}, 1, 0, true}))),
            result("<query xmlns='http://jabber.org/protocol/disco#items' node='blog'>" + listed));
  market::Item offer;
  offer.id = "i1";
  EXPECT_EQ(told(answer(market::NodesQuery{{"commons"}, domain::NodeName{"commons/offers"}, {}},
                        market::AnswerBody(PageOf<market::Item>{{offer}, 1, 0, true}))),
            result("<query xmlns='http://jabber.org/protocol/disco#items' node='commons/offers'>" + listed));
}

TEST(Answer, HasMarketItemsAsTheViewerMaySeeThem) {
  market::Item item;
  item.id = "g7";
  item.kind = market::ItemKind::kGrant;
  item.record = domain::encode(live_grant());
  market::ItemQuery query;
  query.pool = {"commons"};
  query.kind = market::ItemKind::kGrant;
  query.ids = {"g7"};
  auto given = answer(query, market::AnswerBody(PageOf<market::Item>{{item}, 1, 0, true}));
  const auto items = [](const std::string& payload) {
    return result("<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='commons/grants'><item id='g7'>" +
                  payload + "</item></items></pubsub>");
  };
  EXPECT_EQ(told(given), items(render_grant(live_grant(), {})));
  given.query.viewer.jid = jid("c@y");
  EXPECT_EQ(told(given), items(render_grant(live_grant(), "ticket-of-g7")));

  auto proposed = live_grant();
  proposed.state = domain::GrantState::kProposed;
  item.record = domain::encode(proposed);
  given = answer(query, market::AnswerBody(PageOf<market::Item>{{item}, 1, 0, true}));
  given.query.viewer.jid = jid("c@y");
  EXPECT_EQ(told(given), items(render_grant(proposed, {})));
}

TEST(Answer, OfAnArchiveIsMessagesAndIq) {
  market::Event event;
  event.seq = {5};
  event.kind = market::EventKind::kItemRetracted;
  event.node = {"blog"};
  event.item_id = "i1";
  const std::string xml =
      told(answer(market::ArchiveQuery{}, market::AnswerBody(PageOf<market::Event>{{event}, 1, 0, true})));
  EXPECT_TRUE(xml.starts_with("<message from='bourse.x/disco' to='a@x/r'><result xmlns='urn:xmpp:mam:2' id='5'>"))
      << xml;
  EXPECT_TRUE(xml.ends_with("</fin></iq>")) << xml;
  EXPECT_EQ(told(answer(market::ArchiveEdgesQuery{}, market::AnswerBody(market::ArchiveEdges{}))),
            result("<metadata xmlns='urn:xmpp:mam:2'/>"));
}

TEST(Answer, IsAnErrorWhereThereIsNone) {
  const auto code = [](const std::string& xml) {
    for (const char* each : {"item-not-found", "internal-server-error", "forbidden"}) {
      if (xml.find(std::string("<") + each + " ") != std::string::npos) return std::string(each);
    }
    return xml;
  };
  EXPECT_EQ(code(told(answer(of_blog(), base::Error{base::Errc::kForbidden, "no"}))), "forbidden");
  EXPECT_EQ(code(told(answer(market::ArchiveQuery{}, base::Error{base::Errc::kNotFound, "no"}))), "item-not-found");
  EXPECT_EQ(code(told(answer(of_blog(), market::AnswerBody(market::PoolStatus{})))), "internal-server-error");
  EXPECT_EQ(code(told(answer(market::ArchiveQuery{}, market::AnswerBody(market::PoolStatus{})))),
            "internal-server-error");
  market::Event unreadable;
  unreadable.kind = market::EventKind::kGrantStarted;
  unreadable.record = "\xff\xff";
  const std::string xml =
      told(answer(market::ArchiveQuery{}, market::AnswerBody(PageOf<market::Event>{{unreadable}, 1, 0, true})));
  EXPECT_TRUE(xml.starts_with("<iq type='error'")) << xml;
}

TEST(Answer, NeverExceedsWhatServersTakeAsAStanza) {
  const auto big = [](int number) { return row(std::to_string(number), "<e>" + std::string(60'000, 'x') + "</e>"); };
  PageOf<pubsub::ItemRow> page{{big(1), big(2), big(3), big(4), big(5)}, 20, 10, true};
  auto query = of_blog();
  std::string xml = told(answer(query, market::AnswerBody(page)));
  EXPECT_LT(xml.size(), 262'144U);
  EXPECT_NE(xml.find("<first index='10'>1</first><last>3</last><count>20</count>"), std::string::npos);
  query.page.before = "";
  xml = told(answer(query, market::AnswerBody(page)));
  EXPECT_NE(xml.find("<first index='12'>3</first><last>5</last><count>20</count>"), std::string::npos);
  query.page.before.reset();
  query.ids = {"1", "2", "3", "4", "5"};
  xml = told(answer(query, market::AnswerBody(page)));
  EXPECT_LT(xml.size(), 262'144U);
  EXPECT_NE(xml.find("<last>3</last>"), std::string::npos) << "says that it is not all";
  page.rows = {row("1", "<e>" + std::string(200'000, 'x') + "</e>")};
  EXPECT_NE(told(answer(of_blog(), market::AnswerBody(page))).find("xxx"), std::string::npos) << "at least one";
  page.rows = {row("1", "<e>" + std::string(300'000, 'x') + "</e>")};
  xml = told(answer(of_blog(), market::AnswerBody(page)));
  EXPECT_NE(xml.find("not-acceptable"), std::string::npos) << "the server would end the stream for all";
}

}  // namespace
}  // namespace bourse::xmpp
