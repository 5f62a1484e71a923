# ops/bench audit: one PostgreSQL with two equal markets, and a fresh database for each measure that fills its own. What
# the figures are:
#   grants_share             durable grants a second of a market with tree, tiles and signatures, as a share of those of one
#                            that only writes audit entries, in rounds of both, back and forth; the median of the rounds
#   commit_to_checkpoint_*   per entry, from the commit that wrote it until a signed checkpoint over it is committed, in the
#                            rounds of grants_share, the market's queue full; _calm: with one grant at a time
#   integrated               a market starts on entries that nobody has integrated: per second, from when they are in
#                            memory until the checkpoint over all of them is committed; _with_reading: from when it began
#                            to read them
#   proof_*                  one receipt (checkpoint, entry, inclusion proof) for a party of the entry, as the service
#                            answers it, without XMPP; of entries anywhere in the log; each answer is verified
#   verify_seconds           `bourse audit verify --tiles` on a folder as `bourse audit export` writes it, on a terminal
# shellcheck shell=bash

bench_audit() {
  local offers=1000000 rounds=8 grants=30000 backlog=1000000 leaves=10000000
  [[ -z $quick ]] || { offers=200000 rounds=3 grants=20000 backlog=500000 leaves=1000000; }
  heading "Starting PostgreSQL, filling it with offers"
  # What is measured must not meet a checkpoint of PostgreSQL's that only a short run would feel.
  start_postgresql "$dir/pg" max_wal_size=8GB min_wal_size=4GB "shared_buffers=$(quarter_of_memory)"
  run_as_self
  prepare_market with "$offers"
  pg_sql postgres <<<'CREATE DATABASE bourse_without TEMPLATE bourse_with' >/dev/null
  prepare_market backlog 0
  prepare_market proofs 0
  pg_sql postgres <<<CHECKPOINT
  : >"$dir/measures"
  measure_audit grants --with "$(pg_uri boursed bourse_with)" --without "$(pg_uri boursed bourse_without)" \
    --checkpoint "$dir/grants.last" --rounds "$rounds" --grants "$grants"
  measure_audit backlog --uri "$(pg_uri boursed bourse_backlog)" --checkpoint "$dir/backlog.last" --entries "$backlog"
  measure_audit proofs --uri "$(pg_uri boursed bourse_proofs)" --leaves "$leaves"
  heading "Measuring: bourse audit verify"
  "$bin/bench_audit" export --folder "$dir/log" --entries 1000000 >"$dir/log.vkey"
  python3 "$root/tests/bench/audit/verify.py" --program "$bin/bourse" --folder "$dir/log" --key "$dir/log.vkey" |
    tee -a "$dir/measures"
  report_audit
}

measure_audit() { # PART ARGUMENTS…
  heading "Measuring: $1"
  "$bin/bench_audit" "$@" | tee -a "$dir/measures"
}

# One table, and one line with every figure.
report_audit() {
  python3 - "$dir/measures" "$commit" "${quick:+quick}" <<'PYTHON'
import json, sys

targets = {"grants_share": (0.9, "≥"), "integrated": (25_000, "≥"), "proof_p99": (2, "≤"), "verify_seconds": (10, "≤"),
           "verify_progress": (1, "≥"), "commit_to_checkpoint_p99": (1500, "≤"), "commit_to_checkpoint_calm_p99": (1500, "≤")}
measures = []
for line in open(sys.argv[1], encoding="utf-8"):
    one = json.loads(line)
    one["target"], sign = targets.get(one["name"], (None, ""))
    one["ok"] = {"≥": lambda: one["value"] >= one["target"], "≤": lambda: one["value"] <= one["target"]}.get(sign, lambda: True)()
    measures.append(one)
    asked = f"{sign} {one['target']:g}" if sign else ""
    verdict = "" if not sign else "ok" if one["ok"] else "MISSED"
    print(f"{one['name']:<46} {one['value']:>12.6g} {one['unit']:<10} {asked:>10} {verdict}")
missing = targets.keys() - {one["name"] for one in measures}
if missing:
    sys.exit(f"not measured: {', '.join(sorted(missing))}")
line = {"bench": "audit", "commit": sys.argv[2], "quick": sys.argv[3] == "quick", "measures": measures}
print(json.dumps(line, ensure_ascii=False, separators=(",", ":")))
PYTHON
}
