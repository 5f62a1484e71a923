# What is measured on an XMPP server: the server, an echo component, and a boursed with a database of its own.
# shellcheck shell=bash

start_subject() { # SERVER C2S_PORT COMPONENT_PORT
  "start_$1" "$dir/$1" "$2" "$3" "$dir/tls" "$dir/secret" "$dir/accounts" bench "bourse.$xmpp_domain" "echo.$xmpp_domain"
  run_as_self
  start_process "echo_$1" TERM "$dir/echo_$1.log" "$bin/bench_echo" --jid "echo.$xmpp_domain" --port "$3" --secret-file "$dir/secret"
  wait_until "echo_$1" "$started_pid" "$dir/echo_$1.log" 20 grep -q ready "$dir/echo_$1.log"
  prepare_database "bourse_$1"
  write_boursed_configuration "$dir/boursed_$1" "bourse_$1" "$3" "$dir/secret" "admin@$xmpp_domain"
  "$bin/boursed" migrate --config "$dir/boursed_$1/boursed.toml" >"$dir/migrate_$1.log" 2>&1 ||
    { cat "$dir/migrate_$1.log" >&2; die "boursed migrate failed"; }
  start_boursed "boursed_$1" "$dir/boursed_$1" "$dir/boursed_$1.log" "$bin/boursed"
}
