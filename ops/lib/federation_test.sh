# For the tests of tests/federation: everybody else's domains, in network c, where the tests are clients and servers
# themselves; and what they ask of this script, which is the parent of all servers.
# shellcheck shell=bash

# Domains on the Prosody of network c, beside c.test: their names say what is wrong with them.
wrong_domains=(wrong-ca.test expired.test other-name.test no-srv.test)
# Domains whose servers are the tests' own; ports of network c.
declare -A peer_ports=([plain.test]=5270 [dialback.test]=5271 [flood.test]=5272)

# raise_others: c.test, the domains with something wrong about them, and all their names.
raise_others() {
  local domain certificates=$dir/c/certificates
  mkdir -p "$dir/c/dns" "$dir/c/prosody/hosts" "$certificates"
  make_authority "$dir/other-authority" "An authority nobody trusts"
  issue_certificate "$dir/other-authority" "$certificates/wrong-ca.test" valid wrong-ca.test
  issue_certificate "$dir/authority" "$certificates/expired.test" expired expired.test
  issue_certificate "$dir/authority" "$certificates/other-name.test" valid another-name.test
  issue_certificate "$dir/authority" "$certificates/no-srv.test" valid no-srv.test
  for domain in "${!peer_ports[@]}"; do
    issue_certificate "$dir/authority" "$certificates/$domain" valid "$domain"
    zone_of "$domain" "${network_address[c]}" "${peer_ports[$domain]}" >"$dir/c/dns/$domain"
  done
  for domain in "${wrong_domains[@]}"; do
    zone_of "$domain" "${network_address[c]}" "$([[ $domain == no-srv.test ]] || echo "$s2s_port")" >"$dir/c/dns/$domain"
    cp "$certificates/$domain/server."* "$dir/c/prosody/hosts" && rename_to "$domain"
  done
  xmpp_domain=c.test ensure_accounts "$dir/c/accounts" user{1..4}
  for domain in "${wrong_domains[@]}"; do xmpp_domain=$domain ensure_accounts "$dir/c/accounts" user; done
  raise_domain c prosody test
}

# rename_to DOMAIN: the certificate just copied is that domain's, and its host is known to Prosody.
rename_to() {
  local hosts=$dir/c/prosody/hosts
  mv "$hosts/server.pem" "$hosts/$1.pem"
  mv "$hosts/server.key" "$hosts/$1.key"
  printf 'VirtualHost "%s"\n  ssl = { certificate = "%s/%s.pem", key = "%s/%s.key" }\n' "$1" "$hosts" "$1" "$hosts" "$1" \
    >>"$dir/c/prosody/hosts.lua"
}

# raise_for_tests: all three domains, as the tests want them.
raise_for_tests() {
  local people=(abc lender borrower admin user{1..8})
  raise_domain a "$server" test "${people[@]}"
  raise_domain b prosody test "${people[@]}"
  raise_others
  raise_market
  mkfifo "$dir/asked" "$dir/answered"
  exec 8<>"$dir/asked"
}

# run_tests NAME…: gives their status. With --keep, the domains stay afterwards, for single tests again and again.
run_tests() {
  local status=0 tests_pid slot=${#process_pids[@]}
  local -a command=(nsenter --target "${network_pid[c]}" --net -- env BOURSE_FEDERATION="$dir" BOURSE_FEDERATION_SERVER="$server"
    BOURSE_BIN_DIR="$bin" BOURSE_TEST_PG="$(pg_uri "$pg_superuser" bourse)" /usr/bin/python3 -B "$root/tests/federation/run.py")
  heading "Testing"
  setpriv --pdeathsig TERM "${command[@]}" "$@" 8>&- 9>&- &
  tests_pid=$! # what is started for them has others
  process_names+=(tests) process_pids+=("$tests_pid") process_signals+=(TERM)
  serve_tests "$tests_pid"
  wait "$tests_pid" || status=$?
  process_pids[slot]= # its number is anybody's now
  [[ -n $keep ]] || return "$status"
  say "Again: ${command[*]} [NAME…]"
  serve_tests $$
}

# serve_tests PID: does what is asked, until that process ends. Each request is a line; so is each answer.
serve_tests() {
  local line part
  while kill -0 "$1" 2>/dev/null; do
    line=
    until read -r -t 0.5 -u 8 part; do # what it has read when its time is up is part of a line
      line+=$part
      kill -0 "$1" 2>/dev/null || return 0
    done
    line+=$part
    # shellcheck disable=SC2086
    serve $line || die "'$line' failed; see $dir/log"
    printf 'done\n' >"$dir/answered"
  done
}

serve() { # VERB WHAT
  case $1 in
    stop) stop_domain_server "$2" ;;
    start) start_domain_server "$2" "$([[ $2 == a ]] && echo "$server" || echo prosody)" test ;;
    cut) cut_link a b ;;
    mend) mend_link a ;;
    capture) start_capture ;;
    stop-capture) stop_process tshark ;;
    say-goodbye) kill -s USR1 "${server_pid[b]}" ;;
    *) return 1 ;;
  esac
}
