#!/usr/bin/python3
"""The life of a grant on real servers: proposed, confirmed or not, reserved, renewed, taken back, suspect and back or
lost; gangs and schedules; and why a request waits. By a foreign client, by the command line and by the agent.

Each test has providers of its own, so that the failures of one are not another's, and an attribute of its own that its
requests need.
"""

import json
import signal
import stat
import subprocess
import sys
import time
import unittest
from datetime import datetime, timedelta, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.market_process import Database, Environment, in_thread, running_market, wait_until  # noqa: E402
from support.participant import MARKET, Participant, market, refused  # noqa: E402

OFFERS, REQUESTS, GRANTS = (f"commons/{leaf}" for leaf in ("offers", "requests", "grants"))
CONFIRM_WITHIN, SUSPECT_FOR = 10, 3  # seconds

environment = Environment(component=7)
database = None
bourse = None


def setUpModule():
    global database, bourse
    database = Database(environment.postgres)
    bourse = running_market(environment, database, rules__confirm_within=f"{CONFIRM_WITHIN}s",
                            rules__suspect_for=f"{SUSPECT_FOR}s", rules__quarantine_failures=100)


def tearDownModule():
    status = bourse.stop() if bourse.process else None
    bourse.close()
    database.close()
    if status != 0:
        raise AssertionError(f"boursed ended with {status}")


def participant(account, resource=""):
    return Participant(environment, account, resource)


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def timestamp(at):
    return at.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def now():
    return datetime.now(timezone.utc)


def offer(lab, cores, terms="", more=""):
    return (f"<offer><resource name='cpu' quantity='{cores}'/><attribute name='lab'>{lab}</attribute>{more}"
            f"<terms {terms}/></offer>")


def request(lab, cores, more=""):
    return f"<request><resource name='cpu' quantity='{cores}'/><needs>(lab={lab})</needs>{more}</request>"


def act(someone, element):
    """<confirm/> and its like."""
    return someone.request(element.replace(" grant=", f" xmlns='{MARKET}' grant=", 1), "set")


def kinds(grant):
    """What the audit log says of a grant."""
    numbers = {"grant-started": 7, "grant-released": 8, "grant-expired": 9, "grant-revoked": 10, "grant-proposed": 15,
               "grant-confirmed": 16, "grant-declined": 17, "grant-timed-out": 18, "grant-reserved": 19,
               "grant-begun": 20, "grant-renewed": 21, "grant-reclaiming": 22, "grant-suspect": 23,
               "grant-recovered": 24, "grant-lost": 25}
    names = {number: name for name, number in numbers.items()}
    rows = database.rows(f"SELECT kind FROM bourse.audit_entries WHERE grant_id = {grant[1:]} ORDER BY index")
    return [names[int(row[0])] for row in rows]


