#!/usr/bin/python3
"""A real cluster through the CLI's import: the machines of the openb trace as offers, its tasks as requests.

Afterwards every invariant of capacity is checked by SQL alone. The trace is not part of the repository: it is
looked for in $BOURSE_DATA, then in ../shared/data, and the test skips where there is none.
"""

import os
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.market_process import REPOSITORY, Database, Environment, running_market, skip  # noqa: E402

COMPONENT = 5
DATA = Path(os.environ.get("BOURSE_DATA", REPOSITORY.parent / "shared" / "data"))
NODES, PODS = DATA / "openb_node_list_all_node.csv", DATA / "openb_pod_list_default.csv"

# Each gives rows only where something is wrong.
BROKEN = {
    "more in use than offered": """
        SELECT o.offer_id, s.slot, s.used, s.capacity FROM bourse.offers o JOIN bourse.offer_use u USING (pool_id, offer_id),
          LATERAL unnest(u.slots, u.used, o.capacity) AS s(slot, used, capacity)
        WHERE u.used <> '{}' AND (s.used > s.capacity OR u.slots <> o.slots)""",
    "in use is not what live grants hold": """
        WITH held AS (SELECT g.offer_id, s.slot, sum(s.amount) AS amount FROM bourse.grants g,
                        LATERAL unnest(g.slots, g.amounts) AS s(slot, amount) WHERE g.booked GROUP BY 1, 2),
             used AS (SELECT u.offer_id, s.slot, s.used AS amount FROM bourse.offer_use u,
                        LATERAL unnest(u.slots, u.used) AS s(slot, used) WHERE u.used <> '{}' AND s.used > 0)
        SELECT * FROM held FULL JOIN used USING (offer_id, slot) WHERE held.amount IS DISTINCT FROM used.amount""",
    "a part of a gpu on more than one device": """
        SELECT grant_id, slots, amounts FROM bourse.grants,
          LATERAL (SELECT count(*) AS devices, sum(s.amount) AS milli FROM unnest(slots, amounts) AS s(slot, amount)
                   WHERE s.slot LIKE 'gpu/%') AS gpu
        WHERE (gpu.milli < 1000 AND gpu.devices <> 1) OR (gpu.milli >= 1000 AND gpu.milli <> 1000 * gpu.devices)""",
    "a request served twice": """
        SELECT request_id, count(*) FROM bourse.grants WHERE ended IS NULL GROUP BY 1 HAVING count(*) > 1""",
    "a grant without its request, or the reverse": """
        SELECT r.request_id, r.state, r.granted, count(g.grant_id) FROM bourse.requests r
        LEFT JOIN bourse.grants g ON g.request_id = r.request_id AND g.ended IS NULL
        GROUP BY 1, 2, 3 HAVING count(g.grant_id) <> r.granted OR (r.state = 1) <> (r.granted = 1)""",
    "gaps in the logs": """
        SELECT last_event, next_audit FROM bourse.pools p WHERE name = 'commons' AND
          (last_event <> (SELECT count(*) FROM bourse.events e WHERE e.pool_id = p.id) OR
           next_audit <> (SELECT count(*) FROM bourse.audit_entries a WHERE a.pool_id = p.id))""",
}


class ReplayTest(unittest.TestCase):
    def setUp(self):
        environment = Environment(COMPONENT)
        self.database = Database(environment.postgres)
        self.addCleanup(self.database.close)
        self.market = running_market(environment, self.database)
        self.addCleanup(self.market.close)
        self.cli = environment.boursed.parent / "bourse"
        self.environment = environment

    def bourse(self, account, *arguments):
        jid, password = self.environment.accounts[account]
        folder = self.market.folder / jid
        folder.mkdir(exist_ok=True)
        password_file = folder / "password"
        if not password_file.exists():
            password_file.touch(mode=0o600)
            password_file.write_text(password, encoding="utf-8")
        config = folder / "bourse.toml"
        config.write_text(f"""[xmpp]
jid = "{jid}"
password-file = "{password_file}"
host = "{self.environment.c2s[0]}"
port = {self.environment.c2s[1]}
ca-file = "{self.environment.ca_file}"
[market]
service = "{self.market.service}"
""", encoding="utf-8")
        done = subprocess.run([self.cli, "--config", config, *arguments], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_openb(self):
        mappings = REPOSITORY / "ops" / "import"
        self.bourse(0, "offer", "publish", "--from-csv", NODES, "--mapping", mappings / "openb_nodes.toml")
        self.assertEqual(self.database.value("SELECT count(*) FROM bourse.offers WHERE open"), "1523")
        self.bourse(1, "request", "submit", "--from-csv", PODS, "--mapping", mappings / "openb_pods.toml",
                    "--duration", "8h")
        self.assertEqual(self.database.value("SELECT count(*) FROM bourse.requests"), "8152")
        granted = int(self.database.value("SELECT count(*) FROM bourse.grants WHERE ended IS NULL"))
        print(f"{granted} of 8152 tasks granted on 1523 machines")
        self.assertGreater(granted, 7000)
        for what, sql in BROKEN.items():
            self.assertEqual(self.database.rows(sql), [], what)


if __name__ == "__main__":
    for needed in (NODES, PODS):
        if not needed.is_file():
            skip(f"there is no {needed}; BOURSE_DATA names the folder of the traces")
    unittest.main(verbosity=2)
