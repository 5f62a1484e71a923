# Two complete domains: a.test has people, b.test has people, the market and its database. And, for tests, everybody
# else: c.test and domains with something wrong about them, on one Prosody.
# shellcheck shell=bash

c2s_port=5222
s2s_port=5269
component_port=5347
market_service=bourse.b.test

# enter_domain NAME: what is started from here on belongs to NAME.test.
enter_domain() {
  enter_network "$1"
  run_as_self
  xmpp_domain=$1.test
  xmpp_interface=0.0.0.0
  xmpp_s2s_port=$s2s_port
}

# leave_domain: back to the machine's own network.
leave_domain() {
  enter=()
  run_as_self
}

raise_networks() { # NAME…
  local name
  for name in "$@"; do raise_network "$name" "$dir/log/network"; done
  link_networks a b
  [[ " $* " != *" c "* ]] || { link_networks c a && link_networks c b; }
}

# raise_domain NAME SERVER PROFILE LOCALPART…: its name server, which serves every zone in NAME/dns, and its XMPP server,
# with an account for each local part.
raise_domain() {
  local name=$1 server=$2 profile=$3
  shift 3
  local -a certified=("$name.test") components=() zones
  [[ $name != b ]] || { certified+=("$market_service") && components=("$market_service"); }
  [[ -s $dir/$name/tls/server.pem ]] || issue_certificate "$dir/authority" "$dir/$name/tls" valid "${certified[@]}"
  enter_domain "$name"
  mkdir -p "$dir/$name/dns"
  zone_of "$name.test" "${network_address[$name]}" "$s2s_port" "${components[@]}" >"$dir/$name/dns/$name.test"
  zones=("$dir/$name"/dns/*.test)
  start_dns "$name" "$dir/$name/dns" "${zones[@]##*/}"
  ensure_accounts "$dir/$name/accounts" "$@"
  ensure_secret "$dir/$name/secret"
  start_domain_server "$name" "$server" "$profile"
  leave_domain
}

# start_domain_server NAME SERVER PROFILE: again, too, after stop_domain_server.
start_domain_server() {
  local -a components=()
  [[ $1 != b ]] || components=("$market_service")
  enter_domain "$1"
  ask_only "$dir/$1/resolv.conf"
  "start_$2" "$dir/$1/$2" "$c2s_port" "$component_port" "$dir/$1/tls" "$dir/$1/secret" "$dir/$1/accounts" "$3" "${components[@]}"
  server_pid[$1]=$started_pid
  leave_domain
}
stop_domain_server() { # NAME
  stop_process "Prosody of $1.test"
  stop_process "ejabberd of $1.test"
}
declare -A server_pid=()

# raise_market: in b.test, with a database of its own.
raise_market() {
  enter_domain b
  start_postgresql "$dir/b/pg"
  run_as_self
  prepare_database bourse
  write_boursed_configuration "$dir/b/boursed" bourse "$component_port" "$dir/b/secret" admin@b.test
  [[ -z $test ]] || printf '[rules]\nsuspect-for = "3s"\nquarantine-failures = 100\n' >>"$dir/b/boursed/boursed.toml"
  "$bin/boursed" migrate --config "$dir/b/boursed/boursed.toml" >"$dir/log/migrate" 2>&1 || { cat "$dir/log/migrate" >&2; die "boursed migrate failed"; }
  start_boursed boursed "$dir/b/boursed" "$dir/log/boursed" "$bin/boursed"
  leave_domain
}

# write_settings NAME FILE LOCALPART [LINE…]: agent.toml or bourse.toml of an account of NAME.test, for use in its network.
write_settings() {
  local name=$1 file=$2 localpart=$3
  shift 3
  enter_domain "$name"
  mkdir -p "$dir/$name/$localpart"
  password_of "$dir/$name/accounts" "$localpart@$name.test" | write_secret "$dir/$name/$localpart/password"
  xmpp_domain=b.test # whose market it is
  write_client_configuration "$dir/$name/$localpart/$file" "$localpart@$name.test" "$dir/$name/$localpart/password" "$c2s_port" \
    "$dir/$name/tls/ca.pem" "$@"
  leave_domain
}