class Confirmation(unittest.IsolatedAsyncioTestCase):
    async def test_a_provider_confirms(self):
        async with participant(0) as careful, participant(2) as consumer:
            await careful.publish(OFFERS, offer("confirmed", 4, "confirm='manual'"), "careful")
            wanted = await consumer.publish(REQUESTS, request("confirmed", 4))
            proposed = await careful.notified("the proposal", node=GRANTS, state="proposed", request=wanted)
            self.assertIsNone(proposed.payload.find(market("ticket")))
            left = moment(proposed.payload.get("state-until")) - now()
            self.assertLess(abs(left.total_seconds() - CONFIRM_WITHIN), 2)
            await consumer.notified("the proposal", node=GRANTS, id=proposed.id, state="proposed")
            # Nobody else's word counts.
            refusal = await refused(act(consumer, f"<confirm grant='{proposed.id}'/>"))
            self.assertEqual(refusal.condition, "forbidden")

            await act(careful, f"<confirm grant='{proposed.id}'/>")
            active = await consumer.notified("the grant", node=GRANTS, id=proposed.id, state="active")
            self.assertIsNotNone(active.payload.find(market("ticket")))
            self.assertIsNone(active.payload.get("state-until"))
            await careful.notified("the grant", node=GRANTS, id=proposed.id, state="active")
            await act(careful, f"<confirm grant='{proposed.id}'/>")  # twice is once
            await consumer.retract(GRANTS, proposed.id)
            await careful.notified("its end", node=GRANTS, id=proposed.id, state="released")
            self.assertEqual(kinds(proposed.id), ["grant-proposed", "grant-confirmed", "grant-released"])
            await careful.retract(OFFERS, "careful")

    async def falls_back(self, lab, state, answer):
        """The better offer is its provider's to confirm; the other one has it when that comes to nothing."""
        async with participant(0) as careful, participant(1) as ready, participant(2) as consumer:
            await careful.publish(OFFERS, offer(lab, 4, "confirm='manual'"), f"{lab}-careful")
            await ready.publish(OFFERS, offer(lab, 8), f"{lab}-ready")
            wanted = await consumer.publish(REQUESTS, request(lab, 4))
            proposed = await careful.notified("the proposal", node=GRANTS, state="proposed", request=wanted)
            began = time.monotonic()
            await answer(careful, proposed.id)
            over = await consumer.notified("its end", node=GRANTS, id=proposed.id, state=state)
            self.assertNotEqual(over.payload.get("reason", ""), "")
            after = time.monotonic() - began
            grant = await consumer.notified("the next best", node=GRANTS, state="active", request=wanted)
            self.assertEqual(grant.payload.get("offer"), f"{lab}-ready")
            self.assertGreater(int(grant.payload.get("fence")), int(proposed.payload.get("fence")))
            self.assertLess(time.monotonic() - began - after, 1, "the fallback comes at once")
            self.assertEqual(kinds(proposed.id), ["grant-proposed", f"grant-{state}"])
            refusal = await refused(act(careful, f"<confirm grant='{proposed.id}'/>"))  # too late
            self.assertEqual(refusal.condition, "item-not-found")
            await consumer.retract(REQUESTS, wanted)
            for provider, id in ((careful, f"{lab}-careful"), (ready, f"{lab}-ready")):
                await provider.retract(OFFERS, id)
            return over

    async def test_one_that_does_not_answer_is_passed_over(self):
        async def say_nothing(_provider, _grant):
            pass
        began = time.monotonic()
        await self.falls_back("silent", "timed-out", say_nothing)
        self.assertGreater(time.monotonic() - began, CONFIRM_WITHIN - 0.5)

    async def test_one_that_declines_is_passed_over(self):
        async def decline(provider, grant):
            await act(provider, f"<decline grant='{grant}' reason='maintenance tonight'/>")
        over = await self.falls_back("declined", "declined", decline)
        self.assertIn("maintenance tonight", over.payload.get("reason"))


class Renewal(unittest.IsolatedAsyncioTestCase):
    async def test_a_lease_goes_on_with_a_new_ticket(self):
        async with participant(0) as provider, participant(2) as consumer:
            await provider.publish(OFFERS, offer("renewed", 4, "max-lease='PT8H'"), "renewed")
            wanted = await consumer.publish(REQUESTS, request("renewed", 4, "<duration>PT1H</duration>"))
            grant = await provider.notified("the grant", node=GRANTS, state="active", request=wanted)
            await act(consumer, f"<renew grant='{grant.id}' duration='PT3H'/>")
            told = await provider.notified("the renewal", node=GRANTS, id=grant.id, state="active")
            more = moment(told.payload.get("expires")) - moment(grant.payload.get("expires"))
            self.assertLess(abs(more - timedelta(hours=2)), timedelta(seconds=30))
            self.assertNotEqual(told.payload.findtext(market("ticket")), grant.payload.findtext(market("ticket")))
            self.assertEqual(told.payload.get("fence"), grant.payload.get("fence"))
            self.assertEqual((await refused(act(consumer, f"<renew grant='{grant.id}' duration='PT9H'/>"))).condition,
                             "conflict")
            self.assertEqual((await refused(act(provider, f"<renew grant='{grant.id}'/>"))).condition, "forbidden")
            self.assertEqual(kinds(grant.id), ["grant-started", "grant-renewed"])
            await consumer.retract(REQUESTS, wanted)
            await provider.retract(OFFERS, "renewed")


