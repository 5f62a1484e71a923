#!/usr/bin/python3
"""What passed between a.test and b.test, as one numbered sequence: from the packets on the link up to the encryption, and
from what the servers saw behind it.

  evidence.py DIR            prints it; 1 when a step is missing
  evidence.py DIR --closed   only says by its exit status whether every connection was closed in good order
"""

import json
import re
import sys
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

S2S_PORT = "5269"
ADDRESSES = {"192.0.2.1": "a.test", "198.51.100.1": "b.test"}
CLOSE = "</stream:stream>"
FIELDS = ("at", "source", "target", "source_port", "target_port", "flags", "payload", "response", "name", "type", "srv",
          "srv_port", "address")


@dataclass
class Step:
    """One thing that happened; `at` is None when it did not."""
    key: str
    what: str
    seen: str  # by whom
    at: float | None = None
    more: str = ""


@dataclass
class Event:
    """A packet, or what a server noted."""
    at: float
    text: str
    fields: dict


class Connection:
    """One direction: `dialler` connects to `listener`, and only it sends stanzas. The other direction is another."""

    def __init__(self, dialler, listener, packets, notes):
        self.dialler, self.listener = dialler, listener
        self.name = f"{dialler} → {listener}"
        self.packets = self.own_packets(packets)
        self.lookups = [packet for packet in packets if packet.fields["name"]]
        self.notes = self.own_notes(notes)

    def own_packets(self, packets):
        """Those of the connection whose first words name both."""
        for packet in packets:
            if (packet.fields["target_port"] == S2S_PORT and opens(packet.text, self.dialler, self.listener)):
                ends = {(packet.fields["source"], packet.fields["source_port"]),
                        (packet.fields["target"], packet.fields["target_port"])}
                return [other for other in packets if {(other.fields["source"], other.fields["source_port"]),
                                                       (other.fields["target"], other.fields["target_port"])} == ends]
        return []

    def own_notes(self, notes):
        numbers = {note.fields["connection"] for note in notes
                   if (note.fields.get("from"), note.fields.get("to")) == (self.dialler, self.listener)}
        return [note for note in notes if note.fields.get("connection") in numbers]

    def home(self, domain):
        """Whose name server and address a domain has."""
        return domain.removeprefix("bourse.")

    def packet(self, pattern, sender):
        """The first with these bytes; bytes that are no text are as in latin-1."""
        return first(self.packets, lambda packet: re.search(pattern, packet.text, re.DOTALL) and
                     ADDRESSES.get(packet.fields["source"]) == self.home(sender))

    def flagged(self, flags, sender):
        return first(self.packets, lambda packet: set(packet.fields["flags"]) & set("SAF") == set(flags) and
                     ADDRESSES.get(packet.fields["source"]) == self.home(sender))

    def answer(self, name, kind):
        return first(self.lookups, lambda packet: packet.fields["response"] in ("1", "True") and packet.fields["type"] == kind and
                     packet.fields["name"] == name and ADDRESSES.get(packet.fields["target"]) == self.home(self.dialler))

    def noted(self, pattern, sender, encrypted=True, after=0.0):
        """The first bytes that `sender` sent, as the server of b.test saw them."""
        way = "out" if self.home(sender) == "b.test" else "in"
        return first(self.notes, lambda note: note.fields["event"] == way and note.at >= after and
                     (note.fields["encrypted"] or not encrypted) and re.search(pattern, note.text, re.DOTALL))


def first(events, fits):
    return next((event for event in events if fits(event)), None)


def opens(text, dialler, listener):
    header = re.search(r"<stream:stream[^>]*>", text)
    return bool(header) and all(re.search(rf"\b{way}=['\"]{re.escape(name)}['\"]", header[0])
                                for way, name in (("from", dialler), ("to", listener)))


# What was recorded -----------------------------------------------------------------------------------------------


def read_packets(directory):
    for line in (directory / "log" / "capture").read_text(encoding="utf-8", errors="replace").splitlines():
        if line[:1].isdigit() and "\t" in line:
            fields = dict(zip(FIELDS, line.split("\t") + [""] * len(FIELDS)))
            yield Event(float(fields["at"]), bytes.fromhex(fields["payload"]).decode("latin-1"), fields)


