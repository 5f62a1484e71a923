#!/usr/bin/python3
"""On the one market at b.test, people of both domains lend to and borrow from each other."""

import unittest

from domains import GRANTS, OFFERS, REQUESTS, FederationTest, offer, request, someone


class BothWays(FederationTest):
    async def lends(self, lender, borrower, lab):
        async with someone(lender) as provider, someone(borrower) as consumer:
            await provider.publish(OFFERS, offer(lab, 4), lab)
            wanted = await consumer.publish(REQUESTS, request(lab, 3))
            to_consumer = await consumer.notified("the grant", node=GRANTS, state="active", request=wanted)
            to_provider = await provider.notified("the grant", node=GRANTS, id=to_consumer.id, state="active")
            for told in (to_consumer, to_provider):
                self.assertEqual((told.payload.get("provider"), told.payload.get("consumer")), (lender, borrower))
            await consumer.retract(GRANTS, to_consumer.id)
            await provider.notified("its end", node=GRANTS, id=to_consumer.id, state="released")
            await consumer.notified("its end", node=GRANTS, id=to_consumer.id, state="released")
            await provider.retract(OFFERS, lab)

    async def test_b_lends_to_a(self):
        await self.lends("lender@b.test", "borrower@a.test", "b-to-a")

    async def test_a_lends_to_b(self):
        await self.lends("lender@a.test", "borrower@b.test", "a-to-b")

    async def test_a_lends_to_a(self):
        await self.lends("lender@a.test", "borrower@a.test", "a-to-a")

    async def test_a_lends_to_c(self):
        await self.lends("lender@a.test", "user1@c.test", "a-to-c")

    async def test_a_provider_that_leaves_its_own_server_is_missed(self):
        """Its server tells the market's; nobody waits for a heartbeat."""
        async with someone("borrower@b.test") as consumer:
            async with someone("lender@a.test", "here") as provider:
                provider.send_presence(pto=provider.service)
                await provider.publish(OFFERS, offer("leaving", 4), "leaving")
                wanted = await consumer.publish(REQUESTS, request("leaving", 1))
                grant = await consumer.notified("the grant", node=GRANTS, state="active", request=wanted)
            await consumer.notified("that it is suspect", node=GRANTS, id=grant.id, state="suspect")
            await consumer.notified("the loss", node=GRANTS, id=grant.id, state="lost")
            await consumer.retract(REQUESTS, wanted)


if __name__ == "__main__":
    unittest.main()