class Reclaim(unittest.IsolatedAsyncioTestCase):
    async def test_with_time_to_finish(self):
        async with participant(0) as provider, participant(2) as consumer:
            await provider.publish(OFFERS, offer("reclaimed", 4), "reclaimed")
            wanted = await consumer.publish(REQUESTS, request("reclaimed", 4))
            grant = await consumer.notified("the grant", node=GRANTS, state="active", request=wanted)
            await act(provider, f"<reclaim grant='{grant.id}' grace='PT2S' reason='I need it'/>")
            told = await consumer.notified("that it ends", node=GRANTS, id=grant.id, state="reclaiming")
            self.assertIn("I need it", told.payload.get("reason"))
            self.assertIsNotNone(told.payload.find(market("ticket")))
            left = moment(told.payload.get("state-until")) - now()
            self.assertLess(abs(left.total_seconds() - 2), 1.5)
            await consumer.notified("its end", node=GRANTS, id=grant.id, state="revoked")
            self.assertEqual(kinds(grant.id), ["grant-started", "grant-reclaiming", "grant-revoked"])
            await consumer.retract(REQUESTS, wanted)
            await provider.retract(OFFERS, "reclaimed")

    async def test_a_withdrawn_offer_keeps_its_promise(self):
        async with participant(0) as provider, participant(2) as consumer:
            await provider.publish(OFFERS, offer("promised", 4, "grace='PT1H'"), "promised")
            wanted = await consumer.publish(REQUESTS, request("promised", 4))
            grant = await consumer.notified("the grant", node=GRANTS, state="active", request=wanted)
            await provider.retract(OFFERS, "promised")
            await consumer.notified("that it ends", node=GRANTS, id=grant.id, state="reclaiming")
            self.assertEqual(await consumer.items(OFFERS, item_ids=["promised"]), {})
            await consumer.retract(GRANTS, grant.id)  # done in time
            await provider.notified("its end", node=GRANTS, id=grant.id, state="released")


class Vanishing(unittest.IsolatedAsyncioTestCase):
    async def granted(self, provider, consumer, lab):
        provider.send_presence(pto=environment.service)
        await provider.publish(OFFERS, offer(lab, 4), lab)
        wanted = await consumer.publish(REQUESTS, request(lab, 4))
        return wanted, await consumer.notified("the grant", node=GRANTS, state="active", request=wanted)

    async def test_one_that_comes_back_in_time_goes_on(self):
        async with participant(2) as consumer:
            async with participant(3, "first") as provider:
                wanted, grant = await self.granted(provider, consumer, "returning")
                provider.abort()
                suspect = await consumer.notified("that it is suspect", node=GRANTS, id=grant.id, state="suspect")
                self.assertIsNotNone(suspect.payload.find(market("ticket")))
            async with participant(3, "second") as provider:
                provider.send_presence(pto=environment.service)
                await provider.publish(OFFERS, offer("returning", 4), "returning")
                again = await consumer.notified("that it goes on", node=GRANTS, id=grant.id, state="active")
                self.assertEqual(again.payload.get("started"), grant.payload.get("started"))
                self.assertIsNone(again.payload.get("state-until"))
                self.assertEqual(kinds(grant.id), ["grant-started", "grant-suspect", "grant-recovered"])
                self.assertEqual(database.value(
                    f"SELECT used[1] FROM bourse.offer_use WHERE offer_id = 'returning'"), "4000")
                await consumer.retract(REQUESTS, wanted)
                await provider.notified("its end", node=GRANTS, id=grant.id, state="released")

    async def test_one_that_stays_away_is_lost_and_another_has_it(self):
        async with participant(2) as consumer, participant(1) as other:
            async with participant(4, "gone") as provider:
                wanted, grant = await self.granted(provider, consumer, "vanished")
                await other.publish(OFFERS, offer("vanished", 8), "vanished-other")
                provider.abort()
                suspect = await consumer.notified("that it is suspect", node=GRANTS, id=grant.id, state="suspect")
                left = moment(suspect.payload.get("state-until")) - now()
                self.assertLess(abs(left.total_seconds() - SUSPECT_FOR), 2)
                lost = await consumer.notified("the loss", node=GRANTS, id=grant.id, state="lost")
                self.assertIsNone(lost.payload.find(market("ticket")))
                again = await consumer.notified("the next grant", node=GRANTS, state="active", request=wanted)
                self.assertEqual(again.payload.get("offer"), "vanished-other")
                self.assertEqual(kinds(grant.id), ["grant-started", "grant-suspect", "grant-lost"])
                await consumer.retract(REQUESTS, wanted)
                await other.retract(OFFERS, "vanished-other")


