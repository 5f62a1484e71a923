#!/usr/bin/env python3
"""A hundred thousand agents behind one component: each comes, lends an offer, and says once a minute how it is.

Prints the cores that boursed and PostgreSQL use meanwhile, as a measure in JSON. What the XMPP server uses is its own.
"""
import argparse
import asyncio
import hashlib
import json
import os
import re
import sys
import time

OFFER = ("<iq type='set' id='p{n}' from='{jid}' to='{service}'><pubsub xmlns='http://jabber.org/protocol/pubsub'>"
         "<publish node='commons/offers'><item id='offer-{n}'><offer xmlns='urn:bourse:market:1'>"
         "<resource name='cpu' quantity='{cores}'/><resource name='memory' quantity='8Gi'/>"
         "<attribute name='arch'>x86_64</attribute></offer></item></publish></pubsub></iq>")
BEAT = ("<message from='{jid}' to='{service}'><heartbeat xmlns='urn:bourse:market:1' every='PT60S' zone='Europe/Berlin'>"
        "<load cpu='{cpu:.2f}' memory='0.50' disk-free='{disk}' temperature='41.5'/></heartbeat></message>")
IN_FLIGHT = 400


class Agents:
    def __init__(self, options):
        self.options = options
        self.answered = 0
        self.refused = []
        self.came = asyncio.Event()

    def jid(self, number):
        return f"agent{number}@{self.options.jid}/machine"

    async def connect(self):
        with open(self.options.secret_file, encoding="utf-8") as file:
            secret = file.read().strip()
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.options.port, limit=1 << 20)
        self.writer.write(("<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' "
                           f"to='{self.options.jid}'>").encode())
        stream = (await self.reader.readuntil(b"id="))
        quote = await self.reader.readexactly(1)
        identity = (await self.reader.readuntil(quote))[:-1].decode()
        await self.reader.readuntil(b">")
        self.writer.write(f"<handshake>{hashlib.sha1((identity + secret).encode()).hexdigest()}</handshake>".encode())
        answer = await self.reader.readuntil(b">")
        if b"handshake" not in answer:
            raise RuntimeError(f"the server refused the component: {stream + answer!r}")
        self.listening = asyncio.create_task(self.listen())

    async def listen(self):
        results = re.compile(rb"<iq[^>]*\btype=['\"](result|error)['\"]")
        rest = b""
        while data := await self.reader.read(1 << 16):
            data = rest + data
            end = 0
            for found in results.finditer(data):
                self.answered += 1
                end = found.end()
                if found.group(1) == b"error" and len(self.refused) < 3:
                    self.refused.append(data[found.start():found.start() + 400])
            rest = data[max(end, len(data) - 400):]
            self.came.set()

    async def arrive(self):
        for number in range(self.options.agents):
            jid = self.jid(number)
            self.writer.write(f"<presence from='{jid}' to='{self.options.service}'/>".encode())
            self.writer.write(OFFER.format(n=number, jid=jid, service=self.options.service, cores=number % 16 + 1).encode())
            while number + 1 - self.answered >= IN_FLIGHT:
                self.came.clear()
                await asyncio.wait_for(self.came.wait(), 60)
            if number % 10_000 == 9_999:
                print(f"{number + 1} agents came", file=sys.stderr)
                await self.writer.drain()
        while self.answered < self.options.agents:
            self.came.clear()
            await asyncio.wait_for(self.came.wait(), 60)
        if self.refused:
            raise RuntimeError(f"the market refused offers: {self.refused}")

    async def beat(self, seconds):
        """Evenly: an agent a minute."""
        per_second = self.options.agents / 60
        begun = time.monotonic()
        sent = 0
        while (passed := time.monotonic() - begun) < seconds:
            beats = []
            while sent < passed * per_second:
                number = sent % self.options.agents
                beats.append(BEAT.format(jid=self.jid(number), service=self.options.service, cpu=number % 100 / 100,
                                         disk=(number + sent) * 4096))
                sent += 1
            self.writer.write("".join(beats).encode())
            await self.writer.drain()
            await asyncio.sleep(0.01)
        return sent


def ticks(pid):
    """Of the process and of its children that have ended."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return sum(int(field) for field in fields[11:15])


def ticks_of_tree(pid):
    total = ticks(pid)
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", encoding="utf-8") as file:
                parent = int(file.read().rsplit(")", 1)[1].split()[1])
            if parent == pid:
                total += ticks(entry)
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total


def figure(name, value, unit):
    print(json.dumps({"name": name, "value": value, "unit": unit}), flush=True)


async def run(options):
    agents = Agents(options)
    await agents.connect()
    await agents.arrive()
    await agents.beat(10)
    second = os.sysconf("SC_CLK_TCK")
    before = ticks(options.boursed), ticks_of_tree(options.postgresql)
    begun = time.monotonic()
    sent = await agents.beat(options.seconds)
    passed = time.monotonic() - begun
    boursed = (ticks(options.boursed) - before[0]) / second / passed
    postgresql = (ticks_of_tree(options.postgresql) - before[1]) / second / passed
    figure("heartbeats_per_second", sent / passed, "1/s")
    figure("heartbeats_cores_boursed", boursed, "cores")
    figure("heartbeats_cores_postgresql", postgresql, "cores")
    figure("heartbeats_cores", boursed + postgresql, "cores")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--jid", required=True)
    parser.add_argument("--secret-file", required=True)
    parser.add_argument("--service", required=True)
    parser.add_argument("--agents", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--boursed", type=int, required=True, help="its pid")
    parser.add_argument("--postgresql", type=int, required=True, help="the postmaster's pid")
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
