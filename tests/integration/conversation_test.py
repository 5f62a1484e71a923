"""The market as a foreign client meets it: slixmpp through a real XMPP server to boursed on PostgreSQL.

Two providers, a subscriber and a consumer hold the conversation the market exists for; others check what
is told to whom, and what questions are answered.
"""

import base64
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.market_process import Database, Environment, in_thread, running_market, wait_until  # noqa: E402
from support.participant import MARKET, Participant, market, refused  # noqa: E402

OFFERS, REQUESTS, GRANTS, AVAILABILITY = (
    f"commons/{leaf}" for leaf in ("offers", "requests", "grants", "availability"))
FORM = "{jabber:x:data}"

environment = Environment(component=1)
database = None
bourse = None


def setUpModule():
    global database, bourse
    database = Database(environment.postgres)
    bourse = running_market(environment, database, rules__suspect_for="1s")


def tearDownModule():
    status = bourse.stop() if bourse.process else None
    bourse.close()
    database.close()
    if status != 0:
        raise AssertionError(f"boursed ended with {status}")


def participant(account, resource=""):
    return Participant(environment, account, resource)


# The log's heads are events too, signed when nobody expects them.
EVENTS_BUT_CHECKPOINTS = "SELECT last_event - (SELECT count(*) FROM bourse.audit_checkpoints) FROM bourse.pools"


def events_but_checkpoints():
    return int(database.value(EVENTS_BUT_CHECKPOINTS))


async def ticket_key(someone):
    """The market's public key, as its service discovery announces it."""
    info = await someone.request("<query xmlns='http://jabber.org/protocol/disco#info'/>")
    fields = {field.get("var"): field.findtext(f"{FORM}value") for field in info.iter(f"{FORM}field")}
    return decoded(fields["ticket-key"])


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def verified_claims(ticket, key):
    """The claims of a JWS, its Ed25519 signature checked by the openssl program."""
    header, claims, signature = ticket.split(".")
    assert json.loads(decoded(header))["alg"] == "EdDSA"
    with tempfile.TemporaryDirectory() as folder:
        files = {name: Path(folder, name) for name in ("key", "message", "signature")}
        files["key"].write_bytes(bytes.fromhex("302a300506032b6570032100") + key)
        files["message"].write_text(f"{header}.{claims}", encoding="ascii")
        files["signature"].write_bytes(decoded(signature))
        checked = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", files["key"],
                                  "-rawin", "-in", files["message"], "-sigfile", files["signature"]],
                                 capture_output=True, text=True, check=False)
    if checked.returncode:
        raise AssertionError(f"the ticket's signature does not verify: {checked.stdout}{checked.stderr}")
    return json.loads(decoded(claims))


