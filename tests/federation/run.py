#!/usr/bin/python3
"""Runs the tests of this folder: `run.py [NAME…]`, those whose full names contain one of the NAMEs. The first ones need
servers that have not spoken to each other yet; the last ones need the machine for themselves."""

import sys
import unittest
from pathlib import Path

ORDER = ("handshake_test", "both_ways_test", "refusal_test", "impostor_test", "policy_test", "fault_test", "load_test")


def every_test(suite):
    for test in suite:
        yield from every_test(test) if isinstance(test, unittest.TestSuite) else [test]


def main():
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    tests = every_test(unittest.defaultTestLoader.loadTestsFromNames(
        [name for name in ORDER if (Path(__file__).parent / f"{name}.py").exists()]))
    chosen = [test for test in tests if not sys.argv[1:] or any(name in test.id() for name in sys.argv[1:])]
    if not chosen:
        print(f"no test is called {' or '.join(sys.argv[1:])}")
        return 1
    outcome = unittest.TextTestRunner(verbosity=2, durations=0).run(unittest.TestSuite(chosen)) \
        if sys.version_info >= (3, 12) else unittest.TextTestRunner(verbosity=2).run(unittest.TestSuite(chosen))
    return 0 if outcome.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
