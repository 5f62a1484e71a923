#!/usr/bin/python3
"""kill -9 in the middle of a publish load, again and again: what was acknowledged is there afterwards.

    tests/integration/kill_test.py [ROUNDS] [--seed N]

Providers publish, replace and withdraw offers, consumers submit and cancel requests and release grants, all
at once; boursed is killed at a random moment and started again. After every round the database is compared
with what was acknowledged: nothing missing, nothing twice, no offer granted beyond what it has, no gap in
events or audit. What was in flight may be either way.
"""

import argparse
import asyncio
import os
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from slixmpp.exceptions import IqError, IqTimeout  # noqa: E402

from support.market_process import Database, Environment, in_thread, running_market  # noqa: E402
from support.participant import Participant  # noqa: E402

OFFERS, REQUESTS, GRANTS = "commons/offers", "commons/requests", "commons/grants"
PROVIDERS, CONSUMERS, WORKERS = 3, 2, 12
LOAD = (0.05, 1.5)  # seconds of load before the kill
GONE = None


@dataclass
class Item:
    """An offer or a request, and what may have become of it."""
    id: str
    possible: set = field(default_factory=lambda: {GONE})  # an offer's cores, a request's count, or GONE
    busy: bool = False

    @property
    def certain(self):
        return len(self.possible) == 1


@dataclass
class Ledger:
    offers: dict = field(default_factory=dict)
    requests: dict = field(default_factory=dict)
    granted: set = field(default_factory=set)   # grants a consumer was told of
    released: set = field(default_factory=set)  # … and whose release was acknowledged
    counts: dict = field(default_factory=dict)  # of every request ever sent
    acknowledged: Counter = field(default_factory=Counter)
    refused: Counter = field(default_factory=Counter)


class Interrupted(Exception):
    """The market is away: this worker's round is over."""


class Load:
    def __init__(self, ledger, dice, round_number):
        self.ledger = ledger
        self.dice = dice
        self.prefix = f"r{round_number}"
        self.number = 0

    def next_id(self, kind):
        self.number += 1
        return f"{self.prefix}-{kind}{self.number}"

    async def change(self, item, after, sending, what, may_be_over=False):
        """One change of one item: certain again only when it is acknowledged."""
        before = item.possible
        item.busy, item.possible = True, before | {after}
        try:
            await sending
        except IqError as failure:
            condition = failure.iq["error"]["condition"]
            self.ledger.refused[condition] += 1
            if failure.iq["error"]["type"] == "wait" or condition in ("service-unavailable", "remote-server-not-found"):
                raise Interrupted from None
            if condition != "item-not-found" or not may_be_over:
                raise
            what = "cancelled too late"
        except IqTimeout:
            raise Interrupted from None
        item.possible = {after}
        item.busy = False
        self.ledger.acknowledged[what] += 1

    def idle(self, items, owner):
        found = [item for item in items.values()
                 if item.certain and not item.busy and item.possible != {GONE} and item.id.endswith(owner)]
        return self.dice.choice(found) if found else None

    async def provide(self, provider, owner):
        while True:
            cores = self.dice.randint(1, 16)
            offer = f"<offer><resource name='cpu' quantity='{cores}'/></offer>"
            action = self.dice.random()
            known = self.idle(self.ledger.offers, owner) if action > 0.7 else None
            if known and action > 0.85:
                await self.change(known, GONE, provider.retract(OFFERS, known.id), "withdrawn")
                continue
            item = known or Item(self.next_id("o") + owner)
            self.ledger.offers[item.id] = item
            await self.change(item, cores, provider.publish(OFFERS, offer, item.id), "published")

    async def consume(self, consumer, owner):
        while True:
            action = self.dice.random()
            grant = next((told for told in consumer.notifications if told.payload is not None
                          and told.payload.get("state") == "active" and told.id not in self.ledger.granted), None)
            if grant is not None:
                self.ledger.granted.add(grant.id)
                if action < 0.5:
                    try:
                        await consumer.retract(GRANTS, grant.id)
                        self.ledger.released.add(grant.id)
                        self.ledger.acknowledged["released"] += 1
                    except IqError as failure:  # revoked meanwhile, or the market is away
                        if failure.iq["error"]["condition"] != "item-not-found":
                            raise Interrupted from None
                    except IqTimeout:
                        raise Interrupted from None
                continue
            known = self.idle(self.ledger.requests, owner) if action > 0.8 else None
            if known:
                await self.change(known, GONE, consumer.retract(REQUESTS, known.id), "cancelled", may_be_over=True)
                continue
            count = self.dice.randint(1, 3)
            item = Item(self.next_id("q") + owner)
            self.ledger.requests[item.id] = item
            self.ledger.counts[item.id] = count
            request = (f"<request><resource name='cpu' quantity='{self.dice.randint(1, 12)}'/>"
                       f"<count>{count}</count></request>")
            await self.change(item, count, consumer.publish(REQUESTS, request, item.id), "submitted")

    async def settle(self, provider, owner):
        """Sends once more what was in flight when the market went: that must do no harm, whatever became of it."""
        for item in [item for item in self.ledger.offers.values() if not item.certain and item.id.endswith(owner)]:
            cores = max(item.possible - {GONE})
            offer = f"<offer><resource name='cpu' quantity='{cores}'/></offer>"
            await self.change(item, cores, provider.publish(OFFERS, offer, item.id), "sent again")

    async def until_interrupted(self, work):
        try:
            await work
        except Interrupted:
            pass


