"""A market with some history, copies of it in which a database's superuser has his way, and who may notice.

Original   the market, stopped: its database, one of a backup, its files, and what a witness kept of it
Copy       the same once more, to be tampered with
"""

import asyncio
import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from support import merkle_log as log
from support.market_process import Database, Market, in_thread, running_market, wait_until
from support.participant import Participant

OFFERS, REQUESTS = "commons/offers", "commons/requests"
OPERATOR, AUDITOR, SOMEBODY = 9, 8, 5  # accounts
PLACE = "tampered"  # a resource that no other test has: they run at the same time
AUDIT_FAILED = 6
CHECKERS = ("fsck", "start", "verify", "witness", "tiles")


def all_signed(database):
    return database.rows("""SELECT 1 FROM bourse.pools WHERE next_audit > 0
                            AND next_audit = (SELECT max(size) FROM bourse.audit_checkpoints)""")


def offer(cores):
    return f"<offer><resource name='cpu' quantity='{cores}'/></offer>"


def request(cores):
    return f"<request><resource name='cpu' quantity='{cores}'/></request>"


def names(letter, *numbers):
    return [f"{letter}{number}" for number in range(*numbers)]


async def publish(participant, node, payload, ids):
    await asyncio.gather(*(participant.publish(node, payload, id) for id in ids))


async def retract(participant, node, ids):
    await asyncio.gather(*(participant.retract(node, id) for id in ids))


async def ban(operator, jid, reason):
    fields = f"<field var='jid'><value>{jid}</value></field><field var='reason'><value>{reason}</value></field>"
    await operator.request(f"""<command xmlns='http://jabber.org/protocol/commands' action='execute'
        node='urn:bourse:market:1#ban'><x xmlns='jabber:x:data' type='submit'>{fields}</x></command>""", type="set")


class Original:
    def __init__(self, environment, folder):
        self.environment = environment
        self.folder = folder
        self.settings = {"market__operators": [environment.accounts[OPERATOR][0]],
                         "audit__auditors": [environment.accounts[AUDITOR][0]]}
        self.database = Database(environment.postgres)
        self.backup = None
        self.files = folder / "market"
        try:
            self.market = running_market(environment, self.database, **self.settings)
            try:
                asyncio.run(self.live())
                shutil.copytree(self.market.folder, self.files)
            finally:
                self.market.close()
            self.read()
        except BaseException:
            self.close()
            raise

    def read(self):
        self.signer = log.Signer.parse((self.files / "audit/commons.key").read_text(encoding="utf-8").strip())
        rows = self.database.rows("SELECT index, encode(entry, 'hex') FROM bourse.audit_entries ORDER BY index")
        assert [int(index) for index, _ in rows] == list(range(len(rows)))
        self.entries = [bytes.fromhex(entry) for _, entry in rows]
        self.sizes = [int(size) for size, in self.database.rows(
            "SELECT size FROM bourse.audit_checkpoints ORDER BY size")]
        self.tiles = {(int(level), int(index)): bytes.fromhex(hashes) for level, index, hashes in self.database.rows(
            "SELECT level, index, encode(hashes, 'hex') FROM bourse.audit_tiles")}

    async def live(self):
        environment = self.environment
        async with Participant(environment, 0, PLACE) as provider, Participant(environment, 1, PLACE) as banned, \
                Participant(environment, 2, PLACE) as consumer, Participant(environment, OPERATOR, PLACE) as operator:
            for each in (provider, banned):
                each.send_presence(pto=environment.service)
            await publish(provider, OFFERS, offer(8), names("o", 30))
            await publish(banned, OFFERS, offer(2), names("b", 10))
            await publish(consumer, REQUESTS, request(1), names("r", 60))
            await self.signed()
            await in_thread(self.market.stop)
            self.backup = await in_thread(Database, environment.postgres, self.database)
            await in_thread(self.market.start)

            await publish(consumer, REQUESTS, request(1), names("r", 60, 120))
            await self.signed()
            await retract(consumer, REQUESTS, names("r", 0, 100, 3))
            await retract(provider, OFFERS, names("o", 3))
            await ban(operator, banned.bare, "computes nonsense")
            await self.signed()
            await in_thread(self.make_witness)
            await in_thread(self.witness, "older")

            await publish(consumer, REQUESTS, request(1), names("r", 120, 140))
            await retract(consumer, REQUESTS, names("r", 100, 120, 3))
            await self.signed()
            await in_thread(self.witness, "newest")
            await in_thread(self.market.stop)

    async def signed(self):
        await in_thread(wait_until, lambda: all_signed(self.database), "it is signed")

    # Programs ----------------------------------------------------------------------------------------------------

    def run(self, program, *arguments, **variables):
        return subprocess.run([self.environment.boursed.parent / program, *map(str, arguments)], capture_output=True,
                              text=True, check=False, timeout=60, stdin=subprocess.DEVNULL,
                              env={**os.environ, **variables})

    def bourse(self, account, home, *arguments):
        """As somebody whose state is kept in `home`."""
        return self.run("bourse", "--config", self.client_config(account), *arguments, XDG_STATE_HOME=str(home))

    def client_config(self, account):
        file = self.folder / f"bourse-{account}.toml"
        if not file.exists():
            jid, password = self.environment.accounts[account]
            secret = self.folder / f"password-{account}"
            secret.touch(mode=0o600)
            secret.write_text(password, encoding="utf-8")
            host, port = self.environment.c2s
            draft = self.folder / f"bourse-{account}.new"  # others may look for it at this moment
            draft.write_text(f"""[xmpp]
jid = "{jid}"
password-file = "{secret}"
host = "{host}"
port = {port}
ca-file = "{self.environment.ca_file}"
[market]
service = "{self.environment.service}"
""", encoding="utf-8")
            draft.rename(file)
        return file

    @property
    def log_key(self):
        return self.folder / "log.vkey"

    def checkpoint(self, name):
        return self.folder / f"{name}.checkpoint"

    def make_witness(self):
        shutil.copy(self.market.folder / "audit/commons.pub", self.log_key)
        made = self.run("bourse", "audit", "keygen-witness", "witness.example/1", "--key", self.folder / "witness.key")
        assert made.returncode == 0, made.stderr
        for account in (AUDITOR, SOMEBODY):
            self.client_config(account)

    def witness(self, name):
        done = self.look(AUDITOR, self.folder, self.checkpoint(name))
        assert done.returncode == 0, done.stderr

    def look(self, account, home, state):
        return self.bourse(account, home, "audit", "witness", "--once", "--key", self.folder / "witness.key", "--log",
                           self.log_key, "--state", state)

    # What there is -----------------------------------------------------------------------------------------------

    def seen(self, name):
        """How many entries a witness's checkpoint is of."""
        return log.parsed(self.checkpoint(name).read_text(encoding="utf-8"))[1]

    def find(self, kind):
        """The index of the first entry of this kind."""
        return next(index for index, entry in enumerate(self.entries) if log.value_of(entry, log.KIND) == kind)

    def close(self):
        for database in (self.backup, self.database):
            if database:
                database.close()


