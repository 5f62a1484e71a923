#!/usr/bin/python3
"""The link between the two servers is cut and mended, and each server is stopped and started, while grants are held across
it. Whatever was agreed before holds or ends as its terms say; nothing is lost, and nothing is held for ever."""

import asyncio
import os
import time
import unittest

from domains import GRANTS, MARKET, OFFERS, REQUESTS, FederationTest, do, element, offer, request, someone
from slixmpp.exceptions import IqError, IqTimeout
from support.market_process import in_thread
from support.participant import market

CUT = int(os.environ.get("BOURSE_FEDERATION_CUT", "20"))  # seconds
# A connection that survived a cut sends again only when its patience, which doubles each time, has passed once more.
LATE = CUT + 40


class Cut(FederationTest):
    async def asyncTearDown(self):
        await in_thread(do, "mend")
        await super().asyncTearDown()

    async def eventually(self, attempt, seconds):
        """What an ordinary program does when a server says that another one was not to be reached: it asks again."""
        end = time.monotonic() + seconds
        while True:
            try:
                return await attempt()
            except (IqError, IqTimeout) as failure:
                if time.monotonic() > end:
                    raise AssertionError(f"still refused after {seconds} s: {failure}") from None
            await asyncio.sleep(0.5)

    async def test_both_domains_go_on_when_the_link_is_back(self):
        """a.test borrows from b.test and b.test from a.test when the link breaks; neither server is told so."""
        async with someone("abc@a.test") as far, someone("borrower@b.test") as near, \
                someone("lender@b.test") as at_home, someone("lender@a.test") as abroad:
            await at_home.publish(OFFERS, offer("cut-b", 4), "cut-b")
            await abroad.publish(OFFERS, offer("cut-a", 4), "cut-a")
            held = {}
            for consumer, lab in ((far, "cut-b"), (near, "cut-a")):
                wanted = await consumer.publish(REQUESTS, request(lab, 1))
                held[lab] = await consumer.notified("the grant", node=GRANTS, state="active", request=wanted)

            await in_thread(do, "cut")
            began = time.monotonic()
            # Whoever asks across the link waits, or is refused by his own server; his id makes it safe to ask again.
            asking = asyncio.ensure_future(self.eventually(
                lambda: far.publish(REQUESTS, request("cut-b", 1), "asked-while-cut"), LATE + CUT))
            # Nobody else notices.
            wanted = await near.publish(REQUESTS, request("cut-b", 1))
            grant = await near.notified("a grant as always", node=GRANTS, state="active", request=wanted)
            await near.retract(GRANTS, grant.id)
            await near.notified("its end", node=GRANTS, id=grant.id, state="released")
            # The consumer who is cut off is told of nothing, and his grant is left alone.
            self.assertIn(held["cut-b"].id[1:], [row[0] for row in MARKET.live_grants()])
            # Another one gives back what came from abroad; the provider hears of it when it can.
            await near.retract(GRANTS, held["cut-a"].id)
            await near.notified("its end", node=GRANTS, id=held["cut-a"].id, state="released")
            await asyncio.sleep(max(0.0, began + CUT - time.monotonic()))
            await in_thread(do, "mend")

            self.assertEqual(await asking, "asked-while-cut")
            self.assertEqual(MARKET.value("SELECT count(*) FROM bourse.requests WHERE request_id = 'asked-while-cut'"), "1")
            late = MARKET.rows("SELECT grant_id FROM bourse.grants WHERE request_id = 'asked-while-cut'")
            self.assertEqual(len(late), 1)
            for grant in (held["cut-b"].id, f"g{late[0][0]}"):
                await self.eventually(lambda grant=grant: far.retract(GRANTS, grant), LATE)
            # What both sides believe now is what the market says.
            for who, lab in ((far, "cut-b"), (abroad, "cut-a")):
                listed = await self.eventually(lambda who=who: self.grants_of(who), LATE)
                self.assertEqual(listed, [], f"grants of {lab} after the cut")
            await at_home.retract(OFFERS, "cut-b")

    async def test_a_provider_that_is_cut_off_is_replaced(self):
        """It is heard of no more, and does not know; the consumer has another one before the link is back."""
        async with someone("borrower@b.test") as consumer, someone("lender@b.test") as standby, \
                someone("lender@a.test", "beating") as provider:
            provider.send_presence(pto=provider.service)
            await provider.publish(OFFERS, offer("beat", 4, more="<attribute name='speed'>2</attribute>"), "beating")
            wanted = await consumer.publish(REQUESTS, request("beat", 1))
            grant = await consumer.notified("the grant", node=GRANTS, state="active", request=wanted)
            beat = provider.make_message(mto=provider.service)
            beat.append(element("<heartbeat every='PT5S'/>"))
            beat.send()
            await standby.publish(OFFERS, offer("beat", 4), "standby")
            self.assertIn("beating", await consumer.items(OFFERS))
            outages = (await self.history(consumer, provider))[0].get("outages")

            await in_thread(do, "cut")
            began = time.monotonic()
            await consumer.notified("that it is suspect", node=GRANTS, id=grant.id, state="suspect", timeout=CUT + 10)
            await consumer.notified("the loss", node=GRANTS, id=grant.id, state="lost", timeout=30)
            again = await consumer.notified("another one", node=GRANTS, state="active", request=wanted)
            self.assertEqual(again.payload.get("offer"), "standby")
            # Nobody knows whether it runs: its history says so, and counts no outage.
            figures, intervals = await self.history(consumer, provider)
            self.assertEqual((figures.get("state"), figures.get("outages")), (None, outages))
            self.assertEqual((intervals[-1].get("state"), intervals[-1].get("reason")), ("up", "5"))
            await asyncio.sleep(max(0.0, began + CUT - time.monotonic()))
            await in_thread(do, "mend")

            self.assertEqual(await self.eventually(lambda: self.grants_of(provider), LATE), [])
            # What an agent does when the market asks who is there.
            await self.eventually(lambda: provider.publish(OFFERS, offer("beat", 4), "beating"), LATE)
            figures, intervals = await self.history(consumer, provider)
            self.assertEqual((figures.get("state"), figures.get("outages")), ("up", outages))
            self.assertEqual([each.get("state") for each in intervals[-2:]], ["up", "up"])
            self.assertGreater(intervals[-1].get("since"), intervals[-2].get("until"), "the time between is nobody's")
            await consumer.retract(REQUESTS, wanted)
            await standby.retract(OFFERS, "standby")
            await provider.retract(OFFERS, "beating")

    @staticmethod
    async def history(asker, provider):
        answer = await asker.ask(f"<history jid='{provider.bare}'/>")
        return answer.find(market("statistics")), answer.findall(market("interval"))