class TheConversation(unittest.IsolatedAsyncioTestCase):
    async def test_offer_request_grant_and_a_provider_that_goes(self):
        async with participant(0, "small") as small, participant(1, "large") as large, \
                participant(2) as subscriber, participant(3) as consumer:
            await subscriber.subscribe(OFFERS)
            await subscriber.subscribe(AVAILABILITY)
            key = await ticket_key(consumer)

            # Two providers come, publish, and the subscriber hears of it.
            for provider, cores in ((small, 4), (large, 16)):
                provider.send_presence(pto=environment.service)
                id = f"machine-{cores}"
                published = await provider.publish(OFFERS, f"""<offer>
                    <resource name='cpu' quantity='{cores}'/><resource name='memory' quantity='{cores}Gi'/>
                    <attribute name='arch'>x86_64</attribute><terms max-lease='PT8H'/>
                    <serves>(domain=localhost)</serves></offer>""", id)
                self.assertEqual(published, id)
                told = await subscriber.notified("an offer", node=OFFERS, id=id)
                self.assertEqual(told.publisher, provider.bare)
                self.assertEqual(told.payload.find(market("resource")).get("quantity"), str(cores))
                up = await subscriber.notified("a provider up", node=AVAILABILITY, id=provider.bare)
                self.assertEqual(up.payload.get("state"), "up")

            # A request is granted by the better fit, and both sides have the grant and its ticket.
            request = await consumer.publish(REQUESTS, """<request><resource name='cpu' quantity='2'/>
                <needs>(&amp;(arch=x86_64)(cpu&gt;=4))</needs><duration>PT2H</duration></request>""")
            grant = await consumer.notified("the grant", node=GRANTS, state="active")
            self.assertEqual(grant.payload.get("provider"), small.bare)
            self.assertEqual(grant.payload.get("request"), request)
            at_provider = await small.notified("the grant", node=GRANTS, id=grant.id)
            ticket = grant.payload.findtext(market("ticket"))
            self.assertEqual(at_provider.payload.findtext(market("ticket")), ticket)
            claims = verified_claims(ticket, key)
            self.assertEqual(claims["iss"], environment.service)
            self.assertEqual(claims["sub"], consumer.bare)
            self.assertEqual(claims["aud"], small.bare)
            self.assertEqual(claims["jti"], grant.id)
            self.assertEqual(claims["fence"], int(grant.payload.get("fence")))
            self.assertEqual(claims["resources"], {"cpu": "2"})
            self.assertEqual(claims["exp"] - claims["nbf"], 2 * 3600)
            self.assertEqual(claims["entry"], int(grant.payload.get("entry")))
            self.assertEqual(database.value("SELECT grant_id FROM bourse.audit_entries WHERE index = "
                                            f"{claims['entry']}"), grant.id.removeprefix("g"))
            with self.assertRaises(AssertionError):
                verified_claims(ticket[:-8] + ("AAAAAAAA" if ticket[-8:] != "AAAAAAAA" else "BBBBBBBB"), key)

            # Its provider disappears: the grant is suspect, then lost; everybody concerned hears, the next best has it.
            await small.leave()
            suspect = await consumer.notified("that it is suspect", node=GRANTS, id=grant.id, state="suspect")
            self.assertNotEqual(suspect.payload.get("reason", ""), "")
            self.assertIsNotNone(suspect.payload.get("state-until"))
            lost = await consumer.notified("the loss", node=GRANTS, id=grant.id, state="lost")
            self.assertNotEqual(lost.payload.get("reason", ""), "")
            self.assertIsNone(lost.payload.find(market("ticket")))
            await subscriber.notified("the offer's end", node=OFFERS, kind="retract", id="machine-4")
            down = await subscriber.notified("a provider down", node=AVAILABILITY, id=small.bare)
            self.assertEqual(down.payload.get("state"), "down")
            again = await consumer.notified("the next grant", node=GRANTS, state="active")
            self.assertEqual(again.payload.get("provider"), large.bare)
            self.assertEqual(again.payload.get("request"), request)
            self.assertGreater(int(again.payload.get("fence")), int(grant.payload.get("fence")))

            # The last one goes without a word: the request waits, until somebody else can serve it.
            large.abort()
            await consumer.notified("the second loss", node=GRANTS, id=again.id, state="lost")
            waiting = (await consumer.ask(f"<requests id='{request}'/>")).find(market("request"))
            self.assertEqual(waiting.get("state"), "waiting")
            async with participant(1, "back") as returned:
                returned.send_presence(pto=environment.service)
                await returned.publish(OFFERS, """<offer><resource name='cpu' quantity='8'/>
                    <attribute name='arch'>x86_64</attribute></offer>""", "machine-8")
                third = await consumer.notified("the third grant", node=GRANTS, state="active")
                self.assertEqual(third.payload.get("offer"), "machine-8")

                # The consumer is done.
                await consumer.retract(GRANTS, third.id)
                released = await returned.notified("the release", node=GRANTS, id=third.id, state="released")
                self.assertEqual(released.payload.get("consumer"), consumer.bare)
                await self.check_records(consumer, returned, request, (grant, again, third))

    async def check_records(self, consumer, provider, request, grants):
        """What is on record afterwards."""
        history = await consumer.ask(f"<history jid='{provider.bare}'/>")
        self.assertEqual([interval.get("state") for interval in history.findall(market("interval"))], ["up", "down", "up"])
        ended = await consumer.ask("<grants ended='true'/>")
        self.assertEqual([grant.get("state") for grant in ended.findall(market("grant"))],
                         ["lost", "lost", "released"])
        audit = await consumer.ask(f"<audit request='{request}'/>")
        self.assertEqual([entry.get("kind") for entry in audit.findall(market("entry"))],
                         ["request-submitted"] + 2 * ["grant-started", "grant-suspect", "grant-lost"] +
                         ["grant-started", "grant-released", "request-done"])
        self.assertEqual([entry.get("grant") for entry in audit.findall(market("entry")) if entry.get("grant")],
                         [grant.id for grant, entries in zip(grants, (3, 3, 2)) for _ in range(entries)])