# One that tampers ------------------------------------------------------------------------------------------------


def literal(value):
    if value is None or value == b"":
        return "NULL"
    if isinstance(value, int):
        return str(value)
    return "'" + value.decode().replace("'", "''") + "'"


def bytea(value):
    return f"'\\x{value.hex()}'"


def columns(entry):
    """What boursed keeps of an entry to find it by."""
    value = dict(log.decoded(entry))
    parties = [value.get(log.PROVIDER), value.get(log.CONSUMER)]
    actor = value.get(log.ACTOR, b"").partition(b"/")[0]
    found = [("kind", value[log.KIND]), ("actor", None if actor in parties else actor), ("provider", parties[0]),
             ("consumer", parties[1]), ("offer_id", value.get(log.OFFER)), ("request_id", value.get(log.REQUEST)),
             ("grant_id", value.get(log.GRANT))]
    return {"at": f"bourse.from_micros({value[log.AT]})", "entry": bytea(entry),
            **{name: literal(each) for name, each in found}}


class Copy:
    """`entries`: as they were; write() says how they are now."""

    def __init__(self, original, database):
        self.original = original
        self.database = Database(original.environment.postgres, copy_of=database)
        self.market = Market(original.environment, self.database, **original.settings)
        for name in ("audit", "ticket.key"):
            source, target = original.files / name, self.market.folder / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
        self.entries = list(original.entries)
        self.home = self.market.folder / "home"
        self.home.mkdir()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.market.close()
        self.database.close()

    def sql(self, *statements):
        self.database.run(self.database.uri(),
                          "SET session_replication_role = replica; BEGIN; " + "; ".join(statements) + "; COMMIT")

    def write(self, entries):
        """The entries' rows, and no more."""
        statements = []
        for index, entry in enumerate(entries):
            row = {"pool_id": "1", "index": str(index), **columns(entry)}
            fields, values = ", ".join(row), ", ".join(row.values())
            if index >= len(self.entries):
                statements.append(f"INSERT INTO bourse.audit_entries ({fields}) VALUES ({values})")
            elif entry != self.entries[index]:
                statements.append(f"UPDATE bourse.audit_entries SET ({fields}) = ROW ({values}) WHERE index = {index}")
        statements.append(f"DELETE FROM bourse.audit_entries WHERE index >= {len(entries)}")
        statements.append(f"UPDATE bourse.pools SET next_audit = {len(entries)}")
        for at in range(0, len(statements), 50):
            self.sql(*statements[at:at + 50])
        self.entries = entries

    def change(self, index, **fields):
        """All entries, one of them changed; nothing is written."""
        entry = self.entries[index]
        for name, value in fields.items():
            entry = log.with_value(entry, getattr(log, name), value)
        return self.entries[:index] + [entry] + self.entries[index + 1:]

    def write_tiles(self):
        """As the entries have them now."""
        self.sql("DELETE FROM bourse.audit_tiles", *(
            f"INSERT INTO bourse.audit_tiles VALUES (1, {level}, {index}, {bytea(hashes)})"
            for (level, index), hashes in log.tiles(self.entries).items()))

    def write_checkpoints(self, make):
        """`make(size, root)`: the note. The last one is of all entries."""
        roots, size = log.roots(self.entries), len(self.entries)
        sizes = [each for each in self.original.sizes if each < size] + [size]
        notes = {each: make(each, roots[each]) for each in sizes}
        self.sql(f"DELETE FROM bourse.audit_checkpoints WHERE size > {size}",
                 *(f"INSERT INTO bourse.audit_checkpoints VALUES (1, {each}, now(), {literal(note.encode())}) "
                   "ON CONFLICT (pool_id, size) DO UPDATE SET note = excluded.note" for each, note in notes.items()))
        return notes[size]

    def write_last(self, note):
        """The file beside the key."""
        (self.market.folder / "audit/commons.last").write_text(note, encoding="utf-8")

    def sign_all(self):
        """Everything as the service itself would have it, with its key."""
        self.write_tiles()
        self.write_last(self.write_checkpoints(self.original.signer.checkpoint))

    def note(self, size):
        hex = self.database.value("SELECT encode(convert_to(note, 'UTF8'), 'hex') FROM bourse.audit_checkpoints "
                                  f"WHERE size = {size}")
        return bytes.fromhex(hex).decode()

    def last_note(self):
        return self.note(self.database.value("SELECT max(size) FROM bourse.audit_checkpoints"))

    def with_old_signature(self, size, root):
        return log.head_text(self.original.signer.name, size, root) + "\n" + self.note(size).split("\n\n")[1]


