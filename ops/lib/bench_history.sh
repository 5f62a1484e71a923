# ops/bench history: one PostgreSQL with a fresh market; bench_history fills it and asks it, then measures what needs no
# database: prediction on a public failure trace, matching on the power of public hosts.
# shellcheck shell=bash

bench_history() {
  local intervals=10000000 data='' part
  [[ -z $quick ]] || intervals=1000000
  [[ ! -d $root/../shared/data ]] || data=$(realpath "$root/../shared/data")
  heading "Starting PostgreSQL"
  start_postgresql "$dir/pg" max_wal_size=8GB shared_buffers=512MB wal_compression=on
  run_as_self
  : >"$dir/measures"
  prepare_history store
  measure_history store --uri "$(pg_uri boursed bourse_store)" --intervals "$intervals"
  measure_heartbeats
  if [[ -e $data/node_events_1995_2005.tab.gz ]]; then
    gzip -dc "$data/node_events_1995_2005.tab.gz" >"$dir/trace"
    measure_history prediction --trace "$dir/trace"
  else
    say "SKIPPED: prediction (no ../shared/data/node_events_1995_2005.tab.gz)"
  fi
  part=$(find "${data:-/nonexistent}" -maxdepth 1 -name 'boinc_hosts_*.txt' 2>/dev/null | sort | tail -n 1)
  if [[ -n $part ]]; then
    measure_history replay --hosts "$part"
  else
    say "SKIPPED: replay (no ../shared/data/boinc_hosts_*.txt)"
  fi
  report_history
}

# A market's database with the months of half a year, as one that ran so long has them.
prepare_history() { # NAME
  local database=bourse_$1 file
  prepare_database "$database"
  for file in "$root"/migrations/*.sql; do
    { printf 'BEGIN;\n'; cat "$file"; printf 'COMMIT;\n'; } | pg_sql "$database" >/dev/null
  done
  pg_sql "$database" >/dev/null <<'SQL'
SET timezone = 'UTC';
SELECT bourse.ensure_partitions();
SELECT bourse.make_history_month(m)
FROM generate_series(date_trunc('month', now()) - interval '6 months', now(), interval '1 month') AS m;
SQL
}

# boursed behind Prosody, and a component that is all the agents.
measure_heartbeats() {
  local ports agents=100000 seconds=60 boursed
  [[ -z $quick ]] || seconds=20
  heading "Measuring: heartbeats of $agents agents"
  ensure_tls "$dir/tls"
  ensure_secret "$dir/secret"
  ensure_accounts "$dir/accounts" user1
  mapfile -t ports < <(free_ports 2)
  start_prosody "$dir/prosody" "${ports[0]}" "${ports[1]}" "$dir/tls" "$dir/secret" "$dir/accounts" bench \
    "bourse.$xmpp_domain" "agents.$xmpp_domain"
  run_as_self
  prepare_database bourse_heartbeats
  write_boursed_configuration "$dir/boursed" bourse_heartbeats "${ports[1]}" "$dir/secret" "admin@$xmpp_domain"
  "$bin/boursed" migrate --config "$dir/boursed/boursed.toml" >"$dir/migrate.log" 2>&1 ||
    { cat "$dir/migrate.log" >&2; die "boursed migrate failed"; }
  start_boursed boursed "$dir/boursed" "$dir/boursed.log" "$bin/boursed"
  boursed=$started_pid
  "$root/tests/bench/history/agents.py" --port "${ports[1]}" --jid "agents.$xmpp_domain" --secret-file "$dir/secret" \
    --service "bourse.$xmpp_domain" --agents "$agents" --seconds "$seconds" --boursed "$boursed" \
    --postgresql "$(head -n 1 "$dir/pg/data/postmaster.pid")" | tee -a "$dir/measures"
}

measure_history() { # PART ARGUMENTS…
  local part=$1
  shift
  heading "Measuring: $part"
  "$bin/bench_history" --only "$part" "$@" "${arguments[@]}" | tee -a "$dir/measures"
}

# One table, and one line with every figure. Replay's and prediction's targets are ratios that their figures say.
report_history() {
  python3 - "$dir/measures" "$commit" "${quick:+quick}" <<'PYTHON'
import json, sys

targets = {"ingest_intervals_per_second": (50_000, "at least"), "provider_90_days_p99": (5, "at most"), "pool_30_days_max": (200, "at most"),
           "heartbeats_cores": (0.5, "at most")}
measures = []
for line in open(sys.argv[1], encoding="utf-8"):
    if not line.startswith("{"):
        continue
    one = json.loads(line)
    if one["name"] in targets:
        one["target"], way = targets[one["name"]]
        one["ok"] = one["value"] >= one["target"] if way == "at least" else one["value"] <= one["target"]
    measures.append(one)
for one in measures:
    verdict = "" if "ok" not in one else "ok" if one["ok"] else "MISSED"
    print(f"{one['name']:<46} {one['value']:>12.6g} {one['unit']:<10} {one.get('target', ''):>8} {verdict}")
line = {"bench": "history", "commit": sys.argv[2], "quick": sys.argv[3] == "quick", "measures": measures}
print(json.dumps(line, ensure_ascii=False, separators=(",", ":")))
PYTHON
}
