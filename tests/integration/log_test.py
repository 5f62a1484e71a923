#!/usr/bin/python3
"""The audit log of a boursed on real servers: signed soon after every change, as openssl says too; consistent after
kill -9 at any moment; and not signed any more over a database that is older than what was signed, until an operator says
why.

Roots are computed here from the entries alone, with hashlib.
"""

import asyncio
import os
import random
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from slixmpp.exceptions import IqError, IqTimeout  # noqa: E402

from support.market_process import Database, Environment, in_thread, running_market, wait_until  # noqa: E402
from support.merkle_log import parsed, roots, signed_by  # noqa: E402
from support.participant import Participant  # noqa: E402

OFFERS, REQUESTS, GRANTS = "commons/offers", "commons/requests", "commons/grants"
ROUNDS = max(3, int(os.environ.get("BOURSE_KILL_ROUNDS", "3")))
SOON = 1.5  # seconds from a commit to its checkpoint
RESTARTED = 31

environment = Environment(component=13)
database = None
bourse = None


def setUpModule():
    global database, bourse
    database = Database(environment.postgres)
    bourse = running_market(environment, database)


def tearDownModule():
    bourse.close()
    database.close()


# The log, as anybody reads it ----------------------------------------------------------------------------------


def entries():
    rows = database.rows("SELECT index, encode(entry, 'hex') FROM bourse.audit_entries ORDER BY index")
    assert [int(index) for index, _ in rows] == list(range(len(rows))), "a gap in the indices"
    return [bytes.fromhex(entry) for _, entry in rows]


def checkpoints():
    """[(size, note)]"""
    return [(int(size), bytes.fromhex(note).decode()) for size, note in database.rows(
        "SELECT size, encode(convert_to(note, 'UTF8'), 'hex') FROM bourse.audit_checkpoints ORDER BY size")]


def last_size():
    return int(database.value("SELECT coalesce(max(size), 0) FROM bourse.audit_checkpoints"))


def logged():
    return int(database.value("SELECT count(*) FROM bourse.audit_entries"))


def all_signed():
    return database.rows("""SELECT 1 FROM bourse.pools WHERE next_audit > 0
                            AND next_audit = (SELECT max(size) FROM bourse.audit_checkpoints)""")


def audit_file(end):
    return bourse.folder / "audit" / f"commons.{end}"


def vkeys():
    return audit_file("pub").read_text(encoding="utf-8").split()


class Log(unittest.IsolatedAsyncioTestCase):
    def check_chain(self, earlier):
        """Every checkpoint is the root of the entries before it, and so is what was seen before the last kill."""
        seen = checkpoints()
        self.assertTrue(set(earlier) <= set(seen), "a checkpoint that was there is gone or another one")
        computed = roots(entries())
        for size, note in seen:
            origin, said, root = parsed(note)
            self.assertEqual((said, root), (size, computed.get(size)), f"of {origin}")
        kept = audit_file("last").read_text(encoding="utf-8")
        _, size, root = parsed(kept)
        self.assertGreaterEqual(size, seen[-1][0] if seen else 0, "kept before it is stored")
        self.assertEqual(root, computed.get(size), "signed, but not what the log has")
        return seen

    def audit(self, *arguments, expect=0):
        done = subprocess.run([environment.boursed, "audit", *arguments, "--config", bourse.config_file],
                              capture_output=True, text=True, check=False, timeout=60)
        self.assertEqual(done.returncode, expect, (arguments, done.stdout, done.stderr))
        return done


def offer(cores):
    return f"<offer><resource name='cpu' quantity='{cores}'/></offer>"


def request(cores):
    return f"<request><resource name='cpu' quantity='{cores}'/></request>"


