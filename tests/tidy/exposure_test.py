"""Every service of ops/systemd is sandboxed: `systemd-analyze security` gives it an exposure of at most 2.0, and understands
each line of it. Usage: exposure_test.py ROOT. Exit status 77: there is no systemd-analyze that can say.

It is asked about the files alone (--offline), so that this needs no systemd that runs. Whether the programs work in their
sandboxes is tried by `ops/package --test`.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

MOST = 2.0
SKIPPED = 77


def analyze(*arguments):
    """Exit status, standard output, standard error."""
    done = subprocess.run(["systemd-analyze", "--no-pager", *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def exposure(unit):
    """What systemd gives the unit file; None when it says nothing."""
    status, told, _ = analyze("security", "--offline=true", str(unit))
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", told)
    return float(found.group(1)) if status == 0 and found else None


def complaints(unit):
    level = exposure(unit)
    if level is None:
        yield f"{unit.name}: systemd-analyze gives it no exposure"
    elif level > MOST:
        yield f"{unit.name}: exposure {level}, more than {MOST}; see `systemd-analyze security --offline=true {unit}`"
    # A directive that is misspelt protects nothing, and costs nothing above when it is of those that are not counted.
    _, _, said = analyze("verify", "--man=no", str(unit))
    for line in said.splitlines():
        if re.search(r"Unknown|Failed to parse|Invalid|ignoring", line) and unit.name in line:
            yield f"{unit.name}: {line}"


def check_itself(folder):
    """The rules find what is wrong."""
    bare = folder / "bare.service"
    bare.write_text("[Service]\nExecStart=/bin/true\n")
    misspelt = folder / "misspelt.service"
    misspelt.write_text("[Service]\nExecStart=/bin/true\nProtectSystme=strict\n")
    if not any("exposure" in each for each in complaints(bare)):
        yield "exposure_test.py itself: a unit without a sandbox is let through"
    if not any("ProtectSystme" in each for each in complaints(misspelt)):
        yield "exposure_test.py itself: a misspelt directive is let through"


def main(root):
    if shutil.which("systemd-analyze") is None:
        print("there is no systemd-analyze here: the exposure of the units was NOT checked")
        return SKIPPED
    if "--offline" not in analyze("--help")[1]:
        print("this systemd-analyze cannot check files (--offline): the exposure of the units was NOT checked")
        return SKIPPED
    units = sorted(pathlib.Path(root, "ops/systemd").glob("*.service"))
    with tempfile.TemporaryDirectory() as folder:
        found = [*check_itself(pathlib.Path(folder))] + [each for unit in units for each in complaints(unit)]
    if not units:
        found.append("ops/systemd has no services")
    for each in found:
        print(each)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
