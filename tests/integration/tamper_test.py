#!/usr/bin/python3
"""What a database's superuser can do to a market's audit log, with triggers disabled and even with the log's stolen
key: each tampering starts from the same market, which a witness saw, and somebody's check must find it and say what is
wrong.

    fsck      boursed audit fsck, on the market's host
    start     boursed signs nothing more, and its log says why
    verify    bourse audit verify --checkpoint: what the market answers, against a witness's older checkpoint
    witness   bourse audit witness --once: the witness's next look
    tiles     bourse audit export and verify --tiles --checkpoint: every entry

Checkpoints between others may be deleted: later ones say all that they said.
"""

import os
import re
import shutil
import sys
import tempfile
import unittest
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support import merkle_log as log  # noqa: E402
from support.market_process import Environment  # noqa: E402
from support.tampered_market import CHECKERS, Copy, Original, bytea, check_online, fsck, literal  # noqa: E402

SANCTIONED, RELEASED = 13, 8  # kinds of entries

environment = Environment(component=9)
original = None  # the market that is tampered with

# What is done -------------------------------------------------------------------------------------------------


@dataclass
class Tampering:
    name: str
    do: Callable
    finders: dict  # checker → what it says then, a regular expression
    seen: str      # which checkpoint the witness has: `older` or `newest`
    backup: bool   # of the older database
    of_log: bool   # otherwise of the tables only, which nobody else can see

    def __str__(self):
        return self.name


TAMPERINGS = []


def tampering(name, seen="older", backup=False, of_log=True, **finders):
    def add(function):
        TAMPERINGS.append(Tampering(name, function, finders, seen, backup, of_log))
        return function
    return add


def of_tables(name, **finders):
    return tampering(name, of_log=False, **finders)


# What is said.
OLDER_SAYS = "not those of an older checkpoint"
ALARM = "ALARM: the log was forked"
BACK = "rolled back"
FALSE = "the signature of .* is not by its key, or the text was changed"
UNSIGNED = "none of the known keys signed this note"
ANOTHER = 'it is of the log "market.example/commons", not of'

OTHER = b"somebody.else@localhost"


@tampering("an entry: another consumer", fsck=r"entry \d+: grant g\d+ is not what it was", tiles=OLDER_SAYS)
def _(copy):
    index = original.find(RELEASED)
    record = log.with_value(log.value_of(copy.entries[index], log.RECORD), log.GRANT_CONSUMER, OTHER)
    copy.write(copy.change(index, CONSUMER=OTHER, RECORD=record))


@tampering("an entry: another time",
           fsck=r"tile/0/\d+\S* has other hashes than these entries, from entry \d+ on", tiles=OLDER_SAYS)
def _(copy):
    index = original.find(SANCTIONED)
    copy.write(copy.change(index, AT=log.value_of(copy.entries[index], log.AT) - 3_600_000_000))


@tampering("an entry: another kind", fsck=r"entry \d+: grant g\d+ is released after grant-expired", tiles=OLDER_SAYS)
def _(copy):
    copy.write(copy.change(original.find(RELEASED), KIND=RELEASED + 1))


@tampering("an entry: other columns to be found by, its bytes as they were",
           fsck=r"entry \d+: its columns say something else than its bytes.*: provider, grant_id")
def _(copy):
    copy.sql(f"UPDATE bourse.audit_entries SET grant_id = grant_id + 1, provider = '{OTHER.decode()}' "
             f"WHERE index = {original.find(RELEASED)}")


@tampering("an entry deleted", fsck=r"entry \d+ is missing", tiles=r"no entry \d+, but its signed checkpoint is of")
def _(copy):
    copy.sql(f"DELETE FROM bourse.audit_entries WHERE index = {original.find(SANCTIONED)}")


@tampering("an entry deleted, the later ones moved",
           fsck=r"there are \d+ entries where \d+ should be", tiles=r"no entry \d+, but")
def _(copy):
    index = original.find(SANCTIONED)
    copy.write(copy.entries[:index] + copy.entries[index + 1:])


@tampering("a hundred entries deleted",
           fsck="entry 100 is missing", tiles="no entry 100, but its signed checkpoint is of")
def _(copy):
    copy.sql("DELETE FROM bourse.audit_entries WHERE index BETWEEN 100 AND 199")


@tampering("the last entry deleted, the counter set back",
           fsck="it was put back to an older state", tiles=r"no entry \d+, but")
