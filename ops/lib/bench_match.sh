# ops/bench match: one PostgreSQL with a market of a million offers, one of 100,000, one for the openb machines, and the
# databases of the SQL peers. tests/bench/match/rounds.py measures, with Slurm beside it where that is installed.
# shellcheck shell=bash

bench_match() {
  local data='' options=()
  [[ ! -d $root/../shared/data ]] || data=$(realpath "$root/../shared/data")
  [[ -z $quick ]] || options+=(--quick)
  [[ -z $data ]] || options+=(--data "$data")
  heading "Starting PostgreSQL, filling it with offers"
  # A quarter of the memory, as PostgreSQL's manual advises; what filling wrote of the write-ahead log is written again.
  start_postgresql "$dir/pg" max_wal_size=8GB min_wal_size=4GB "shared_buffers=$(quarter_of_memory)"
  run_as_self
  prepare_market million 1000000
  prepare_market small 100000
  prepare_market openb 0
  prepare_sql_peers
  pg_sql postgres <<<CHECKPOINT
  heading "Measuring"
  PYTHONDONTWRITEBYTECODE=1 python3 "$root/tests/bench/match/rounds.py" --program "$bin/bench_match" --dir "$dir" --commit "$commit" \
    --pgbench "$(postgresql_programs)/pgbench" --socket "$pg_socket" --uri-million "$(pg_uri boursed bourse_million)" \
    --uri-100k "$(pg_uri boursed bourse_small)" --uri-openb "$(pg_uri boursed bourse_openb)" "${options[@]}" "${arguments[@]}"
}

prepare_sql_peers() {
  pg_sql postgres <<<'CREATE DATABASE peers' >/dev/null
  "$bin/bench_match" peer-offers --offers 100000 >"$dir/offers.tsv"
  {
    cat "$root/tests/bench/peers/bare.sql" "$root/tests/bench/peers/matcher.sql"
    printf '\\copy matcher.offers FROM %s\n' "'$dir/offers.tsv'"
    cat "$root/tests/bench/peers/matcher_indexes.sql"
  } | pg_sql peers >/dev/null
  rm -f "$dir/offers.tsv"
}
