#!/usr/bin/python3
"""Availability on real servers: what presence and heartbeats leave behind, what is answered about it over XMPP and on
the command line, and history that comes from elsewhere and goes out again equal.

Each test has providers of its own, so that the history of one is not another's.
"""

import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import xml.etree.ElementTree as ET
from datetime import datetime, timedelta, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from slixmpp.xmlstream.handler import Callback  # noqa: E402
from slixmpp.xmlstream.matcher import MatchXPath  # noqa: E402

from support.market_process import Database, Environment, in_thread, running_market, wait_until  # noqa: E402
from support.participant import MARKET, Participant, market, refused  # noqa: E402

OFFERS, AVAILABILITY = "commons/offers", "commons/availability"
OPERATOR = 9
PNG = b"\x89PNG\r\n\x1a\n"
COLUMNS = ("event_id component_id node_id platform_id node_name event_type event_start_time event_stop_time "
           "event_end_reason").split()

environment = Environment(component=8)
database = None
bourse = None
folder = None


def setUpModule():
    global database, bourse, folder
    database = Database(environment.postgres)
    bourse = running_market(environment, database, market__operators=[environment.accounts[OPERATOR][0]])
    folder = Path(tempfile.mkdtemp(prefix="bourse-history-"))


def tearDownModule():
    status = bourse.stop() if bourse.process else None
    bourse.close()
    database.close()
    shutil.rmtree(folder)
    if status != 0:
        raise AssertionError(f"boursed ended with {status}")


def participant(account, resource="pc"):
    return Participant(environment, account, resource)


def timestamp(at):
    return at.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def now():
    return datetime.now(timezone.utc)


def offer(cores=1):
    return f"<offer><resource name='cpu' quantity='{cores}'/></offer>"


def seconds(duration):
    """Of PnDTnHnMnS."""
    units = {"D": 86400, "H": 3600, "M": 60, "S": 1}
    total, number = 0.0, ""
    for character in duration.replace("P", "").replace("T", ""):
        if character in units:
            total += float(number) * units[character]
            number = ""
        else:
            number += character
    return total