class Gangs(unittest.IsolatedAsyncioTestCase):
    async def test_all_or_nothing(self):
        async with participant(0) as provider, participant(1) as other, participant(2) as consumer:
            await provider.publish(OFFERS, offer("ganged", 4), "gang-1")
            await other.publish(OFFERS, offer("ganged", 4), "gang-2")
            wanted = await consumer.publish(REQUESTS, request("ganged", 4, "<count gang='true'>3</count>"))
            listed = (await consumer.ask(f"<requests id='{wanted}'/>")).find(market("request"))
            self.assertEqual((listed.get("state"), listed.get("granted")), ("waiting", "0"))
            why = await consumer.ask(f"<explain request='{wanted}'/>")
            self.assertEqual((why.get("count"), why.get("granted"), why.get("fitting")), ("3", "0", "2"))
            await provider.publish(OFFERS, offer("ganged", 4), "gang-3")
            offers = set()
            for _ in range(3):
                grant = await consumer.notified("a grant", node=GRANTS, state="active", request=wanted)
                offers.add(grant.payload.get("offer"))
            self.assertEqual(offers, {"gang-1", "gang-2", "gang-3"})
            await consumer.retract(REQUESTS, wanted)
            for provider_of, id in ((provider, "gang-1"), (other, "gang-2"), (provider, "gang-3")):
                await provider_of.retract(OFFERS, id)


