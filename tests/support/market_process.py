"""A running market for the Python tests: a boursed of its own on the servers that BOURSE_TEST_* name.

Environment   what ops/test set up: the XMPP server, its accounts, the database server
Database      a database that goes with the test
Market        boursed: its configuration, its process, its log
PrivatePostgres, Relay   a database server and a network that may fail
"""

import asyncio
import itertools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

REPOSITORY = Path(__file__).resolve().parents[2]
SKIPPED = 77  # the exit status that ctest takes as "skipped"
SERVICE_ROLE = "bourse_test_service"  # what ops calls boursed: a login that owns nothing
NUMBERS = itertools.count(1)


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def wait_until(condition, what, timeout=30):
    """Returns the condition's first true value; AssertionError when it stays false."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {timeout} s: {what() if callable(what) else what}")
        time.sleep(0.02)


class Environment:
    """The servers, by the names that ops/test gives them."""

    def __init__(self, component, server=None):
        """`component`: the number of the JID that only this test uses."""
        server = (server or os.environ.get("BOURSE_TEST_SERVER", "prosody")).upper()
        needed = ["BOURSE_TEST_PG", "BOURSE_TEST_USER_FILE", "BOURSE_TEST_COMPONENT_JIDS"]
        needed += [f"BOURSE_TEST_{server}_{name}" for name in ("COMPONENT", "SECRET_FILE", "C2S", "DOMAIN", "CA_FILE")]
        missing = [name for name in needed if name not in os.environ]
        if missing:
            skip(f"{', '.join(missing)} not set; run this by ops/test")
        self.boursed = Path(os.environ.get("BOURSE_BIN_DIR", ""), "boursed")
        if not self.boursed.is_file():
            skip(f"no {self.boursed}; set BOURSE_BIN_DIR to the folder of the programs")
        self.postgres = os.environ["BOURSE_TEST_PG"]
        self.component = address(os.environ[f"BOURSE_TEST_{server}_COMPONENT"])
        self.c2s = address(os.environ[f"BOURSE_TEST_{server}_C2S"])
        self.secret_file = os.environ[f"BOURSE_TEST_{server}_SECRET_FILE"]
        self.ca_file = os.environ[f"BOURSE_TEST_{server}_CA_FILE"]
        self.service = os.environ["BOURSE_TEST_COMPONENT_JIDS"].split()[component]
        with open(os.environ["BOURSE_TEST_USER_FILE"], encoding="utf-8") as file:
            self.accounts = [tuple(line.split()) for line in file if line.strip()]


def address(text):
    host, port = text.rsplit(":", 1)
    return host, int(port)


class DatabaseError(Exception):
    """What psql said."""


class Database:
    """Created empty, or as a copy of one that nobody is connected to; dropped by close(). `server`: a libpq URI of a
    superuser."""

    def __init__(self, server, copy_of=None):
        self.server = server
        self.name = f"bourse_py_{os.getpid()}_{next(NUMBERS)}"
        self.run(server, f"CREATE DATABASE {self.name}" + (f" TEMPLATE {copy_of.name}" if copy_of else ""))

    def close(self):
        try:
            self.run(self.server, f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")
        except DatabaseError:
            pass  # the server went first

    def uri(self, user=None):
        parts = urlsplit(self.server)
        host = parts.netloc.rpartition("@")[2]
        netloc = f"{quote(user)}@{host}" if user else parts.netloc
        return urlunsplit((parts.scheme, netloc, "/" + self.name, parts.query, ""))

    def make_service_role(self):
        """After the migrations: roles are the server's, so another test may have made it."""
        self.run(self.uri(), f"""DO $$ BEGIN CREATE ROLE {SERVICE_ROLE} LOGIN IN ROLE bourse_service;
                                 EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$""")

    def rows(self, sql):
        """Lists of texts; NULL is ''."""
        return [line.split("\t") for line in self.run(self.uri(), sql).splitlines()]

    def value(self, sql):
        return self.rows(sql)[0][0]

    @staticmethod
    def run(uri, sql):
        done = subprocess.run(["psql", "-XAtq", "-F", "\t", "-v", "ON_ERROR_STOP=1", uri, "-c", sql],
                              capture_output=True, text=True, check=False)
        if done.returncode:
            raise DatabaseError(f"{done.stderr.strip()}\n{sql}")
        return done.stdout