class Recording(unittest.IsolatedAsyncioTestCase):
    async def test_presence_leaves_intervals_behind(self):
        async with participant(OPERATOR) as asker:
            async with participant(0) as provider:
                provider.send_presence(pto=environment.service)
                await provider.publish(OFFERS, offer(), "recorded")
                up = await asker.ask(f"<history jid='{provider.bare}'/>")
                self.assertEqual(up.get("jid"), provider.bare)
                self.assertEqual([each.get("state") for each in up.findall(market("interval"))], ["up"])
                self.assertIsNone(up.find(market("interval")).get("until"))
                self.assertEqual(up.find(market("statistics")).get("state"), "up")
                jid = provider.bare
            await in_thread(wait_until, lambda: database.rows(
                "SELECT 1 FROM bourse.offers WHERE offer_id = 'recorded' AND NOT open"), "that it went")
            gone = await asker.ask(f"<history jid='{jid}'/>")
            intervals = gone.findall(market("interval"))
            self.assertEqual([each.get("state") for each in intervals], ["up", "down"])
            self.assertEqual(intervals[0].get("until"), intervals[1].get("since"))
            self.assertEqual(intervals[0].get("reason"), "3", "its session went")
            figures = gone.find(market("statistics"))
            self.assertEqual(figures.get("outages"), "1")
            self.assertEqual(figures.get("state"), "down")
            observed = seconds(figures.get("up")) + seconds(figures.get("down"))
            self.assertLess(observed, 60)
            self.assertLess(float(figures.get("coverage")), 0.01, "thirty days were asked about")

    async def test_heartbeats_tell_the_load_and_their_absence_is_an_outage(self):
        async with participant(2, "agent") as provider, participant(OPERATOR) as asker:
            provider.send_presence(pto=environment.service)
            await provider.publish(OFFERS, offer(), "beating")
            beat = (f"<message to='{environment.service}'><heartbeat xmlns='{MARKET}' every='PT5S' "
                    "zone='Europe/Berlin'><load cpu='0.35' memory='0.5' disk-free='123456' temperature='41.5'/>"
                    "</heartbeat></message>")
            wrong = f"<message to='{environment.service}'><heartbeat xmlns='{MARKET}' every='often'/></message>"
            for message in (wrong, beat):
                provider.send_raw(message)

            async def heard():
                answer = await asker.ask(f"<history jid='{provider.bare}' week='true'/>")
                return answer, answer.find(market("statistics"))

            await in_thread(wait_until, lambda: database.rows(
                f"SELECT 1 FROM bourse.provider_loads WHERE provider = '{provider.bare}'"), "the load is stored", 60)
            answer, figures = await heard()
            self.assertEqual([figures.get(name) for name in ("cpu", "memory", "disk-free", "temperature")],
                             ["0.35", "0.5", "123456", "41.5"])
            self.assertEqual(answer.get("zone"), "Europe/Berlin")
            self.assertEqual(len(answer.findtext(market("week")).split()), 168)
            # It is still connected, but its agent says nothing any more.
            await in_thread(wait_until, lambda: database.rows(
                "SELECT 1 FROM bourse.offers WHERE offer_id = 'beating' AND NOT open"), "the silence is noticed", 60)
            answer, figures = await heard()
            self.assertEqual(figures.get("state"), "down")
            self.assertEqual(answer.findall(market("interval"))[0].get("reason"), "4")

    async def test_our_own_outage_is_nobodys(self):
        async with participant(3) as asker:
            before = len((await asker.ask("<history/>")).findall(market("gap")))
        await in_thread(bourse.stop)
        await in_thread(wait_until, lambda: database.rows(
            "SELECT 1 FROM bourse.pools WHERE lease_until - interval '15 s' < now() - interval '2 s'"), "two seconds pass")
        await in_thread(bourse.start)
        async with participant(3) as asker:
            gaps = (await asker.ask("<history/>")).findall(market("gap"))
            self.assertGreater(len(gaps), before)
            began, ended = (datetime.fromisoformat(gaps[-1].get(name).replace("Z", "+00:00"))
                            for name in ("since", "until"))
            self.assertGreater(ended - began, timedelta(seconds=1))


