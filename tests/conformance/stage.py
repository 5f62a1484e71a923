"""Plays the cases of scripts: one Stage for a run, one Play for each case."""

import asyncio
import contextlib
import itertools
import re
import secrets
import xml.etree.ElementTree as ET
from datetime import datetime, timedelta, timezone
from xml.sax.saxutils import escape, quoteattr

from actor import MAIN, NAMES, Actor, TIMEOUT
from stanza import (CLIENT, PREFIXES, Mismatch, ScriptError, expand, match, parse, serialise, substitute, trimmed)

PS, OWNER, ST, ERR = PREFIXES["ps"], PREFIXES["owner"], PREFIXES["st"], PREFIXES["err"]
SPAN = re.compile(r"(?P<what>now|today)(?:(?P<sign>[+-])(?P<number>\d+)(?P<unit>[smhd]))?")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Failed(Exception):
    """A step that did not go as the script says."""


class Stage:
    """The actors that are logged in, over all cases."""

    def __init__(self, environment, log=lambda text: None, texts=True):
        """`texts`: every error must say in words what was wrong."""
        self.environment = environment
        self.texts = texts
        self.actors = {}
        self.log = log

    async def actor(self, name):
        if name.partition("/")[0] not in NAMES:
            raise ScriptError(f"no actor is called {name}; there are {', '.join(NAMES)}")
        if name in self.actors and self.actors[name].gone:
            del self.actors[name]
        if name not in self.actors:
            actor = Actor(self.environment, name)
            await actor.__aenter__()
            self.actors[name] = actor
        return self.actors[name]

    async def dismiss(self, name):
        actor = self.actors.pop(name, None)
        if actor and not actor.gone:
            await actor.leave()

    async def close(self):
        await asyncio.gather(*(self.dismiss(name) for name in list(self.actors)), return_exceptions=True)

    async def play(self, case):
        """None, or what went wrong."""
        play = Play(self)
        step = None
        try:
            for step in case.steps:
                await play.step(step)
            step = None
            await play.check_all_is_said()
            return None
        except (Failed, ScriptError, TimeoutError, asyncio.TimeoutError, AssertionError) as failure:
            where = f"line {step.line}: {step.text}\n" if step else "at the end\n"
            shown = f"{step.raw}\n" if step and step.raw else ""
            return f"{where}{shown}{failure}\n{play.what_arrived()}"
        finally:
            try:
                await play.clear()
            except (TimeoutError, asyncio.TimeoutError) as failure:
                self.log(f"could not clear up: {failure}")


class Variables(dict):
    """What ${…} stands for in one case."""

    def __init__(self, environment):
        super().__init__(service=environment.service)
        self.mark = secrets.token_hex(4)
        self.nodes = {}
        for number, name in enumerate(NAMES):
            bare = environment.accounts[number][0]
            self[f"{name}.bare"] = bare
            self[name] = f"{bare}/{MAIN}"

    def __missing__(self, name):
        if name == "id":
            return secrets.token_hex(6)
        if name == "node" or name.startswith("node."):
            return self.nodes.setdefault(name, f"{name.replace('.', '-')}-{self.mark}")
        span = SPAN.fullmatch(name)
        if span:
            at = datetime.now(timezone.utc)
            if span["sign"]:
                length = timedelta(**{UNITS[span["unit"]]: int(span["number"])})
                at += length if span["sign"] == "+" else -length
            return at.strftime("%Y-%m-%d" if span["what"] == "today" else "%Y-%m-%dT%H:%M:%SZ")
        repeat = re.fullmatch(r"repeat (\d+) (.+)", name)
        if repeat:
            return repeat[2] * int(repeat[1])
        actor, _, resource = name.partition("/")
        if resource and f"{actor}.bare" in self:
            return f"{self[f'{actor}.bare']}/{resource}"
        raise ScriptError(f"nothing is called ${{{name}}} here")

    @contextlib.contextmanager
    def also(self, **names):
        before = {name: self[name] for name in names if name in self}
        self.update(names)
        yield
        for name in names:
            del self[name]
        self.update(before)


