# A private PostgreSQL: unix socket only, in a directory nobody else enters, fsync on.
# shellcheck shell=bash

postgresql_programs() {
  local newest
  newest=$(printf '%s\n' /usr/lib/postgresql/*/bin/postgres | sort -V | tail -n 1)
  [[ -x $newest ]] || die "no PostgreSQL server under /usr/lib/postgresql; install the package postgresql"
  dirname "$newest"
}

# start_postgresql DIR [SETTING=VALUE…]: data in DIR/data, log in DIR/log; keeps what is there. Sets
# pg_socket and pg_superuser; the database `postgres` is there to connect to.
start_postgresql() {
  local dir=$1 programs setting
  local -a settings=(-c listen_addresses= -c unix_socket_permissions=0700 -c max_connections=200)
  shift
  for setting in "$@"; do settings+=(-c "$setting"); done
  programs=$(postgresql_programs)
  own_directory postgres "$dir"
  set_run_as postgres "$dir"
  pg_superuser=postgres
  if [[ ! -s $dir/data/PG_VERSION ]]; then
    run_as_user "$programs/initdb" --pgdata="$dir/data" --username="$pg_superuser" --auth-local=trust \
      --auth-host=reject --encoding=UTF8 --locale=C.UTF-8 >"$dir/initdb.log" 2>&1 ||
      { tail -n 20 "$dir/initdb.log" >&2; die "initdb failed (log: $dir/initdb.log)"; }
  elif [[ $(<"$dir/data/PG_VERSION") != "$(basename "$(dirname "$programs")")" ]]; then
    die "$dir was made by PostgreSQL $(<"$dir/data/PG_VERSION"), installed is another major version; upgrade it or start over with --fresh"
  fi
  pg_socket=$dir/socket
  if ((${#pg_socket} + 16 > 107)); then # what a unix socket's address holds
    pg_socket=$(mktemp -d "${XDG_RUNTIME_DIR:-/tmp}/bourse-pg.XXXXXX")
    temporary_paths+=("$pg_socket")
  fi
  own_directory postgres "$pg_socket"
  start_process PostgreSQL INT "$dir/log" "$programs/postgres" -D "$dir/data" -c "unix_socket_directories=$pg_socket" "${settings[@]}"
  wait_until PostgreSQL "$started_pid" "$dir/log" 30 "$programs/pg_isready" -q -h "$pg_socket" -U "$pg_superuser" -d postgres
}

# pg_uri USER DATABASE: as a libpq URI.
pg_uri() {
  python3 - "$1" "$2" "$pg_socket" <<'PYTHON'
import sys
from urllib.parse import quote
user, database, socket = sys.argv[1:]
print(f"postgresql://{quote(user)}@/{quote(database)}?host={quote(socket, safe='/')}")
PYTHON
}

# pg_sql DATABASE: SQL on stdin, as the superuser; unaligned rows on stdout.
pg_sql() { psql -X -q -A -t -P pager=off -v ON_ERROR_STOP=1 -h "$pg_socket" -U "$pg_superuser" -d "$1"; }
