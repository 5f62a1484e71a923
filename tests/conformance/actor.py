"""Who speaks in the scripts: sessions of the test accounts, and what arrived at each."""

import asyncio
import sys
from pathlib import Path

from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.participant import Participant  # noqa: E402

NAMES = ("alice", "bob", "carol", "dave", "eve", "frank", "grace", "heidi", "ivan", "judy", "mallory", "root")
MAIN = "main"  # the resource of an actor without one
TIMEOUT = 10


class Actor(Participant):
    """One session. What the service sends is kept: answers by id, messages in order, presence."""

    def __init__(self, environment, name):
        user, _, resource = name.partition("/")
        super().__init__(environment, NAMES.index(user), resource or MAIN)
        self.name = name
        self.answers = {}
        self.messages = []
        self.presences = []
        self.all = []  # (element, "taken" or "")
        self.changed = asyncio.Event()
        self.numbers = 0
        self.last_id = None
        self.online = False
        self.gone = False
        for kind in ("iq", "message", "presence"):
            self.register_handler(Callback(f"record {kind}", MatchXPath(f"{{jabber:client}}{kind}"), self.record))
        self.add_event_handler("disconnected", self.on_disconnected)

    def take_event(self, message):
        pass  # the record has it

    def on_disconnected(self, _):
        self.gone = True
        self.changed.set()

    def record(self, stanza):
        element = stanza.xml
        sender = element.get("from", "").partition("/")[0]
        kind = element.tag.rpartition("}")[2]
        if kind == "iq":
            if element.get("type") not in ("result", "error") or not element.get("id", "").startswith("c-"):
                return
            self.answers[element.get("id")] = element
        elif sender != self.service:
            return
        elif kind == "message":
            self.messages.append(element)
        else:
            self.presences.append(element)
        self.all.append(element)
        self.changed.set()

    def forget(self):
        self.answers.clear()
        self.messages.clear()
        self.presences.clear()
        self.all.clear()

    def fresh_id(self):
        self.numbers += 1
        self.last_id = f"c-{self.name.replace('/', '-')}-{self.numbers}"
        return self.last_id

    async def until(self, condition, timeout=TIMEOUT):
        """The condition's first true value, or None."""
        end = asyncio.get_running_loop().time() + timeout
        while not (value := condition()):
            self.changed.clear()
            left = end - asyncio.get_running_loop().time()
            if left <= 0 or self.gone:
                return None
            try:
                await asyncio.wait_for(self.changed.wait(), left)
            except asyncio.TimeoutError:
                return None
        return value

    async def answer(self, id, timeout=TIMEOUT):
        return self.answers[id] if await self.until(lambda: id in self.answers, timeout) else None

    async def exchange(self, xml, type="set", to=None):
        """An iq of the runner's own: its answer, or None."""
        self.numbers += 1
        id = f"c-own-{self.name.replace('/', '-')}-{self.numbers}"
        self.send_raw(f"<iq type='{type}' id='{id}' to='{to or self.service}'>{xml}</iq>")
        return await self.answer(id)

    async def barrier(self):
        """Whatever the service has decided before this is here afterwards: the question goes the way that commands go,
        and its answer the way that notifications go."""
        if await self.exchange("<pubsub xmlns='http://jabber.org/protocol/pubsub'>"
                               "<subscriptions node='no such node'/></pubsub>", "get") is None:
            raise TimeoutError(f"the service does not answer {self.name} any more")
