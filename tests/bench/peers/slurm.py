#!/usr/bin/env python3
"""Placements a second of Slurm's own scheduler, for comparison: a private slurmctld on loopback ports, the machines of
the openb trace as its nodes (cores, memory, the gpus' model as a feature), and tasks of the trace as a backlog of jobs.

No slurmd runs: the nodes are cloud nodes that are still booting, which the scheduler fills like any other, so what is
measured is placing alone, without launching anything. The backlog waits behind a partition that is down; when it goes
up, the scheduler places one job after the other in one long cycle, and its log says when. Its front-end mode needs a
libslurm built for it, which Debian's slurm-wlm-emulator does not bring. Gpus are not counted, which only spares Slurm
work: a controller without slurmd does not know of any.

The last line of the output is one JSON object: {"version", "scheduler", "placements", "seconds", "per_second"}.
Exit 69: no Slurm 22.05 here."""

import argparse
import collections
import csv
import datetime
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time

SCHEDULERS = ("builtin", "backfill")


def free_ports(count):
    held = [socket.socket() for _ in range(count)]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def machines(path):
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows or "cpu_milli" not in rows[0]:
        sys.exit(f"{path} is not the openb trace's list of machines")
    return rows


def jobs(path, wanted):
    """(cores, MiB, features) and how many of each, `wanted` in all: what the trace's tasks ask for most."""
    shapes = collections.Counter()
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            cores = -(-int(row["cpu_milli"]) // 1000)
            spec = row["gpu_spec"]
            models = "(" + "|".join("m" + one for one in spec.split("|")) + ")" if "|" in spec else "m" + spec
            shapes[(max(cores, 1), int(row["memory_mib"]), "x86_64&linux" + ("&" + models if spec else ""))] += 1
    most = shapes.most_common(40)
    total = sum(count for _, count in most)
    return [(shape, max(1, wanted * count // total)) for shape, count in most]


class Slurm:
    def __init__(self, arguments, scheduler):
        self.directory = pathlib.Path(arguments.dir).resolve()
        self.scheduler = scheduler
        self.process = None
        self.environment = dict(os.environ, SLURM_CONF=str(self.directory / "slurm.conf"))
        (self.directory / "state").mkdir(parents=True, exist_ok=True)
        self.configure(machines(arguments.nodes))

    def configure(self, rows):
        control, daemon = free_ports(2)
        user = "root" if os.getuid() == 0 else subprocess.check_output(["id", "-un"], text=True).strip()
        here = self.directory
        text = f"""ClusterName=bench
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort={control}
SlurmdPort={daemon}
CommunicationParameters=NoCtldInAddrAny
AuthType=auth/none
CredType=cred/none
SlurmUser={user}
SlurmdUser={user}
StateSaveLocation={here}/state
SlurmdSpoolDir={here}/spool
SlurmctldPidFile={here}/slurmctld.pid
SlurmctldLogFile={here}/slurmctld.log
SlurmctldDebug=info
LogTimeFormat=iso8601_ms
SwitchType=switch/none
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
PriorityType=priority/basic
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerType=sched/{self.scheduler}
SchedulerParameters=defer,batch_sched_delay=0,default_queue_depth=100000,partition_job_depth=100000,max_sched_time=100,sched_min_interval=0,bf_max_job_test=100000,bf_interval=30
MessageTimeout=240
TCPTimeout=30
MaxJobCount=200000
MaxArraySize=100001
MailProg=/bin/true
SlurmdTimeout=0
ReturnToService=2
SlurmdParameters=config_overrides
SuspendProgram=/bin/true
ResumeProgram=/bin/true
SuspendTime=INFINITE
ResumeTimeout=65000
ResumeRate=0
"""
        for row in rows:
            cores = int(row["cpu_milli"]) // 1000
            model = row["model"] or "none"
            text += f"NodeName={row['sn']} Boards=1 Sockets=1 CoresPerSocket={cores // 4} ThreadsPerCore=4 CPUs={cores // 4 * 4}"
            text += f" RealMemory={row['memory_mib']} Features=x86_64,linux,m{model} State=CLOUD\n"
        text += "PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP\n"
        (here / "slurm.conf").write_text(text)
        (here / "job.sh").write_text("#!/bin/sh\ntrue\n")

    def call(self, *words):
        return subprocess.run(words, env=self.environment, capture_output=True, text=True, timeout=300)

    def start(self, program):
        log = open(self.directory / "console.log", "w")
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", program, "-D", "-c", "-f", str(self.directory / "slurm.conf")],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + 60
        while "UP" not in self.call("scontrol", "ping").stdout:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("slurmctld did not start:\n" + (self.directory / "console.log").read_text()[-2000:])
            time.sleep(0.1)

    def stop(self):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def placed(self):
        """When each job was placed, in seconds."""
        times = []
        with open(self.directory / "slurmctld.log", errors="replace") as log:
            for line in log:
                found = re.match(r"\[(\S+)\] (?:sched: Allocate|sched/\w+: \S+ Started|backfill: Started) .*JobId=", line)
                if found:
                    times.append(datetime.datetime.fromisoformat(found[1]).timestamp())
        return sorted(times)

    def measure(self, shapes, seconds):
        self.call("scontrol", "update", "PartitionName=main", "State=DOWN")
        submitted = 0
        for (cores, memory, features), count in shapes:
            words = ["sbatch", "-Q", f"--array=0-{count - 1}", "-N1", "-n1", f"-c{cores}", f"--mem={memory}", "-C", features,
                     "-t", "60", "-o", "/dev/null"]
            done = self.call(*words, str(self.directory / "job.sh"))
            if done.returncode == 0:
                submitted += count
            else:
                print(f"not submitted: {words}: {done.stderr.strip()}", file=sys.stderr)
        self.call("scontrol", "update", "PartitionName=main", "State=UP")
        deadline, before, still = time.monotonic() + seconds, -1, 0
        while time.monotonic() < deadline and before < submitted and still < 3:
            time.sleep(1)
            now = len(self.placed())
            still = still + 1 if now == before and now > 0 else 0
            before = now
        times = self.placed()
        if len(times) < 100:
            raise RuntimeError(f"Slurm placed only {len(times)} of {submitted} jobs")
        # Its pauses between cycles are no scheduling.
        busy = sum(b - a for a, b in zip(times, times[1:]) if b - a < 1.0)
        return {"placements": len(times), "submitted": submitted, "seconds": round(busy, 3),
                "per_second": round((len(times) - 1) / busy, 1)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", required=True, help="private folder, emptied by the caller")
    parser.add_argument("--nodes", required=True)
    parser.add_argument("--pods", required=True)
    parser.add_argument("--jobs", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=60, help="at most, of placing")
    parser.add_argument("--scheduler", choices=SCHEDULERS, default="builtin")
    arguments = parser.parse_args()
    program = next((one for one in ("/usr/sbin/slurmctld-wlm", "/usr/sbin/slurmctld") if os.path.exists(one)), None)
    version = "" if program is None else subprocess.run([program, "-V"], capture_output=True, text=True).stdout.strip()
    if "22.05" not in version:
        print(f"no Slurm 22.05 (slurm-wlm) here: {version or 'nothing installed'}", file=sys.stderr)
        return 69
    slurm = Slurm(arguments, arguments.scheduler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        slurm.start(program)
        result = slurm.measure(jobs(arguments.pods, arguments.jobs), arguments.seconds)
    finally:
        slurm.stop()
    print(json.dumps({"version": version, "scheduler": arguments.scheduler, **result}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