def read_notes(directory, domain):
    file = directory / domain / "prosody" / "evidence"
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else []:
        fields = json.loads(line)
        yield Event(float(fields["at"]), fields.get("data", ""), fields)


def read_console(directory):
    """What ejabberd says of certificates: that it accepted one."""
    file = directory / "a" / "ejabberd" / "console.log"
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines() if file.exists() else []:
        if found := re.match(r"(\S+ \S+) .*Accepted (in|out)bound s2s EXTERNAL authentication (\S+) -> (\S+)", line):
            at = datetime.fromisoformat(found[1]).astimezone(timezone.utc).timestamp()
            yield Event(at, line, {"event": "accepted", "from": found[3], "to": found[4]})


# The steps of one direction ----------------------------------------------------------------------------------------


def step(connection, key, what, seen, event, more=""):
    return Step(f"{connection.name}: {key}", what, seen, event.at if event else None, more)


def finding_steps(connection):
    """From a domain's name to an open port."""
    home = connection.home(connection.listener)
    srv = connection.answer(f"_xmpp-server._tcp.{connection.listener}", "33")
    target = srv.fields["srv"] if srv else "?"
    address = connection.answer(target, "1")
    yield step(connection, "srv", f"{connection.dialler} asks the name server of {home} for SRV _xmpp-server._tcp."
               f"{connection.listener}", "link", srv, f"{target} port {srv.fields['srv_port']}" if srv else "")
    yield step(connection, "address", f"{connection.dialler} asks for the address of {target}", "link", address,
               address.fields["address"].split(",")[0] if address else "")
    yield step(connection, "tcp", f"{connection.dialler} connects (TCP SYN)", "link", connection.flagged("S", connection.dialler))
    yield step(connection, "tcp-answer", f"{home} accepts (SYN, ACK)", "link", connection.flagged("SA", connection.listener))


def securing_steps(connection):
    """From the first words, which everybody on the way may read, to the first that nobody may."""
    dialler, listener = connection.dialler, connection.listener
    yield step(connection, "stream", f"{dialler} opens a stream to {listener}", "link",
               connection.packet(r"<stream:stream", dialler))
    yield step(connection, "features", f"{listener} offers STARTTLS, and requires it", "link",
               connection.packet(r"<starttls[^>]*>\s*<required", listener))
    yield step(connection, "starttls", f"{dialler} asks for it: <starttls/>", "link", connection.packet(r"^<starttls", dialler))
    yield step(connection, "proceed", f"{listener} agrees: <proceed/>", "link", connection.packet(r"<proceed", listener))
    yield step(connection, "client-hello", f"{dialler} says TLS hello (its version and ciphers)", "link",
               connection.packet(r"^\x16\x03.{3}\x01", dialler))
    yield step(connection, "server-hello", f"{listener} says TLS hello; what follows is encrypted", "link",
               connection.packet(r"^\x16\x03.{3}\x02", listener))


def proving_steps(connection, judgements):
    """Each side shows a certificate and judges the other's; the dialling side then names itself by it."""
    dialler, listener = connection.dialler, connection.listener
    for judged, judge in ((dialler, listener), (listener, dialler)):
        yield certificate_step(connection, judged, judge, judgements)
    success = connection.noted(r"<success", listener)
    restarted = connection.noted(r"<stream:stream", dialler, encrypted=False, after=after(connection.noted(
        r"<proceed", listener, encrypted=False)))
    yield step(connection, "new-stream", f"{dialler} opens the stream anew, within TLS", "server", restarted)
    yield step(connection, "external-offer", f"{listener} offers SASL EXTERNAL: the certificate is good enough", "server",
               connection.noted(r"<mechanism>EXTERNAL</mechanism>", listener))
    yield step(connection, "external", f"{dialler} takes it: <auth mechanism='EXTERNAL'/>", "server",
               connection.noted(r"<auth[^>]*mechanism=['\"]EXTERNAL", dialler))
    yield step(connection, "success", f"{listener}: <success/>", "server", success)
    yield step(connection, "last-stream", f"{dialler} opens the stream for the third time: now for stanzas", "server",
               connection.noted(r"<stream:stream", dialler, after=after(success)))


