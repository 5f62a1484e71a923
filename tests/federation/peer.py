"""A server-to-server peer that does what no decent server does: it speaks in the clear, knows dialback only, or names itself
as it likes. Blocking, for a thread or a test that has nothing else to do."""

import base64
import collections
import re
import socket
import ssl
import threading

from domains import ADDRESSES, DIRECTORY, S2S_PORT

TIMEOUT = 15
TLS = "urn:ietf:params:xml:ns:xmpp-tls"
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
DIALBACK = "jabber:server:dialback"


def publish(id, sender, service="bourse.b.test"):
    """A request for something nobody has, as a stanza between servers."""
    return (f"<iq xmlns='jabber:server' type='set' id='{id}' from='{sender}' to='{service}'>"
            f"<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='commons/requests'><item id='{id}'>"
            "<request xmlns='urn:bourse:market:1'><resource name='cpu' quantity='1'/><needs>(lab=none)</needs></request>"
            "</item></publish></pubsub></iq>")


def certificate(domain, side):
    """A context with the certificate of `domain`, whoever uses it; what the other side shows is not looked at."""
    folder = DIRECTORY / "c" / "certificates" / domain
    if domain in ("a.test", "b.test", "c.test"):
        folder = DIRECTORY / domain[0] / "tls"
    context = ssl.SSLContext(side)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    return context


class Stream:
    """One connection, from either side. Everything that came stands in `received`."""

    def __init__(self, connection):
        self.connection = connection
        self.connection.settimeout(TIMEOUT)
        self.received = ""
        self.unread = ""

    @classmethod
    def to(cls, network):
        return cls(socket.create_connection((ADDRESSES[network], S2S_PORT), TIMEOUT))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def send(self, text):
        self.connection.sendall(text.encode())

    def until(self, pattern):
        """What came up to and with the pattern, or up to the end of the stream."""
        while not (found := re.search(pattern, self.unread, re.DOTALL)):
            try:
                more = self.connection.recv(65536)
            except (ConnectionError, ssl.SSLError):
                more = b""
            except TimeoutError:
                raise AssertionError(f"no {pattern} within {TIMEOUT} s, but {self.received}") from None
            if not more:
                text, self.unread = self.unread, ""
                return text
            self.received += more.decode(errors="replace")
            self.unread += more.decode(errors="replace")
        text, self.unread = self.unread[:found.end()], self.unread[found.end():]
        return text

    def open(self, own, other, id=None):
        self.send(f"<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:db='{DIALBACK}' "
                  f"xmlns:stream='http://etherx.jabber.org/streams' from='{own}' to='{other}' version='1.0'"
                  + (f" id='{id}'>" if id else ">"))

    def secure(self, domain, side=ssl.PROTOCOL_TLS_CLIENT):
        self.connection = certificate(domain, side).wrap_socket(self.connection,
                                                                server_side=side == ssl.PROTOCOL_TLS_SERVER)

    def dial(self, own, other, shows=None):
        """Up to the features within TLS; `shows`: whose certificate. What the other side said last."""
        self.open(own, other)
        features = self.until("</stream:features>|</stream:stream>")
        if "</stream:stream>" in features:
            return features
        self.send(f"<starttls xmlns='{TLS}'/>")
        self.until("<proceed[^>]*>|</stream:stream>")
        self.secure(shows or own)
        self.open(own, other)
        return self.until("</stream:features>|<stream:features/>|</stream:stream>")

    def authenticate(self, own, other, name=None):
        """By SASL EXTERNAL, after dial(); `name`: as which. What the other side said last."""
        identity = base64.b64encode((own if name is None else name).encode()).decode()
        self.send(f"<auth xmlns='{SASL}' mechanism='EXTERNAL'>{identity}</auth>")
        answer = self.until("<success[^>]*>|</failure>|</stream:stream>")
        if "<success" in answer:
            self.open(own, other)
            self.until("</stream:features>|<stream:features/>|</stream:stream>")
        return answer


class Listener(threading.Thread):
    """The server of a domain whose port it listens on: `talk` is its part of each conversation."""

    def __init__(self, port, talk):
        super().__init__(daemon=True)
        self.listener = socket.create_server((ADDRESSES["c"], port))
        self.talk = talk
        self.streams = []
        self.start()

    def run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            stream = Stream(connection)
            self.streams.append(stream)
            threading.Thread(target=self.serve, args=(stream,), daemon=True).start()

    def serve(self, stream):
        try:
            self.talk(stream)
            stream.until("</stream:stream>")
            stream.send("</stream:stream>")
        except (OSError, AssertionError):
            pass  # what came so far is in `received`
        stream.connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()

    def heard(self):
        return "".join(stream.received for stream in self.streams)


def caller(stream):
    """Who opens it."""
    return re.search(r"from=['\"]([^'\"]*)", stream.until("<stream:stream[^>]*>"))[1]


def in_the_clear(domain):
    """Offers no encryption, and would take anything."""
    def talk(stream):
        stream.open(domain, caller(stream), id="clear")
        stream.send("<stream:features><dialback xmlns='urn:xmpp:features:dialback'/></stream:features>")
        if "<starttls" in stream.until("<starttls[^>]*>|</stream:stream>"):  # some ask all the same
            stream.send(f"<failure xmlns='{TLS}'/></stream:stream>")
    return talk


class Answers:
    """The server of a domain that is in order, for the other side to answer to: it counts what comes, and looks no closer."""

    def __init__(self, domain):
        self.domain = domain
        self.answered = set()  # numbers of the iqs, whose ids are `flood-NUMBER`
        self.words = collections.Counter()  # what errors say

    def talk(self, stream):
        other = caller(stream)
        stream.open(self.domain, other, id="first")
        stream.send(f"<stream:features><starttls xmlns='{TLS}'/></stream:features>")
        stream.until("<starttls[^>]*>")
        stream.send(f"<proceed xmlns='{TLS}'/>")
        stream.secure(self.domain, ssl.PROTOCOL_TLS_SERVER)
        stream.until("<stream:stream[^>]*>")
        stream.open(self.domain, other, id="second")
        stream.send(f"<stream:features><mechanisms xmlns='{SASL}'><mechanism>EXTERNAL</mechanism></mechanisms></stream:features>")
        stream.until("<auth[^>]*/>|</auth>")
        stream.send(f"<success xmlns='{SASL}'/>")
        stream.until("<stream:stream[^>]*>")
        stream.open(self.domain, other, id="third")
        stream.send("<stream:features/>")
        stream.connection.settimeout(None)
        rest = b""
        while more := stream.connection.recv(1 << 20):
            whole, end, rest = (rest + more).rpartition(b">")
            self.answered.update(int(number) for number in re.findall(rb"<iq [^>]*id=['\"]flood-([0-9]+)", whole))
            self.words.update(word.decode() for word in re.findall(rb"<([a-z-]+) [^>]*xmlns=['\"]urn:", whole + end))


def dialback_only(domain):
    """Encrypts with a certificate that is in order, and then wants to be asked back instead of shown one."""
    def talk(stream):
        other = caller(stream)
        stream.open(domain, other, id="first")
        stream.send(f"<stream:features><starttls xmlns='{TLS}'/></stream:features>")
        stream.until("<starttls[^>]*>")
        stream.send(f"<proceed xmlns='{TLS}'/>")
        stream.secure(domain, ssl.PROTOCOL_TLS_SERVER)
        stream.until("<stream:stream[^>]*>")
        stream.open(domain, other, id="second")
        stream.send("<stream:features><dialback xmlns='urn:xmpp:features:dialback'/></stream:features>")
    return talk
