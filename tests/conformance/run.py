"""Runs stanza scripts against boursed behind a real XMPP server. README.md describes the scripts.

    run.py [--server prosody|ejabberd] [--service JID] [SCRIPT…]

Needs the environment of ops/test; --service tries somebody else's pubsub service instead of a boursed of its own.
Exit status: 0 all cases passed, 1 not, 77 no environment.
"""

import argparse
import asyncio
import fnmatch
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from features import complaints  # noqa: E402
from script import read  # noqa: E402
from stage import Stage  # noqa: E402
from stanza import PREFIXES, ScriptError  # noqa: E402
from support.market_process import Database, Environment, running_market  # noqa: E402

COMPONENT = 10  # the number of the component JID that nobody else uses
# Small, so that a script can reach them.
LIMITS = {"pubsub__max_nodes_per_jid": 100, "pubsub__max_subscriptions_per_jid": 200}


def settings(environment):
    return {"market__operators": [environment.accounts[11][0]], "contact__admin": ["mailto:admin@example.org"], **LIMITS}


async def announced(stage):
    actor = await stage.actor("alice")
    answer = await actor.exchange(f"<query xmlns='{PREFIXES['info']}'/>", "get")
    return {feature.get("var") for feature in answer.iter(f"{{{PREFIXES['info']}}}feature")}


async def play_all(environment, server, scripts, wanted, everything, texts):
    stage = Stage(environment, log=lambda text: print(f"# {text}"), texts=texts)
    proved, refuted, failed, count = set(), set(), [], 0
    started = time.monotonic()
    try:
        for script in scripts:
            for case in script.cases:
                if case.servers and server not in case.servers or wanted and not fnmatch.fnmatch(case.title, wanted):
                    continue
                count += 1
                trouble = await stage.play(case)
                print(f"{'not ok' if trouble else 'ok'} {count} {script.name}: {case.title}", flush=True)
                if trouble:
                    failed.append(f"{script.name}: {case.title}")
                    print("\n".join(f"    {line}" for line in trouble.splitlines()), flush=True)
                else:
                    proved.update(case.proves)
                    refuted.update(case.refutes)
        if everything:
            count += 1
            wrong = list(complaints(await announced(stage), proved, refuted))
            print(f"{'not ok' if wrong else 'ok'} {count} features: announced is what works")
            for line in wrong:
                print(f"    {line}")
            failed += ["features"] if wrong else []
    finally:
        await stage.close()
    print(f"1..{count}")
    print(f"# {server}: {count - len(failed)} of {count} passed in {time.monotonic() - started:.1f} s")
    for name in failed:
        print(f"# failed: {name}")
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", choices=("prosody", "ejabberd"), default="prosody")
    parser.add_argument("--service", help="the JID of another service to try")
    parser.add_argument("--case", default="", help="only cases whose title fits this pattern")
    parser.add_argument("scripts", nargs="*", type=Path)
    arguments = parser.parse_args()
    try:
        scripts = [read(path) for path in arguments.scripts or sorted((HERE / "scripts").glob("*.txt"))]
    except ScriptError as failure:
        sys.exit(str(failure))
    environment = Environment(COMPONENT, arguments.server)
    everything = not arguments.scripts and not arguments.case

    def play():
        return asyncio.run(play_all(environment, arguments.server, scripts, arguments.case, everything,
                                    texts=not arguments.service))

    if arguments.service:
        environment.service = arguments.service
        sys.exit(1 if play() else 0)
    database = Database(environment.postgres)
    bourse = None
    try:
        bourse = running_market(environment, database, **settings(environment))
        failed = play()
        if bourse.process.poll() is not None:
            failed.append("boursed ended")
        if failed:
            print("# the log of boursed:")
            print("\n".join(f"# {line}" for line in bourse.log().splitlines()[-40:]))
        if bourse.stop() != 0:
            failed.append("boursed did not end well")
            print("# boursed did not end well")
    finally:
        if bourse:
            bourse.close()
        database.close()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
