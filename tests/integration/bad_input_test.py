"""Bad input gets a precise error and loses nothing: what a foreign client (slixmpp) sends wrongly, what it is told."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.market_process import Database, Environment, running_market  # noqa: E402
from support.participant import MARKET, Participant, Refusal, refused  # noqa: E402

OFFERS, REQUESTS, GRANTS, AVAILABILITY = (
    f"commons/{leaf}" for leaf in ("offers", "requests", "grants", "availability"))
MAX_PAYLOAD = 16_384
CPU = "<resource name='cpu' quantity='1'/>"
PUBSUB = "http://jabber.org/protocol/pubsub"

INVALID = ("modify", "bad-request", "invalid-payload")
UNSUPPORTED = ("cancel", "feature-not-implemented", "")
FORBIDDEN = ("auth", "forbidden", "")
NOT_FOUND = ("cancel", "item-not-found", "")
NOT_ACCEPTABLE = ("modify", "not-acceptable", "")
BAD = ("modify", "bad-request", "")
JID_REQUIRED = ("modify", "bad-request", "jid-required")
INVALID_JID = ("modify", "bad-request", "invalid-jid")

# name, payload, error, words of its text
OFFER_CASES = [
    ("another element", f"<foo>{CPU}</foo>", INVALID, ["<offer", "<foo>"]),
    ("another namespace", "<offer xmlns='urn:example:other'/>", INVALID, [MARKET, "urn:example:other"]),
    ("a request on offers", f"<request>{CPU}</request>", INVALID, ["<offer", "<request>"]),
    ("nothing in it", "<offer/>", INVALID, ["resource"]),
    ("text beside the elements", f"<offer>hello{CPU}</offer>", INVALID, ["offer"]),
    ("an unknown element", f"<offer>{CPU}<cores>4</cores></offer>", INVALID, ["<cores>"]),
    ("an unknown attribute", f"<offer owner='me'>{CPU}</offer>", INVALID, ["owner"]),
    ("a resource without quantity", "<offer><resource name='cpu'/></offer>", INVALID, ["quantity", "missing"]),
    ("a resource without name", "<offer><resource quantity='1'/></offer>", INVALID, ["name", "missing"]),
    ("an empty quantity", "<offer><resource name='cpu' quantity=''/></offer>", INVALID, ["quantity"]),
    ("a word for a quantity", "<offer><resource name='cpu' quantity='many'/></offer>", INVALID, ["many", "quantity"]),
    ("a negative quantity", "<offer><resource name='cpu' quantity='-4'/></offer>", INVALID, ["-4", "negative"]),
    ("none of it", "<offer><resource name='cpu' quantity='0'/></offer>", INVALID, ["cpu", "greater than 0"]),
    ("an overflowing quantity", "<offer><resource name='cpu' quantity='9300000000000000000'/></offer>", INVALID,
     ["too large"]),
    ("an overflowing exponent", "<offer><resource name='memory' quantity='1e300'/></offer>", INVALID, ["1e300"]),
    ("an unknown unit", "<offer><resource name='memory' quantity='64GB'/></offer>", INVALID, ["64GB", "suffix"]),
    ("half a byte", "<offer><resource name='memory' quantity='0.5'/></offer>", INVALID, ["whole number of bytes"]),
    ("less than a thousandth", "<offer><resource name='cpu' quantity='0.0001'/></offer>", INVALID, ["thousandth"]),
    ("a resource twice", f"<offer>{CPU}{CPU}</offer>", INVALID, ["cpu", "twice"]),
    ("half a gpu lent", "<offer><resource name='gpu' quantity='0.5'/></offer>", INVALID, ["gpu", "whole"]),
    ("a model of something else", "<offer><resource name='cpu' quantity='1' model='x'/></offer>", INVALID, ["model"]),
    ("an attribute without a name", f"<offer>{CPU}<attribute>x</attribute></offer>", INVALID, ["name"]),
    ("an attribute of a wrong type", f"<offer>{CPU}<attribute name='cores' type='number'>four</attribute></offer>",
     INVALID, ["cores", "number"]),
    ("an attribute of an unknown type", f"<offer>{CPU}<attribute name='a' type='blob'>x</attribute></offer>",
     INVALID, ["blob"]),
    ("an attribute named as a resource", f"<offer>{CPU}<attribute name='cpu'>4</attribute></offer>", INVALID, ["cpu"]),
    ("divisible maybe", f"<offer>{CPU}<terms divisible='maybe'/></offer>", INVALID, ["maybe"]),
    ("a lease in hours", f"<offer>{CPU}<terms max-lease='8h'/></offer>", INVALID, ["8h"]),
    ("leases the wrong way round", f"<offer>{CPU}<terms min-lease='PT2H' max-lease='PT1H'/></offer>", INVALID,
     ["min-lease", "max-lease"]),
    ("expired already", f"<offer>{CPU}<terms expires='2001-01-01T00:00:00Z'/></offer>", INVALID, ["past"]),
    ("an expiry that is no time", f"<offer>{CPU}<terms expires='tomorrow'/></offer>", INVALID, ["tomorrow"]),
    ("terms twice", f"<offer>{CPU}<terms/><terms/></offer>", INVALID, ["terms", "twice"]),
    ("serves without a filter", f"<offer>{CPU}<serves/></offer>", INVALID, ["filter"]),
    ("serves with an open bracket", f"<offer>{CPU}<serves>(domain=*.edu</serves></offer>", INVALID,
     ["position 14", "')'"]),
    ("a schedule in a zone that does not exist",
     f"<offer>{CPU}<schedule tz='Europe/Atlantis'>Mon-Fri 18:00-08:00</schedule></offer>", INVALID,
     ["Europe/Atlantis"]),
    ("a schedule that never opens", f"<offer>{CPU}<schedule>Mon 24:00-24:00</schedule></offer>", INVALID, ["schedule"]),
    ("a schedule in words", f"<offer>{CPU}<schedule>whenever I sleep</schedule></offer>", INVALID, ["schedule"]),
    ("a confirmation nobody knows", f"<offer>{CPU}<terms confirm='maybe'/></offer>", INVALID, ["confirm"]),
    ("a grace of centuries", f"<offer>{CPU}<terms grace='P99999D'/></offer>", INVALID, ["grace"]),
    ("a window that ends before it begins",
     f"<offer>{CPU}<terms starts='2030-02-01T00:00:00Z' expires='2030-01-01T00:00:00Z'/></offer>", INVALID, ["starts"]),
    ("seats in the millions", f"<offer><service name='blast' seats='99999999'/></offer>", INVALID, ["seats"]),
    ("not a number", "<offer><resource name='cpu' quantity='NaN'/></offer>", INVALID, ["NaN"]),
    ("serves nobody", f"<offer>{CPU}<serves>(&amp;(domain=a)(!(domain=a)))</serves></offer>", INVALID, ["serves"]),
    ("too many bytes", f"<offer>{CPU}<extra xmlns='urn:example:extra'>{'x' * (MAX_PAYLOAD + 1)}</extra></offer>",
     ("modify", "not-acceptable", "payload-too-big"), [str(MAX_PAYLOAD)]),
]
REQUEST_CASES = [
    ("an offer on requests", f"<offer>{CPU}</offer>", INVALID, ["<request", "<offer>"]),
    ("nothing wanted", "<request/>", INVALID, ["resource"]),
    ("one and a half gpus", "<request><resource name='gpu' quantity='1.5'/></request>", INVALID, ["gpu", "whole"]),
    ("no grant wanted", f"<request>{CPU}<count>0</count></request>", INVALID, ["at least one"]),
    ("a negative count", f"<request>{CPU}<count>-1</count></request>", INVALID, ["-1"]),
    ("too many grants", f"<request>{CPU}<count>99999999999999999999</count></request>", INVALID, ["count"]),
    ("a word for a count", f"<request>{CPU}<count>many</count></request>", INVALID, ["many"]),
    ("no duration", f"<request>{CPU}<duration>PT0S</duration></request>", INVALID, ["duration"]),
    ("a negative duration", f"<request>{CPU}<duration>-PT1H</duration></request>", INVALID, ["duration", "-PT1H"]),
    ("two years", f"<request>{CPU}<duration>P730D</duration></request>", INVALID, ["365 days"]),
    ("a deadline in the past", f"<request>{CPU}<deadline>2020-02-02T00:00:00Z</deadline></request>", INVALID, ["past"]),
    ("a deadline on 30 February", f"<request>{CPU}<deadline>2030-02-30T00:00:00Z</deadline></request>", INVALID,
     ["2030-02-30"]),
    ("a count in the millions", f"<request>{CPU}<count>5000000</count></request>", INVALID, ["count"]),
    ("a preference that is no sum", f"<request>{CPU}<prefers>2 * * speed</prefers></request>", INVALID, ["prefers"]),
    ("a spread that is no attribute", f"<request>{CPU}<spread>the rack!</spread></request>", INVALID, ["spread"]),
    ("all or nothing, perhaps", f"<request>{CPU}<count gang='perhaps'>3</count></request>", INVALID, ["gang"]),
    ("a priority without bounds", f"<request>{CPU}<priority>1000</priority></request>", INVALID, ["priority"]),
    ("spares in the millions", f"<request>{CPU}<spares>5000000</spares></request>", INVALID, ["spares"]),
    ("apart from nothing", f"<request>{CPU}<apart by='domain'/></request>", INVALID, ["request", "missing"]),
    ("a start in centuries", f"<request>{CPU}<start>2826-01-01T00:00:00Z</start></request>", INVALID, ["start"]),
    ("needs that contradict themselves",
     f"<request>{CPU}<needs>(&amp;(arch=arm64)(!(arch=arm64)))</needs></request>", INVALID, ["needs"]),
    ("needs of thousands of terms",
     f"<request>{CPU}<needs>(|{'(a=1)' * 2000})</needs></request>", INVALID, ["4096"]),
    ("its state told", f"<request state='granted'>{CPU}</request>", INVALID, ["state"]),
    ("needs without a comparison", f"<request>{CPU}<needs>(arch)</needs></request>", INVALID, ["position 6"]),
    ("needs with a bare word", f"<request>{CPU}<needs>arch=x86_64</needs></request>", INVALID, ["position 1", "'('"]),
    ("needs broken inside", f"<request>{CPU}<needs>(&amp;(arch=x86_64)(cpu&gt;4))</needs></request>", INVALID,
     ["position 21", "'='"]),
    ("needs with something after it", f"<request>{CPU}<needs>(a=1)(b=2)</needs></request>", INVALID, ["position 6"]),
    ("needs too deep", f"<request>{CPU}<needs>{'(!' * 40}(a=1){')' * 40}</needs></request>", INVALID, ["32 levels"]),
    ("needs too long", f"<request>{CPU}<needs>(a={'x' * 5000})</needs></request>", INVALID, ["4096"]),
]


def pubsub(action):
    return f"<pubsub xmlns='{PUBSUB}'>{action}</pubsub>"


def publish(node, items):
    return pubsub(f"<publish node='{node}'>{items}</publish>")


GOOD = f"<offer xmlns='{MARKET}'>{CPU}</offer>"
# name, type, child of the iq, error, words of its text
STANZA_CASES = [
    ("no node", "set", pubsub(f"<publish><item>{GOOD}</item></publish>"),
     ("modify", "bad-request", "nodeid-required"), ["node"]),
    ("an unknown node", "set", publish("commons/nothing", f"<item>{GOOD}</item>"), NOT_FOUND, ["commons/nothing"]),
    ("an unknown pool", "set", publish("elsewhere/offers", f"<item>{GOOD}</item>"), NOT_FOUND, ["elsewhere/offers"]),
    ("items of an unknown node", "get", pubsub("<items node='nothing'/>"), NOT_FOUND, ["nothing"]),
    ("no item", "set", publish(OFFERS, ""), ("modify", "bad-request", "item-required"), ["item"]),
    ("two items", "set", publish(OFFERS, f"<item>{GOOD}</item><item>{GOOD}</item>"), NOT_ACCEPTABLE, ["one"]),
    ("no payload", "set", publish(OFFERS, "<item id='a'/>"), ("modify", "bad-request", "payload-required"),
     ["payload"]),
    ("two payloads", "set", publish(OFFERS, f"<item>{GOOD}{GOOD}</item>"), INVALID, ["one payload"]),
    ("a long item id", "set", publish(OFFERS, f"<item id='{'i' * 129}'>{GOOD}</item>"), NOT_ACCEPTABLE, ["129", "128"]),
    ("publishing grants", "set", publish(GRANTS, f"<item>{GOOD}</item>"), FORBIDDEN, ["market itself"]),
    ("publishing availability", "set", publish(AVAILABILITY, f"<item>{GOOD}</item>"), FORBIDDEN, ["market itself"]),
    ("another's offer replaced", "set", publish(OFFERS, f"<item id='others'>{GOOD}</item>"), FORBIDDEN, ["others"]),
    ("another's offer withdrawn", "set", pubsub(f"<retract node='{OFFERS}'><item id='others'/></retract>"), FORBIDDEN,
     ["others"]),
    ("no offer withdrawn", "set", pubsub(f"<retract node='{OFFERS}'><item id='none'/></retract>"), NOT_FOUND, ["none"]),
    ("no grant released", "set", pubsub(f"<retract node='{GRANTS}'><item id='g999999'/></retract>"), NOT_FOUND,
     ["g999999"]),
    ("a retract of nothing", "set", pubsub(f"<retract node='{OFFERS}'/>"), ("modify", "bad-request", "item-required"),
     ["item"]),
    ("an empty JID subscribed", "set", pubsub(f"<subscribe node='{OFFERS}' jid=''/>"), JID_REQUIRED, []),
    ("no JID subscribed", "set", pubsub(f"<subscribe node='{OFFERS}'/>"), JID_REQUIRED, ["jid"]),
    ("another's JID subscribed", "set", pubsub(f"<subscribe node='{OFFERS}' jid='eve@localhost'/>"), INVALID_JID,
     ["eve@localhost"]),
    ("a broken JID subscribed", "set", pubsub(f"<subscribe node='{OFFERS}' jid='@@'/>"), INVALID_JID, []),
    ("an unknown node subscribed", "set", pubsub("<subscribe node='nothing' jid='{me}'/>"), NOT_FOUND, ["nothing"]),
    ("not subscribed", "set", pubsub(f"<unsubscribe node='{OFFERS}' jid='{{me}}'/>"),
     ("cancel", "unexpected-request", "not-subscribed"), ["not subscribed"]),
    ("a publish asked for", "get", publish(OFFERS, f"<item>{GOOD}</item>"), BAD, ["type set"]),
    ("items set", "set", pubsub(f"<items node='{OFFERS}'/>"), BAD, ["type get"]),
    ("an empty pubsub", "set", f"<pubsub xmlns='{PUBSUB}'/>", BAD, ["empty"]),
    ("an action nobody knows", "set", pubsub("<dance/>"), UNSUPPORTED, ["<dance>"]),
    ("a node in the market's own name", "set", pubsub("<create node='commons/mine'/>"), FORBIDDEN, ["commons/mine"]),
    ("a node that is there", "set", pubsub(f"<create node='{OFFERS}'/>"), ("cancel", "conflict", ""), [OFFERS]),
    ("a page that is not there", "get", pubsub(f"<items node='{OFFERS}'/><set xmlns='http://jabber.org/protocol/rsm'>"
                                               "<max>10</max><after>no-such-item</after></set>"), NOT_FOUND, []),
    ("a page of minus one", "get", pubsub(f"<items node='{OFFERS}'/><set xmlns='http://jabber.org/protocol/rsm'>"
                                          "<max>-1</max></set>"), BAD, []),
    ("no grant confirmed", "set", f"<confirm xmlns='{MARKET}' grant='g999999'/>", NOT_FOUND, ["g999999"]),
    ("no grant renewed", "set", f"<renew xmlns='{MARKET}' grant='g999999'/>", NOT_FOUND, ["g999999"]),
    ("a grant by number confirmed", "set", f"<confirm xmlns='{MARKET}' grant='42'/>", INVALID, ["g42"]),
    ("a confirmation asked for", "get", f"<confirm xmlns='{MARKET}' grant='g42'/>", BAD, ["type set"]),
    ("renewed for centuries", "set", f"<renew xmlns='{MARKET}' grant='g42' duration='P99999D'/>", INVALID,
     ["duration"]),
    ("no request explained", "get", f"<explain xmlns='{MARKET}' request='nothing'/>", NOT_FOUND, ["nothing"]),
    ("something done that nobody knows", "set", f"<dance xmlns='{MARKET}'/>", BAD, ["type get"]),
    ("a question nobody knows", "get", f"<weather xmlns='{MARKET}'/>", UNSUPPORTED, ["<weather>"]),
    ("history of nobody", "get", f"<history xmlns='{MARKET}' jid=''/>", INVALID, ["jid"]),
    ("history of a stranger", "get", f"<history xmlns='{MARKET}' jid='stranger@example.org'/>", NOT_FOUND,
     ["stranger@example.org"]),
    ("history backwards", "get", f"<history xmlns='{MARKET}' jid='a@b' since='2026-02-01T00:00:00Z' "
                                 "until='2026-01-01T00:00:00Z'/>", INVALID, ["since"]),
    ("audit of an unknown kind", "get", f"<audit xmlns='{MARKET}' kind='murder'/>", INVALID, ["kind"]),
    ("audit of a grant by number", "get", f"<audit xmlns='{MARKET}' grant='42'/>", INVALID, ["g42"]),
    ("status of another pool", "get", f"<status xmlns='{MARKET}' pool='elsewhere'/>", NOT_FOUND, ["elsewhere"]),
    ("an unknown namespace", "get", "<query xmlns='urn:example:unknown'/>", ("cancel", "service-unavailable", ""), []),
    ("disco of an unknown node", "get", "<query xmlns='http://jabber.org/protocol/disco#info' node='nothing'/>",
     NOT_FOUND, ["nothing"]),
]

environment = Environment(component=2)


class BadInput(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.database = Database(environment.postgres)
        cls.market = running_market(environment, cls.database, limits__max_payload_bytes=MAX_PAYLOAD)

    @classmethod
    def tearDownClass(cls):
        cls.market.close()
        cls.database.close()

    def check(self, refusal, error, words):
        self.assertEqual((refusal.type, refusal.condition, refusal.pubsub), error, refusal.text)
        self.assertEqual(refusal.sender, environment.service)
        self.assertNotEqual(refusal.text, "")
        for word in words:
            self.assertIn(word, refusal.text)

    def content(self):
        """Everything the market holds, by its counters and tables; heads of the log that are signed meanwhile apart."""
        return self.database.rows("""SELECT last_event - (SELECT count(*) FROM bourse.audit_checkpoints), next_audit,
            last_grant, (SELECT count(*) FROM bourse.offers),
            (SELECT count(*) FROM bourse.requests), (SELECT count(*) FROM bourse.subscriptions) FROM bourse.pools""")

    async def test_each_is_refused_and_changes_nothing(self):
        async with Participant(environment, 9) as owner, Participant(environment, 10) as sender:
            await owner.publish(OFFERS, f"<offer>{CPU}<serves>(jid=nobody@localhost)</serves></offer>", "others")
            before = self.content()
            for node, cases in ((OFFERS, OFFER_CASES), (REQUESTS, REQUEST_CASES)):
                for name, payload, error, words in cases:
                    with self.subTest(name):
                        self.check(await refused(sender.publish(node, payload)), error, words)
            for name, type, child, error, words in STANZA_CASES:
                with self.subTest(name):
                    child = child.replace("{me}", sender.bare)
                    self.check(await refused(sender.request(child, type)), error, words)
            self.assertEqual(self.content(), before)
            self.assertEqual(list(await sender.items(OFFERS)), ["others"])

    async def test_a_request_is_not_changed_while_it_is_served(self):
        async with Participant(environment, 10) as consumer:
            request = await consumer.publish(REQUESTS, f"<request>{CPU}</request>", "mine")
            refusal = await refused(consumer.publish(REQUESTS, f"<request>{CPU}<count>2</count></request>", "mine"))
            self.assertEqual(refusal, Refusal("cancel", "conflict", "", refusal.text, environment.service))
            self.assertIn("mine", refusal.text)
            await consumer.retract(REQUESTS, request)

    async def test_presence_and_messages_are_nothing_to_answer(self):
        async with Participant(environment, 10) as sender:
            sender.send_message(mto=environment.service, mbody="hello?")
            sender.send_presence(pto=environment.service, ptype="subscribe")
            sender.send_presence(pto=environment.service, pshow="away")
            self.assertIsNone(await sender.request("<ping xmlns='urn:xmpp:ping'/>"))


if __name__ == "__main__":
    unittest.main()
