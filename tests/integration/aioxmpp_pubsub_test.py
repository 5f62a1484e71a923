"""aioxmpp's PubSubClient as a client of the market's service: every coroutine it has, and its signals."""

import asyncio
import functools
import secrets
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.market_process import SKIPPED, Database, Environment, running_market  # noqa: E402

try:
    import aioxmpp
    import aioxmpp.forms
    import aioxmpp.pubsub
    import aioxmpp.pubsub.xso as pubsub_xso
    import aioxmpp.xso
except ImportError:
    print("skipped: no python3-aioxmpp here")
    sys.exit(SKIPPED)

TIMEOUT = 20
PUBSUB = "http://jabber.org/protocol/pubsub"
environment = Environment(component=12)
service = aioxmpp.JID.fromstr(environment.service)
database = None
bourse = None


@pubsub_xso.as_payload_class
class Entry(aioxmpp.xso.XSO):
    TAG = ("urn:example:entry", "entry")
    text = aioxmpp.xso.Text(default=None)

    def __init__(self, text=None):
        super().__init__()
        self.text = text


def setUpModule():
    global database, bourse
    database = Database(environment.postgres)
    bourse = running_market(environment, database)


def tearDownModule():
    status = bourse.stop() if bourse.process else None
    bourse.close()
    database.close()
    if status != 0:
        raise AssertionError(f"boursed ended with {status}")


def form(form_type, **fields):
    """form("node_config", title="A") has the field pubsub#title."""
    data = aioxmpp.forms.Data(type_=aioxmpp.forms.DataType.SUBMIT)
    data.fields.append(aioxmpp.forms.Field(type_=aioxmpp.forms.FieldType.HIDDEN, var="FORM_TYPE",
                                           values=[f"{PUBSUB}#{form_type}"]))
    for name, value in fields.items():
        data.fields.append(aioxmpp.forms.Field(type_=aioxmpp.forms.FieldType.TEXT_SINGLE, var=f"pubsub#{name}",
                                               values=[value]))
    return data


def value(data, name):
    return next(list(field.values) for field in data.fields if field.var == f"pubsub#{name}")


class Client:
    """One session with the service. `async with`; signals are kept in order."""

    def __init__(self, account):
        jid, password = environment.accounts[account]
        security = aioxmpp.make_security_layer(password, no_verify=True)  # the certificate is slixmpp's to check
        host, port = environment.c2s
        self.client = aioxmpp.PresenceManagedClient(
            aioxmpp.JID.fromstr(jid).replace(resource=f"aioxmpp-{secrets.token_hex(3)}"), security,
            override_peer=[(host, port, aioxmpp.connector.STARTTLSConnector())])
        self.pubsub = self.client.summon(aioxmpp.PubSubClient)
        self.signals = asyncio.Queue()
        for name in ("item_published", "item_retracted", "node_deleted"):
            getattr(self.pubsub, f"on_{name}").connect(functools.partial(self.heard, name))

    def heard(self, name, jid, node, *rest, **more):
        # Tests that run beside this one have other services, which tell the same accounts of theirs.
        if str(jid) == environment.service and not node.startswith("commons/"):
            self.signals.put_nowait((name, jid, node, rest, more))

    @property
    def bare(self):
        return self.client.local_jid.bare()

    async def __aenter__(self):
        self.context = self.client.connected()
        await asyncio.wait_for(self.context.__aenter__(), TIMEOUT)
        return self

    async def __aexit__(self, *failure):
        await asyncio.wait_for(self.context.__aexit__(*failure), TIMEOUT)

    async def signalled(self, name, node):
        """The arguments of the next signal, which must be that one."""
        got, jid, where, rest, more = await asyncio.wait_for(self.signals.get(), TIMEOUT)
        if (got, jid, where) != (name, service, node):
            raise AssertionError(f"{name} of {node} was expected, {got} of {where} came from {jid}")
        return rest[0] if rest else more