class Signing(Log):
    async def test_a_checkpoint_follows_a_grant_at_once(self):
        async with Participant(environment, 0, "pc") as provider, Participant(environment, 1, "pc") as consumer:
            provider.send_presence(pto=environment.service)
            first = await in_thread(logged)
            await provider.publish(OFFERS, offer(4), "signed")
            await consumer.publish(REQUESTS, request(1), "asked")
            await in_thread(wait_until, all_signed, "the grant is signed")
            count, took = database.rows(f"""
                SELECT count(*), max(extract(epoch FROM c.at - e.at)) FROM bourse.audit_entries e
                CROSS JOIN LATERAL (SELECT at FROM bourse.audit_checkpoints WHERE size > e.index
                                    ORDER BY size LIMIT 1) c WHERE e.index >= {first}""")[0]
            self.assertGreaterEqual(int(count), 3, "offer, request, grant")
            self.assertLessEqual(float(took), SOON)
            self.assertEqual(database.value("SELECT count(*) FROM bourse.grants WHERE request_id = 'asked'"), "1")
            self.check_chain([])
            await provider.retract(OFFERS, "signed")

    async def test_openssl_verifies_it(self):
        await in_thread(wait_until, lambda: checkpoints(), "something is signed")
        _, note = checkpoints()[-1]
        self.assertEqual(parsed(note)[0], f"{environment.service}/commons")
        self.assertEqual(len(vkeys()), 1)
        self.assertEqual(self.audit("keys").stdout.split(), vkeys())
        self.assertTrue(signed_by(note, vkeys()[0]))
        self.assertFalse(signed_by(note.replace("\n", "\nx", 1), vkeys()[0]), "another text")

    async def test_a_clean_stop_leaves_nothing_unsigned(self):
        async with Participant(environment, 5, "pc") as provider:
            provider.send_presence(pto=environment.service)
            for number in range(3):  # whatever the moment is
                await provider.publish(OFFERS, offer(2 + number), "last")
                self.assertEqual(await in_thread(bourse.stop), 0)
                signed, size = last_size(), logged()
                await in_thread(bourse.start)
                self.assertEqual(signed, size)
                self.check_chain([])
                provider.send_presence(pto=environment.service)
            await provider.retract(OFFERS, "last")

    async def test_verify_takes_the_announced_keys_at_first_use(self):
        await in_thread(wait_until, all_signed, "it is signed")
        with tempfile.TemporaryDirectory(prefix="bourse-verify-") as folder:
            jid, password = environment.accounts[6]
            password_file = Path(folder, "password")
            password_file.write_text(password, encoding="utf-8")
            password_file.chmod(0o600)
            config = Path(folder, "bourse.toml")
            config.write_text(f"""
[xmpp]
jid = "{jid}/cli"
password-file = "{password_file}"
host = "{environment.c2s[0]}"
port = {environment.c2s[1]}
ca-file = "{environment.ca_file}"
[market]
service = "{environment.service}"
""", encoding="utf-8")
            program = environment.boursed.parent / "bourse"
            for words in ("at the first use", "pinned.* in "):
                done = await in_thread(lambda: subprocess.run(
                    [program, "--config", config, "audit", "verify"], capture_output=True, text=True, timeout=60,
                    stdin=subprocess.DEVNULL, env=os.environ | {"XDG_STATE_HOME": folder, "HOME": folder}))
                self.assertEqual(done.returncode, 0, (done.stdout, done.stderr))
                self.assertRegex(done.stdout, words)
                self.assertIn(vkeys()[0], done.stdout)

    async def test_files_are_for_nobody_else(self):
        for end, mode in (("key", 0o600), ("last", 0o600), ("pub", 0o644)):
            self.assertEqual(audit_file(end).stat().st_mode & 0o777, mode, end)
        refused = self.audit("keygen", expect=5)
        self.assertIn("exists already", refused.stderr)

    async def test_keys_rotate(self):
        old = vkeys()[0]
        self.audit("rotate")
        self.audit("rotate", expect=5)
        self.assertEqual(vkeys()[1], old)
        self.audit("rotate", "--finish", expect=5)
        await in_thread(bourse.stop)
        await in_thread(bourse.start)
        # That the keys changed is an entry.
        await in_thread(wait_until, lambda: all(signed_by(checkpoints()[-1][1], key) for key in vkeys()), "both sign")
        self.audit("rotate", "--finish")
        self.assertEqual(len(vkeys()), 1)
        await in_thread(bourse.stop)
        await in_thread(bourse.start)
        await in_thread(wait_until, lambda: not signed_by(checkpoints()[-1][1], old), "the old one does not")
        self.assertTrue(signed_by(checkpoints()[-1][1], vkeys()[0]))
        self.check_chain([])


