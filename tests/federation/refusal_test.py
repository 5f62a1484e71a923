#!/usr/bin/python3
"""Domains whose servers cannot prove who they are: nothing of theirs reaches the market, nothing of others reaches them,
and whoever asked is told why. In both directions, since each connection is judged by both of its ends."""

import unittest

from domains import MARKET, REQUESTS, SERVER, FederationTest, request, someone
from peer import DIALBACK, Listener, Stream, dialback_only, in_the_clear, publish
from support.participant import refused

PING = "<ping xmlns='urn:xmpp:ping'/>"
# What a server calls it when another one was not to be reached, or not to be trusted. Which of them is its own choice.
UNREACHABLE = {"remote-server-not-found", "remote-server-timeout", "service-unavailable", "internal-server-error"}


class WrongCertificates(FederationTest):
    async def no_way_in(self, domain, why):
        """Its people are told by their own server, which was told by the market's."""
        before = MARKET.state()
        async with someone(f"user@{domain}") as consumer:
            refusal = await refused(consumer.publish(REQUESTS, request("none", 1)))
        self.assertIn(refusal.condition, UNREACHABLE)
        self.assertRegex(refusal.text, why)
        self.assertEqual(MARKET.state(), before)

    async def no_way_out(self, jid, domain, why):
        """People of a domain in order are told by their own server, which does not trust the other one."""
        async with someone(jid) as person:
            refusal = await refused(person.request(PING, to=domain))
        self.assertIn(refusal.condition, UNREACHABLE)
        self.assertRegex(refusal.text, why)

    async def both_ways(self, domain, why):
        await self.no_way_in(domain, why)
        await self.no_way_out("borrower@b.test", domain, why)
        await self.no_way_out("borrower@a.test", domain, "." if SERVER == "ejabberd" else why)

    async def test_an_authority_nobody_trusts(self):
        await self.both_ways("wrong-ca.test", "certificate is not trusted")

    async def test_an_expired_certificate(self):
        await self.both_ways("expired.test", "certificate has expired")

    async def test_a_certificate_for_another_name(self):
        await self.both_ways("other-name.test", "certificate is not valid for this name")


class NoSrv(FederationTest):
    async def test_the_address_will_do(self):
        """RFC 6120, 3.2.2: without SRV records, the domain's own address and port 5269. The market answers there."""
        async with someone("user@no-srv.test") as consumer:
            wanted = await consumer.publish(REQUESTS, request("none", 1))
            self.assertIn(wanted, await consumer.items(REQUESTS))
            await consumer.retract(REQUESTS, wanted)
        for jid in ("borrower@a.test", "borrower@b.test"):
            async with someone(jid) as person:
                self.assertIsNone(await person.request(PING, to="no-srv.test"))


class NoEncryption(FederationTest):
    def test_a_peer_that_speaks_in_the_clear_is_not_listened_to(self):
        before = MARKET.state()
        for network, domain in (("b", "bourse.b.test"), ("a", "a.test")):
            with self.subTest(domain=domain), Stream.to(network) as stream:
                stream.open("plain.test", domain)
                features = stream.until("</stream:features>").partition("<stream:features")[2]
                self.assertIn("<required", features)
                self.assertNotIn("dialback", features)
                stream.send(publish("clear", "x@plain.test", domain) + "</stream:stream>")
                self.assertNotRegex(stream.until("</stream:stream>"), "<iq[^>]*result")
        self.assertEqual(MARKET.state(), before)

    async def test_a_peer_that_offers_no_encryption_is_told_nothing(self):
        with Listener(5270, in_the_clear("plain.test")) as listener:
            for jid in ("borrower@b.test", "borrower@a.test"):
                async with someone(jid) as person:
                    refusal = await refused(person.request(PING, to="plain.test"))
                    self.assertIn(refusal.condition, UNREACHABLE | {"policy-violation"})
                    self.assertRegex(refusal.text.lower(), "encrypt|tls")
            self.assertNotIn("<iq", listener.heard())


class NoDialback(FederationTest):
    def test_a_peer_that_wants_to_be_called_back_is_not_believed(self):
        before = MARKET.state()
        for network, domain in (("b", "bourse.b.test"), ("a", "a.test")):
            with self.subTest(domain=domain), Stream.to(network) as stream:
                features = stream.dial("dialback.test", domain)  # its certificate is in order
                self.assertIn("EXTERNAL", features)
                self.assertNotIn("urn:xmpp:features:dialback", features)
                stream.send(f"<db:result xmlns:db='{DIALBACK}' from='dialback.test' to='{domain}'>1234abcd</db:result>")
                answer = stream.until("</stream:stream>")
                self.assertNotIn("type='valid'", answer)
                self.assertIn("<stream:error", answer)
        self.assertEqual(MARKET.state(), before)

    async def test_a_peer_that_knows_nothing_but_dialback_is_told_nothing(self):
        with Listener(5271, dialback_only("dialback.test")) as listener:
            for jid in ("borrower@b.test", "borrower@a.test"):
                async with someone(jid) as person:
                    refusal = await refused(person.request(PING, to="dialback.test"))
                    self.assertIn(refusal.condition, UNREACHABLE | {"not-authorized"})
            self.assertNotIn("<iq", listener.heard())
            self.assertNotIn("<db:result", listener.heard())


if __name__ == "__main__":
    unittest.main()