class Verdict:
    """What the database says, compared with the ledger."""

    def __init__(self, database, ledger):
        self.database = database
        self.ledger = ledger
        self.faults = []
        self.missing = self.duplicates = 0

    def check(self):
        self.check_offers()
        self.check_requests()
        self.check_grants()
        self.check_logs()
        return self

    def fault(self, text):
        self.faults.append(text)

    def check_offers(self):
        open_offers = {row[0]: int(row[1]) // 1000 for row in
                       self.database.rows("SELECT offer_id, capacity[1] FROM bourse.offers WHERE open")}
        for item in self.ledger.offers.values():
            actual = open_offers.get(item.id, GONE)
            if actual not in item.possible:
                self.missing += 1
                self.fault(f"offer {item.id}: acknowledged {item.possible}, is {actual}")
        for id in open_offers.keys() - self.ledger.offers.keys():
            self.fault(f"offer {id}: nobody published it")

    def check_requests(self):
        states = {row[0]: int(row[1]) for row in self.database.rows("SELECT request_id, state FROM bourse.requests")}
        for item in self.ledger.requests.values():
            if item.possible == {GONE}:
                if states.get(item.id) not in (2, 3):  # done, cancelled
                    self.missing += 1
                    self.fault(f"request {item.id}: its end was acknowledged, its state is {states.get(item.id)}")
            elif item.certain and item.id not in states:
                self.missing += 1
                self.fault(f"request {item.id}: acknowledged, but not there")

    def check_grants(self):
        rows = self.database.rows("""
            SELECT request_id, count(*) FILTER (WHERE g.ended IS NULL),
                   count(*) FILTER (WHERE g.state NOT IN (3, 8, 9, 10)), max(r.granted)
            FROM bourse.grants g JOIN bourse.requests r USING (pool_id, request_id) GROUP BY 1""")
        for request, live, counting, granted in rows:
            if int(live) > self.ledger.counts[request] or int(counting) > self.ledger.counts[request]:
                self.duplicates += 1
                self.fault(f"request {request}: {live} live and {counting} counting grants, "
                           f"wanted were {self.ledger.counts[request]}")
            if counting != granted:
                self.fault(f"request {request}: {counting} grants count, its row says {granted}")
        for row in self.database.rows("""
                SELECT o.offer_id, s.slot, sum(s.amount), o.capacity[array_position(o.slots, s.slot)]
                FROM bourse.grants g CROSS JOIN LATERAL unnest(g.slots, g.amounts) AS s(slot, amount)
                JOIN bourse.offers o USING (pool_id, offer_id) WHERE g.booked GROUP BY o.pool_id, o.offer_id, s.slot
                HAVING NOT o.open OR sum(s.amount) > coalesce(o.capacity[array_position(o.slots, s.slot)], 0)"""):
            self.duplicates += 1
            self.fault(f"offer over-granted: {row}")
        states = dict(self.database.rows("SELECT 'g' || grant_id, state FROM bourse.grants"))
        for grant in self.ledger.granted:
            if grant not in states:
                self.missing += 1
                self.fault(f"grant {grant}: its consumer was told, but it is not there")
        for grant in self.ledger.released:
            if states.get(grant) != "1":
                self.missing += 1
                self.fault(f"grant {grant}: its release was acknowledged, its state is {states.get(grant)}")

    def check_logs(self):
        for what, sql in (
                ("events", "SELECT count(*), count(DISTINCT seq), min(seq), max(seq), "
                           "(SELECT last_event FROM bourse.pools) FROM bourse.events"),
                ("audit entries", "SELECT count(*), count(DISTINCT index), min(index) + 1, max(index) + 1, "
                                  "(SELECT next_audit FROM bourse.pools) FROM bourse.audit_entries")):
            count, distinct, first, last, counter = map(int, self.database.rows(sql)[0])
            if not count == distinct == last == counter or first != 1:
                self.fault(f"{what}: {count} rows, {distinct} numbers from {first} to {last}, "
                           f"the pool counts {counter}")
        for row in self.database.rows("""
                SELECT g.grant_id, g.state, count(*) FILTER (WHERE kind = 3), count(*) FILTER (WHERE kind = 4)
                FROM bourse.grants g
                LEFT JOIN bourse.events e ON e.item_id = 'g' || g.grant_id AND e.node = 'commons/grants'
                GROUP BY 1, 2, g.ended HAVING count(*) FILTER (WHERE kind = 3) <> 1
                OR count(*) FILTER (WHERE kind = 4) <> CASE WHEN g.ended IS NULL THEN 0 ELSE 1 END"""):
            self.fault(f"grant and its events disagree: {row}")


