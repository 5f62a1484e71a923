#!/usr/bin/python3
"""What an operator of the market allows whom, while it runs: who is kept out is told so, and which setting does it; nobody
else notices; and each change is an entry of the audit log."""

import asyncio
import os
import subprocess
import unittest
from pathlib import Path

from domains import ADDRESSES, DIRECTORY, GRANTS, MARKET, NETWORKS, OFFERS, REQUESTS, SERVICE, FederationTest, offer, request, someone
from support.market_process import in_thread
from support.participant import refused

POLICY_SET = 32  # EntryKind
SETTINGS = """[xmpp]
jid = "admin@b.test"
password-file = "{folder}/password"
host = "{host}"
port = 5222
tls = "required"
ca-file = "{ca}"

[market]
service = "{service}"
pool = "commons"
"""


class Policy(FederationTest):
    @classmethod
    def setUpClass(cls):
        cls.settings = DIRECTORY / "b" / "admin" / "bourse.toml"
        cls.settings.parent.mkdir(exist_ok=True)
        for file, text in ((cls.settings.parent / "password", NETWORKS["b"].passwords["admin@b.test"]),
                           (cls.settings, SETTINGS.format(folder=cls.settings.parent, host=ADDRESSES["b"], service=SERVICE,
                                                          ca=NETWORKS["b"].ca_file))):
            file.touch(mode=0o600)
            file.write_text(text, encoding="utf-8")

    async def operator(self, *words):
        """`bourse market …`, as an operator types it; what it prints."""
        bourse = Path(os.environ["BOURSE_BIN_DIR"]) / "bourse"
        done = await in_thread(lambda: subprocess.run([bourse, "--config", self.settings, "market", *words],
                                                      capture_output=True, text=True, timeout=60, check=False))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    async def set(self, name, value, *more):
        """Until the test is over."""
        subject = ("--for", more[0]) if more else ()
        await self.operator("policy", "set", name, value, *subject)
        self.addAsyncCleanup(self.operator, "policy", "unset", name, *subject)

    @staticmethod
    def entries():
        return int(MARKET.value(f"SELECT count(*) FROM bourse.audit_entries WHERE kind = {POLICY_SET}"))

    async def test_a_domain_that_is_left_out_is_told_so(self):
        before = self.entries()
        async with someone("abc@a.test") as far, someone("borrower@b.test") as near:
            await self.set("request", "(domain=b.test)")
            refusal = await refused(far.publish(REQUESTS, request("none", 1)))
            self.assertEqual((refusal.type, refusal.condition, refusal.sender), ("auth", "forbidden", SERVICE))
            self.assertIn("(domain=b.test)", refusal.text)
            self.assertIn("abc@a.test", refusal.text)
            await near.retract(REQUESTS, await near.publish(REQUESTS, request("none", 1)))
            # A policy for requests is none for offers.
            await far.publish(OFFERS, offer("left-out", 1), "left-out")
            await far.retract(OFFERS, "left-out")
            self.assertIn("(domain=b.test)", await self.operator("policy"))
            await self.operator("policy", "set", "request", "(domain=*.test)")
            self.assertNotIn("(domain=b.test)", await self.operator("policy"))
            await self.operator("policy", "set", "request", "(!(jid=abc@a.test))")
            self.assertEqual((await refused(far.publish(REQUESTS, request("none", 1)))).condition, "forbidden")
            await self.operator("policy", "unset", "request")
            await far.retract(REQUESTS, await far.publish(REQUESTS, request("none", 1)))
        self.assertEqual(self.entries(), before + 4)

    async def test_subscribing_and_history_are_rights_too(self):
        async with someone("abc@a.test") as far, someone("borrower@b.test") as near:
            await self.set("subscribe", "(domain=b.test)")
            await self.set("history", "(domain=b.test)")
            for attempt in (lambda who: who.subscribe(OFFERS), lambda who: who.items(OFFERS)):
                self.assertEqual((await refused(attempt(far))).condition, "forbidden")
                await attempt(near)
            self.assertEqual((await refused(far.ask("<history jid='lender@b.test'/>"))).condition, "forbidden")
            await near["xep_0060"].unsubscribe(SERVICE, OFFERS)

    async def test_a_domain_has_so_much_at_once(self):
        async with someone("user1@c.test") as one, someone("user2@c.test") as other, someone("borrower@b.test") as near:
            await self.set("domain-requests", "2", "c.test")
            kept = [(who, await who.publish(REQUESTS, request("none", 1))) for who in (one, other)]
            refusal = await refused(other.publish(REQUESTS, request("none", 1)))
            self.assertEqual((refusal.type, refusal.condition), ("wait", "resource-constraint"))
            self.assertIn("c.test together has 2 of at most 2", refusal.text)
            for _ in range(3):
                kept.append((near, await near.publish(REQUESTS, request("none", 1))))
            for who, wanted in kept:
                await who.retract(REQUESTS, wanted)

    async def test_who_is_too_fast_is_told_when_to_come_again(self):
        async with someone("user1@a.test") as fast, someone("borrower@b.test") as near:
            await self.set("domain-rate", "5/s burst 10", "a.test")
            attempts = await asyncio.gather(*(fast.ask("<grants/>") for _ in range(60)), return_exceptions=True)
            refused_ones = [one for one in attempts if isinstance(one, Exception)]
            for failure in refused_ones:
                self.assertEqual(failure.iq["error"]["type"], "wait")
                # slixmpp does not know this one.
                self.assertIsNotNone(failure.iq["error"].xml.find("{urn:ietf:params:xml:ns:xmpp-stanzas}policy-violation"))
            self.assertGreaterEqual(len(refused_ones), 30)
            self.assertGreaterEqual(len(attempts) - len(refused_ones), 10)
            for failure in refused_ones:
                hint = failure.iq["error"].xml.find("{urn:bourse:market:1}retry-after")
                self.assertGreaterEqual(int(hint.get("seconds")), 1)
            # Another domain is as fast as it likes, and who waits as long as he was told is let in again.
            await asyncio.gather(*(near.ask("<grants/>") for _ in range(60)))
            await asyncio.sleep(int(hint.get("seconds")))
            await fast.ask("<grants/>")

    async def test_a_banned_domain_has_nothing_any_more(self):
        async with someone("lender@b.test") as provider, someone("user1@c.test") as consumer, someone("abc@a.test") as bystander:
            await provider.publish(OFFERS, offer("ban", 4), "ban")
            held = {}
            for who in (consumer, bystander):
                wanted = await who.publish(REQUESTS, request("ban", 1))
                held[who] = await who.notified("the grant", node=GRANTS, state="active", request=wanted)
            await self.operator("ban", "c.test", "--reason", "they flood")
            self.addAsyncCleanup(self.operator, "unban", "c.test")
            await provider.notified("its end", node=GRANTS, id=held[consumer].id, state="released")
            refusal = await refused(consumer.publish(REQUESTS, request("ban", 1)))
            self.assertEqual(refusal.condition, "forbidden")
            self.assertIn("they flood", refusal.text)
            await self.operator("unban", "c.test")
            await consumer.retract(REQUESTS, await consumer.publish(REQUESTS, request("none", 1)))
            self.assertEqual(await self.grants_of(bystander), [(held[bystander].id, "active")])
            await bystander.retract(GRANTS, held[bystander].id)
            await provider.retract(OFFERS, "ban")


if __name__ == "__main__":
    unittest.main()
