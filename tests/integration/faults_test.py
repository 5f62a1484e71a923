"""What boursed does when the parts it stands on fail: the database, the XMPP server, the secret, its own limits."""

import asyncio
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from slixmpp.exceptions import IqError  # noqa: E402

from support.market_process import (Database, Environment, Market, PrivatePostgres, Relay, in_thread,  # noqa: E402
                                    running_market, wait_until)
from support.participant import Participant, refused  # noqa: E402

OFFERS, REQUESTS, GRANTS = (f"commons/{leaf}" for leaf in ("offers", "requests", "grants"))
OFFER = "<offer><resource name='cpu' quantity='2'/></offer>"
REQUEST = "<request><resource name='cpu' quantity='2'/></request>"

environment = Environment(component=4)


async def sooner_or_later(attempt, timeout=30):
    """Repeats it until it is not refused for now."""
    end = time.monotonic() + timeout
    while True:
        try:
            return await attempt()
        except Exception as failure:
            kind = failure.iq["error"]["type"] if hasattr(failure, "iq") else None
            if kind != "wait" or time.monotonic() > end:
                raise


class DatabaseAway(unittest.IsolatedAsyncioTestCase):
    """On a PostgreSQL of its own."""

    @classmethod
    def setUpClass(cls):
        cls.postgres = PrivatePostgres()
        cls.database = Database(cls.postgres.uri)
        cls.market = Market(environment, cls.database)
        cls.market.migrate()
        cls.database.make_service_role()

    @classmethod
    def tearDownClass(cls):
        cls.market.close()
        cls.postgres.close()

    def tearDown(self):
        if self.market.process:
            self.market.kill()

    def test_at_start_it_waits_and_says_so(self):
        self.postgres.stop()
        mark = self.market.log_size()
        self.market.start(ready=False)
        self.market.wait_for_log("waiting for the database", mark, times=2)
        self.postgres.start()
        self.market.wait_ready(mark)
        self.assertEqual(self.market.stop(), 0)

    def test_at_start_it_can_be_stopped_while_it_waits(self):
        self.postgres.stop()
        try:
            mark = self.market.log_size()
            self.market.start(ready=False)
            self.market.wait_for_log("waiting for the database", mark)
            self.assertEqual(self.market.stop(), 0)
        finally:
            self.postgres.start()

    def test_migrate_says_what_is_wrong(self):
        self.postgres.stop()
        try:
            done = subprocess.run([environment.boursed, "migrate", "--config", self.market.config_file],
                                  capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 75)
            self.assertIn("cannot connect to PostgreSQL", done.stderr)
            self.assertIn(str(self.postgres.folder), done.stderr)
        finally:
            self.postgres.start()

    async def test_in_flight_nothing_acknowledged_is_lost(self):
        await in_thread(self.market.start)
        async with Participant(environment, 6) as provider:
            acknowledged = {}
            stopping = asyncio.Event()

            async def publish(worker):
                number = 0
                while not stopping.is_set():
                    number += 1
                    id = f"w{worker}-{number}"
                    try:
                        await provider.publish(OFFERS, OFFER, id)
                        acknowledged[id] = time.monotonic()
                    except Exception as failure:
                        if not hasattr(failure, "iq") or failure.iq["error"]["type"] != "wait":
                            raise
                        await asyncio.sleep(0.05)

            workers = [asyncio.create_task(publish(worker)) for worker in range(8)]
            for _ in range(3):
                some = len(acknowledged) + 50
                await in_thread(wait_until, lambda: len(acknowledged) >= some, "publishes are acknowledged")
                await in_thread(self.postgres.stop)
                stopped = time.monotonic()
                await in_thread(self.postgres.start)
                await in_thread(wait_until, lambda: max(acknowledged.values()) > stopped, "publishes go on afterwards")
            stopping.set()
            await asyncio.gather(*workers)
            there = {row[0] for row in self.database.rows("SELECT offer_id FROM bourse.offers WHERE open")}
            self.assertEqual(set(acknowledged) - there, set())
            self.check_logs()

    async def test_a_long_outage_is_told_at_once(self):
        await in_thread(self.market.start)
        async with Participant(environment, 6) as provider:
            await provider.publish(OFFERS, OFFER, "before")
            await in_thread(self.postgres.stop)
            try:
                # What came first is held back for a while, in case the database is soon back …
                refusal = await refused(provider.publish(OFFERS, OFFER, "during"))
                self.assertEqual((refusal.type, refusal.condition), ("wait", "service-unavailable"))
                self.assertIn("database", refusal.text)
                # … then nobody has to wait any more.
                began = time.monotonic()
                refusal = await refused(provider.publish(OFFERS, OFFER, "later"))
                self.assertEqual((refusal.type, refusal.condition), ("wait", "service-unavailable"))
                self.assertLess(time.monotonic() - began, 1)
                refusal = await refused(provider.items(OFFERS, item_ids=["before"]))
                self.assertEqual((refusal.type, refusal.condition), ("wait", "service-unavailable"))
            finally:
                await in_thread(self.postgres.start)
            await sooner_or_later(lambda: provider.publish(OFFERS, OFFER, "after"))
            self.assertEqual(sorted(await provider.items(OFFERS, item_ids=["before", "during", "later", "after"])),
                             ["after", "before"])
            self.check_logs()

    def check_logs(self):
        for table, column, first in (("events", "seq", 1), ("audit_entries", "index", 0)):
            count, least, most = map(int, self.database.rows(
                f"SELECT count(*), min({column}), max({column}) FROM bourse.{table}")[0])
            self.assertEqual((least, most), (first, first + count - 1), table)


