# ops/bench fanout: one PostgreSQL; Prosody (and ejabberd) with an echo component and a boursed each. bench_fanout
# measures the notifications; what a million subscriptions cost is measured here, afterwards.
# shellcheck shell=bash

subscriptions_wanted=1000000

bench_fanout() {
  local samples=(--rounds 5 --seconds 4) ports json
  [[ -z $quick ]] || samples=(--rounds 1 --seconds 3)
  heading "Starting PostgreSQL, Prosody, ejabberd, two echo components and two markets"
  ensure_tls "$dir/tls"
  ensure_secret "$dir/secret"
  ensure_accounts "$dir/accounts" user{1..20}
  mapfile -t ports < <(free_ports 4)
  start_postgresql "$dir/pg" max_wal_size=4GB
  start_subject prosody "${ports[0]}" "${ports[1]}"
  start_subject ejabberd "${ports[2]}" "${ports[3]}"

  heading "Measuring"
  "$bin/bench_fanout" --server "prosody=${ports[0]}" --server "ejabberd=${ports[2]}" --accounts "$dir/accounts" \
    --market "bourse.$xmpp_domain" --echo "echo.$xmpp_domain" --commit "$commit" "${samples[@]}" "${arguments[@]}" >"$dir/result"
  head -n -1 "$dir/result"
  json=$(tail -n 1 "$dir/result")
  measure_subscriptions "$json"
}

resident_kibibytes() { awk '/^VmRSS:/ { print $2 }' "/proc/$1/status"; }

# A million subscribers of 1,000 nodes, one in ten with a filter on offers; boursed without and with them. Then every
# node has an event, so that the lists of recipients are in memory as well.
measure_subscriptions() { # JSON
  local before after seconds
  heading "Loading a million subscriptions"
  stop_process boursed_prosody
  pg_sql bourse_prosody >/dev/null <<<'DELETE FROM bourse.subscriptions'
  start_boursed boursed_prosody "$dir/boursed_prosody" "$dir/boursed_empty.log" "$bin/boursed"
  before=$(resident_kibibytes "$started_pid")
  stop_process boursed_prosody
  subscribe_a_million
  seconds=$(date +%s.%N)
  start_boursed boursed_prosody "$dir/boursed_prosody" "$dir/boursed_million.log" "$bin/boursed"
  seconds=$(awk -v a="$seconds" -v b="$(date +%s.%N)" 'BEGIN { print b - a }')
  after=$(resident_kibibytes "$started_pid")
  python3 - "$1" "$before" "$after" "$(pg_sql bourse_prosody <<<'SELECT count(*) FROM bourse.subscriptions')" "$seconds" \
    "$("$bin/subscriptions_bench" "$subscriptions_wanted")" <<'PYTHON'
import json, sys
line, before, after, loaded, seconds = json.loads(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])
each = (after - before) * 1024 / loaded
in_use = json.loads(sys.argv[6])["bytes_per_subscription"]
def add(name, value, unit, target=None, ok=True):
    line["measures"].append({"name": name, "value": round(value, 2), "unit": unit, "target": target, "ok": ok})
    print(f"{name:<46} {value:>12.1f} {unit:<6} {('≤ %d' % target) if target else '':>12} {'ok' if ok else 'MISSED'}")
add("subscriptions_loaded", loaded, "", None, loaded >= 1_000_000)
add("subscriptions_load_time", seconds, "s")
add("memory_per_subscription_loaded", each, "byte", 512, each <= 512)
add("memory_per_subscription_in_use", in_use, "byte", 512, in_use <= 512)
print(json.dumps(line, ensure_ascii=False, separators=(",", ":")))
PYTHON
}

subscribe_a_million() {
  pg_sql bourse_prosody >/dev/null <<SQL
WITH pool AS (SELECT id FROM bourse.pools WHERE name = 'commons'),
made AS (
  INSERT INTO bourse.nodes (pool_id, name, kind, creator, created)
  SELECT id, 'news-' || n, 'leaf', 'user1@example.org', now() FROM pool, generate_series(1, 999) AS n
)
INSERT INTO bourse.subscriptions (pool_id, node, subscriber, subid, state)
SELECT id, CASE WHEN n % 1000 = 0 THEN 'commons/offers' ELSE 'news-' || n % 1000 END, 'subscriber' || n || '@example.org', n, 3
FROM pool, generate_series(1, $subscriptions_wanted) AS n;
ANALYZE bourse.subscriptions;
SQL
}
