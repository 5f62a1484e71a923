#!/usr/bin/env python3
"""Runs `bourse audit verify --tiles` as somebody at a terminal would; prints how long it took and how often it showed its
progress, as figures. Fails unless it verifies, and unless it stops verifying once a byte of an entry is another."""

import argparse
import json
import os
import pathlib
import pty
import subprocess
import sys
import tempfile
import time

VERIFICATION_FAILED = 6


def run(words, home):
    """Exit code, seconds, and what it wrote on its terminal."""
    ours, theirs = pty.openpty()
    start = time.monotonic()
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=theirs,
                          env={"HOME": home, "PATH": os.environ["PATH"], "TERM": "xterm"}) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # nobody has the other end any more
                break
            if not part:
                break
            shown += part
        code = process.wait()
    seconds = time.monotonic() - start
    os.close(ours)
    return code, seconds, shown.decode(errors="replace")


def change_one_byte(folder):
    bundle = pathlib.Path(folder, "tile/entries/001")
    content = bytearray(bundle.read_bytes())
    content[len(content) // 2] ^= 1
    bundle.write_bytes(content)


def figure(name, value, unit):
    print(json.dumps({"name": name, "value": round(value, 3), "unit": unit}), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("program", "folder", "key"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--times", type=int, default=3, help="the slowest counts")
    arguments = parser.parse_args()
    words = [arguments.program, "audit", "verify", "--tiles", arguments.folder, "--key", arguments.key]
    with tempfile.TemporaryDirectory() as home:
        slowest, fewest = 0, None
        for _ in range(arguments.times):
            code, seconds, shown = run(words, home)
            if code != 0:
                sys.exit(f"bourse audit verify ended with {code}:\n{shown}")
            slowest = max(slowest, seconds)
            drawn = shown.count(" of 1,000,000 entries")
            fewest = drawn if fewest is None else min(fewest, drawn)
        change_one_byte(arguments.folder)
        code, _, shown = run(words, home)
        if code != VERIFICATION_FAILED:
            sys.exit(f"a changed entry went unseen: exit code {code}\n{shown}")
    figure("verify_seconds", slowest, "s")
    figure("verify_progress", fewest, "times")
    return 0


if __name__ == "__main__":
    sys.exit(main())
