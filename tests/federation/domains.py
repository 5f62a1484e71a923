"""The domains that `ops/federation --test` raised, for the tests: who has an account where, and what can be asked of the
script that runs the servers."""

import asyncio
import logging
import os
import select
import ssl
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.market_process import Database, skip, wait_until  # noqa: E402
from support.participant import Participant, element, market  # noqa: E402,F401

if "BOURSE_FEDERATION" not in os.environ:
    skip("BOURSE_FEDERATION not set; run this by ops/federation --test")

DIRECTORY = Path(os.environ["BOURSE_FEDERATION"])
SERVER = os.environ["BOURSE_FEDERATION_SERVER"]  # of a.test
SERVICE = "bourse.b.test"
ADDRESSES = {"a": "192.0.2.1", "b": "198.51.100.1", "c": "203.0.113.1"}
S2S_PORT = 5269
OFFERS, REQUESTS, GRANTS = (f"commons/{leaf}" for leaf in ("offers", "requests", "grants"))


class Network:
    """Where clients of its domains connect to; what Participant calls an environment."""

    def __init__(self, name):
        self.c2s = (ADDRESSES[name], 5222)
        self.service = SERVICE
        self.ca_file = str(DIRECTORY / name / "tls" / "ca.pem")
        with open(DIRECTORY / name / "accounts", encoding="utf-8") as file:
            self.passwords = dict(line.split() for line in file)
        self.accounts = []


NETWORKS = {name: Network(name) for name in ADDRESSES}
NETWORK_OF = {jid.partition("@")[2]: network for network in NETWORKS.values() for jid in network.passwords}


def someone(jid, resource=""):
    """A client of that account. It does not check a certificate that is meant to be wrong."""
    network = NETWORK_OF[jid.partition("@")[2]]
    network.accounts = [(jid, network.passwords[jid])]
    client = Participant(network, 0, resource)
    if jid.partition("@")[2] not in ("a.test", "b.test", "c.test"):
        client.ca_certs = None
        client.ssl_context.check_hostname = False
        client.ssl_context.verify_mode = ssl.CERT_NONE
    return client


class Market(Database):
    """The database of the market at b.test."""

    def __init__(self):  # it is there, and stays
        self.server = os.environ["BOURSE_TEST_PG"]

    def uri(self, user=None):
        return self.server

    def state(self):
        """Everything there is, as far as it is somebody's doing."""
        return self.rows("""SELECT (SELECT count(*) FROM bourse.offers), (SELECT count(*) FROM bourse.requests),
                            (SELECT count(*) FROM bourse.grants),
                            (SELECT count(*) FROM bourse.audit_entries)""")

    def live_grants(self):
        """Rows of number, consumer and state."""
        return self.rows("SELECT grant_id, consumer, state FROM bourse.grants WHERE ended IS NULL ORDER BY grant_id")


MARKET = Market()


def do(*words):
    """What the script is to do: `stop a`, `start a`, `cut`, `mend`, …; returns when it is done."""
    answered = os.open(DIRECTORY / "answered", os.O_RDWR)  # not only to read: it ends when the last writer closes it
    try:
        with open(DIRECTORY / "asked", "r+b", buffering=0) as asked:
            asked.write(" ".join(words).encode() + b"\n")
        readable, _, _ = select.select([answered], [], [], 120)
        if not readable or os.read(answered, 100) != b"done\n":
            raise AssertionError(f"{words} could not be done")
    finally:
        os.close(answered)


class FederationTest(unittest.IsolatedAsyncioTestCase):
    """Nothing of a test may be left in the market when it ends."""

    async def asyncSetUp(self):
        asyncio.get_running_loop().set_debug(False)  # it is about coroutines, and slow
        logging.getLogger("asyncio").setLevel(logging.CRITICAL)

    async def asyncTearDown(self):
        left = MARKET.live_grants()
        for grant, consumer, _ in left:  # so that the next test does not fail as well
            async with someone(consumer) as client:
                await client.retract(GRANTS, f"g{grant}")
        self.assertEqual(left, [])

    @staticmethod
    async def grants_of(client):
        """What the market says of the client's live grants."""
        return [(one.get("id"), one.get("state")) for one in (await client.ask("<grants/>")).findall(market("grant"))]

    @staticmethod
    def wait_for(condition, timeout=30):
        return wait_until(condition, str(condition), timeout)


def offer(lab, cores, terms="", more=""):
    return (f"<offer><resource name='cpu' quantity='{cores}'/><attribute name='lab'>{lab}</attribute>{more}"
            f"<terms {terms}/></offer>")


def request(lab, cores, more=""):
    return f"<request><resource name='cpu' quantity='{cores}'/><needs>(lab={lab})</needs>{more}</request>"
