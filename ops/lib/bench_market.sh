# What markets are measured on: databases with offers, and as much memory for PostgreSQL as its manual advises.
# shellcheck shell=bash

quarter_of_memory() { awk '/^MemTotal:/ { quarter = int($2 / 4096); print (quarter < 4096 ? quarter : 4096) "MB" }' /proc/meminfo; }

# Migrated as a market's is, by the migrations' files; the offers come by COPY, numbered as if they had been published.
prepare_market() { # NAME OFFERS
  local database=bourse_$1 file
  prepare_database "$database"
  for file in "$root"/migrations/*.sql; do
    { printf 'BEGIN;\n'; cat "$file"; printf 'COMMIT;\n'; } | pg_sql "$database" >/dev/null
  done
  (($2)) || return 0
  "$bin/bench_match" offers --offers "$2" >"$dir/offers.tsv"
  pg_sql "$database" >/dev/null <<SQL
\copy bourse.offers (pool_id, offer_id, provider, session, open, slots, capacity, record, seq, published) FROM '$dir/offers.tsv'
UPDATE bourse.pools SET last_event = $2, delivered = $2;
VACUUM ANALYZE bourse.offers;
SQL
  rm -f "$dir/offers.tsv"
}