class EveryCoroutine(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.node = f"aioxmpp-{secrets.token_hex(4)}"
        self.owner_client = await Client(0).__aenter__()
        self.reader_client = await Client(1).__aenter__()
        self.owner, self.reader = self.owner_client.pubsub, self.reader_client.pubsub

    async def asyncTearDown(self):
        await self.reader_client.__aexit__(None, None, None)
        await self.owner_client.__aexit__(None, None, None)

    async def refused(self, awaitable, condition, pubsub=None):
        with self.assertRaises(aioxmpp.errors.XMPPError) as failure:
            await awaitable
        self.assertEqual(failure.exception.condition, condition)
        defined = failure.exception.application_defined_condition
        self.assertEqual(defined.TAG[1] if defined is not None else None, pubsub)

    async def test_features(self):
        features = await self.reader.get_features(service)
        wanted = {pubsub_xso.Feature.PUBLISH, pubsub_xso.Feature.CREATE_NODES, pubsub_xso.Feature.PUBLISH_OPTIONS,
                  pubsub_xso.Feature.MULTI_SUBSCRIBE, pubsub_xso.Feature.LEASED_SUBSCRIPTION}
        self.assertLessEqual(wanted, features)
        self.assertNotIn(pubsub_xso.Feature.FILTERED_NOTIFICATIONS, features)

    async def test_nodes_are_made_listed_and_ended(self):
        self.assertEqual(await self.owner.create(service, self.node), self.node)
        instant = await self.owner.create(service)
        self.assertTrue(instant)
        await self.refused(self.owner.create(service, self.node), aioxmpp.ErrorCondition.CONFLICT)
        nodes = {node for node, _ in await self.reader.get_nodes(service)}
        self.assertLessEqual({self.node, instant, "commons/offers"}, nodes)
        await self.owner.delete(service, instant)
        await self.refused(self.owner.delete(service, instant), aioxmpp.ErrorCondition.ITEM_NOT_FOUND)

        await self.owner.set_node_config(service, form("node_config", notify_delete="true"), self.node)
        await self.reader.subscribe(service, self.node)
        await self.owner.delete(service, self.node, redirect_uri=f"xmpp:{service}?;node=elsewhere")
        more = await self.reader_client.signalled("node_deleted", self.node)
        self.assertEqual(more["redirect_uri"], f"xmpp:{service}?;node=elsewhere")

    async def test_children_of_a_collection(self):
        request = pubsub_xso.Request(pubsub_xso.Create())  # create() makes leaves only
        request.payload.node = self.node
        request.configure = pubsub_xso.Configure()
        request.configure.data = form("node_config", node_type="collection")
        await self.owner_client.client.send(aioxmpp.IQ(type_=aioxmpp.IQType.SET, to=service, payload=request))
        child = await self.owner.create(service)
        await self.owner.set_node_config(service, form("node_config", collection=self.node, title="A child"), child)
        self.assertEqual(await self.reader.get_nodes(service, self.node), [(child, "A child")])

    async def test_configuration(self):
        await self.owner.create(service, self.node)
        data = await self.owner.get_node_config(service, self.node)
        self.assertEqual(value(data, "access_model"), ["open"])
        await self.owner.set_node_config(service, form("node_config", title="Kettles", max_items="5"), self.node)
        data = await self.owner.get_node_config(service, self.node)
        self.assertEqual((value(data, "title"), value(data, "max_items")), (["Kettles"], ["5"]))
        await self.refused(self.reader.get_node_config(service, self.node), aioxmpp.ErrorCondition.FORBIDDEN)
        await self.refused(self.owner.set_node_config(service, form("node_config", max_items="-1"), self.node),
                           aioxmpp.ErrorCondition.NOT_ACCEPTABLE)

    async def test_items(self):
        await self.owner.create(service, self.node)
        await self.reader.subscribe(service, self.node)
        self.assertEqual(await self.owner.publish(service, self.node, Entry("1"), id_="one"), "one")
        item = await self.reader_client.signalled("item_published", self.node)
        self.assertEqual((item.id_, item.registered_payload.text), ("one", "1"))
        self.assertEqual(aioxmpp.JID.fromstr(str(item.publisher)).bare(), self.owner_client.bare)
        made = await self.owner.publish(service, self.node, Entry("2"))
        self.assertEqual((await self.reader_client.signalled("item_published", self.node)).id_, made)
        await self.owner.publish(service, self.node, Entry("3"), id_="three",
                                 publish_options=form("publish-options", access_model="open"))
        await self.refused(self.owner.publish(service, self.node, Entry("4"), publish_options=form(
            "publish-options", access_model="whitelist")), aioxmpp.ErrorCondition.CONFLICT)
        await self.reader_client.signalled("item_published", self.node)

        items = (await self.reader.get_items(service, self.node)).payload.items
        self.assertEqual([(item.id_, item.registered_payload.text) for item in items],
                         [("one", "1"), (made, "2"), ("three", "3")])
        items = (await self.reader.get_items(service, self.node, max_items=1)).payload.items
        self.assertEqual([item.id_ for item in items], ["three"])
        items = (await self.reader.get_items_by_id(service, self.node, ["one", "three"])).payload.items
        self.assertEqual({item.id_ for item in items}, {"one", "three"})

        await self.owner.retract(service, self.node, "one", notify=True)
        self.assertEqual(await self.reader_client.signalled("item_retracted", self.node), "one")
        await self.refused(self.reader.retract(service, self.node, "three"), aioxmpp.ErrorCondition.FORBIDDEN)
        await self.owner.purge(service, self.node)
        items = (await self.reader.get_items(service, self.node)).payload.items
        self.assertEqual(list(items), [])

    async def test_a_signal_without_an_item(self):
        await self.owner.create(service, self.node)
        await self.owner.set_node_config(service, form("node_config", persist_items="0", deliver_payloads="0"),
                                         self.node)
        await self.owner.notify(service, self.node)
        await self.refused(self.owner.publish(service, self.node, Entry("1")), aioxmpp.ErrorCondition.BAD_REQUEST,
                           "item-forbidden")

    async def test_subscriptions(self):
        await self.owner.create(service, self.node)
        answer = (await self.reader.subscribe(service, self.node)).payload
        self.assertEqual((answer.jid, answer.node), (self.reader_client.bare, self.node))
        self.assertTrue(answer.subid)
        self.assertEqual(str(answer.subscription), "subscribed")
        session = self.reader_client.client.local_jid
        await self.reader.subscribe(service, self.node, subscription_jid=session)
        own = (await self.reader.get_subscriptions(service)).subscriptions
        self.assertLessEqual({(self.node, self.reader_client.bare), (self.node, session)},
                             {(each.node, each.jid) for each in own})
        here = (await self.reader.get_subscriptions(service, self.node)).subscriptions
        self.assertEqual(len(here), 2)
        await self.reader.unsubscribe(service, self.node, subscription_jid=session)
        await self.reader.unsubscribe(service, self.node, subid=answer.subid)
        self.assertEqual(len((await self.reader.get_subscriptions(service, self.node)).subscriptions), 0)
        await self.refused(self.reader.unsubscribe(service, self.node), aioxmpp.ErrorCondition.UNEXPECTED_REQUEST,
                           "not-subscribed")

    async def test_subscription_options(self):
        await self.owner.create(service, self.node)
        default = await self.reader.get_default_config(service, self.node)
        self.assertIn(value(default, "deliver")[0], ("1", "true"))
        self.assertIsNotNone(await self.reader.get_default_config(service))
        subid = (await self.reader.subscribe(service, self.node)).payload.subid
        await self.reader.set_subscription_config(service, form("subscribe_options", deliver="0"), self.node,
                                                  subid=subid)
        data = await self.reader.get_subscription_config(service, self.node, subid=subid)
        self.assertIn(value(data, "deliver")[0], ("0", "false"))
        data = await self.reader.get_subscription_config(service, self.node)
        self.assertIn(value(data, "deliver")[0], ("0", "false"))

    async def test_subscribing_with_options(self):
        """aioxmpp repeats the node and the JID on <options/>, which XEP-0060 §6.3.7 forbids: no harm is done."""
        await self.owner.create(service, self.node)
        await self.reader.subscribe(service, self.node, config=form("subscribe_options", include_body="1"))
        data = await self.reader.get_subscription_config(service, self.node)
        self.assertIn(value(data, "include_body")[0], ("1", "true"))

    async def test_owners_manage_affiliations_and_subscriptions(self):
        await self.owner.create(service, self.node)
        reader = self.reader_client.bare
        await self.owner.change_node_affiliations(service, self.node, [(reader, "publisher")])
        there = (await self.owner.get_node_affiliations(service, self.node)).payload.affiliations
        self.assertEqual({(each.jid, str(each.affiliation)) for each in there},
                         {(self.owner_client.bare, "owner"), (reader, "publisher")})
        await self.owner.change_node_subscriptions(service, self.node, [(reader, "subscribed")])
        there = (await self.owner.get_node_subscriptions(service, self.node)).payload.subscriptions
        self.assertEqual([(each.jid, str(each.subscription)) for each in there], [(reader, "subscribed")])
        await self.owner.change_node_subscriptions(service, self.node, [(reader, "none")])
        there = (await self.owner.get_node_subscriptions(service, self.node)).payload.subscriptions
        self.assertEqual(len(there), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
