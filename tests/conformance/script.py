"""Scripts: text files of cases, each a list of steps. README.md describes the language."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from stanza import ScriptError, parse

ACTOR = r"(?P<actor>[a-z]+(?:/[a-z0-9]+)?)"
# What a line may say; with True it is followed by an indented block of XML, with None it may be.
SENTENCES = [
    ("sends", rf"{ACTOR} sends", True),
    ("raw", rf"{ACTOR} sends raw", True),
    ("iq", rf"{ACTOR} (?P<verb>asks|sets)", True),
    ("answered", rf"{ACTOR} is answered(?P<empty> with nothing)?", None),
    ("refused", rf"{ACTOR} is refused (?P<type>[a-z|]+)/(?P<condition>[a-z|-]+)"
                r"(?: (?P<pubsub>[*a-z|-]+)(?:=(?P<feature>[a-z-]+))?)?", None),
    ("receives", rf"{ACTOR} receives(?P<unordered> in any order)?", True),
    ("nothing", rf"{ACTOR} receives nothing", False),
    ("ignores", rf"{ACTOR} ignores the rest", False),
    ("creates", rf"{ACTOR} creates (?P<node>\S+)(?: with (?P<form>.+))?", False),
    ("subscribes", rf"{ACTOR} subscribes to (?P<node>\S+)(?: with (?P<form>.+))?", False),
    ("publishes", rf"{ACTOR} publishes (?P<ids>.+?) to (?P<node>.+)", False),
    ("affiliates", rf"{ACTOR} makes (?P<whom>[a-z]+) (?P<affiliation>[a-z-]+) of (?P<node>\S+)", False),
    ("presence", rf"{ACTOR} is (?P<show>online|away|chat|dnd|xa|offline)", False),
    ("leaves", rf"{ACTOR} leaves", False),
    ("let", r"let (?P<name>[a-z.]+) be (?P<value>.*)", False),
]
SENTENCES = [(kind, re.compile(regex), block) for kind, regex, block in SENTENCES]


@dataclass
class Step:
    kind: str
    words: dict
    block: list  # elements
    raw: str  # the block as written
    line: int
    text: str


@dataclass
class Case:
    title: str
    line: int
    steps: list = field(default_factory=list)
    covers: list = field(default_factory=list)
    proves: list = field(default_factory=list)
    refutes: list = field(default_factory=list)
    servers: list = field(default_factory=list)  # empty: any


@dataclass
class Script:
    name: str
    cases: list


def read(path):
    path = Path(path)
    cases = []
    lines = path.read_text(encoding="utf-8").splitlines()
    number = 0
    while number < len(lines):
        line, number = lines[number], number + 1
        if not line.strip() or line.startswith("#"):
            continue
        try:
            if line.startswith("== "):
                cases.append(Case(line[3:].strip(), number))
            elif line[0].isspace() or not cases:
                raise ScriptError("an indented block belongs to a step, and a step to a case")
            elif line.split()[0] in ("covers", "proves", "refutes", "servers"):
                word, *names = line.split()
                getattr(cases[-1], word).extend(names)
            else:
                block = []
                first = number
                while number < len(lines) and (not lines[number].strip() or lines[number][0].isspace()):
                    block.append(lines[number])
                    number += 1
                cases[-1].steps.append(step(line.strip(), "\n".join(block).strip(), first))
        except ScriptError as failure:
            raise ScriptError(f"{path.name}:{number}: {failure}") from None
    return Script(path.stem, cases)


def step(line, raw, number):
    for kind, regex, wants_block in SENTENCES:
        found = regex.fullmatch(line.rstrip(":"))
        if found:
            if wants_block is not None and wants_block != bool(raw):
                raise ScriptError(f"{line!r} {'needs a' if wants_block else 'takes no'} block")
            return Step(kind, found.groupdict(), [] if kind == "raw" else parse(raw), raw, number, line)
    raise ScriptError(f"no such step: {line!r}")