def _(copy):
    copy.write(copy.entries[:-1])


@tampering("the last entries deleted, with their checkpoints and tiles",
           fsck="it was put back to an older state", start="it was put back to an older state")
def _(copy):
    size = original.sizes[-2]
    copy.write(copy.entries[:size])
    copy.sql(f"DELETE FROM bourse.audit_checkpoints WHERE size > {size}")
    copy.write_tiles()


@tampering("an entry inserted, the later ones moved", fsck="its root is", tiles=OLDER_SAYS)
def _(copy):
    index = original.find(SANCTIONED)
    copy.write(copy.entries[:index] + [copy.entries[index]] + copy.entries[index:])


@tampering("an entry appended: a grant that lives ends", fsck=r"entry \d+: grant g\d+ is active after grant-released")
def _(copy):
    grant = copy.database.value("SELECT min(grant_id) FROM bourse.grants WHERE ended IS NULL")
    started = next(entry for entry in copy.entries if log.value_of(entry, log.GRANT, 0) == int(grant))
    copy.write(copy.entries + [log.with_value(started, log.KIND, RELEASED)])


@tampering("two entries exchanged", fsck=r"entry \d+: .*while 1 of its grants live", tiles=OLDER_SAYS)
def _(copy):
    index = original.find(RELEASED)
    entries = list(copy.entries)
    entries[index], entries[index + 2] = entries[index + 2], entries[index]
    copy.write(entries)


@tampering("an entry and its leaf",
           fsck="its root is", start="is not the one that was signed", verify="forked", witness=ALARM,
           tiles=OLDER_SAYS)