class Questions(unittest.IsolatedAsyncioTestCase):
    async def test_wrong_ones_are_refused_with_the_reason(self):
        cases = (("since='2026-11-02T00:00:00Z' until='2026-11-01T00:00:00Z'", "not before"),
                 ("since='2199-01-01T00:00:00Z'", "future"), ("zone='Mars/Olympus'", "Mars/Olympus"),
                 ("jid='nobody@nowhere.example'", ""), ("since='yesterday'", "yesterday"))
        async with participant(4) as asker:
            for attributes, words in cases:
                refusal = await refused(asker.ask(f"<history {attributes}/>"))
                self.assertIn(words, refusal.text, attributes)
            refusal = await refused(asker.ask("<predict for='PT2H' at-least='2'><provider jid='a@b.example'/></predict>"))
            self.assertIn("at-least", refusal.text)
            refusal = await refused(asker.request(
                f"<history-import xmlns='{MARKET}' name='n' part='0' last='true'/>", "set"))
            self.assertEqual(refusal.condition, "forbidden")

    async def test_predictions_know_who_is_down(self):
        async with participant(5) as provider, participant(4) as asker:
            provider.send_presence(pto=environment.service)
            await provider.publish(OFFERS, offer(), "foreseen")
            answer = await asker.ask(f"<predict for='PT2H' at-least='1'><provider jid='{provider.bare}'/>"
                                     "<provider jid='nobody@nowhere.example'/></predict>")
            self.assertEqual((answer.get("for"), answer.get("at-least")), ("PT2H", "1"))
            there, nowhere = answer.findall(market("provider"))
            self.assertIsNone(there.get("up-for"), "that is for who is concerned")
            self.assertGreater(float(there.get("stays")), 0)
            own = await provider.ask(f"<predict for='PT2H' at-least='1'><provider jid='{provider.bare}'/></predict>")
            self.assertIsNotNone(own.find(market("provider")).get("up-for"))
            self.assertIsNone(nowhere.get("up-for"))
            self.assertEqual(nowhere.get("stays"), "0")
            self.assertAlmostEqual(float(answer.get("together")), float(there.get("stays")), places=3)
            await provider.retract(OFFERS, "foreseen")

    async def test_the_archive_of_the_availability_node(self):
        """XEP-0313: start, end, with."""
        async with participant(6) as one, participant(7) as other:
            began = now() - timedelta(seconds=2)
            for each, name in ((one, "mam-one"), (other, "mam-other")):
                each.send_presence(pto=environment.service)
                await each.publish(OFFERS, offer(), name)
                await each.retract(OFFERS, name)
            results = []

            def take(message):
                results.extend(message.xml.iter(market("availability")))

            one.register_handler(Callback("results", MatchXPath("{jabber:client}message/{urn:xmpp:mam:2}result"), take))

            async def search(**fields):
                results.clear()
                rows = "".join(f"<field var='{name}'><value>{value}</value></field>" for name, value in fields.items())
                await one.request(
                    f"<query xmlns='urn:xmpp:mam:2' node='{AVAILABILITY}'><x xmlns='jabber:x:data' type='submit'>"
                    "<field var='FORM_TYPE' type='hidden'><value>urn:xmpp:mam:2</value></field>"
                    f"{rows}</x></query>", "set")
                return [(each.get("jid"), each.get("state")) for each in results]

            mine = await search(**{"with": one.bare})
            self.assertEqual(mine, [(one.bare, "up"), (one.bare, "down")])
            both = await search(start=timestamp(began))
            self.assertTrue({(other.bare, "up"), (other.bare, "down")} <= set(both), both)
            self.assertEqual(await search(**{"with": one.bare, "end": timestamp(began - timedelta(hours=1))}), [])


