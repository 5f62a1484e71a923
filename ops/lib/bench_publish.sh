# ops/bench publish: one PostgreSQL; for each XMPP server an echo component and a boursed with a database of
# its own. bench_publish measures; the memory with a million offers is measured here, afterwards.
# shellcheck shell=bash

offers_wanted=1000000

bench_publish() {
  local samples=(--rounds 5 --seconds 4) options=(--connections 4 --window 32 --market "bourse.$xmpp_domain" --echo "echo.$xmpp_domain" --own-pubsub "pubsub.$xmpp_domain")
  local ports json
  if [[ -z $csv && -e $root/../shared/data/openb_node_list_all_node.csv ]]; then csv=$(realpath "$root/../shared/data/openb_node_list_all_node.csv"); fi
  [[ -n $csv ]] || say "No --offers-csv: publishing this machine's own offer only"
  [[ -z $csv ]] || options+=(--offers-csv "$csv")
  [[ -z $quick ]] || samples=(--rounds 1 --seconds 3 --notification-samples 100 --grant-samples 50)

  heading "Starting PostgreSQL, Prosody, ejabberd, two echo components and two markets"
  ensure_tls "$dir/tls"
  ensure_secret "$dir/secret"
  ensure_accounts "$dir/accounts" user{1..4}
  mapfile -t ports < <(free_ports 4)
  start_postgresql "$dir/pg" max_wal_size=4GB
  start_subject prosody "${ports[0]}" "${ports[1]}"
  start_subject ejabberd "${ports[2]}" "${ports[3]}"

  heading "Measuring"
  "$bin/bench_publish" --server "prosody=${ports[0]}" --server "ejabberd=${ports[2]}" --accounts "$dir/accounts" \
    --commit "$commit" "${options[@]}" "${samples[@]}" "${arguments[@]}" >"$dir/result"
  head -n -1 "$dir/result"
  json=$(tail -n 1 "$dir/result")
  measure_memory "$json"
}

# The offers that the measurement left, of every shape that was published, are copied up to a million, of
# 100,000 providers; then boursed starts on them.
measure_memory() { # JSON
  local rss
  heading "Loading a million offers"
  stop_process boursed_prosody
  pg_sql bourse_prosody >/dev/null <<SQL
WITH shapes AS MATERIALIZED (
  SELECT *, row_number() OVER () - 1 AS number FROM (SELECT * FROM bourse.offers WHERE open ORDER BY seq LIMIT 2000) AS first
)
INSERT INTO bourse.offers (pool_id, offer_id, provider, session, open, slots, capacity, record, seq, published)
SELECT pool_id, 'copy-' || n, 'provider' || n % 100000 || '@example.org', '', true, slots, capacity, record, 1000000000 + n, published
FROM generate_series(1, greatest(0, $offers_wanted - (SELECT count(*) FROM bourse.offers WHERE open))) AS n
JOIN shapes ON shapes.number = n % (SELECT count(*) FROM shapes);
ANALYZE bourse.offers;
SQL
  start_boursed boursed_prosody "$dir/boursed_prosody" "$dir/boursed_million.log" "$bin/boursed"
  rss=$(awk '/^VmRSS:/ { print $2 }' "/proc/$started_pid/status")
  python3 - "$1" "$rss" "$(pg_sql bourse_prosody <<<'SELECT count(*) FROM bourse.offers WHERE open')" <<'PYTHON'
import json, sys
line, mebibytes, offers = json.loads(sys.argv[1]), int(sys.argv[2]) / 1024, int(sys.argv[3])
one = {"name": "rss_1m_offers", "value": round(mebibytes, 1), "unit": "MiB", "target": 1024, "ok": mebibytes <= 1024 and offers >= 1_000_000}
line["measures"].append(one)
print(f"{one['name']:<46} {mebibytes:>12.0f} {'MiB':<6} {'≤ 1024':>12} {'ok' if one['ok'] else 'MISSED'} ({offers} offers open)")
print(json.dumps(line, ensure_ascii=False, separators=(",", ":")))
PYTHON
}