class Times(unittest.IsolatedAsyncioTestCase):
    async def test_a_reservation_begins_when_it_is_time(self):
        async with participant(0) as provider, participant(2) as consumer:
            await provider.publish(OFFERS, offer("reserved", 4), "reserved")
            start = now() + timedelta(seconds=4)
            wanted = await consumer.publish(REQUESTS, request("reserved", 4, f"<start>{timestamp(start)}</start>"))
            grant = await consumer.notified("the reservation", node=GRANTS, state="reserved", request=wanted)
            self.assertEqual(grant.payload.get("ahead"), "true")
            self.assertEqual(grant.payload.get("started"), timestamp(start))
            self.assertIsNotNone(grant.payload.find(market("ticket")))
            # Until then somebody else may use it, if that is over in time; this one would not be.
            other = await consumer.publish(REQUESTS, request("reserved", 4, "<duration>PT1H</duration>"))
            why = await consumer.ask(f"<explain request='{other}'/>")
            self.assertIn("reserved", [each.get("obstacle") for each in why.findall(market("rejection"))])
            await consumer.retract(REQUESTS, other)
            begun = await consumer.notified("its beginning", node=GRANTS, id=grant.id, state="active")
            self.assertLess(abs((now() - moment(begun.payload.get("started"))).total_seconds()), 2)
            self.assertEqual(kinds(grant.id), ["grant-reserved", "grant-begun"])
            await consumer.retract(REQUESTS, wanted)
            await provider.retract(OFFERS, "reserved")

    async def test_a_closed_offer_waits_for_its_hours(self):
        opens = now() + timedelta(days=2)  # so that no clock or time zone makes it now
        async with participant(0) as provider, participant(2) as consumer:
            day = opens.strftime("%a")
            await provider.publish(
                OFFERS, offer("closed", 4, more=f"<schedule tz='Europe/Berlin'>{day} 09:00-18:00</schedule>"), "closed")
            wanted = await consumer.publish(REQUESTS, request("closed", 4))
            why = await consumer.ask(f"<explain request='{wanted}'/>")
            self.assertEqual(why.get("state"), "waiting")
            closed = [each for each in why.findall(market("rejection")) if each.get("obstacle") == "closed"]
            self.assertEqual([each.get("alone") for each in closed], ["1"])
            miss = why.find(market("miss"))
            self.assertEqual(miss.get("offer"), "closed")
            self.assertGreater(moment(miss.get("from")), now() + timedelta(hours=20))
            self.assertEqual(database.value(
                f"SELECT count(*) FROM bourse.grants WHERE request_id = '{wanted}'"), "0")
            # Without hours it is open.
            await provider.publish(OFFERS, offer("closed", 4), "closed")
            await consumer.notified("the grant", node=GRANTS, state="active", request=wanted)
            await consumer.retract(REQUESTS, wanted)
            await provider.retract(OFFERS, "closed")


class Software(unittest.IsolatedAsyncioTestCase):
    async def test_seats_are_lent_like_anything_else(self):
        async with participant(0) as provider, participant(2) as consumer:
            await provider.publish(OFFERS, "<offer><service name='matlab' version='9.14' seats='2'/></offer>", "seats")
            wanted = [await consumer.publish(
                REQUESTS, "<request><service name='matlab'/><needs>(service.matlab&gt;=9.0)</needs></request>")
                for _ in range(3)]
            for each in wanted[:2]:
                await consumer.notified("a seat", node=GRANTS, state="active", request=each)
            listed = (await consumer.ask(f"<requests id='{wanted[2]}'/>")).find(market("request"))
            self.assertEqual(listed.get("state"), "waiting")
            await consumer.retract(REQUESTS, wanted[0])
            await consumer.notified("the seat that is free", node=GRANTS, state="active", request=wanted[2])
            for each in wanted[1:]:
                await consumer.retract(REQUESTS, each)
            await provider.retract(OFFERS, "seats")