def after(event):
    return event.at if event else float("inf")


def certificate_step(connection, judged, judge, judgements):
    found = first(judgements, lambda one: one.fields["judge"] == connection.home(judge) and
                  (one.fields["from"], one.fields["to"]) == (connection.dialler, connection.listener))
    key, what = f"certificate-{connection.home(judged)}", f"{connection.home(judge)} judges the certificate that {judged} showed"
    if found is None:
        return step(connection, key, what, "server", None)
    if found.fields["event"] == "accepted":  # ejabberd tells no more
        return step(connection, key, what, "server", found, "accepted for EXTERNAL: chain and name are valid")
    good = found.fields["chain"] == found.fields["identity"] == "valid"
    more = (f"subject {found.fields['subject']}; issuer {found.fields['issuer']}; chain {found.fields['chain']}, "
            f"name {found.fields['identity']}")
    return step(connection, key, what, "server", found if good else None, more)


def closing_steps(connection):
    for sender in (connection.dialler, connection.listener):
        yield step(connection, f"close-{connection.home(sender)}", f"{sender} says {CLOSE} on {connection.name}", "server",
                   connection.noted(f"{CLOSE}$", sender))
    # Whoever answered hangs up at once; what the other side's TLS still says then meets no socket, and is no matter.
    yield step(connection, "fin", f"the TCP connection {connection.name} ends (FIN)", "link",
               first(connection.packets, lambda packet: "F" in packet.fields["flags"]))


def market_steps(there, back):
    """What it was all for; `there` carries the consumer's words, `back` the market's."""
    yield step(there, "request", "abc@a.test's request passes: <publish node='commons/requests'/>", "server",
               there.noted(r"<publish[^>]*commons/requests", "a.test"))
    yield step(back, "grant", "the market's grant passes: <grant state='active'/>", "server",
               back.noted(r"commons/grants.*<grant[^>]*state=['\"]active", "b.test"))
    released = there.noted(r"<retract[^>]*commons/grants", "a.test")
    yield step(there, "release", "abc@a.test's release passes: <retract node='commons/grants'/>", "server", released)
    yield step(back, "released", "the market's word that it is released passes", "server",
               back.noted(r"commons/grants.*state=['\"]released", "b.test", after=after(released)))


def connections(directory):
    packets, notes = list(read_packets(directory)), list(read_notes(directory, "b"))
    return (Connection("a.test", "bourse.b.test", packets, notes), Connection("bourse.b.test", "a.test", packets, notes))


def judgements(directory):
    """Every verdict on a certificate that counted: the last one of its kind is that of a connection that came about."""
    for domain in ("a", "b"):
        for note in read_notes(directory, domain):
            if note.fields["event"] == "certificate":
                note.fields["judge"] = f"{domain}.test"
                yield note
    for event in read_console(directory):
        event.fields["judge"] = "a.test"
        yield event


def sequence(directory):
    """Every step, in order of time; those that did not happen are last."""
    there, back = connections(directory)
    verdicts = list(judgements(directory))
    steps = [one for connection in (there, back) for steps in (finding_steps(connection), securing_steps(connection),
             proving_steps(connection, verdicts), closing_steps(connection)) for one in steps]
    steps += market_steps(there, back)
    return sorted(steps, key=lambda one: one.at if one.at is not None else float("inf"))


def closed(directory):
    return all(one.at is not None for connection in connections(directory) for one in closing_steps(connection))


def main():
    directory = Path(sys.argv[1])
    if sys.argv[2:] == ["--closed"]:
        return 0 if closed(directory) else 1
    steps = sequence(directory)
    begin = next((one.at for one in steps if one.at is not None), 0.0)
    for number, one in enumerate((one for one in steps if one.at is not None), 1):
        print(f"{number:3}  +{one.at - begin:8.4f} s  {one.what}" + (f"\n{'':18}{one.more}" if one.more else ""))
    missing = [one for one in steps if one.at is None]
    for one in missing:
        print(f"  MISSING ({one.key}): {one.what} {one.more}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