class WhoIsToldWhat(unittest.IsolatedAsyncioTestCase):
    async def test_grants_and_requests_are_their_parties_alone(self):
        async with participant(4) as provider, participant(5) as consumer, participant(6) as stranger:
            for node in (OFFERS, REQUESTS, GRANTS):
                await stranger.subscribe(node)
            await provider.publish(OFFERS, "<offer><resource name='cpu' quantity='1'/></offer>", "private-offer")
            request = await consumer.publish(REQUESTS, "<request><resource name='cpu' quantity='1'/></request>")
            grant = await consumer.notified("the grant", node=GRANTS, state="active")
            await provider.retract(OFFERS, "private-offer")
            await consumer.notified("the revocation", node=GRANTS, id=grant.id, state="revoked")
            await consumer.retract(REQUESTS, request)

            # The stranger hears of the offer's end, which came last, and had heard of nothing but the offer.
            await stranger.notified("the offer's end", node=OFFERS, kind="retract", id="private-offer")
            self.assertEqual({told.node for told in stranger.notifications}, {OFFERS})
            self.assertEqual(await stranger.items(GRANTS), {})
            self.assertEqual(await stranger.items(REQUESTS), {})
            self.assertEqual(len((await stranger.ask("<grants ended='true'/>")).findall(market("grant"))), 0)
            self.assertEqual(len((await stranger.ask(f"<audit grant='{grant.id}'/>")).findall(market("entry"))), 0)
            self.assertEqual((await refused(stranger.retract(GRANTS, grant.id))).condition, "item-not-found")

    async def test_after_unsubscribing_nothing_comes(self):
        async with participant(4) as provider, participant(6) as subscriber:
            node = OFFERS
            await subscriber.subscribe(node, bare=False)
            await provider.publish(node, "<offer><resource name='cpu' quantity='1'/></offer>", "first")
            told = await subscriber.notified("the first", node=node, id="first")
            self.assertEqual(told.publisher, provider.bare)
            own = await subscriber["xep_0060"].get_subscriptions(environment.service, timeout=20)
            self.assertIn(str(subscriber.boundjid), str(own))
            await subscriber["xep_0060"].unsubscribe(environment.service, node, bare=False, timeout=20)
            await provider.publish(node, "<offer><resource name='cpu' quantity='1'/></offer>", "second")
            await provider.retract(node, "first")
            await provider.retract(node, "second")
            await subscriber.request("<ping xmlns='urn:xmpp:ping'/>")  # comes after whatever was on its way
            self.assertNotIn("second", [told.id for told in subscriber.notifications])