class Programs(unittest.IsolatedAsyncioTestCase):
    """The command line and the agent."""

    def config(self, account, name, more=""):
        jid, password = environment.accounts[account]
        folder = bourse.folder / f"{name}-{account}"
        folder.mkdir(exist_ok=True)
        secret = folder / "password"
        if not secret.exists():
            secret.touch(mode=0o600)
            secret.write_text(password, encoding="utf-8")
        file = folder / f"{name}.toml"
        file.write_text(f"""[xmpp]
jid = "{jid}"
password-file = "{secret}"
host = "{environment.c2s[0]}"
port = {environment.c2s[1]}
ca-file = "{environment.ca_file}"
[market]
service = "{bourse.service}"
{more}""", encoding="utf-8")
        return file

    def run_cli(self, account, *arguments, expect=0):
        done = subprocess.run([environment.boursed.parent / "bourse", "--config", self.config(account, "bourse"),
                               *arguments], capture_output=True, text=True, check=False, timeout=60)
        self.assertEqual(done.returncode, expect, f"{arguments}: {done.stdout}{done.stderr}")
        return done

    async def cli(self, account, *arguments, expect=0):
        return await in_thread(lambda: self.run_cli(account, *arguments, expect=expect))

    async def json(self, account, *arguments):
        return json.loads((await self.cli(account, *arguments, "-o", "json")).stdout)

    async def test_the_command_line(self):
        await self.cli(5, "offer", "publish", "--id", "cli", "--cpu", "4", "--attribute", "lab=cli", "--confirm",
                       "manual", "--grace", "2s", "--service", "blast=2.14:4", "--schedule", "Mon-Sun", "--tz", "Europe/Berlin")
        shown = await self.json(5, "offer", "show", "cli")
        self.assertEqual(shown["confirm"], "manual")

        # A proposal is not there yet: the wait goes on until its provider agrees.
        said = await self.cli(6, "request", "submit", "--id", "cli-job", "--cpu", "2", "--service", "blast",
                              "--needs", "(lab=cli)", "--wait=1s", expect=75)
        self.assertIn("to confirm it", said.stderr)
        self.assertEqual(said.stdout, "")
        await self.cli(6, "request", "cancel", "cli-job")

        waiting = subprocess.Popen(
            [environment.boursed.parent / "bourse", "--config", self.config(6, "bourse"), "request", "submit", "--id",
             "cli-job-2", "--cpu", "2", "--needs", "(lab=cli)", "--wait=30s", "-o", "json"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            grant = await in_thread(wait_until, lambda: database.rows(
                "SELECT grant_id FROM bourse.grants WHERE request_id = 'cli-job-2' AND state = 4"), "a proposal")
            id = f"g{grant[0][0]}"
            await self.cli(5, "grant", "confirm", id)
            out, err = await in_thread(waiting.communicate)
            self.assertEqual(waiting.returncode, 0, err)
            self.assertEqual([each["state"] for each in json.loads(out)], ["active"])
            listed = await self.json(5, "grant", "list")
            self.assertEqual([(each["id"], each["state"]) for each in listed], [(id, "active")])
        finally:
            if waiting.poll() is None:
                waiting.kill()
                waiting.communicate()

        before = (await self.json(6, "grant", "show", id))["expires"]
        await self.cli(6, "grant", "renew", id, "--for", "4h")
        self.assertGreater((await self.json(6, "grant", "show", id))["expires"], before)
        await self.cli(5, "grant", "reclaim", id, "--grace", "30m", "--reason", "I need it")
        shown = await self.json(6, "grant", "show", id)
        self.assertEqual(shown["state"], "reclaiming")
        self.assertIn("state_until", shown)
        self.assertIn("STATE UNTIL", (await self.cli(6, "grant", "list")).stdout)
        await self.cli(6, "grant", "release", id)
        await self.cli(6, "grant", "renew", id, expect=3)

        # Why it waits.
        await self.cli(6, "request", "submit", "--id", "cli-why", "--cpu", "64", "--needs", "(lab=cli)")
        page = (await self.cli(6, "request", "explain", "cli-why")).stdout
        self.assertTrue(page.startswith("Request 'cli-why' waits"), page)
        for words in ("OBSTACLE", "resource", "Nearest misses:", "cli of"):
            self.assertIn(words, page)
        why = await self.json(6, "request", "explain", "cli-why")
        self.assertEqual(why["request"], "cli-why")
        self.assertEqual((await self.cli(6, "request", "submit", "--cpu", "64", "--needs", "(lab=cli)", "--wait=1s",
                                         expect=75)).stderr.count("explain"), 1)
        await self.cli(6, "request", "explain", "no-such", expect=3)
        await self.cli(6, "request", "cancel", "cli-why")
        await self.cli(5, "offer", "withdraw", "cli")

    def hook(self, folder, name, script):
        file = folder / name
        file.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        file.chmod(file.stat().st_mode | stat.S_IXUSR)
        return file

    def start_agent(self, config, log):
        return subprocess.Popen([environment.boursed.parent / "bourse-agent", "--config", config],
                                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    async def test_the_agent(self):
        folder = bourse.folder / "hooks"
        folder.mkdir()
        ran = folder / "ran"
        note = f"read line; id=$(echo \"$line\" | sed 's/.*\"id\":\"\\(g[0-9]*\\)\".*/\\1/'); echo \"$0 $id\" >> {ran}"
        # It lends to those who ask for one core only.
        hooks = {
            "on-proposal": "read line\ncase \"$line\" in *'\"cpu\":\"1\"'*) exit 0;; esac\necho thinking\n"
                           "echo one core at most\nexit 1",
            "on-grant": note, "on-reclaim": note, "on-release": note}
        files = {name: self.hook(folder, name, script) for name, script in hooks.items()}
        config = self.config(7, "agent", f"""
[offer]
id = "agent"
cpu = 2
memory = "1Gi"
storage = 0
gpu = 0
grace = "2s"
[offer.attributes]
lab = "agent"
[hooks]
""" + "".join(f'{name} = "{file}"\n' for name, file in files.items()) + f"""
[agent]
state-dir = "{folder}/state"
""")

        def runs():
            lines = ran.read_text(encoding="utf-8").splitlines() if ran.exists() else []
            return [(Path(line.split()[0]).name, line.split()[1]) for line in lines]

        with open(folder / "log", "ab") as log:
            agent = self.start_agent(config, log)
            try:
                async with participant(8) as consumer:
                    await in_thread(wait_until, lambda: database.rows(
                        "SELECT 1 FROM bourse.offers WHERE offer_id = 'agent' AND open"), "the agent's offer")

                    greedy = await consumer.publish(REQUESTS, request("agent", 2))
                    declined = await consumer.notified("the refusal", node=GRANTS, state="declined", request=greedy)
                    self.assertIn("one core at most", declined.payload.get("reason"))
                    await consumer.retract(REQUESTS, greedy)

                    modest = await consumer.publish(REQUESTS, request("agent", 1, "<duration>PT1H</duration>"))
                    grant = await consumer.notified("the grant", node=GRANTS, state="active", request=modest)
                    await in_thread(wait_until, lambda: runs() == [("on-grant", grant.id)], runs)
                    # What died before it noted that the job was started would start it again.
                    await in_thread(wait_until, lambda: any(
                        '"hook_done":true' in file.read_text(encoding="utf-8").replace(" ", "")
                        for file in (folder / "state").rglob("*.json")), "the agent's note")

                    # It dies and comes back: the job goes on, and is not started again.
                    agent.kill()
                    agent.wait()
                    await consumer.notified("that it is suspect", node=GRANTS, id=grant.id, state="suspect")
                    agent = self.start_agent(config, log)
                    await consumer.notified("that it goes on", node=GRANTS, id=grant.id, state="active")
                    await act(consumer, f"<renew grant='{grant.id}' duration='PT3H'/>")
                    await consumer.notified("the renewal", node=GRANTS, id=grant.id, state="active")
                    await in_thread(wait_until, lambda: f"grant {grant.id} has a lease until" in
                                    (folder / "log").read_text(encoding="utf-8"), "the agent's word on the renewal")
                    self.assertEqual(runs(), [("on-grant", grant.id)])

                    # It stops: who uses it gets the time to finish that was promised.
                    agent.send_signal(signal.SIGTERM)
                    await consumer.notified("that it ends", node=GRANTS, id=grant.id, state="reclaiming")
                    await in_thread(wait_until, lambda: ("on-reclaim", grant.id) in runs(), runs)
                    self.assertIsNone(agent.poll())
                    await consumer.notified("its end", node=GRANTS, id=grant.id, state="revoked")
                    self.assertEqual(await in_thread(lambda: agent.wait(20)), 0)
                    self.assertEqual(runs(), [(name, grant.id) for name in ("on-grant", "on-reclaim", "on-release")])
                    await consumer.retract(REQUESTS, modest)
            finally:
                if agent.poll() is None:
                    agent.kill()
                    agent.wait()
                if sys.exc_info()[0] is not None:
                    print((folder / "log").read_text(encoding="utf-8"))


if __name__ == "__main__":
    unittest.main()
