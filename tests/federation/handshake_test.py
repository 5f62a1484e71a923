#!/usr/bin/python3
"""Two servers that never met: every step from the name to the goodbye, in order, on both connections."""

import unittest

from domains import DIRECTORY, GRANTS, OFFERS, REQUESTS, SERVER, FederationTest, do, offer, request, someone
from evidence import closed, sequence
from support.market_process import in_thread, wait_until

THERE, BACK = "a.test → bourse.b.test", "bourse.b.test → a.test"

# What must have happened, each after the one before it. Certificates are exchanged with the TLS hello, and judged
# when the first bytes after it arrive; which of the two is judged first is a matter of the implementation.
HANDSHAKE = ("srv", "address", "tcp", "tcp-answer", "stream", "features", "starttls", "proceed", "client-hello",
             "server-hello", "new-stream", "external-offer", "external", "success", "last-stream")
CHAINS = (
    [f"{THERE}: {step}" for step in HANDSHAKE] + [f"{THERE}: request"],
    [f"{BACK}: {step}" for step in HANDSHAKE] + [f"{BACK}: grant", f"{THERE}: release", f"{BACK}: released"],
    [f"{THERE}: request", f"{BACK}: grant"],
    [f"{THERE}: server-hello", f"{THERE}: certificate-a.test", f"{THERE}: external-offer"],
    # ejabberd tells only when it is over that it was satisfied.
    [f"{THERE}: server-hello", f"{THERE}: certificate-b.test", f"{THERE}: {'external' if SERVER == 'prosody' else 'request'}"],
    [f"{BACK}: server-hello", f"{BACK}: certificate-b.test", f"{BACK}: success"],
    [f"{BACK}: server-hello", f"{BACK}: certificate-a.test", f"{BACK}: external"],
    [f"{BACK}: released", f"{THERE}: close-b.test", f"{THERE}: close-a.test"],
    [f"{BACK}: released", f"{BACK}: close-b.test", f"{BACK}: close-a.test"],
    [f"{THERE}: close-b.test", f"{THERE}: fin"],
    [f"{BACK}: close-b.test", f"{BACK}: fin"],
)
CERTIFICATES_SHOWN = {f"{THERE}: certificate-a.test": "subject commonName=a.test; ",
                      f"{BACK}: certificate-a.test": "subject commonName=a.test; "}


class Handshake(FederationTest):
    async def test_every_step_happens_in_order(self):
        do("capture")
        async with someone("lender@b.test") as provider:
            await provider.publish(OFFERS, offer("handshake", 4), "handshake")
            async with someone("abc@a.test") as consumer:
                wanted = await consumer.publish(REQUESTS, request("handshake", 1))
                grant = await consumer.notified("the grant", node=GRANTS, state="active", request=wanted)
                await consumer.retract(GRANTS, grant.id)
                await consumer.notified("its end", node=GRANTS, id=grant.id, state="released")
            await provider.retract(OFFERS, "handshake")
        do("say-goodbye")
        await in_thread(wait_until, lambda: closed(DIRECTORY), "both connections closed in good order")
        do("stop-capture")

        steps = {step.key: step for step in sequence(DIRECTORY)}
        self.assertEqual([step.key for step in steps.values() if step.at is None], [], "steps that did not happen")
        for chain in CHAINS:
            for earlier, later in zip(chain, chain[1:]):
                with self.subTest(earlier=earlier, later=later):
                    self.assertLessEqual(steps[earlier].at, steps[later].at)
        for key, words in CERTIFICATES_SHOWN.items():
            self.assertIn(words, steps[key].more)
            self.assertIn("issuer organizationName=Bourse federation", steps[key].more)
            self.assertIn("chain valid, name valid", steps[key].more)


if __name__ == "__main__":
    unittest.main()
