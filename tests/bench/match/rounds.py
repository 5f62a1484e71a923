#!/usr/bin/env python3
"""What `ops/bench match` runs: bench_match's parts and their peers in alternating rounds, then one JSON line with every
figure. ops/lib/bench_match.sh starts PostgreSQL and fills the databases; everything started here is stopped here."""

import argparse
import contextlib
import json
import pathlib
import signal
import statistics
import subprocess
import sys

PEERS = pathlib.Path(__file__).resolve().parent.parent / "peers"
sys.path.insert(0, str(PEERS))
import slurm  # noqa: E402

NO_SLURM = 69


class Measures:
    def __init__(self):
        self.lines = []

    def add(self, name, value, unit, at_least=None, at_most=None):
        target = at_least if at_least is not None else at_most
        ok = True if target is None else value >= target if at_least is not None else value <= target
        self.lines.append({"name": name, "value": float(f"{value:.5g}"), "unit": unit, "target": target, "ok": ok})
        sign = "" if target is None else f"{'≥' if at_least is not None else '≤'} {target:g}"
        print(f"{name:<46} {value:>12.{0 if value >= 1000 else 3}f} {unit:<9} {sign:>10} "
              f"{'' if target is None else 'ok' if ok else 'MISSED'}", flush=True)

    def json(self, commit):
        return json.dumps({"bench": "match", "commit": commit, "cpu": cpu_model(), "measures": self.lines},
                          ensure_ascii=False, separators=(",", ":"))


def cpu_model():
    with open("/proc/cpuinfo") as info:
        return next((line.split(":", 1)[1].strip() for line in info if line.startswith("model name")), "unknown")


def progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="" if text else "", file=sys.stderr, flush=True)


def say(text):
    progress("")
    print(text, file=sys.stderr, flush=True)


def guarded(words):
    """A child that the kernel stops should this process be killed outright."""
    return ["setpriv", "--pdeathsig", "TERM", *words]


def figures(words):
    """The figures a part of bench_match prints, by name."""
    found = {}
    with subprocess.Popen(guarded(words), stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            one = json.loads(line)
            found[one["name"]] = (one["value"], one["unit"])
            progress(f"{words[1]}: {one['name']} {one['value']} {one['unit']}")
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(words)} failed")
    return found


