"""The audit log as anybody reads it, with nothing of ours: its tree (RFC 6962), tiles, signed heads (C2SP) and entries
(protobuf), by hashlib and openssl alone.
"""

import base64
import hashlib
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

PUBLIC_HEAD = bytes.fromhex("302a300506032b6570032100")  # SubjectPublicKeyInfo of an Ed25519 key (RFC 8410)
PRIVATE_HEAD = bytes.fromhex("302e020100300506032b657004220420")  # … and PrivateKeyInfo
TILE_WIDTH = 256
DASH = "\u2014"

# The tree -----------------------------------------------------------------------------------------------------


def leaf(entry):
    return hashlib.sha256(b"\0" + entry).digest()


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


class Tree:
    """RFC 6962 §2.1, leaf by leaf: the roots of perfect subtrees, largest first."""

    def __init__(self):
        self.size = 0
        self.parts = []

    def add(self, hash):
        self.size += 1
        self.parts.append(hash)
        size = self.size
        while size % 2 == 0:
            right, left = self.parts.pop(), self.parts.pop()
            self.parts.append(node(left, right))
            size //= 2

    def root(self):
        if not self.parts:
            return hashlib.sha256(b"").digest()
        root = self.parts[-1]
        for left in reversed(self.parts[:-1]):
            root = node(left, root)
        return root


def roots(entries):
    """By size."""
    tree = Tree()
    found = {0: tree.root()}
    for entry in entries:
        tree.add(leaf(entry))
        found[tree.size] = tree.root()
    return found


def tiles(entries):
    """(level, index) → hashes, the last of each level as far as it goes (C2SP tlog-tiles)."""
    found = {}
    level, hashes = 0, [leaf(entry) for entry in entries]
    while hashes:
        parts = [hashes[at:at + TILE_WIDTH] for at in range(0, len(hashes), TILE_WIDTH)]
        for index, part in enumerate(parts):
            found[level, index] = b"".join(part)
        hashes = []
        for part in parts:
            if len(part) == TILE_WIDTH:
                tree = Tree()
                for hash in part:
                    tree.add(hash)
                hashes.append(tree.root())
        level += 1
    return found


# Signed heads -------------------------------------------------------------------------------------------------


def parsed(note):
    """origin, size, root of an unverified note."""
    origin, size, root = note.split("\n\n")[0].split("\n")[:3]
    return origin, int(size), base64.b64decode(root)


def head_text(origin, size, root):
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"


def openssl(operation, key, head, text, *arguments, files=()):
    with tempfile.TemporaryDirectory(prefix="bourse-note-") as folder:
        folder = Path(folder)
        (folder / "key").write_bytes(head + key)
        (folder / "text").write_bytes(text.encode())
        for name, content in files:
            (folder / name).write_bytes(content)
        return subprocess.run(
            ["openssl", "pkeyutl", operation, "-rawin", "-keyform", "DER", "-inkey", "key", "-in", "text", *arguments],
            cwd=folder, capture_output=True, check=False)


def key_id(name, typed_key):
    return hashlib.sha256(name.encode() + b"\n" + typed_key).digest()[:4]


def signed_by(note, vkey):
    """Whether openssl says so."""
    name, _, encoded = vkey.split("+", 2)
    key = base64.b64decode(encoded)
    assert key[0] == 1 and len(key) == 33
    text, signatures = note.split("\n\n")
    for line in signatures.splitlines():
        dash, signer, signature = line.split(" ")
        signature = base64.b64decode(signature)
        if dash != DASH or signer != name or signature[:4] != key_id(name, key):
            continue
        done = openssl("-verify", key[1:], PUBLIC_HEAD, text + "\n", "-pubin", "-sigfile", "signature",
                       files=[("signature", signature[4:])])
        return done.returncode == 0
    return False


@dataclass(frozen=True)
class Signer:
    """The private key of a log. `id`: of its public key."""
    name: str
    id: bytes
    secret: bytes

    @staticmethod
    def parse(line):
        private, word, name, id, encoded = line.split("+", 4)
        key = base64.b64decode(encoded)
        assert (private, word) == ("PRIVATE", "KEY") and key[0] == 1 and len(key) == 33
        return Signer(name, bytes.fromhex(id), key[1:])

    def sign(self, text):
        """The note."""
        done = openssl("-sign", self.secret, PRIVATE_HEAD, text)
        assert done.returncode == 0, done.stderr
        return f"{text}\n{DASH} {self.name} {base64.b64encode(self.id + done.stdout).decode()}\n"

    def checkpoint(self, size, root, origin=None):
        return self.sign(head_text(origin or self.name, size, root))


# Entries ------------------------------------------------------------------------------------------------------
# proto/bourse/v1/audit.proto and the parts of market.proto's Grant that tests change: by number of field.
AT, KIND, ACTOR, PROVIDER, CONSUMER, OFFER, REQUEST, GRANT, REASON, RECORD = range(1, 11)
GRANT_CONSUMER = 5


def varint(number):
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def decoded(message):
    """[(number, value)]: int for a varint, bytes for what has a length."""
    found, at = [], 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        tag = number()
        value = number()
        assert tag & 7 in (0, 2), "neither a varint nor a length"
        if tag & 7 == 2:
            value, at = message[at:at + value], at + value
        found.append((tag >> 3, value))
    return found


def encoded(fields):
    """What decoded() gives, in the order of the numbers."""
    message = b""
    for field, value in sorted(fields, key=lambda each: each[0]):
        if isinstance(value, int):
            message += varint(field << 3) + varint(value)
        else:
            message += varint(field << 3 | 2) + varint(len(value)) + value
    return message


def value_of(message, field, default=b""):
    return dict(decoded(message)).get(field, default)


def with_value(message, field, value):
    """The message with another value of a field that it has once at most."""
    return encoded([each for each in decoded(message) if each[0] != field] + ([(field, value)] if value else []))
