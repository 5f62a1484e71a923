"""A participant of the market for the Python tests: slixmpp, an XMPP client nobody here wrote."""

import asyncio
import inspect
import logging
import xml.etree.ElementTree as ET
from dataclasses import dataclass

import slixmpp
from slixmpp.exceptions import IqError
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

MARKET = "urn:bourse:market:1"
EVENT = "http://jabber.org/protocol/pubsub#event"
PUBSUB = "http://jabber.org/protocol/pubsub"
TIMEOUT = 20

logging.getLogger("slixmpp").setLevel(logging.CRITICAL)


def market(name):
    return f"{{{MARKET}}}{name}"


def element(xml):
    """`xml` in the market's namespace unless it names another."""
    return ET.fromstring(f"<in xmlns='{MARKET}'>{xml}</in>")[0]


@dataclass
class Notification:
    node: str
    kind: str  # item | retract
    id: str
    publisher: str
    payload: ET.Element | None


@dataclass(frozen=True)
class Refusal:
    """The error of an iq, as sent."""
    type: str
    condition: str
    pubsub: str
    text: str
    sender: str = ""


class Participant(slixmpp.ClientXMPP):
    """One connection. `async with` logs it in and out; notifications are kept in order of arrival."""

    def __init__(self, environment, account, resource=""):
        jid, password = environment.accounts[account]
        super().__init__(f"{jid}/{resource}" if resource else jid, password)
        self.listener = environment.c2s
        self.service = environment.service
        self.ca_certs = environment.ca_file
        self.notifications = []
        self.arrived = asyncio.Event()
        for plugin in ("xep_0030", "xep_0059", "xep_0060", "xep_0092", "xep_0199"):
            self.register_plugin(plugin)
        self.register_handler(Callback("market events", MatchXPath(f"{{jabber:client}}message/{{{EVENT}}}event"),
                                       self.take_event))

    @property
    def bare(self):
        return self.boundjid.bare

    async def __aenter__(self):
        started = asyncio.get_running_loop().create_future()

        def settle(outcome):
            if not started.done():
                started.set_result(outcome)

        self.add_event_handler("session_start", lambda _: settle("started"))
        self.add_event_handler("failed_all_auth", lambda _: settle("not authorised"))
        # slixmpp before 1.9 takes the address as a pair.
        self.connect(*([self.listener] if "address" in inspect.signature(self.connect).parameters else self.listener))
        outcome = await asyncio.wait_for(started, TIMEOUT)
        if outcome != "started":
            raise AssertionError(f"{self.boundjid} could not log in: {outcome}")
        self.send_presence()
        return self

    async def __aexit__(self, *_):
        await self.leave()

    async def leave(self):
        """Logs out; the server tells everyone who was sent presence."""
        if self.is_connected():
            gone = asyncio.get_running_loop().create_future()
            self.add_event_handler("disconnected", lambda _: gone.done() or gone.set_result(None))
            self.disconnect()
            await asyncio.wait_for(gone, TIMEOUT)

    # What arrives ---------------------------------------------------------------------------------------

    def take_event(self, message):
        if message["from"].bare != self.service:
            return
        for items in message.xml.findall(f"{{{EVENT}}}event/{{{EVENT}}}items"):
            for child in items:
                self.notifications.append(Notification(
                    items.get("node"), child.tag.rpartition("}")[2], child.get("id"), child.get("publisher", ""),
                    next(iter(child), None)))
        self.arrived.set()

    async def notified(self, what, *, node=None, kind="item", id=None, timeout=TIMEOUT, **attributes):
        """Waits for the first notification that fits, takes it and all before it of its node out of the list."""
        def fits(notification):
            return (notification.kind == kind and (node is None or notification.node == node) and
                    (id is None or notification.id == id) and
                    all(notification.payload is not None and notification.payload.get(name) == value
                        for name, value in attributes.items()))

        async def wait():
            while True:
                for position, notification in enumerate(self.notifications):
                    if fits(notification):
                        del self.notifications[position]
                        return notification
                self.arrived.clear()
                await self.arrived.wait()

        try:
            return await asyncio.wait_for(wait(), timeout)
        except asyncio.TimeoutError:
            raise AssertionError(f"{self.boundjid} was not told: {what}; it has {self.notifications}") from None

    # What is asked ----------------------------------------------------------------------------------------

    async def publish(self, node, payload, id=None, timeout=TIMEOUT):
        """The id of the item."""
        if isinstance(payload, str):
            payload = element(payload)
        answer = await self["xep_0060"].publish(self.service, node, id=id, payload=payload, timeout=timeout)
        return answer.xml.find(f".//{{{PUBSUB}}}item").get("id")

    def retract(self, node, id):
        return self["xep_0060"].retract(self.service, node, id, timeout=TIMEOUT)

    def subscribe(self, node, **options):
        return self["xep_0060"].subscribe(self.service, node, timeout=TIMEOUT, **options)

    async def items(self, node, **options):
        """id → payload"""
        answer = await self["xep_0060"].get_items(self.service, node, timeout=TIMEOUT, **options)
        found = answer.xml.findall(f".//{{{PUBSUB}}}item")
        return {item.get("id"): next(iter(item), None) for item in found}

    async def request(self, xml, type="get", to=None):
        """An iq with this child; the child of the result, or None."""
        iq = self.make_iq(id=self.new_id(), ito=to or self.service, itype=type)
        iq.append(ET.fromstring(xml))
        answer = await iq.send(timeout=TIMEOUT)
        return next(iter(answer.xml), None)

    async def ask(self, xml):
        """A query in the market's namespace."""
        return await self.request(ET.tostring(element(xml), encoding="unicode"))


async def refused(awaitable):
    """The Refusal that it ends with; AssertionError when it does not."""
    try:
        answer = await awaitable
    except IqError as failure:
        error = failure.iq["error"]
        # slixmpp knows some of pubsub's conditions only.
        pubsub = [child.tag.partition("}")[2] for child in error.xml if child.tag.startswith(f"{{{PUBSUB}#errors}}")]
        return Refusal(error["type"], error["condition"], "".join(pubsub), error["text"], str(failure.iq["from"]))
    raise AssertionError(f"it was not refused: {answer}")