class PlainPubsub(unittest.IsolatedAsyncioTestCase):
    async def test_items_come_as_published_and_page_by_page(self):
        async with participant(7) as provider:
            for number in range(5):
                await provider.publish(OFFERS, f"""<offer><resource name='cpu' quantity='{number + 1}'/>
                    <extra xmlns='urn:example:extra'>kept &amp; sound</extra></offer>""", f"paged-{number}")
            found = await provider.items(OFFERS, item_ids=["paged-3", "no-such", "paged-1"])
            self.assertEqual(list(found), ["paged-3", "paged-1"])
            self.assertEqual(found["paged-3"].find(market("resource")).get("quantity"), "4")
            self.assertEqual(found["paged-3"].findtext("{urn:example:extra}extra"), "kept & sound")

            seen, after = [], ""
            for _ in range(50):
                page = await provider.request(
                    f"<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='{OFFERS}'/>"
                    f"<set xmlns='http://jabber.org/protocol/rsm'><max>2</max>{after}</set></pubsub>")
                ids = [item.get("id") for item in page.iter("{http://jabber.org/protocol/pubsub}item")]
                if not ids:
                    break
                self.assertLessEqual(len(ids), 2)
                seen += ids
                after = f"<after>{page.findtext('.//{http://jabber.org/protocol/rsm}last')}</after>"
            self.assertEqual([id for id in seen if id.startswith("paged-")], [f"paged-{n}" for n in range(5)])
            self.assertEqual(len(seen), len(set(seen)))
            for number in range(5):
                await provider.retract(OFFERS, f"paged-{number}")

    async def test_the_same_publish_twice_is_one_offer_and_one_event(self):
        async with participant(7) as provider, participant(8) as subscriber:
            await subscriber.subscribe(OFFERS)
            offer = "<offer><resource name='cpu' quantity='3'/></offer>"
            before = events_but_checkpoints()
            for _ in range(3):
                await provider.publish(OFFERS, offer, "again")
            await provider.retract(OFFERS, "again")
            await subscriber.notified("the end", node=OFFERS, kind="retract", id="again")
            self.assertEqual(len([told for told in subscriber.notifications if told.id == "again"]), 1)
            # published, up, retracted, down
            self.assertEqual(events_but_checkpoints() - before, 4)

    async def test_a_device_is_shared_part_by_part(self):
        async with participant(7) as provider, participant(8) as consumer:
            await provider.publish(OFFERS, "<offer><resource name='gpu' quantity='2' model='T4'/></offer>", "gpus")
            requests, devices = [], []
            for quantity in ("0.6", "0.6", "0.4"):
                requests.append(await consumer.publish(
                    REQUESTS, f"<request><resource name='gpu' quantity='{quantity}'/>"
                              "<needs>(gpu.model=t4)</needs></request>"))
                told = await consumer.notified("a grant", node=GRANTS, state="active", request=requests[-1])
                device = told.payload.find(market("device"))
                devices.append((device.get("index"), device.get("quantity")))
            self.assertEqual(devices, [("0", "600m"), ("1", "600m"), ("0", "400m")])
            one_more = await consumer.publish(REQUESTS, "<request><resource name='gpu' quantity='0.5'/></request>")
            listed = await consumer.ask(f"<requests id='{one_more}'/>")
            self.assertEqual(listed.find(market("request")).get("state"), "waiting")
            for request in requests + [one_more]:
                await consumer.retract(REQUESTS, request)
            await provider.retract(OFFERS, "gpus")


class Discovery(unittest.IsolatedAsyncioTestCase):
    async def test_what_the_service_says_of_itself(self):
        async with participant(9) as someone:
            info = await someone["xep_0030"].get_info(environment.service, timeout=20)
            found = info["disco_info"]
            self.assertIn(("pubsub", "service"), {(identity[0], identity[1]) for identity in found["identities"]})
            self.assertLessEqual({"http://jabber.org/protocol/pubsub", "http://jabber.org/protocol/rsm",
                                  "urn:xmpp:ping", MARKET}, set(found["features"]))
            self.assertEqual(len(await ticket_key(someone)), 32)
            items = await someone["xep_0030"].get_items(environment.service, timeout=20)
            self.assertLessEqual({OFFERS, REQUESTS, GRANTS, AVAILABILITY},
                                 {item[1] for item in items["disco_items"]["items"]})
            self.assertGreaterEqual(await someone["xep_0199"].ping(environment.service, timeout=20), 0)
            version = await someone["xep_0092"].get_version(environment.service, timeout=20)
            self.assertEqual(version["software_version"]["name"].lower(), "bourse")

    async def test_status_counts(self):
        async with participant(9) as someone:
            await in_thread(wait_until, lambda: database.rows("SELECT 1 FROM bourse.pools WHERE next_audit = "
                                                              "(SELECT max(size) FROM bourse.audit_checkpoints)"),
                            "all is signed, so that nothing more happens")
            status = await someone.ask("<status/>")
            for name, sql in (("offers", "SELECT count(*) FROM bourse.offers WHERE open"),
                              ("events", "SELECT last_event FROM bourse.pools"),
                              ("audit-entries", "SELECT count(*) FROM bourse.audit_entries")):
                self.assertEqual(status.get(name), database.value(sql), name)
            self.assertEqual(status.get("pool"), "commons")


if __name__ == "__main__":
    unittest.main()
