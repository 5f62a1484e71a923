# A private Prosody: clients and components on loopback only, no federation, TLS from the private authority.
# shellcheck shell=bash

# start_prosody DIR C2S_PORT COMPONENT_PORT TLS_DIR SECRET_FILE ACCOUNTS_FILE PROFILE COMPONENT_JID…
# PROFILE: stock (Debian's limits, TLS required) | test (no rate limits, plain TCP allowed as well) |
# bench (test, and the server's own pubsub service at pubsub.localhost, administered by the first account).
start_prosody() {
  local dir=$1 c2s=$2 component=$3 tls=$4 secret=$5 accounts=$6 profile=$7 jid password data
  shift 7
  own_directory prosody "$dir"
  set_run_as prosody "$dir"
  data=$dir/data/$xmpp_domain/accounts
  mkdir -p "$data" "$dir/tls"
  while read -r jid password; do # hashed by Prosody itself at the first login
    [[ -e $data/${jid%@*}.dat ]] || printf 'return { ["password"] = "%s" };\n' "$password" | write_secret "$data/${jid%@*}.dat"
  done <"$accounts"
  cp "$tls/server.pem" "$tls/ca.pem" "$dir/tls/"
  write_secret "$dir/tls/server.key" <"$tls/server.key"
  prosody_configuration "$dir" "$c2s" "$component" "$(<"$secret")" "$profile" "$(head -n 1 "$accounts" | cut -d ' ' -f 1)" "$@" |
    write_secret "$dir/prosody.cfg.lua"
  own_directory prosody "$dir"
  start_process Prosody TERM "$dir/console.log" env HOME="$dir" prosody -F --config "$dir/prosody.cfg.lua"
  wait_until Prosody "$started_pid" "$dir/console.log" 20 port_open "$c2s"
  wait_until Prosody "$started_pid" "$dir/console.log" 20 port_open "$component"
}

prosody_configuration() { # DIR C2S COMPONENT SECRET PROFILE ADMIN JID…
  local dir=$1 c2s=$2 component=$3 secret=$4 profile=$5 admin=$6 jid limits=
  [[ $profile != stock ]] || limits='"limits", ' # the module limits even when nothing is configured
  shift 6
  cat <<LUA
-- Written by ops/lib/prosody.sh at every start; edits are lost.
pidfile = "$dir/prosody.pid"
data_path = "$dir/data"
log = { info = "$dir/log" }
modules_enabled = { "disco", "roster", "saslauth", "tls", "blocklist", "carbons", $limits"pep", "private",
  "smacks", "ping", "time", "version", "posix" }
modules_disabled = { "s2s" }
authentication = "internal_hashed"
storage = "internal"
interfaces = { "127.0.0.1" }
c2s_ports = { $c2s }
c2s_direct_tls_ports = { }
legacy_ssl_ports = { }
component_ports = { $component }
component_interfaces = { "127.0.0.1" }
-- Otherwise a stanza that follows another one waits for the client's delayed acknowledgement: 40 ms.
network_settings = { nagle = false }
http_ports = { }
https_ports = { }
LUA
  case $profile in
    stock) printf 'c2s_require_encryption = true\nlimits = { c2s = { rate = "10kb/s" } }\n' ;;
    *) printf 'c2s_require_encryption = false\nallow_unencrypted_plain_auth = true\n' ;;
  esac
  cat <<LUA
VirtualHost "$xmpp_domain"
  ssl = { certificate = "$dir/tls/server.pem", key = "$dir/tls/server.key" }
LUA
  for jid in "$@"; do printf 'Component "%s"\n  component_secret = "%s"\n' "$jid" "$secret"; done
  [[ $profile != bench ]] || printf 'Component "pubsub.%s" "pubsub"\n  admins = { "%s" }\n' "$xmpp_domain" "$admin"
}