class Ours:
    """bench_match grants, kept running between rounds."""

    def __init__(self, program, uri, *more):
        self.process = subprocess.Popen(guarded([program, "grants", "--uri", uri, *more]), stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        if self.read() != "ready":
            raise RuntimeError("bench_match grants did not get ready")

    def read(self):
        line = self.process.stdout.readline().strip()
        if not line:
            raise RuntimeError("bench_match grants ended early")
        return line

    def rate(self, order):
        self.process.stdin.write(order + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.read())
        return answer["grants"] / answer["seconds"]

    def stop(self):
        self.process.stdin.close()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Pgbench:
    def __init__(self, program, socket):
        self.program, self.socket = program, socket

    def transactions(self, clients, seconds, scripts):
        words = [self.program, "-h", self.socket, "-U", "postgres", "-n", "-M", "prepared", "-T", str(seconds), "-c",
                 str(clients), "-j", "2"]
        for script in scripts:
            words += ["-f", str(script)]
        done = subprocess.run(guarded([*words, "peers"]), capture_output=True, text=True)
        for line in done.stdout.splitlines():
            if line.startswith("tps ="):
                return float(line.split()[2])
        raise RuntimeError("pgbench failed:\n" + done.stderr[-2000:])


def matcher_scripts(directory):
    """As they are, and without the order, so that the first row that fits will do."""
    best = sorted(PEERS.glob("matcher_*.pgbench"))
    first = []
    for script in best:
        plain = directory / f"first_{script.name}"
        plain.write_text(script.read_text().replace("\nORDER BY cpu\n", "\n"))
        first.append(plain)
    return best, first


def measure_engine(arguments, measures, rounds):
    say("Decisions of the engine, without a database")
    found = figures([arguments.program, "decisions", "--rounds", str(rounds)])
    targets = {"decision_p50": 10, "decision_p99": 100, "decision_growth": 2.5}
    worst = max(value for name, (value, _) in found.items() if name.startswith("nothing_") and name.endswith("_p99"))
    for name, (value, unit) in found.items():
        measures.add(name, value, unit, at_most=targets.get(name, 1 if name.startswith("nothing_") and unit == "ms" and
                                                            name.endswith("_p99") else None))
    measures.add("nothing_fits_worst_p99", worst, "ms", at_most=1)
    say("Memory")
    for name, (value, unit) in figures([arguments.program, "memory"]).items():
        measures.add(name, value, unit, at_most=512 if name.startswith("memory_per_offer") else None)


def measure_packing(arguments, measures):
    if not arguments.data:
        say("NOT MEASURED: packing and Slurm, for want of the openb trace (--data DIR)")
        return
    say("Packing of the openb trace")
    seeds = "1" if arguments.quick else "10"
    found = figures([arguments.program, "packing", "--data", arguments.data, "--seeds", seeds])
    for name, (value, unit) in found.items():
        measures.add(name, value, unit, at_least=95.4 if name == "packing_ours" else None)
    measures.add("packing_random_off_published", abs(found["packing_random"][0] - 87.47), "points", at_most=1)
    measures.add("packing_best_fit_off_published", abs(found["packing_best_fit"][0] - 93.08), "points", at_most=1)


def run_slurm(arguments, directory):
    """None where there is no Slurm 22.05."""
    directory.mkdir(parents=True)
    done = subprocess.run(guarded([sys.executable, str(PEERS / "slurm.py"), "--dir", str(directory), "--nodes",
                                   f"{arguments.data}/openb_node_list_all_node.csv", "--pods",
                                   f"{arguments.data}/openb_pod_list_default.csv", "--jobs", "2000"]),
                          stdout=subprocess.PIPE, text=True)
    if done.returncode == NO_SLURM:
        return None
    if done.returncode != 0:
        raise RuntimeError("slurm.py failed")
    return json.loads(done.stdout.splitlines()[-1])["per_second"]


def write_jobs(arguments, path):
    shapes = slurm.jobs(f"{arguments.data}/openb_pod_list_default.csv", 2000)
    lines = []
    for (cores, memory, features), count in shapes:
        models = [one for one in features.split("&")[-1].strip("()").split("|") if one.startswith("m")]
        needs = "(arch=x86_64)(os=linux)" + (
            "(|" + "".join(f"(model={one})" for one in models) + ")" if models else "")
        lines.append(f"{cores}\t{memory}\t(&{needs})\t{count}\n")
    path.write_text("".join(lines))


def measure_grants(arguments, measures, rounds):
    directory = pathlib.Path(arguments.dir)
    seconds = 3 if arguments.quick else 5
    pgbench = Pgbench(arguments.pgbench, arguments.socket)
    best, first = matcher_scripts(directory)
    rates = {name: [] for name in ("million", "hundreds", "hundred_thousand", "bare_1", "bare_4", "sql_4", "sql_16",
                                   "sql_first_16", "openb", "slurm")}
    with contextlib.ExitStack() as stack:
        say("Loading 1,000,000 offers, and 100,000")
        million = Ours(arguments.program, arguments.uri_million)
        stack.callback(million.stop)
        smaller = Ours(arguments.program, arguments.uri_100k)
        stack.callback(smaller.stop)
        openb = None
        if arguments.data:
            write_jobs(arguments, directory / "jobs.tsv")
            openb = Ours(arguments.program, arguments.uri_openb, "--nodes",
                         f"{arguments.data}/openb_node_list_all_node.csv", "--jobs", str(directory / "jobs.tsv"))
            stack.callback(openb.stop)
        with_slurm = openb is not None
        million.rate("grants 2000 1")  # statements prepared, pages read
        smaller.rate("grants 2000 1")
        for number in range(rounds):
            progress(f"grants: round {number + 1} of {rounds}")
            rates["million"].append(million.rate("grants 50000 1"))
            rates["bare_1"].append(200 * pgbench.transactions(1, seconds, [PEERS / "bare.pgbench"]))
            rates["bare_4"].append(200 * pgbench.transactions(4, seconds, [PEERS / "bare.pgbench"]))
            rates["hundreds"].append(million.rate("grants 500 100"))
            rates["hundred_thousand"].append(smaller.rate("grants 30000 1"))
            for name, clients, scripts in (("sql_4", 4, best), ("sql_16", 16, best), ("sql_first_16", 16, first)):
                rates[name].append(pgbench.transactions(clients, seconds, scripts))
            if with_slurm:
                slurm_rate = run_slurm(arguments, directory / f"slurm{number}")
                with_slurm = slurm_rate is not None
                if with_slurm:
                    rates["slurm"].append(slurm_rate)
                    rates["openb"].append(statistics.median(openb.rate("jobs") for _ in range(5)))
    say("")
    report_grants(measures, rates)


def report_grants(measures, rates):
    middle = {name: statistics.median(values) for name, values in rates.items() if values}

    def over(ours, *peers):
        """Round by round against the quickest of the peers."""
        return statistics.median(mine / max(theirs) for mine, *theirs in zip(rates[ours], *(rates[one] for one in peers)))

    measures.add("grants_durable", middle["million"], "1/s", at_least=20_000)
    measures.add("grants_durable_count_100", middle["hundreds"], "1/s")
    measures.add("bare_sql_1_connection", middle["bare_1"], "1/s")
    measures.add("bare_sql_4_connections", middle["bare_4"], "1/s")
    measures.add("grants_over_bare_sql", over("million", "bare_1"), "ratio", at_least=0.4)
    measures.add("grants_over_bare_sql_4_connections", over("million", "bare_4"), "ratio")
    measures.add("grants_durable_100k_offers", middle["hundred_thousand"], "1/s")
    measures.add("sql_matcher_4_connections", middle["sql_4"], "1/s")
    measures.add("sql_matcher_16_connections", middle["sql_16"], "1/s")
    measures.add("sql_matcher_first_fit", middle["sql_first_16"], "1/s")
    measures.add("grants_over_sql_matcher", over("hundred_thousand", "sql_4", "sql_16"), "ratio", at_least=20)
    measures.add("grants_over_sql_matcher_first_fit", over("hundred_thousand", "sql_first_16"), "ratio")
    if "slurm" in middle:
        measures.add("slurm_placements", middle["slurm"], "1/s")
        measures.add("grants_durable_openb", middle["openb"], "1/s")
        measures.add("grants_over_slurm", over("openb", "slurm"), "ratio", at_least=20)
    else:
        say("NOT MEASURED: Slurm: the measure is left out (it needs Slurm 22.05, Debian 12's slurm-wlm, and the openb trace)")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("program", "dir", "pgbench", "socket", "uri-million", "uri-100k", "uri-openb"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--commit", default="unknown")
    parser.add_argument("--data", default="", help="folder with the openb trace")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", choices=("engine", "packing", "grants"), help="one part of it")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    rounds = 1 if arguments.quick else 5
    measures = Measures()
    if arguments.only in (None, "engine"):
        measure_engine(arguments, measures, rounds)
    if arguments.only in (None, "packing"):
        measure_packing(arguments, measures)
    if arguments.only in (None, "grants"):
        measure_grants(arguments, measures, rounds)
    progress("")
    print(measures.json(arguments.commit))
    return 0


if __name__ == "__main__":
    sys.exit(main())