class Market:
    """boursed with its own folder, database and component JID. Settings are `section.key=value`."""

    def __init__(self, environment, database, **settings):
        self.environment = environment
        self.folder = Path(tempfile.mkdtemp(prefix="bourse-market-"))
        self.config_file = self.folder / "boursed.toml"
        self.log_file = self.folder / "boursed.log"
        self.process = None
        self.service = environment.service
        self.settings = {
            "xmpp": {"jid": environment.service, "host": environment.component[0], "port": environment.component[1],
                     "secret-file": environment.secret_file},
            "database": {"uri": database.uri(SERVICE_ROLE), "owner-uri": database.uri(),
                         "migrations": str(REPOSITORY / "migrations")},
            "market": {"pools": ["commons"], "operators": [], "ticket-key-file": str(self.folder / "ticket.key")},
            "audit": {},
            "rules": {},
            "limits": {},
            "pubsub": {},
            "contact": {},
            "log": {"level": "info"},
        }
        for name, value in settings.items():
            self.set(name, value)

    def set(self, name, value):
        """set("limits__max_payload_bytes", 1024)"""
        section, key = name.split("__")
        self.settings[section][key.replace("_", "-")] = value
        with open(self.config_file, "w", encoding="utf-8") as file:
            for section_name, keys in self.settings.items():
                file.write(f"[{section_name}]\n")
                file.writelines(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())

    def migrate(self):
        self.set("log__level", self.settings["log"]["level"])  # writes the file, whatever was set before
        return subprocess.run([self.environment.boursed, "migrate", "--config", self.config_file],
                              capture_output=True, text=True, check=True).stdout

    def start(self, ready=True):
        mark = self.log_size()
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen([self.environment.boursed, "--config", self.config_file],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        if ready:
            self.wait_ready(mark)

    def wait_ready(self, mark, timeout=60):
        """Connected, and the pool loaded, after `mark` bytes of log."""
        self.wait_for_log(r"connected to the XMPP server", mark, timeout=timeout)

    def wait_for_log(self, pattern, mark=0, times=1, timeout=30):
        """The matches; AssertionError with the log when they do not come or the process ends first."""
        def seen():
            found = re.findall(pattern, self.log(mark))
            if len(found) < times and self.process and self.process.poll() is not None:
                raise AssertionError(f"boursed ended with {self.process.returncode}:\n{self.log(mark)}")
            return found if len(found) >= times else None
        return wait_until(seen, lambda: f"{times} × {pattern!r} in the log:\n{self.log(mark)}", timeout)

    def log(self, mark=0):
        if not self.log_file.exists():
            return ""
        with open(self.log_file, encoding="utf-8", errors="replace") as file:
            return re.sub(r"\x1b\[[0-9;]*m", "", file.read()[mark:])

    def log_size(self):
        return len(self.log())

    def kill(self):
        """As a power failure would: no chance to tidy up."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process = None

    def stop(self, timeout=20):
        """Gives the exit status of an orderly stop."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout)
        self.process = None
        return status

    def close(self):
        if self.process and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def running_market(environment, database, **settings):
    """A market that is migrated, started and ready."""
    market = Market(environment, database, **settings)
    try:
        market.migrate()
        database.make_service_role()
        market.start()
    except BaseException:
        print(market.log())
        market.close()
        raise
    return market


class PrivatePostgres:
    """A PostgreSQL of one test's own, to be stopped and started; unix socket only, fsync on."""

    def __init__(self):
        programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
        if not programs:
            skip("no PostgreSQL server under /usr/lib/postgresql")
        self.programs = programs[-1]
        self.folder = Path(tempfile.mkdtemp(prefix="bourse-pg-"))
        self.user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        if self.user:
            shutil.chown(self.folder, "postgres", "postgres")
        self.run("initdb", "--pgdata", self.folder / "data", "--username=postgres", "--auth=trust", "--no-sync",
                 "--encoding=UTF8", "--locale=C.UTF-8")
        self.uri = f"postgresql://postgres@/postgres?host={quote(str(self.folder))}"
        self.start()

    def run(self, program, *arguments):
        subprocess.run([self.programs / program, *arguments], check=True, cwd="/", stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, **self.user)

    def start(self):
        self.run("pg_ctl", "start", "--wait", "--pgdata", self.folder / "data", "--log", self.folder / "log",
                 "--options", f"-c listen_addresses= -c unix_socket_directories={self.folder}")

    def stop(self):
        """At once, as a crash would."""
        self.run("pg_ctl", "stop", "--mode=immediate", "--wait", "--pgdata", self.folder / "data")

    def close(self):
        if (self.folder / "data" / "postmaster.pid").exists():
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Relay:
    """A TCP connection's middle: what goes through it can be cut and refused."""

    def __init__(self, target):
        self.target = target
        self.refusing = False
        self.accepted = 0
        self.connections = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = self.listener.getsockname()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                incoming, _ = self.listener.accept()
            except OSError:
                return
            self.accepted += 1
            if self.refusing:
                incoming.close()
                continue
            outgoing = socket.create_connection(self.target)
            self.connections += [incoming, outgoing]
            for source, sink in ((incoming, outgoing), (outgoing, incoming)):
                threading.Thread(target=self.copy, args=(source, sink), daemon=True).start()

    @staticmethod
    def copy(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        hang_up(source)
        hang_up(sink)
        source.close()  # the other direction closes its own

    def cut(self):
        for connection in self.connections:
            hang_up(connection)
        self.connections = []

    def close(self):
        self.listener.close()
        self.cut()


def hang_up(connection):
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # it is already


def in_thread(function, *arguments):
    """Awaits something that blocks, while the clients of the test go on."""
    return asyncio.get_running_loop().run_in_executor(None, function, *arguments)