async def run(environment, market, database, rounds, dice):
    ledger = Ledger()
    participants = [Participant(environment, account) for account in range(PROVIDERS + CONSUMERS)]
    for each in participants:
        await each.__aenter__()
    providers, consumers = participants[:PROVIDERS], participants[PROVIDERS:]
    verdict = None
    for number in range(1, rounds + 1):
        load = Load(ledger, dice, number)
        workers = []
        for position, provider in enumerate(providers):
            workers += [load.until_interrupted(load.provide(provider, f"-p{position}")) for _ in range(WORKERS)]
        for position, consumer in enumerate(consumers):
            workers += [load.until_interrupted(load.consume(consumer, f"-c{position}")) for _ in range(WORKERS // 2)]
        tasks = [asyncio.create_task(worker) for worker in workers]
        pause = dice.uniform(*LOAD)
        await asyncio.wait(tasks, timeout=pause, return_when=asyncio.FIRST_EXCEPTION)
        before = sum(ledger.acknowledged.values())
        market.kill()
        killed = time.monotonic()
        await in_thread(market.start)
        back = time.monotonic() - killed
        # Answers that were under way have arrived by now; who waits still does so in vain.
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome
        verdict = await in_thread(Verdict(database, ledger).check)
        unsettled = [line for line in market.log().splitlines() if "has to be settled" in line]
        verdict.faults += [f"a batch failed although the database was there: {line}" for line in unsettled]
        if not verdict.faults:
            await asyncio.gather(*(load.settle(provider, f"-p{n}") for n, provider in enumerate(providers)))
            verdict = await in_thread(Verdict(database, ledger).check)
        print(f"round {number}: killed after {pause * 1000:.0f} ms, {before} acknowledged so far, "
              f"back after {back:.1f} s, missing {verdict.missing}, duplicate grants {verdict.duplicates}", flush=True)
        if verdict.faults:
            break
    for each in participants:
        await each.leave()
    return ledger, verdict


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("rounds", nargs="?", type=int, default=int(os.environ.get("BOURSE_KILL_ROUNDS", "3")))
    arguments.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    chosen = arguments.parse_args()
    environment = Environment(component=3)
    print(f"seed {chosen.seed}", flush=True)
    database = Database(environment.postgres)
    market = running_market(environment, database)
    try:
        ledger, verdict = asyncio.run(run(environment, market, database, chosen.rounds, random.Random(chosen.seed)))
        if verdict.faults:
            print("\n".join(verdict.faults[:50] + ["", market.log()[-5000:]]))
    finally:
        market.close()
        database.close()
    done = dict(ledger.acknowledged)
    print(f"{done} acknowledged, {len(ledger.granted)} grants told, refused or bounced {dict(ledger.refused)}; "
          f"missing {verdict.missing}, duplicate grants {verdict.duplicates}, faults {len(verdict.faults)}")
    if not ledger.acknowledged["published"] or not ledger.granted:
        print("nothing was published or granted: this proved nothing")
        return 1
    return 1 if verdict.faults else 0


if __name__ == "__main__":
    sys.exit(main())