def _(copy):
    index = original.find(SANCTIONED)
    copy.write(copy.change(index, PROVIDER=OTHER))
    tile = bytearray(original.tiles[0, index // 256])
    tile[index % 256 * 32:index % 256 * 32 + 32] = log.leaf(copy.entries[index])
    copy.sql(f"UPDATE bourse.audit_tiles SET hashes = {bytea(tile)} WHERE level = 0 AND index = {index // 256}")


def of_somebody_else(copy):
    """A whole grant that is over is somebody else's, in the log and everywhere else."""
    index = original.find(RELEASED)
    grant, wanted = (log.value_of(copy.entries[index], field) for field in (log.GRANT, log.REQUEST))
    entries = list(copy.entries)
    for at, entry in enumerate(entries):
        if log.value_of(entry, log.REQUEST) != wanted:
            continue
        entry = log.with_value(entry, log.CONSUMER, OTHER)
        if log.value_of(entry, log.ACTOR):
            entry = log.with_value(entry, log.ACTOR, OTHER + b"/pc")
        if log.value_of(entry, log.GRANT, 0):
            entry = log.with_value(entry, log.RECORD, log.with_value(log.value_of(entry, log.RECORD),
                                                                     log.GRANT_CONSUMER, OTHER))
        entries[at] = entry
    copy.write(entries)
    copy.sql(f"UPDATE bourse.grants SET consumer = {literal(OTHER)} WHERE grant_id = {grant}",
             f"UPDATE bourse.requests SET consumer = {literal(OTHER)} WHERE request_id = {literal(wanted)}")


@tampering("a past grant made somebody else's, in every entry and table",
           fsck="has another root than these entries", tiles=OLDER_SAYS)
def _(copy):
    of_somebody_else(copy)


@tampering("… with all tiles",
           fsck="its root is", start="is not the one that was signed", verify="forked", witness=ALARM,
           tiles=OLDER_SAYS)
def _(copy):
    of_somebody_else(copy)
    copy.write_tiles()


@tampering("… with all tiles, and the roots in the checkpoints",
           fsck=FALSE, start=FALSE, verify=FALSE, witness="cannot be believed", tiles=FALSE)
def _(copy):
    of_somebody_else(copy)
    copy.write_tiles()
    copy.write_checkpoints(copy.with_old_signature)


@tampering("… and all checkpoints signed by a key of the same name",
           fsck=UNSIGNED, start=UNSIGNED, verify=UNSIGNED, witness=UNSIGNED, tiles=UNSIGNED)
def _(copy):
    of_somebody_else(copy)
    copy.write_tiles()
    copy.write_checkpoints(log.Signer(original.signer.name, os.urandom(4), os.urandom(32)).checkpoint)


@tampering("… and all checkpoints signed by the stolen key",
           fsck="kept beside the keys.*has another root", start="tampered with", verify="forked", witness=ALARM,
           tiles=OLDER_SAYS)
def _(copy):
    of_somebody_else(copy)
    copy.write_tiles()
    copy.write_checkpoints(original.signer.checkpoint)


@tampering("… and in the file beside the key, too", verify="forked", witness=ALARM, tiles=OLDER_SAYS)
def _(copy):
    of_somebody_else(copy)
    copy.sign_all()


@tampering("another end of the log after what a witness saw, by the stolen key", seen="newest",
           verify="two roots are signed", witness="two roots are signed", tiles=OLDER_SAYS)
def _(copy):
    index = len(copy.entries) - 1
    copy.write(copy.change(index, ACTOR=OTHER))
    copy.sign_all()


@tampering("a longer end of the log after what a witness saw, by the stolen key", seen="newest",
           verify="do not begin with", witness=ALARM, tiles=OLDER_SAYS)
def _(copy):
    after = [log.with_value(entry, log.ACTOR, OTHER) for entry in copy.entries[original.seen("older"):]]
    copy.write(copy.entries[:original.seen("older")] + after + after[:5])
    copy.sign_all()


@tampering("an old backup restored", backup=True,
           fsck="put back to an older state", start="put back to an older state", verify=BACK, witness=BACK,
           tiles=BACK)
def _(copy):
    pass


@tampering("an old backup restored, with the file beside the key", backup=True, verify=BACK, witness=BACK, tiles=BACK)
def _(copy):
    copy.write_last(copy.last_note())


@tampering("a tile of level 1 rewritten",
           fsck=r"tile/1/000\S* has other hashes", start="is not the one that was signed", verify="forked",
           witness=ALARM, tiles="tile/1/000.*not those of the entries")
def _(copy):
    copy.sql(f"UPDATE bourse.audit_tiles SET hashes = {bytea(os.urandom(32))} WHERE level = 1")


@tampering("a full tile rewritten",
           fsck="tile/0/000 has other hashes than these entries, from entry 0 on",
           tiles="tile/0/000: its hashes are not")
def _(copy):
    copy.sql(f"UPDATE bourse.audit_tiles SET hashes = {bytea(os.urandom(8192))} WHERE level = 0 AND index = 0")


@tampering("a full tile truncated",
           fsck="tile/0/000 has other hashes than these entries, from entry 128 on",
           tiles="tile/0/000 has 128 hashes, not 256")
def _(copy):
    copy.sql("UPDATE bourse.audit_tiles SET hashes = substring(hashes FOR 4096) WHERE level = 0 AND index = 0")


@tampering("the partial tile: a hash less",
           fsck=r"tile/0/001\S* has other hashes", start="the stored tree is damaged",
           tiles=r"tile/0/001\S* has \d+ hashes, not")
def _(copy):
    copy.sql("UPDATE bourse.audit_tiles SET hashes = substring(hashes FOR octet_length(hashes) - 32) "
             "WHERE level = 0 AND index = 1")


@tampering("the partial tile: a hash more",
           fsck="tile/0/001: it has more hashes than the last stored checkpoint", start="the stored tree is damaged")
def _(copy):
    copy.sql("UPDATE bourse.audit_tiles SET hashes = hashes || substring(hashes FOR 32) WHERE level = 0 AND index = 1")


@tampering("a tile deleted",
           fsck="tile/0/000 is missing", tiles="no tile 0 of level 0, but its signed checkpoint is of")
def _(copy):
    copy.sql("DELETE FROM bourse.audit_tiles WHERE level = 0 AND index = 0")


@tampering("the last checkpoint deleted", fsck="or a later checkpoint is gone", start="the stored tree is damaged")
def _(copy):
    copy.sql(f"DELETE FROM bourse.audit_checkpoints WHERE size = {original.sizes[-1]}")


@tampering("all checkpoints deleted", fsck="last stored checkpoint, of 0 entries.*or a later checkpoint is gone")
def _(copy):
    copy.sql("DELETE FROM bourse.audit_checkpoints")


@tampering("a checkpoint between others, of another root, by the stolen key",
           fsck=r"checkpoint of \d+ entries: its root is")
def _(copy):
    size = original.sizes[len(original.sizes) // 2]
    note = original.signer.checkpoint(size, os.urandom(32))
    copy.sql(f"UPDATE bourse.audit_checkpoints SET note = {literal(note.encode())} WHERE size = {size}")


@tampering("the last checkpoint: one of another log",
           fsck=ANOTHER, start=ANOTHER, verify=ANOTHER, witness=ANOTHER, tiles=ANOTHER)
def _(copy):
    size = original.sizes[-1]
    note = original.signer.checkpoint(size, log.roots(copy.entries)[size], origin="market.example/commons")
    copy.sql(f"UPDATE bourse.audit_checkpoints SET note = {literal(note.encode())} WHERE size = {size}")


# The log is right, and what it is about is not.
LIVE = "grant_id = (SELECT min(grant_id) FROM bourse.grants WHERE ended IS NULL)"


@of_tables("a live grant: another consumer",
           fsck=r"grant g\d+: its consumer is somebody\S+ in the database, \S+ in the log")
def _(copy):
    copy.sql(f"UPDATE bourse.grants SET consumer = {literal(OTHER)} WHERE {LIVE}")


@of_tables("a live grant: holds more", fsck=r"grant g\d+: what it holds is cpu 2 in the database, cpu 1 in the log")
def _(copy):
    copy.sql(f"UPDATE bourse.grants SET amounts = ARRAY[2000] WHERE {LIVE}")


@of_tables("a live grant: released", fsck=r"grant g\d+: the log has it, the database has not")
def _(copy):
    copy.sql(f"UPDATE bourse.grants SET state = 1, ended = now() WHERE {LIVE}")


@of_tables("a live grant: a longer lease", fsck=r"grant g\d+: its end of lease is")
def _(copy):
    copy.sql(f"UPDATE bourse.grants SET expires = expires + interval '1 year' WHERE {LIVE}")


@of_tables("a live grant deleted", fsck=r"grant g\d+: the log has it, the database has not")
def _(copy):
    copy.sql(f"DELETE FROM bourse.grants WHERE {LIVE}")


@of_tables("a grant that nobody made", fsck=r"grant g\d+: the database has it, the log has not")
def _(copy):
    rest = copy.database.value("""SELECT string_agg(column_name, ', ') FROM information_schema.columns WHERE
        (table_schema, table_name, is_generated) = ('bourse', 'grants', 'NEVER') AND column_name <> 'grant_id'""")
    copy.sql(f"INSERT INTO bourse.grants (grant_id, {rest}) SELECT max(grant_id) OVER () + 1, {rest} "
             "FROM bourse.grants WHERE ended IS NULL ORDER BY grant_id LIMIT 1",
             "UPDATE bourse.pools SET last_grant = last_grant + 1")


@of_tables("the counter of grants set back, so that numbers come again",
           fsck=r"the last grant of the log is g\d+, but the pool\'s counter stands at g\d+")
def _(copy):
    copy.sql("UPDATE bourse.pools SET last_grant = last_grant - 10")


@of_tables("a past grant: another end", fsck=r"grant g\d+: it is revoked in the database, released in the log")
def _(copy):
    copy.sql("UPDATE bourse.grants SET state = 3 "
             "WHERE grant_id = (SELECT min(grant_id) FROM bourse.grants WHERE state = 1)")


@of_tables("an offer: a larger capacity", fsck="offer o9: its capacity is cpu 64 in the database, cpu 8 in the log")
def _(copy):
    copy.sql("UPDATE bourse.offers SET capacity = ARRAY[64000] WHERE offer_id = 'o9'")


@of_tables("an offer: in use what nobody holds", fsck=r"offer \S+: 8000 of cpu is booked, its live grants hold \d+")
def _(copy):
    copy.sql("UPDATE bourse.offer_use SET used = ARRAY[8000] "
             "WHERE offer_id = (SELECT min(offer_id) FROM bourse.offer_use WHERE used <> '{}')")


@of_tables("an offer: nothing in use of what is held, and a larger capacity to book against",
           fsck=r"offer \S+: it is booked against another capacity than it has")
def _(copy):
    copy.sql("UPDATE bourse.offer_use SET used = '{}', capacity = ARRAY[64000] "
             "WHERE offer_id = (SELECT min(offer_id) FROM bourse.offer_use WHERE used <> '{}')")


@of_tables("an offer: another provider", fsck="offer o9: its provider is somebody")
def _(copy):
    copy.sql(f"UPDATE bourse.offers SET provider = {literal(OTHER)} WHERE offer_id = 'o9'")


@of_tables("a request: another consumer", fsck="request r139: its consumer is somebody")
def _(copy):
    copy.sql(f"UPDATE bourse.requests SET consumer = {literal(OTHER)} WHERE request_id = 'r139'")


@of_tables("a request closed", fsck="request r139: the log has it, the database has not")
def _(copy):
    copy.sql("UPDATE bourse.requests SET state = 3 WHERE request_id = 'r139'")


@of_tables("a request: granted more than there is", fsck="request r139: it counts 2 grants, 1 are live")
def _(copy):
    copy.sql("UPDATE bourse.requests SET granted = 2 WHERE request_id = 'r139'")


@of_tables("the counter of entries set forward", fsck=r"the log ends at entry \d+, but the pool wrote \d+")
def _(copy):
    copy.sql("UPDATE bourse.pools SET next_audit = next_audit + 1")


@of_tables("a ban lifted", fsck=r"sanction of user2@\S+: the log has it, the database has not")
def _(copy):
    copy.sql("DELETE FROM bourse.sanctions WHERE banned")


@of_tables("somebody banned", fsck="sanction of somebody.else@localhost: the database has it, the log has not")
def _(copy):
    copy.sql("INSERT INTO bourse.sanctions (pool_id, jid, drained, banned, reason, since) "
             f"VALUES (1, {literal(OTHER)}, false, true, 'because', now())")


class Tampered(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        global original
        folder = Path(tempfile.mkdtemp(prefix="bourse-tamper-"))
        cls.addClassCleanup(shutil.rmtree, folder)
        original = Original(environment, folder)
        cls.addClassCleanup(original.close)
        print(f"{len(original.entries)} entries, checkpoints of {original.sizes}; the witness has "
              f"{original.seen('older')}", flush=True)
        assert original.seen("older") > 256, "a tile that is full"
        assert original.seen("newest") == len(original.entries)

    def test_1_nothing_is_wrong(self):
        with Copy(original, original.database) as copy:
            for entry in original.entries:
                self.assertEqual(log.encoded(log.decoded(entry)), entry)
            self.assertEqual(log.tiles(copy.entries), original.tiles)
            verdicts = {"fsck": fsck(copy), **check_online(copy, "older"), "fsck, later": fsck(copy)}
            for checker, verdict in verdicts.items():
                self.assertEqual((verdict.caught, verdict.status), (False, 0), (checker, verdict.text))

    @staticmethod
    def prepare(tampering):
        """In a thread: a copy is made, tampered with, and checked as it lies there."""
        copy = Copy(original, original.backup if tampering.backup else original.database)
        try:
            tampering.do(copy)
            return copy, fsck(copy)
        except BaseException:
            copy.close()
            raise

    def test_2_every_tampering_is_found(self):
        found, wrong, prepared = [], [], deque()
        left = iter(TAMPERINGS)
        with ThreadPoolExecutor(2) as pool:
            for each in TAMPERINGS:
                prepared += [pool.submit(self.prepare, next_one) for next_one in islice(left, 3 - len(prepared))]
                copy, verdict = prepared.popleft().result()
                with copy:
                    verdicts = {"fsck": verdict, **(check_online(copy, each.seen) if each.of_log else {})}
                found.append((each, verdicts))
                wrong += [f"{each}: {problem}" for problem in self.judge(each, verdicts)]
        caught = [each for each, verdicts in found if any(verdict.caught for verdict in verdicts.values())]
        self.show(found)
        print(f"{len(found)} tamperings, {len(caught)} caught", flush=True)
        self.assertEqual(wrong, [], "\n".join(wrong))
        self.assertEqual(len(caught), len(found))

    def judge(self, tampering, verdicts):
        if not tampering.finders.keys() - {"start"}:
            yield "nobody is named who must find it"
        for checker, text in tampering.finders.items():
            verdict = verdicts[checker]
            if not verdict.caught:
                yield f"{checker} did not find it ({verdict.mark()}): {verdict.text}"
            elif not re.search(text, verdict.text):
                yield f"{checker} found it, and does not say {text!r}: {verdict.text}"

    def show(self, found):
        width = max(len(each.name) for each, _ in found)
        print(f"\n{'':{width}}  " + "  ".join(f"{checker:7}" for checker in CHECKERS))
        for each, verdicts in found:
            marks = [verdicts[checker].mark() if checker in verdicts else "" for checker in CHECKERS]
            print(f"{each.name:{width}}  " + "  ".join(f"{mark:7}" for mark in marks).rstrip())


if __name__ == "__main__":
    unittest.main(verbosity=2)
