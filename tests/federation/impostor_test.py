#!/usr/bin/python3
"""Servers that proved who they are, and then claim to speak for somebody else. The sender that counts is the one whose
certificate was seen; the market never hears of the others."""

import unittest

from domains import MARKET, REQUESTS, FederationTest, request, someone
from peer import Stream, publish

# Not a.test, whatever they look like.
LOOK_ALIKES = ("abc@c.test", "abc@b.test", "abc@bourse.b.test", "abc@\u0430.test", "abc@xn--80a.test", "abc@a\u0301.test",
               "abc@a.test.c.test", "abc@xa.test", "abc@a.tests", "a.test@c.test", "abc@a\u2024test.c.test")


class Impostors(FederationTest):
    def test_a_stream_from_a_domain_the_certificate_is_not_for(self):
        for domain in ("c.test", "\u0430.test", "b.test", "dialback.test"):
            with self.subTest(domain=domain), Stream.to("b") as stream:
                answer = stream.dial(domain, "bourse.b.test", shows="a.test")
                self.assertNotIn("EXTERNAL", answer)
                self.assertRegex(answer + stream.until("</stream:stream>"), "<(not-authorized|undefined-condition|invalid-from)")

    def test_a_name_the_certificate_is_not_for(self):
        with Stream.to("b") as stream:
            self.assertIn("EXTERNAL", stream.dial("a.test", "bourse.b.test"))
            self.assertIn("<failure", stream.authenticate("a.test", "bourse.b.test", name="c.test"))

    def test_stanzas_of_somebody_else(self):
        """On a stream that is a.test's beyond doubt."""
        before = MARKET.state()
        for number, sender in enumerate((*LOOK_ALIKES, "")):
            with self.subTest(sender=sender), Stream.to("b") as stream:
                stream.dial("a.test", "bourse.b.test")
                self.assertIn("<success", stream.authenticate("a.test", "bourse.b.test"))
                stream.send(publish(f"spoof-{number}", sender) + "</stream:stream>")
                answer = stream.until("</stream:stream>")
                self.assertNotIn("<iq", answer)
                if sender:  # nobody at all is passed over in silence
                    self.assertRegex(answer, "<(invalid-from|not-authorized|improper-addressing|not-well-formed)")
        self.assertEqual(MARKET.state(), before)

    async def test_another_spelling_of_oneself_is_oneself(self):
        """Names are compared as they are prepared, so nobody has two identities by writing his name in capitals."""
        with Stream.to("b") as stream:
            stream.dial("a.test", "bourse.b.test")
            self.assertIn("<success", stream.authenticate("a.test", "bourse.b.test"))
            stream.send(publish("spelt", "ABC@A.TEST/x"))
            self.wait_for(lambda: MARKET.rows("SELECT consumer FROM bourse.requests WHERE request_id = 'spelt'")
                          or "</stream:stream>" in stream.received)
        rows = MARKET.rows("SELECT consumer FROM bourse.requests WHERE request_id = 'spelt'")
        self.assertIn(rows, ([], [["abc@a.test"]]))
        if rows:
            async with someone("abc@a.test") as consumer:
                await consumer.retract(REQUESTS, "spelt")

    async def test_nobody_else_speaks_for_the_market(self):
        """c.test's server tells abc@a.test of a grant, in the name of bourse.b.test."""
        async with someone("abc@a.test") as consumer:
            with Stream.to("a") as stream:
                stream.dial("c.test", "a.test")
                self.assertIn("<success", stream.authenticate("c.test", "a.test"))
                stream.send("<message xmlns='jabber:server' from='bourse.b.test' to='abc@a.test'><event xmlns="
                            "'http://jabber.org/protocol/pubsub#event'><items node='commons/grants'><item id='g1'>"
                            "<grant xmlns='urn:bourse:market:1' state='active'/></item></items></event></message>"
                            "<iq xmlns='jabber:server' type='get' id='end' from='c.test' to='a.test'>"
                            "<ping xmlns='urn:xmpp:ping'/></iq>")
                stream.until("</stream:stream>|id=['\"]end['\"]")
            wanted = await consumer.publish(REQUESTS, request("none", 1))  # what was sent before has arrived
            await consumer.retract(REQUESTS, wanted)
            self.assertEqual(consumer.notifications, [])


if __name__ == "__main__":
    unittest.main()
