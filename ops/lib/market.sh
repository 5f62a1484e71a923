# A boursed with its database, on a PostgreSQL and an XMPP server that are already running.
# shellcheck shell=bash

toml() { # a TOML basic string
  local text=${1//\\/\\\\}
  printf '"%s"' "${text//\"/\\\"}"
}

# prepare_database NAME: empty if new; roles as in production: the service's owns nothing.
prepare_database() {
  pg_sql postgres <<SQL
SELECT 'CREATE ROLE bourse_service NOLOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'bourse_service') \gexec
SELECT 'CREATE ROLE boursed LOGIN IN ROLE bourse_service' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'boursed') \gexec
SELECT 'CREATE DATABASE $1' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '$1') \gexec
SQL
}

# write_boursed_configuration DIR DATABASE COMPONENT_PORT SECRET_FILE OPERATOR: DIR/boursed.toml
write_boursed_configuration() {
  local dir=$1
  mkdir -p "$dir"
  write_secret "$dir/boursed.toml" <<TOML
# Written by ops/lib/market.sh at every start; edits are lost.
[xmpp]
jid = "bourse.$xmpp_domain"
host = "127.0.0.1"
port = $3
secret-file = $(toml "$4")

[database]
uri = $(toml "$(pg_uri boursed "$2")")
owner-uri = $(toml "$(pg_uri "$pg_superuser" "$2")")
migrations = $(toml "$root/migrations")

[market]
pools = ["commons"]
operators = [$(toml "$5")]
ticket-key-file = $(toml "$dir/ticket.key")

[audit]
directory = $(toml "$dir/audit")
auditors = [$(toml "$5")]

[log]
level = "info"
TOML
}

# start_boursed NAME DIR LOG PROGRAM: returns once the link is up and the pool is loaded.
start_boursed() {
  local name=$1 dir=$2 log=$3 program_file=$4 before=0
  run_as_self
  [[ ! -e $log ]] || before=$(stat -c %s "$log")
  start_process "$name" TERM "$log" "$program_file" --config "$dir/boursed.toml"
  wait_until "$name" "$started_pid" "$log" 120 log_says "$log" "$before" ready
}

# log_says FILE OFFSET WORD: the word stands in what was written after OFFSET bytes.
log_says() { tail -c +"$(($2 + 1))" "$1" 2>/dev/null | grep -qw -- "$3"; }

# write_client_configuration FILE JID PASSWORD_FILE C2S_PORT CA_FILE [LINE…]: what agent.toml and bourse.toml share
write_client_configuration() {
  local file=$1 jid=$2 password=$3 port=$4 ca=$5
  shift 5
  {
    printf '# Written by ops/run at every start; edits are lost.\n[xmpp]\njid = %s\npassword-file = %s\n' "$(toml "$jid")" "$(toml "$password")"
    printf 'host = "127.0.0.1"\nport = %s\ntls = "required"\nca-file = %s\n\n' "$port" "$(toml "$ca")"
    printf '[market]\nservice = "bourse.%s"\npool = "commons"\n' "$xmpp_domain"
    ((!$#)) || printf '%s\n' "$@"
  } | write_secret "$file"
}