class Killing(Log):
    async def load(self, account, number, dice):
        """Until the market goes."""
        async with Participant(environment, account, f"load-{number}") as participant:
            participant.send_presence(pto=environment.service)
            while True:
                id = f"k{number}-{dice.randrange(8)}"
                node, payload = (OFFERS, offer(dice.randint(1, 8))) if account == 2 else (REQUESTS, request(1))
                try:
                    await participant.publish(node, payload, id)
                    if dice.random() < 0.5:
                        await participant.retract(node, id)
                except IqTimeout:
                    return
                except IqError as failure:
                    condition = failure.iq["error"]["condition"]
                    if condition in ("service-unavailable", "remote-server-not-found", "remote-server-timeout"):
                        return
                    if condition not in ("item-not-found", "conflict", "resource-constraint"):
                        raise

    async def test_kill_at_any_moment(self):
        seed = random.SystemRandom().randrange(2**32)
        print(f"seed {seed}", flush=True)
        dice = random.Random(seed)
        seen = checkpoints()
        for number in range(ROUNDS):
            before = logged()
            loads = [asyncio.create_task(self.load(account, number, random.Random(dice.random())))
                     for account in (2, 3)]
            await in_thread(wait_until, lambda: logged() > before, "something is logged")
            await asyncio.sleep(dice.uniform(0.05, 1.5))
            bourse.kill()
            seen = self.check_chain(seen)
            await in_thread(bourse.start)
            await in_thread(wait_until, all_signed, "all is signed after a kill")
            seen = self.check_chain(seen)
            for load in loads:
                load.cancel()
            for outcome in await asyncio.gather(*loads, return_exceptions=True):
                if isinstance(outcome, Exception):
                    raise outcome
            print(f"round {number + 1}: {len(seen)} checkpoints over {seen[-1][0]} entries", flush=True)
        self.assertNotIn("is signed any more", bourse.log())