class Restarts(FederationTest):
    async def held_across(self, lab):
        provider, consumer = someone("lender@b.test"), someone("abc@a.test")
        await provider.__aenter__()
        await consumer.__aenter__()
        await provider.publish(OFFERS, offer(lab, 4), lab)
        wanted = await consumer.publish(REQUESTS, request(lab, 1))
        return provider, consumer, await consumer.notified("the grant", node=GRANTS, state="active", request=wanted)

    async def still_there(self, provider, lab, grant):
        """The grant of before is live, can be given back by whoever had it, and the next one comes as always."""
        async with someone("abc@a.test") as consumer:
            self.assertEqual(await self.grants_of(consumer), [(grant.id, "active")])
            await consumer.retract(GRANTS, grant.id)
            wanted = await consumer.publish(REQUESTS, request(lab, 1))
            again = await consumer.notified("the next one", node=GRANTS, state="active", request=wanted)
            await consumer.retract(GRANTS, again.id)
            await provider.notified("its end", node=GRANTS, id=again.id, state="released")
        await provider.retract(OFFERS, lab)
        await provider.leave()

    async def test_the_consumers_server_is_restarted(self):
        provider, _, grant = await self.held_across("restart-a")
        await in_thread(do, "stop", "a")
        self.assertIn(grant.id[1:], [row[0] for row in MARKET.live_grants()])
        await in_thread(do, "start", "a")
        await self.still_there(provider, "restart-a", grant)

    async def test_the_markets_server_is_restarted(self):
        """boursed comes back by itself. Its provider, whose server was away as well, logs in again."""
        _, _, grant = await self.held_across("restart-b")
        await in_thread(do, "stop", "b")
        await in_thread(do, "start", "b")
        provider = someone("lender@b.test")
        await provider.__aenter__()
        await self.eventually_there(provider)
        await self.still_there(provider, "restart-b", grant)

    async def eventually_there(self, client):
        """Until boursed is back at its server."""
        end = time.monotonic() + 60
        while True:
            try:
                return await self.grants_of(client)
            except (IqError, IqTimeout):
                self.assertLess(time.monotonic(), end, "boursed did not come back")
            await asyncio.sleep(0.2)


if __name__ == "__main__":
    unittest.main()
