# A private ejabberd: like the private Prosody, with federation or without. It is no distributed Erlang node, so
# there is no epmd, no cookie and no port but those it is given.
# shellcheck shell=bash

# start_ejabberd DIR C2S_PORT COMPONENT_PORT TLS_DIR SECRET_FILE ACCOUNTS_FILE PROFILE COMPONENT_JID…
# PROFILE as for start_prosody. It keeps nothing that matters: under a directory its user cannot reach it
# gets a temporary one.
start_ejabberd() {
  local dir=$1 c2s=$2 component=$3 tls=$4 secret=$5 accounts=$6 profile=$7 libraries console name
  shift 7
  name=$(server_name ejabberd)
  libraries=$(printf '%s\n' /usr/lib/*/ejabberd-*/ebin /usr/lib/ejabberd*/ebin | while read -r one; do
    [[ ! -d $one ]] || dirname "$(dirname "$one")"
  done | head -n 1)
  [[ -n $libraries ]] || die "no ejabberd under /usr/lib; install the package ejabberd"
  mkdir -p "$dir"
  console=$dir/console.log
  set_run_as ejabberd "$dir"
  if [[ ${run_as[*]-} == *caps* ]]; then # Erlang asks access(2), which knows nothing of such rights
    dir=$(mktemp -d "/tmp/bourse-ejabberd.XXXXXX")
    temporary_paths+=("$dir")
    own_directory ejabberd "$dir"
    set_run_as ejabberd "$dir"
  fi
  mkdir -p "$dir/spool"
  write_secret "$dir/accounts" <"$accounts"
  cat "$tls/server.pem" "$tls/server.key" | write_secret "$dir/server.pem"
  cp "$tls/ca.pem" "$dir/ca.pem"
  ejabberd_configuration "$dir" "$c2s" "$component" "$(<"$secret")" "$profile" "$@" | write_secret "$dir/ejabberd.yml"
  ejabberd_accounts_program >"$dir/accounts.erl"
  rm -f "$dir/ready"
  own_directory ejabberd "$dir"
  # Scheduler stacks of 64 MiB: on the default ones a client's 5,000 nested elements crash the whole server.
  # No busy waiting (+sbwt): PostgreSQL and boursed share these processors.
  start_process "$name" TERM "$console" env HOME="$dir" EJABBERD_CONFIG_PATH="$dir/ejabberd.yml" \
    EJABBERD_LOG_PATH="$dir/log" ERL_CRASH_DUMP_BYTES=0 ERL_LIBS="$libraries" ERL_MAX_PORTS=32000 \
    CONTRIB_MODULES_PATH="$dir/modules" BOURSE_EJABBERD_DIR="$dir" \
    erl +K true +P 250000 +sss 8192 +sssdcpu 8192 +sbwt none +sbwtdcpu none +sbwtdio none -noinput -mnesia dir "\"$dir/spool\"" -ejabberd log_rate_limit 0 -s ejabberd \
    -eval '{ok, _} = file:script(os:getenv("BOURSE_EJABBERD_DIR") ++ "/accounts.erl").'
  wait_until "$name" "$started_pid" "$console" 60 test -e "$dir/ready"
  wait_until "$name" "$started_pid" "$console" 20 port_open "$c2s"
  [[ -z $xmpp_s2s_port ]] || wait_until "$name" "$started_pid" "$console" 20 port_open "$xmpp_s2s_port"
}

# Runs inside the server, so that no password is an argument of a process; its file says when all are there.
ejabberd_accounts_program() {
  cat <<'ERLANG'
Dir = os:getenv("BOURSE_EJABBERD_DIR"),
{ok, Bytes} = file:read_file(Dir ++ "/accounts"),
[begin
   [Jid, Password] = binary:split(Line, <<" ">>),
   [User, Host] = binary:split(Jid, <<"@">>),
   case ejabberd_auth:try_register(User, Host, Password) of
     ok -> ok;
     {error, exists} -> ok
   end
 end || Line <- binary:split(Bytes, <<"\n">>, [global, trim_all])],
ok = file:write_file(Dir ++ "/ready", <<>>).
ERLANG
}

ejabberd_configuration() { # DIR C2S COMPONENT SECRET PROFILE JID…
  local dir=$1 c2s=$2 component=$3 secret=$4 profile=$5 jid rate=none sessions=infinity starttls='starttls: true' log_level=warning
  shift 5
  [[ -z $xmpp_s2s_port ]] || log_level=info
  [[ $profile != stock ]] || rate=normal sessions=10 starttls='starttls_required: true'
  cat <<YAML
# Written by ops/lib/ejabberd.sh at every start; edits are lost.
hosts: ["$xmpp_domain"]
loglevel: $log_level
certfiles: ["$dir/server.pem"]
ca_file: "$dir/ca.pem"
auth_password_format: scram
listen:
  - port: $c2s
    ip: "$xmpp_interface"
    module: ejabberd_c2s
    max_stanza_size: 262144
    shaper: c2s_shaper
    access: c2s
    $starttls
YAML
  (($# == 0)) || printf '  - port: %s\n    ip: "127.0.0.1"\n    module: ejabberd_service\n    access: all\n    global_routes: false\n    hosts:\n' "$component"
  for jid in "$@"; do printf '      "%s": { password: "%s" }\n' "$jid" "$secret"; done
  [[ -z $xmpp_s2s_port ]] || ejabberd_federation
  cat <<YAML
access_rules:
  c2s: { allow: all }
shaper:
  normal: { rate: 3000, burst_size: 20000 }
shaper_rules:
  max_user_sessions: $sessions
  c2s_shaper: $rate
modules:
  mod_adhoc: {}
  mod_blocking: {}
  mod_caps: {}
  mod_carboncopy: {}
  mod_client_state: {}
  mod_disco: {}
  mod_ping: {}
  mod_privacy: {}
  mod_private: {}
  mod_pubsub:
    plugins: [flat, pep]
  mod_roster: {}
  mod_stream_mgmt: {}
  mod_version: {}
YAML
}

# As prosody_federation: without mod_s2s_dialback there is no way but SASL EXTERNAL with a verified certificate.
# Begins within the list of listeners.
ejabberd_federation() {
  cat <<YAML
  - port: $xmpp_s2s_port
    ip: "$xmpp_interface"
    module: ejabberd_s2s_in
    max_stanza_size: 524288
s2s_use_starttls: required
outgoing_s2s_families: [ipv4]
outgoing_s2s_port: $xmpp_s2s_port
s2s_max_retry_delay: 5 seconds
YAML
}