# Who may notice --------------------------------------------------------------------------------------------------


@dataclass
class Verdict:
    caught: bool
    status: int
    text: str

    def mark(self):
        return "caught" if self.caught else "-" if self.status == 0 else f"exit {self.status}"


def of_process(done):
    return Verdict(done.returncode == AUDIT_FAILED, done.returncode, done.stdout + done.stderr)


def fsck(copy):
    return of_process(copy.original.run("boursed", "audit", "fsck", "--config", copy.market.config_file))


def verify(copy, older):
    return of_process(copy.original.bourse(SOMEBODY, copy.home, "audit", "verify", "--key", copy.original.log_key,
                                           "--checkpoint", older))


def witness(copy, older):
    state = copy.home / "witness.checkpoint"
    shutil.copy(older, state)
    return of_process(copy.original.look(SOMEBODY, copy.home, state))


def check_tiles(copy, older):
    tiles = copy.home / "tiles"
    done = copy.original.bourse(AUDITOR, copy.home, "audit", "export", "--tiles", tiles)
    if done.returncode == 0:
        done = copy.original.bourse(AUDITOR, copy.home, "audit", "verify", "--tiles", tiles, "--key",
                                    copy.original.log_key, "--checkpoint", older)
    return of_process(done)


def check_online(copy, seen):
    """Against what a witness has seen. Only one market at a time can have the address."""
    older = copy.original.checkpoint(seen)
    copy.market.start()
    with ThreadPoolExecutor() as pool:
        running = {name: pool.submit(check, copy, older)
                   for name, check in (("verify", verify), ("witness", witness), ("tiles", check_tiles))}
        verdicts = {name: each.result() for name, each in running.items()}
    refused = re.findall("no checkpoint of the audit log is signed any more: .*", copy.market.log())
    copy.market.kill()
    return {"start": Verdict(bool(refused), 0, "\n".join(refused)), **verdicts}
