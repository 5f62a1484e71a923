"""Has a log of ours verified by Go's golang.org/x/mod/sumdb and by openssl, and has them find what is changed in it.

Usage: run.py WRITER WORK_DIR. WRITER is the program built of write_log.cc. Exit code 77 (skipped) without Go or that
package: apt-get install golang-go golang-golang-x-mod-dev. Nothing is downloaded.
"""

import base64
import os
import pathlib
import shutil
import subprocess
import sys

GOPATH = pathlib.Path("/usr/share/gocode")
HERE = pathlib.Path(__file__).parent


def build(folder):
    go = shutil.which("go")
    if go is None or not (GOPATH / "src/golang.org/x/mod/sumdb/tlog").is_dir():
        print("skipped: golang-go and golang-golang-x-mod-dev are not installed")
        sys.exit(77)
    program = folder / "verify"
    environment = {**os.environ, "GO111MODULE": "off", "GOPATH": str(GOPATH), "GOFLAGS": "", "GOPROXY": "off",
                   "GOCACHE": str(folder / "go-cache"), "CGO_ENABLED": "0"}
    subprocess.run([go, "build", "-o", str(program), str(HERE / "verify.go")], env=environment, check=True)
    return program


def verdict(program, log):
    run = subprocess.run([str(program), str(log)], capture_output=True, text=True, check=False)
    return run.returncode, run.stdout + run.stderr


def flip(path, at):
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def other_size(log):
    """The smaller checkpoint with its second line one higher, as it would be without a signature."""
    text = (log / "before").read_text(encoding="utf-8")
    (log / "before").write_text(text.replace("\n700\n", "\n701\n"), encoding="utf-8")


def append_entry(log):
    with open(log / "tile/entries/200", "ab") as file:
        file.write(b"\0\1x")


def exchange_words(log, kind):
    """The last proof of that kind with its last two hashes the other way round."""
    lines = (log / "proofs").read_text(encoding="ascii").splitlines()
    at = max(number for number, line in enumerate(lines) if line.startswith(kind))
    words = lines[at].split()
    words[-1], words[-2] = words[-2], words[-1]
    lines[at] = " ".join(words)
    (log / "proofs").write_text("\n".join(lines) + "\n", encoding="ascii")


def exchange_entries(log):
    first, second = log / "tile/entries/010", log / "tile/entries/011"
    data = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(data)


# What is changed, and a word that the verdict must have: that something failed is not enough.
TAMPERINGS = {
    "a leaf": (lambda log: flip(log / "tile/0/123", 99), "is another tile"),
    "a node": (lambda log: flip(log / "tile/1/000", 99), "is another tile"),
    "the right edge": (lambda log: flip(log / "tile/0/273.p/112", 5), "is another tile"),
    "a tile cut off": (lambda log: os.truncate(log / "tile/0/100", 8191), "is another tile"),
    "a tile missing": (lambda log: (log / "tile/0/100").unlink(), "no such file"),
    "an older partial tile": (lambda log: flip(log / "tile/0/002.p/188", 99), "is another tile"),
    "an entry": (lambda log: flip(log / "tile/entries/200", 700), "another root"),
    "entries exchanged": (exchange_entries, "another root"),
    "entries cut off": (lambda log: os.truncate(log / "tile/entries/200", 700), "cut off"),
    "an entry too many": (append_entry, "more than its entries"),
    "the checkpoint": (lambda log: flip(log / "checkpoint", 25), "invalid signature"),
    "the older checkpoint": (other_size, "invalid signature"),
    "an inclusion proof": (lambda log: exchange_words(log, "inclusion"), "invalid transparency proof"),
    "a consistency proof": (lambda log: exchange_words(log, "consistency"), "invalid transparency proof"),
    "the key": (lambda log: flip(log / "log.vkey", 2), "invalid verifier hash"),
}


def openssl_verifies(log, work):
    """The log's signature by openssl alone: the text as a file, the key in its DER form (RFC 8410)."""
    text, _, signatures = (log / "checkpoint").read_bytes().rpartition(b"\n\n")
    raw = base64.b64decode((log / "log.vkey").read_text(encoding="ascii").split("+", 2)[2])[1:]
    line = signatures.splitlines()[0]
    (work / "text").write_bytes(text + b"\n")
    (work / "signature").write_bytes(base64.b64decode(line.split()[-1])[4:])
    (work / "key.der").write_bytes(bytes.fromhex("302a300506032b6570032100") + raw)
    run = subprocess.run(
        ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER", "-inkey", str(work / "key.der"),
         "-in", str(work / "text"), "-sigfile", str(work / "signature")], capture_output=True, text=True, check=False)
    return run.returncode == 0 and "Verified Successfully" in run.stdout, run.stdout + run.stderr


def main():
    writer, work = sys.argv[1], pathlib.Path(sys.argv[2])
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    program = build(work)
    subprocess.run([writer, str(work / "log")], check=True)
    code, said = verdict(program, work / "log")
    print(said, end="")
    failures = [] if code == 0 else ["the untouched log was refused"]
    good, said = openssl_verifies(work / "log", work)
    if not good:
        failures.append(f"openssl refused the checkpoint: {said}")
    for name, (tamper, words) in TAMPERINGS.items():
        shutil.rmtree(work / "tampered", ignore_errors=True)
        shutil.copytree(work / "log", work / "tampered")
        tamper(work / "tampered")
        code, said = verdict(program, work / "tampered")
        if code != 1 or not any(word in said for word in words.split("|")):
            failures.append(f"{name}: exit code {code}, said: {said}")
    print(f"{len(TAMPERINGS)} changes tried")
    for failure in failures:
        print("FAILED:", failure)
    shutil.rmtree(work, ignore_errors=True)
    return 1 if failures else 0


sys.exit(main())
