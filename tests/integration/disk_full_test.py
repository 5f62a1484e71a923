#!/usr/bin/python3
"""The database's disk is full: publishers are told to wait, nothing acknowledged is lost, and the market goes on
by itself once there is room. Needs root, for a small file system to fill; says so and skips otherwise."""

import os
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.market_process import (Database, Environment, PrivatePostgres, in_thread, running_market,  # noqa: E402
                                    skip)
from support.participant import Participant, refused  # noqa: E402

OFFERS = "commons/offers"
# Half of what a payload may weigh, so that pages fill quickly.
OFFER = ("<offer><resource name='cpu' quantity='2'/>" +
         "".join(f"<attribute name='note.{n}'>{os.urandom(500).hex()}</attribute>" for n in range(30)) + "</offer>")

environment = Environment(component=6)


class DiskFull(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.postgres = PrivatePostgres()
        self.addCleanup(self.postgres.close)
        self.disk = self.postgres.folder / "disk"
        self.disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m,mode=777", "tmpfs", self.disk], check=False)
        if mounted.returncode:
            self.skipTest("no small file system can be mounted here")
        self.addCleanup(subprocess.run, ["umount", "--lazy", self.disk], check=True)
        space = self.disk / "space"
        space.mkdir()
        os.chown(space, self.disk.parent.stat().st_uid, self.disk.parent.stat().st_gid)
        Database.run(self.postgres.uri, f"CREATE TABLESPACE small LOCATION '{space}'")
        self.database = Database(self.postgres.uri)
        Database.run(self.postgres.uri, f"ALTER DATABASE {self.database.name} SET TABLESPACE small")
        self.market = running_market(environment, self.database)
        self.addCleanup(self.market.close)

    def fill(self):
        with open(self.disk / "filler", "wb") as filler:
            try:
                while True:
                    filler.write(bytes(65536))
                    filler.flush()
            except OSError:
                pass

    async def test_publishers_wait_and_nothing_acknowledged_is_lost(self):
        async with Participant(environment, 8) as provider:
            acknowledged = []
            await provider.publish(OFFERS, OFFER, "before")
            self.fill()
            refusal = None
            for number in range(400):
                id = f"o{number}"
                try:
                    await provider.publish(OFFERS, OFFER, id)
                    acknowledged.append(id)
                except Exception:
                    refusal = await refused(provider.publish(OFFERS, OFFER, id))
                    break
            self.assertIsNotNone(refusal, "the disk never became full")
            self.assertEqual((refusal.type, refusal.condition), ("wait", "service-unavailable"))
            self.assertRegex(self.market.log(), "(?i)no space left|could not extend")

            (self.disk / "filler").unlink()
            await provider.publish(OFFERS, OFFER, "after")
            there = {row[0] for row in self.database.rows("SELECT offer_id FROM bourse.offers WHERE open")}
            self.assertEqual({"before", "after", *acknowledged} - there, set())
            await in_thread(self.market.stop)


if __name__ == "__main__":
    if os.geteuid() != 0:
        skip("needs root, to mount a small file system")
    unittest.main(verbosity=2)
