# A private Prosody: clients and components on loopback only, TLS from the private authority; no federation
# unless xmpp_s2s_port says so.
# shellcheck shell=bash

# start_prosody DIR C2S_PORT COMPONENT_PORT TLS_DIR SECRET_FILE ACCOUNTS_FILE PROFILE COMPONENT_JID…
# PROFILE: stock (Debian's limits, TLS required) | test (no rate limits, plain TCP allowed as well) |
# bench (test, and the server's own pubsub service at pubsub.localhost, administered by the first account).
start_prosody() {
  local dir=$1 c2s=$2 component=$3 tls=$4 secret=$5 accounts=$6 profile=$7 jid password data name
  shift 7
  name=$(server_name Prosody)
  own_directory prosody "$dir"
  set_run_as prosody "$dir"
  mkdir -p "$dir/tls" "$dir/modules"
  while read -r jid password; do # hashed by Prosody itself at the first login
    data=$dir/data/$(prosody_encoded "${jid#*@}")/accounts
    mkdir -p "$data"
    [[ -e $data/${jid%@*}.dat ]] || printf 'return { ["password"] = "%s" };\n' "$password" | write_secret "$data/${jid%@*}.dat"
  done <"$accounts"
  cp "$tls/server.pem" "$tls/ca.pem" "$dir/tls/"
  write_secret "$dir/tls/server.key" <"$tls/server.key"
  prosody_configuration "$dir" "$c2s" "$component" "$(<"$secret")" "$profile" "$(head -n 1 "$accounts" | cut -d ' ' -f 1)" "$@" |
    write_secret "$dir/prosody.cfg.lua"
  [[ -z $xmpp_s2s_port ]] || cp "$root"/ops/lib/mod_*.lua "$dir/modules/"
  own_directory prosody "$dir"
  start_process "$name" TERM "$dir/console.log" env HOME="$dir" prosody -F --config "$dir/prosody.cfg.lua"
  wait_until "$name" "$started_pid" "$dir/console.log" 20 port_open "$c2s"
  (($# == 0)) || wait_until "$name" "$started_pid" "$dir/console.log" 20 port_open "$component"
  [[ -z $xmpp_s2s_port ]] || wait_until "$name" "$started_pid" "$dir/console.log" 20 port_open "$xmpp_s2s_port"
}

# prosody_encoded NAME: as a file's name.
prosody_encoded() {
  local text=${1//./%2e}
  printf '%s' "${text//-/%2d}"
}

prosody_configuration() { # DIR C2S COMPONENT SECRET PROFILE ADMIN JID…
  local dir=$1 c2s=$2 component=$3 secret=$4 profile=$5 admin=$6 jid limits='' federation=''
  local unfederated='modules_disabled = { "s2s" }'
  [[ -z $xmpp_s2s_port ]] || unfederated='' federation='"s2s", "s2s_auth_certs", "bourse_evidence", '
  # The module limits even when nothing is configured.
  [[ $profile != stock && -z $xmpp_s2s_port ]] || limits='"limits", '
  shift 6
  cat <<LUA
-- Written by ops/lib/prosody.sh at every start; edits are lost.
pidfile = "$dir/prosody.pid"
data_path = "$dir/data"
log = { info = "$dir/log" }
modules_enabled = { "disco", "roster", "saslauth", "tls", "blocklist", "carbons", $limits$federation"pep", "private",
  "smacks", "ping", "time", "version", "posix" }
$unfederated
authentication = "internal_hashed"
storage = "internal"
interfaces = { "$xmpp_interface" }
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
    *)
      printf 'c2s_require_encryption = false\nallow_unencrypted_plain_auth = true\n'
      # Of other servers as ops/prosody/bourse.cfg.lua says; people are not limited.
      [[ -z $xmpp_s2s_port ]] || printf 'limits = { c2s = { rate = "100mb/s" }, s2sin = { rate = "200kb/s", burst = "2s" } }\n'
      ;;
  esac
  [[ -z $xmpp_s2s_port ]] || prosody_federation "$dir"
  cat <<LUA
VirtualHost "$xmpp_domain"
  ssl = { certificate = "$dir/tls/server.pem", key = "$dir/tls/server.key" }
LUA
  [[ ! -e $dir/hosts.lua ]] || cat "$dir/hosts.lua"
  for jid in "$@"; do printf 'Component "%s"\n  component_secret = "%s"\n' "$jid" "$secret"; done
  [[ $profile != bench ]] || printf 'Component "pubsub.%s" "pubsub"\n  admins = { "%s" }\n' "$xmpp_domain" "$admin"
}

# Servers prove who they are with certificates, or are not spoken to: no dialback is loaded, and no
# connection without encryption is used. The system's authorities count for nothing here.
prosody_federation() { # DIR
  cat <<LUA
plugin_paths = { "$1/modules" }
bourse_evidence_file = "$1/evidence"
s2s_ports = { $xmpp_s2s_port }
s2s_direct_tls_ports = { }
s2s_secure_auth = true
s2s_require_encryption = true
use_ipv6 = false
ssl = { cafile = "$1/tls/ca.pem", capath = false }
-- The resolver would answer for the domain test itself: that it does not exist (RFC 6761). Nothing is signed here.
unbound = { resolvconf = true, hoststxt = false,
  options = { ["local-zone:"] = "test. transparent", ["module-config:"] = "iterator" } }
LUA
}