class LinkAway(unittest.IsolatedAsyncioTestCase):
    """The XMPP server goes and comes back."""

    @classmethod
    def setUpClass(cls):
        cls.relay = Relay(environment.component)
        cls.database = Database(environment.postgres)
        cls.market = running_market(environment, cls.database, xmpp__host=cls.relay.address[0],
                                    xmpp__port=cls.relay.address[1], rules__suspect_for="1s")

    @classmethod
    def tearDownClass(cls):
        cls.relay.close()
        cls.market.close()
        cls.database.close()

    def back(self, mark):
        self.market.wait_ready(mark)

    async def test_it_comes_back_and_goes_on(self):
        async with Participant(environment, 7) as provider, Participant(environment, 8) as consumer:
            provider.send_presence(pto=environment.service)
            await provider.publish(OFFERS, OFFER, "kept")
            request = await consumer.publish(REQUESTS, REQUEST)
            grant = await consumer.notified("the grant", node=GRANTS, state="active")
            for _ in range(2):
                mark = self.market.log_size()
                self.relay.refusing = True
                self.relay.cut()
                tries = self.relay.accepted
                await in_thread(wait_until, lambda: self.relay.accepted >= tries + 2, "it tries again")
                self.relay.refusing = False
                await in_thread(self.back, mark)
                # The provider is still there, was asked and has said so: its offer and the grant live on.
                listed = await sooner_or_later(lambda: consumer.ask(f"<grants id='{grant.id}'/>"))
                self.assertEqual(listed[0].get("state"), "active")
            # Presence of before the cut still counts.
            await provider.leave()
            await consumer.notified("the loss", node=GRANTS, id=grant.id, state="lost")
            await consumer.retract(REQUESTS, request)

    async def test_who_left_meanwhile_is_found_out(self):
        async with Participant(environment, 8) as consumer:
            provider = await Participant(environment, 7).__aenter__()
            provider.send_presence(pto=environment.service)
            await provider.publish(OFFERS, OFFER, "left")
            request = await consumer.publish(REQUESTS, REQUEST)
            grant = await consumer.notified("the grant", node=GRANTS, state="active")
            mark = self.market.log_size()
            self.relay.refusing = True
            self.relay.cut()
            await in_thread(self.market.wait_for_log, "no connection to the XMPP server", mark)
            await provider.leave()
            self.relay.refusing = False
            await in_thread(self.back, mark)
            await consumer.notified("the loss", node=GRANTS, id=grant.id, state="lost", timeout=60)
            await consumer.retract(REQUESTS, request)


class WrongSecret(unittest.TestCase):
    def test_it_says_so_and_keeps_trying(self):
        database = Database(environment.postgres)
        market = Market(environment, database)
        try:
            market.migrate()
            database.make_service_role()
            secret = market.folder / "wrong-secret"
            secret.write_text("not the secret\n", encoding="ascii")
            secret.chmod(0o600)
            market.set("xmpp__secret_file", str(secret))
            market.start(ready=False)
            said = market.wait_for_log(r"no connection to the XMPP server: .*", times=2)
            self.assertRegex(said[-1], "secret")
            self.assertNotIn("not the secret", market.log())
            self.assertIsNone(market.process.poll())
            self.assertEqual(market.stop(), 0)
        finally:
            market.close()
            database.close()

    def test_a_secret_that_others_can_read_is_refused(self):
        database = Database(environment.postgres)
        market = Market(environment, database)
        try:
            secret = market.folder / "open-secret"
            secret.write_text("secret\n", encoding="ascii")
            secret.chmod(0o644)
            market.set("xmpp__secret_file", str(secret))
            market.start(ready=False)
            self.assertNotEqual(market.process.wait(20), 0)
            self.assertIn(str(secret), market.log())
        finally:
            market.close()
            database.close()


class QueueFull(unittest.IsolatedAsyncioTestCase):
    async def test_more_than_it_holds_is_refused_and_what_it_took_is_done(self):
        database = Database(environment.postgres)
        market = await in_thread(lambda: running_market(environment, database, limits__queue=20))
        # A session that holds the pool's row keeps every commit waiting.
        holder = subprocess.Popen(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", database.uri()], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True)
        try:
            async with Participant(environment, 9) as provider:
                holder.stdin.write("BEGIN; SELECT 'held' FROM bourse.pools FOR UPDATE;\n")
                holder.stdin.flush()
                self.assertEqual(await in_thread(holder.stdout.readline), "held\n")
                refusals, sent = [], {}

                # Thousands of answers at once keep this client busy for long; who gave up waiting knows nothing.
                async def publish(id):
                    try:
                        await provider.publish(OFFERS, OFFER, id, timeout=240)
                        return id
                    except IqError as failure:
                        refusals.append(failure.iq["error"])
                        return None

                # The decider may run ahead of the disk by thousands: so much is sent, and the rest is refused.
                for number in range(20_000):
                    sent[number] = asyncio.create_task(publish(f"q{number}"))
                    if number % 500 == 0:
                        await provider.request("<ping xmlns='urn:xmpp:ping'/>")
                    if refusals:
                        break
                self.assertTrue(refusals, "nothing was refused")
                error = refusals[0]
                self.assertEqual((error["type"], error["condition"]), ("wait", "resource-constraint"))
                self.assertNotEqual(error["text"], "")
                holder.stdin.write("COMMIT;\n")
                holder.stdin.flush()
                published = {id for id in await asyncio.gather(*sent.values()) if id}
                self.assertTrue(published)
                there = {row[0] for row in database.rows("SELECT offer_id FROM bourse.offers WHERE open")}
                self.assertEqual(published, there)
                await provider.publish(OFFERS, OFFER, "afterwards")
        finally:
            holder.kill()
            holder.wait()
            holder.stdin.close()
            holder.stdout.close()
            market.close()
            database.close()


if __name__ == "__main__":
    unittest.main()