class Play:
    def __init__(self, stage):
        self.stage = stage
        self.environment = stage.environment
        self.variables = Variables(stage.environment)
        self.actors = {}
        self.ignored = set()
        self.created = {}  # node: who
        self.subscribed = set()  # (node, who)
        self.published = set()  # (node, item, who) of nodes that stay

    async def actor(self, name):
        if name not in self.actors or self.actors[name].gone:
            self.actors[name] = await self.stage.actor(name)
        return self.actors[name]

    async def step(self, step):
        actor = await self.actor(step.words["actor"]) if "actor" in step.words else None
        await getattr(self, f"do_{step.kind}")(step, actor)

    # Sending ---------------------------------------------------------------------------------------------

    async def do_sends(self, step, actor):
        for template in step.block:
            for stanza in expand(trimmed(template), self.variables):
                self.send(actor, stanza)

    async def do_raw(self, step, actor):
        if "id=" in step.raw and "${id}" in step.raw:
            with self.variables.also(id=actor.fresh_id()):
                return actor.send_raw(substitute(step.raw, self.variables))
        actor.send_raw(substitute(step.raw, self.variables))

    async def do_iq(self, step, actor):
        iq = ET.Element(f"{{{CLIENT}}}iq", {"type": "get" if step.words["verb"] == "asks" else "set"})
        for template in step.block:
            iq.extend(expand(trimmed(template), self.variables))
        self.send(actor, iq)

    def send(self, actor, stanza):
        if "to" not in stanza.attrib:
            stanza.set("to", self.environment.service)
        if stanza.get("to") == "none":
            del stanza.attrib["to"]
        if stanza.tag.endswith("}iq"):
            if "id" not in stanza.attrib:
                stanza.set("id", actor.fresh_id())
            else:
                actor.last_id = stanza.get("id")
            self.note(actor, stanza)
        elif stanza.tag.endswith("}presence") and stanza.get("to") == self.environment.service:
            actor.online = stanza.get("type") is None
        actor.send_raw(serialise(stanza))

    def note(self, actor, iq):
        """What has to be cleared away after the case."""
        for kind, namespace in (("create", PS), ("subscribe", PS), ("publish", PS)):
            for element in iq.iter(f"{{{namespace}}}{kind}"):
                node = element.get("node")
                if kind == "create" and node:
                    self.created.setdefault(node, set()).add(actor.name)
                elif kind == "subscribe" and node:
                    self.subscribed.add((node, actor.name))
                elif kind == "publish" and node and node.startswith("commons/"):
                    self.published.update((node, item.get("id"), actor.name) for item in element if item.get("id"))

    # Expecting -------------------------------------------------------------------------------------------

    async def next_answer(self, actor):
        answer = await actor.answer(actor.last_id)
        if answer is None:
            raise Failed(f"no answer to {actor.last_id} within {TIMEOUT} s")
        for element in answer.iter(f"{{{PS}}}create"):
            if element.get("node"):
                self.created.setdefault(element.get("node"), set()).add(actor.name)
        return answer

    async def do_answered(self, step, actor):
        answer = await self.next_answer(actor)
        if answer.get("type") != "result":
            raise Failed("a result was expected")
        if answer.get("from") != self.environment.service:
            raise Failed(f"the answer is from {answer.get('from')}")
        if step.words["empty"] and len(answer):
            raise Failed("an empty result was expected")
        self.expect_children(step.block, answer)

    async def do_refused(self, step, actor):
        answer = await self.next_answer(actor)
        if answer.get("type") != "error":
            raise Failed("an error was expected")
        error = answer.find(f"{{{CLIENT}}}error")
        words = step.words
        if error.get("type") not in words["type"].split("|"):
            raise Failed(f"an error of type {words['type']} was expected, it is {error.get('type')}")
        if not any(error.find(f"{{{ST}}}{name}") is not None for name in words["condition"].split("|")):
            raise Failed(f"{words['condition']} was expected")
        special = [child for child in error if child.tag.startswith(f"{{{ERR}}}")]
        if words["pubsub"] == "*":
            pass
        elif words["pubsub"]:
            if len(special) != 1 or special[0].tag.rpartition("}")[2] not in words["pubsub"].split("|"):
                raise Failed(f"the condition {words['pubsub']} was expected")
            if words["feature"] and special[0].get("feature") != words["feature"]:
                raise Failed(f"the feature {words['feature']} was expected, it is {special[0].get('feature')!r}")
        elif special:
            raise Failed("no condition of pubsub's own was expected")
        if self.stage.texts and not (error.findtext(f"{{{ST}}}text") or "").strip():
            raise Failed("the error has no text for a person")
        self.expect_children(step.block, answer)

    def expect_children(self, block, answer):
        if block:
            try:
                pattern = ET.Element(answer.tag)
                pattern.extend(block)
                self.variables.update(match(pattern, answer, self.variables))
            except Mismatch as failure:
                raise Failed(str(failure)) from None

    async def do_receives(self, step, actor):
        patterns = list(step.block)
        if step.words["unordered"]:
            return await self.receive_unordered(patterns, actor)
        for pattern in patterns:
            await self.receive(pattern, actor)

    async def receive(self, pattern, actor):
        if pattern.tag.endswith("}iq"):
            return self.take(pattern, await self.next_answer(actor))
        if pattern.tag.endswith("}presence"):
            def fitting():
                for presence in actor.presences:
                    with contextlib.suppress(Mismatch):
                        match(pattern, presence, self.variables)
                        return [presence]  # an element without children counts as false
                return None
            presence = (await actor.until(fitting) or [None])[0]
            if presence is None:
                raise Failed(f"no such presence within {TIMEOUT} s")
            actor.presences.remove(presence)
            return self.take(pattern, presence)
        if not await actor.until(lambda: actor.messages):
            raise Failed(f"no message within {TIMEOUT} s")
        self.take(pattern, actor.messages.pop(0))

    async def receive_unordered(self, patterns, actor):
        if not await actor.until(lambda: len(actor.messages) >= len(patterns)):
            raise Failed(f"{len(patterns)} messages expected within {TIMEOUT} s, there are {len(actor.messages)}")
        there = [actor.messages.pop(0) for _ in patterns]
        reasons = []
        for order in itertools.permutations(there):
            try:
                captured = {}
                for pattern, message in zip(patterns, order):
                    captured.update(match(pattern, message, self.variables))
                return self.variables.update(captured)
            except Mismatch as failure:
                reasons.append(str(failure))
        raise Failed("in no order: " + "; ".join(sorted(set(reasons))))

    def take(self, pattern, stanza):
        try:
            self.variables.update(match(pattern, stanza, self.variables))
        except Mismatch as failure:
            raise Failed(str(failure)) from None

    async def do_nothing(self, step, actor):
        await actor.barrier()
        if actor.messages:
            raise Failed("nothing was expected")

    async def do_ignores(self, step, actor):
        self.ignored.add(actor.name)

    async def check_all_is_said(self):
        """Nobody was told anything the script does not know of."""
        await asyncio.gather(*(actor.barrier() for actor in self.actors.values() if not actor.gone))
        for name, actor in self.actors.items():
            if actor.messages and name not in self.ignored:
                raise Failed(f"{name} was told something that no step expects")

    # In short -----------------------------------------------------------------------------------------------

    async def do(self, actor, xml, type="set"):
        """An exchange that only sets the scene; gives the answer's children."""
        iq = ET.Element(f"{{{CLIENT}}}iq", {"type": type})
        for template in parse(xml):
            iq.extend(expand(trimmed(template), self.variables))
        self.send(actor, iq)
        answer = await self.next_answer(actor)
        if answer.get("type") != "result":
            raise Failed("it was refused")
        return answer

    async def do_creates(self, step, actor):
        configure = ""
        if step.words["form"]:
            configure = f"<ps:configure><t:submit of='node_config'>{escape(step.words['form'])}</t:submit></ps:configure>"
        await self.do(actor, f"<ps:pubsub><ps:create node='{step.words['node']}'/>{configure}</ps:pubsub>")

    async def do_subscribes(self, step, actor):
        """${name.subid} is the subscription's id afterwards."""
        options = ""
        if step.words["form"]:
            options = f"<ps:options><t:submit of='subscribe_options'>{escape(step.words['form'])}</t:submit></ps:options>"
        user, _, resource = actor.name.partition("/")
        jid = f"${{{actor.name}}}" if resource else f"${{{user}.bare}}"
        answer = await self.do(actor, f"<ps:pubsub><ps:subscribe node='{step.words['node']}' jid='{jid}'/>{options}"
                                      "</ps:pubsub>")
        subscription = next(answer.iter(f"{{{PS}}}subscription"), None)
        if subscription is not None and subscription.get("subid"):
            self.variables[f"{actor.name}.subid"] = subscription.get("subid")

    async def do_publishes(self, step, actor):
        for id in step.words["ids"].split():
            await self.do(actor, f"<ps:pubsub><ps:publish node='{step.words['node']}'><ps:item id='{id}'>"
                                 f"<e:entry>{id}</e:entry></ps:item></ps:publish></ps:pubsub>")

    async def do_affiliates(self, step, actor):
        await self.do(actor, f"<owner:pubsub><owner:affiliations node='{step.words['node']}'><owner:affiliation "
                             f"jid='${{{step.words['whom']}.bare}}' affiliation='{step.words['affiliation']}'/>"
                             "</owner:affiliations></owner:pubsub>")

    async def do_presence(self, step, actor):
        show = step.words["show"]
        stanza = ET.Element(f"{{{CLIENT}}}presence", {"type": "unavailable"} if show == "offline" else {})
        if show not in ("online", "offline"):
            ET.SubElement(stanza, f"{{{CLIENT}}}show").text = show
        self.send(actor, stanza)
        await actor.barrier()

    async def do_leaves(self, step, actor):
        await self.stage.dismiss(actor.name)
        self.actors.pop(actor.name)

    async def do_let(self, step, _):
        self.variables[step.words["name"]] = substitute(step.words["value"], self.variables)

    # Afterwards ---------------------------------------------------------------------------------------------

    def what_arrived(self):
        shown = []
        for name, actor in self.actors.items():
            shown.append(f"  {name} got:" + ("" if actor.all else " nothing"))
            for stanza in actor.all[-30:]:
                text = serialise(stanza)
                shown.append("    " + (text if len(text) < 3000 else text[:3000] + "…"))
        return "\n".join(shown)

    async def clear(self):
        """The next case finds the service as this one did, but for its memory."""
        for name, actor in list(self.actors.items()):
            if "/" in name:
                await self.stage.dismiss(name)
            elif actor.online and not actor.gone:
                actor.send_raw(f"<presence type='unavailable' to='{self.environment.service}'/>")
                actor.online = False
        sent = []
        for node, names in self.created.items():
            for name in names:
                sent.append((name, "set", f"<pubsub xmlns='{OWNER}'><delete node={quoteattr(node)}/></pubsub>"))
        for node, item, name in self.published:
            sent.append((name, "set", f"<pubsub xmlns='{PS}'><retract node={quoteattr(node)}><item id={quoteattr(item)}/>"
                                      "</retract></pubsub>"))
        await self.all_at_once(sent)
        await self.unsubscribe_all()
        there = [actor for name, actor in self.stage.actors.items() if not actor.gone]
        await asyncio.gather(*(actor.barrier() for actor in there))
        for actor in there:
            actor.forget()

    async def unsubscribe_all(self):
        """From nodes that are still there."""
        left = [(node, name.partition("/")[0]) for node, name in self.subscribed if node not in self.created]
        asked = [(name, "get", f"<pubsub xmlns='{PS}'><subscriptions node={quoteattr(node)}/></pubsub>")
                 for node, name in left]
        sent = []
        for (node, name), answer in zip(left, await self.all_at_once(asked)):
            for found in answer.iter(f"{{{PS}}}subscription") if answer is not None else ():
                sent.append((name, "set", f"<pubsub xmlns='{PS}'><unsubscribe node={quoteattr(node)} "
                                          f"jid={quoteattr(found.get('jid'))} subid={quoteattr(found.get('subid', ''))}/>"
                                          "</pubsub>"))
        await self.all_at_once(sent)

    async def all_at_once(self, exchanges):
        actors = {name: await self.stage.actor(name if name in self.stage.actors else name.partition("/")[0])
                  for name, _, _ in exchanges}
        return await asyncio.gather(*(actors[name].exchange(xml, type) for name, type, xml in exchanges))