class Restoring(Log):
    """Last: what is restored is a database of a name of its own."""

    def dump(self, file):
        subprocess.run(["pg_dump", "--format=custom", f"--file={file}", database.uri()], check=True)

    def restore(self, file):
        name = database.name
        database.run(database.server, f"DROP DATABASE {name} WITH (FORCE)")
        database.run(database.server, f"CREATE DATABASE {name}")
        subprocess.run(["pg_restore", "--exit-on-error", f"--dbname={database.uri()}", file], check=True)

    async def grow(self, id):
        async with Participant(environment, 4, "pc") as provider:
            provider.send_presence(pto=environment.service)
            await provider.publish(OFFERS, offer(1), id)
            await provider.retract(OFFERS, id)
        await in_thread(wait_until, all_signed, "it is signed")

    async def test_an_older_database_is_not_signed_until_somebody_says_why(self):
        file = bourse.folder / "backup"
        await self.grow("before")
        await in_thread(self.dump, file)
        restored = last_size()
        await self.grow("after")
        ahead = audit_file("last").read_text(encoding="utf-8")
        self.assertGreater(parsed(ahead)[1], restored)
        await in_thread(bourse.stop)
        await in_thread(self.restore, file)

        await in_thread(bourse.start)
        await in_thread(bourse.wait_for_log, "written but not signed")
        mark = bourse.log_size()
        # Deciding goes on, and nothing is signed, however long the log grows: past what was signed before, too.
        async with Participant(environment, 4, "pc") as provider:
            provider.send_presence(pto=environment.service)
            while logged() <= parsed(ahead)[1] + 2:
                await provider.publish(OFFERS, offer(1), "unsigned")
                await provider.retract(OFFERS, "unsigned")
        await asyncio.sleep(SOON)
        self.assertEqual(last_size(), restored)
        self.assertEqual(audit_file("last").read_text(encoding="utf-8"), ahead)
        self.assertNotIn("written but not signed", bourse.log(mark), "said once")

        refused = self.audit("accept-rollback", "--pool", "commons", "--reason", "now", expect=5)
        self.assertIn("stop it first", refused.stderr)
        await in_thread(bourse.stop)
        old = vkeys()[0]
        reason = "the disk died; the backup is of last night"
        self.audit("accept-rollback", "--pool", "commons", "--reason", reason)
        self.assertFalse(audit_file("last").exists())
        self.assertEqual(audit_file(f"rolled-back-{parsed(ahead)[1]}").read_text(encoding="utf-8"), ahead)
        await in_thread(bourse.start)
        await in_thread(wait_until, all_signed, "it is signed again")
        await in_thread(wait_until, lambda: database.rows(
            f"SELECT 1 FROM bourse.audit_entries WHERE kind = {RESTARTED}"), "the reason is in the log")
        await in_thread(wait_until, all_signed, "it is signed again")
        _, note = checkpoints()[-1]
        self.assertEqual(parsed(note)[0], f"{environment.service}/commons/2")
        self.assertTrue(signed_by(note, vkeys()[0]))
        self.assertFalse(signed_by(note, old))
        recorded = [entry for entry in entries() if reason.encode() in entry]
        self.assertEqual(len(recorded), 1)
        self.assertIn(ahead.encode(), recorded[0])
        first = min(size for size, note in checkpoints() if parsed(note)[0].endswith("/2"))
        self.assertGreater(first, entries().index(recorded[0]), "nothing is signed without the reason")
        self.check_chain([])

        # Once is enough, whoever starts again.
        await in_thread(wait_until, lambda: not audit_file("restarted").exists(), "what is recorded needs no file")
        await in_thread(bourse.stop)
        await in_thread(bourse.start)
        await self.grow("again")
        self.assertEqual(database.value(f"SELECT count(*) FROM bourse.audit_entries WHERE kind = {RESTARTED}"), "1")

        # Without the folder no key is made: it would have the name of the one that is lost.
        lost = vkeys()[0]
        await in_thread(bourse.stop)
        shutil.rmtree(bourse.folder / "audit")
        mark = bourse.log_size()
        bourse.start(ready=False)
        self.assertNotEqual(await in_thread(bourse.process.wait, 20), 0)
        self.assertIn("--old-key", bourse.log(mark))
        self.assertFalse(audit_file("key").exists())
        refused = self.audit("accept-rollback", "--pool", "commons", "--reason", "the disk died", expect=1)
        self.assertIn("--old-key", refused.stderr)
        self.audit("accept-rollback", "--pool", "commons", "--reason", "the disk died", "--old-key", lost)
        await in_thread(bourse.start)
        restarts = f"SELECT count(*) FROM bourse.audit_entries WHERE kind = {RESTARTED}"
        await in_thread(wait_until, lambda: database.value(restarts) == "2", "the second reason is in the log")
        await in_thread(wait_until, all_signed, "it is signed again")
        self.assertEqual(parsed(checkpoints()[-1][1])[0], f"{environment.service}/commons/3")
        self.assertTrue(signed_by(checkpoints()[-1][1], vkeys()[0]))
        self.check_chain([])


def load_tests(loader, standard, pattern):
    """In this order: what is restored at the end changes the log's origin."""
    del standard, pattern
    return unittest.TestSuite(loader.loadTestsFromTestCase(case) for case in (Signing, Killing, Restoring))


if __name__ == "__main__":
    unittest.main(verbosity=2)