class CommandLine(unittest.IsolatedAsyncioTestCase):
    def config(self, account):
        jid, password = environment.accounts[account]
        password_file = folder / f"password-{account}"
        password_file.write_text(password, encoding="utf-8")
        password_file.chmod(0o600)
        file = folder / f"bourse-{account}.toml"
        file.write_text(f"""
[xmpp]
jid = "{jid}/cli"
password-file = "{password_file}"
host = "{environment.c2s[0]}"
port = {environment.c2s[1]}
ca-file = "{environment.ca_file}"
timeout = "120s"
[market]
service = "{environment.service}"
""", encoding="utf-8")
        return file

    async def cli(self, account, *arguments, expect=0, text=True):
        program = environment.boursed.parent / "bourse"
        done = await in_thread(lambda: subprocess.run(
            [program, "--config", self.config(account), *arguments], capture_output=True, text=text, timeout=300,
            stdin=subprocess.DEVNULL))
        self.assertEqual(done.returncode, expect, (arguments, done.stdout, done.stderr))
        return done

    def write_trace(self, name, lines):
        path = folder / name
        path.write_text("\t".join(COLUMNS) + "\n" + "".join("\t".join(map(str, line)) + "\n" for line in lines),
                        encoding="utf-8")
        return path

    async def test_history_comes_in_and_goes_out_equal(self):
        # A long one, when it is there; otherwise one that is made up: up for a day, down for an hour, …
        trace = Path(os.environ.get("BOURSE_TEST_TRACE", "/nonexistent"))
        if not trace.is_file():
            lines = []
            for node in range(40):
                at = 1_000_000_000 + node * 17
                for number in range(50):
                    up, reason = number % 2, (8000 if number % 3 else 2)
                    end = at + (86_400 if up else 3_600) + number if number != 7 else at  # one has no length
                    lines.append((number, 0, f"n{node}", 3, "-", up, at, end, reason))
                    at = end
            trace = self.write_trace("long.tab", lines)
        checked = await self.cli(OPERATOR, "history", "import", trace, "--domain", "trace.example", "--dry-run", "-o",
                                 "json")
        wanted = json.loads(checked.stdout)
        self.assertEqual((wanted["bad_lines"], wanted["imported"]), (0, 0))
        done = json.loads((await self.cli(OPERATOR, "history", "import", trace, "--domain", "trace.example", "-o",
                                          "json")).stdout)
        self.assertEqual(done["imported"], wanted["intervals"])

        def rows(text):
            found = set()
            for line in text.splitlines():
                fields = line.split()
                if not fields or fields[0] == "event_id" or line.startswith("#"):
                    continue
                reason = "0" if fields[8] == "NULL" else fields[8]
                found.add((fields[2].partition("@")[0], fields[5], float(fields[6]), float(fields[7]), int(reason)))
            return found

        text = (gzip.open(trace, "rt") if trace.suffix == ".gz" else open(trace, encoding="utf-8")).read()
        names = sorted({row[0] for row in rows(text)})[:5]
        jids = [f"{name}@trace.example" for name in names]
        out = (await self.cli(OPERATOR, "history", "export", *jids)).stdout
        self.assertEqual(rows(out), {row for row in rows(text) if row[0] in names})
        everything = (await self.cli(OPERATOR, "history", "export")).stdout
        self.assertEqual({row for row in rows(everything) if row[0] in {r[0] for r in rows(text)}}, rows(text))
        # What is there already does not come in again.
        again = await self.cli(OPERATOR, "history", "import", trace, "--domain", "trace.example", expect=5)
        self.assertIn("nothing was imported", again.stderr)
        await self.cli(0, "history", "import", trace, "--domain", "trace.example", expect=4)  # no operator

        mine = [row for row in rows(text) if row[0] == names[0]]
        began = datetime.fromtimestamp(min(row[2] for row in mine) - 60, timezone.utc)
        figures = json.loads((await self.cli(OPERATOR, "history", "show", jids[0], "--since", timestamp(began), "-o",
                                             "json")).stdout)
        self.assertEqual(len(figures["intervals"]), len(mine))
        self.assertAlmostEqual(seconds(figures["total"]["up"]), sum(row[3] - row[2] for row in mine if row[1] == "1"),
                               places=3)
        self.assertAlmostEqual(seconds(figures["total"]["down"]),
                               sum(row[3] - row[2] for row in mine if row[1] == "0"), places=3)

    async def test_a_trace_with_wrong_lines(self):
        trace = self.write_trace("wrong.tab", [
            (0, 0, "w1", 3, "-", 1, 1_100_000_000, 1_100_000_100, 0),
            (1, 0, "w1", 3, "-", 0, 1_100_000_050, 1_100_000_200, 0),
            (2, 0, "w1", 3, "-", 0, 1_100_000_300, 1_100_000_200, 0),
            (3, 0, "w1", 3, "-", 1)])
        refused_ = await self.cli(OPERATOR, "history", "import", trace, "--domain", "wrong.example", expect=2)
        for line, words in ((3, "overlaps"), (4, "before"), (5, "fields")):
            self.assertRegex(refused_.stderr, f"wrong.tab:{line}: .*{words}")
        self.assertIn("nothing was imported", refused_.stderr)
        await self.cli(OPERATOR, "history", "show", "w1@wrong.example", expect=3)
        kept = json.loads((await self.cli(OPERATOR, "history", "import", trace, "--domain", "wrong.example",
                                          "--keep-good", "-o", "json")).stdout)
        self.assertEqual((kept["bad_lines"], kept["imported"]), (3, 1))

    async def test_figures_and_pictures(self):
        trace = self.write_trace("pictures.tab", [
            (number, 0, node, 3, "-", number % 2, start, start + 36_000, 0) for node in ("p1", "p2")
            for number, start in enumerate(range(int(time.time()) - 40 * 86_400, int(time.time()) - 86_400, 36_000))])
        await self.cli(OPERATOR, "history", "import", trace, "--domain", "pictures.example")
        jid = "p1@pictures.example"
        page = (await self.cli(OPERATOR, "history", "show", jid, "--pictures", "--zone", "Europe/Berlin")).stdout
        for words in ("OUTAGES", "Day by day (observed", "Hours of the week, Europe/Berlin", "How long they stay up",
                      "LASTED"):
            self.assertIn(words, page)
        self.assertNotIn("\033", page)
        svg = folder / "p1.svg"
        await self.cli(OPERATOR, "history", "show", jid, "--svg", svg)
        texts = "".join(ET.parse(svg).getroot().itertext())
        for words in (jid, "observed", "100 %", "Mon"):
            self.assertIn(words, texts)
        if shutil.which("rsvg-convert"):
            png = folder / "pool.png"
            await self.cli(OPERATOR, "history", "pool", "--since", "60d", "--png", png)
            self.assertTrue(png.read_bytes().startswith(PNG))
        csv = (await self.cli(OPERATOR, "history", "show", jid, "--since", "60d", "-o", "csv")).stdout.splitlines()
        self.assertEqual(csv[0], "provider,state,since,until,seconds,reason")
        self.assertGreater(len(csv), 50)
        fta = (await self.cli(OPERATOR, "history", "show", jid, "--since", "60d", "-o", "fta")).stdout.splitlines()
        self.assertEqual(fta[0].split(), COLUMNS)
        self.assertEqual(len(fta), len(csv))
        compared = json.loads((await self.cli(OPERATOR, "history", "compare", jid, "p2@pictures.example", "-o",
                                              "json")).stdout)
        self.assertEqual([each["provider"] for each in compared["providers"]], [jid, "p2@pictures.example"])
        self.assertEqual(compared["provider_count"], 2)
        await self.cli(OPERATOR, "history", "compare", jid, "nobody@pictures.example", expect=3)
        foreseen = (await self.cli(OPERATOR, "history", "predict", jid, "--for", "2h")).stdout
        self.assertIn("stays up for 2h", foreseen)
        await self.cli(OPERATOR, "history", "show", jid, "--zone", "Mars/Olympus", expect=2)
        await self.cli(OPERATOR, "history", "show", jid, "--since", "1d", "--until", "2d", expect=2)
        await self.cli(OPERATOR, "market", "status", "-o", "fta", expect=2)

    async def test_the_agent_beats(self):
        config = folder / "agent.toml"
        config.write_text(self.config(8).read_text(encoding="utf-8").replace("/cli", "/agent") + f"""
[offer]
id = "beats"
cpu = 1
memory = "1Gi"
storage = 0
gpu = 0
[agent]
state-dir = "{folder}/agent"
heartbeat = "5s"
""", encoding="utf-8")
        agent = subprocess.Popen([environment.boursed.parent / "bourse-agent", "--config", config],
                                 stdin=subprocess.DEVNULL)
        try:
            async with participant(OPERATOR) as asker:
                jid = environment.accounts[8][0]
                await in_thread(wait_until, lambda: database.rows(
                    "SELECT 1 FROM bourse.offers WHERE offer_id = 'beats' AND open"), "the agent's offer")
                await in_thread(wait_until, lambda: database.rows(
                    f"SELECT 1 FROM bourse.provider_loads WHERE provider = '{jid}'"), "the agent's load is stored", 60)
                figures = (await asker.ask(f"<history jid='{jid}'/>")).find(market("statistics"))
                self.assertGreater(float(figures.get("memory")), 0)
                self.assertGreater(int(figures.get("disk-free")), 0)
        finally:
            agent.terminate()
            self.assertEqual(await in_thread(lambda: agent.wait(20)), 0)


if __name__ == "__main__":
    unittest.main()
