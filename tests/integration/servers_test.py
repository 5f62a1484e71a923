"""The servers that ops/test started are what the other tests rely on: TLS from the private authority,
accounts, component links, wrong passwords and secrets refused, and a database with fsync on."""

import base64
import hashlib
import os
import re
import socket
import ssl
import subprocess
import sys
import unittest

SERVERS = [name for name in ("PROSODY", "EJABBERD") if f"BOURSE_TEST_{name}_C2S" in os.environ]
NULL = "\0"


def setting(server, name):
    return os.environ[f"BOURSE_TEST_{server}_{name}"]


def connect(address):
    host, port = address.rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=20)


def read_until(connection, *patterns):
    text = ""
    while True:
        for pattern in patterns:
            if re.search(pattern, text):
                return text
        more = connection.recv(4096)
        if not more:
            return text
        text += more.decode()


def open_stream(connection, domain):
    connection.sendall(f"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
                       f"to='{domain}' version='1.0'>".encode())
    return read_until(connection, "</stream:features>")


def log_in(server, user, password):
    domain = setting(server, "DOMAIN")
    connection = connect(setting(server, "C2S"))
    open_stream(connection, domain)
    connection.sendall(b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
    read_until(connection, "<proceed")
    context = ssl.create_default_context(cafile=setting(server, "CA_FILE"))
    with context.wrap_socket(connection, server_hostname=domain) as secured:
        open_stream(secured, domain)
        plain = base64.b64encode(f"{NULL}{user}{NULL}{password}".encode()).decode()
        secured.sendall(f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{plain}</auth>".encode())
        return read_until(secured, "<success", "<failure")


def handshake(server, jid, secret):
    with connect(setting(server, "COMPONENT")) as connection:
        connection.sendall(f"<stream:stream xmlns='jabber:component:accept' "
                           f"xmlns:stream='http://etherx.jabber.org/streams' to='{jid}'>".encode())
        opened = read_until(connection, "<stream:stream[^>]*>", "<stream:error")
        stream = re.search("<stream:stream[^>]* id=['\"]([^'\"]*)", opened)
        if not stream:
            return opened
        digest = hashlib.sha1((stream[1] + secret).encode()).hexdigest()
        connection.sendall(f"<handshake>{digest}</handshake>".encode())
        return read_until(connection, "<handshake", "<stream:error", "</stream:stream")


class Servers(unittest.TestCase):
    def test_each_account_logs_in_over_tls(self):
        with open(os.environ["BOURSE_TEST_USER_FILE"], encoding="utf-8") as file:
            accounts = [line.split() for line in file]
        self.assertEqual(len(accounts), 12)
        for server in SERVERS:
            for jid, password in accounts:
                with self.subTest(server=server, jid=jid):
                    self.assertIn("<success", log_in(server, jid.split("@")[0], password))
            with self.subTest(server=server, wrong="password"):
                self.assertIn("<failure", log_in(server, "user1", "wrong"))

    def test_a_component_is_accepted_with_the_secret_alone(self):
        jid = os.environ["BOURSE_TEST_COMPONENT_JIDS"].split()[-1]  # no other test uses the last one
        for server in SERVERS:
            with open(setting(server, "SECRET_FILE"), encoding="utf-8") as file:
                secret = file.read().strip()
            with self.subTest(server=server):
                self.assertIn("<handshake", handshake(server, jid, secret))
            with self.subTest(server=server, wrong="secret"):
                self.assertIn("not-authorized", handshake(server, jid, "wrong"))

    def test_the_database_is_durable_and_not_on_the_network(self):
        for name, expected in (("fsync", "on"), ("listen_addresses", "")):
            shown = subprocess.run(["psql", "-XAtq", os.environ["BOURSE_TEST_PG"], "-c", f"SHOW {name}"],
                                   capture_output=True, text=True, check=True)
            self.assertEqual(shown.stdout.strip(), expected)


if __name__ == "__main__":
    if not SERVERS or "BOURSE_TEST_PG" not in os.environ:
        print("skipped: no servers in BOURSE_TEST_*; run this by ops/test")
        sys.exit(77)
    unittest.main()
