# What is done with the packages on the bare Debian: installed by apt, set up as the runbook says, started as the units say
# or by systemd itself, used, and purged.
# shellcheck shell=bash

units=/usr/lib/systemd/system
hooks=/usr/local/lib/bourse
clients=/root/bourse-clients
service=bourse.localhost
spool=/var/lib/bourse-agent/spool
export XDG_STATE_HOME=$clients/state # of the clients, which have no home under systemd

step() { heading "- $*"; }
expect() { # WHAT COMMAND…
  local what=$1
  shift
  "$@" || die "not so: $what"
}

inside_install() {
  local listening
  step "apt installs the packages and what they depend on, and nothing of it starts"
  install_packages "$root"/var/package/*.deb postgresql postgresql-contrib prosody openssl iproute2 procps python3
  for listening in boursed bourse-agent; do
    expect "$listening is not running" bash -c "! pgrep -x $listening >/dev/null"
    expect "$listening's unit is not enabled" test ! -e "/etc/systemd/system/multi-user.target.wants/$listening.service"
  done
  expect "the files are as packed" dpkg --verify bourse bourse-agent boursed
  expect "the users are there" id boursed bourse_owner bourse-agent >/dev/null
  expect "the keys' folder is boursed's alone" test "$(stat -c '%U %a' /var/lib/boursed)" = 'boursed 700'
  expect "manuals and completions are there" test -s /usr/share/man/man8/boursed.8.gz -a -s /usr/share/bash-completion/completions/bourse
  expect "unit files are understood" systemd-analyze --man=no verify "$units"/bourse*.service "$units"/bourse*.timer
}

# For example.org and CHANGE-ME of what is installed.
localize() { printf 's/example\\.org/localhost/g; s/CHANGE-ME/%s/\n' "$(</etc/bourse/component-secret)" | sed -i -f - "$@"; }

set_up_prosody() {
  local jid password data=/var/lib/prosody/localhost/accounts
  ensure_tls "$clients/tls"
  install -m 0644 "$clients/tls/ca.pem" /etc/bourse/ca.pem
  install -m 0644 "$clients/tls/server.pem" /etc/prosody/certs/localhost.crt
  install -m 0640 -g prosody "$clients/tls/server.key" /etc/prosody/certs/localhost.key
  install -m 0640 -g prosody /usr/share/doc/boursed/examples/bourse.cfg.lua /etc/prosody/conf.d/
  localize /etc/prosody/conf.d/bourse.cfg.lua
  ensure_accounts "$clients/accounts" provider consumer admin
  install -d -o prosody -g prosody -m 0750 /var/lib/prosody/localhost "$data"
  while read -r jid password; do
    printf 'return { ["password"] = "%s" };\n' "$password" | write_secret "$data/${jid%@*}.dat"
    chown prosody: "$data/${jid%@*}.dat"
  done <"$clients/accounts"
}

set_up_clients() {
  local name connection
  connection=$(printf '%s\\n' 'host = "127.0.0.1"' 'ca-file = "/etc/bourse/ca.pem"')
  for name in consumer admin; do
    password_of "$clients/accounts" "$name@localhost" | write_secret "$clients/$name.password"
    printf '[xmpp]\njid = "%s@localhost"\npassword-file = "%s"\n%b[market]\nservice = "%s"\n' "$name" "$clients/$name.password" \
      "$connection" "$service" >"$clients/$name.toml"
  done
  password_of "$clients/accounts" provider@localhost | write_secret /etc/bourse/agent-password
  install -D -m 0755 /usr/share/doc/bourse-agent/examples/hand-over "$hooks/hand-over"
  # A hook that tries what the files' modes allow and the sandbox does not, and says where it may write what it could.
  install -d -m 1777 /srv/open
  install -D -m 0644 /dev/null /home/open/file
  cat >"$hooks/probe" <<'PROBE'
#!/bin/sh
{
  touch /srv/open/probe && echo "wrote below /srv"
  test -e /home/open/file && echo "saw /home"
} >"$XDG_STATE_HOME/probing" 2>/dev/null
mv "$XDG_STATE_HOME/probing" "$XDG_STATE_HOME/probed"
PROBE
  chmod 755 "$hooks/probe"
  localize /etc/bourse/agent.toml
  sed -i "/^password-file/a ${connection%\\n}" /etc/bourse/agent.toml
  printf 'on-grant = "%s/hand-over"\non-release = "%s/probe"\n' "$hooks" "$hooks" >>/etc/bourse/agent.toml
}

set_up() {
  step "Settings, secrets, roles and accounts, as the runbook says"
  random_secret | write_secret /etc/bourse/component-secret
  localize /etc/bourse/boursed.toml
  sed -i 's/^# \(operators\)/\1/' /etc/bourse/boursed.toml
  set_up_prosody
  set_up_clients
  systemd-tmpfiles --create boursed.conf bourse-agent.conf
  expect "the secrets have been given to who needs them" test "$(stat -c '%U %a' /etc/bourse/component-secret /etc/bourse/agent-password | tr '\n' ' ')" = \
    'boursed 600 bourse-agent 600 '
  expect "PostgreSQL takes the roles" runuser -u postgres -- psql -X -q -v ON_ERROR_STOP=1 -f /usr/share/doc/boursed/examples/roles.sql
  expect "the owner, who is no superuser, migrates" runuser -u bourse_owner -- boursed migrate >/dev/null
}

unit_says() { sed -n "s/^$2=//p" "$units/$1.service"; }

# start_as_unit_says UNIT LOG: its ExecStart, its user, its environment.
start_as_unit_says() {
  local user words
  user=$(unit_says "$1" User)
  read -ra words <<<"$(unit_says "$1" ExecStart)"
  mapfile -t environment < <(unit_says "$1" Environment)
  run_as=(--reuid="$user" --regid="$user" --init-groups)
  start_process "$1" TERM "$2" env -i PATH=/usr/bin:/bin "${environment[@]}" "${words[@]}"
}

start_by_hand() {
  local cluster
  unset NOTIFY_SOCKET # systemd-nspawn's, which Prosody may not write to
  ip link set lo up 2>/dev/null || true
  read -ra cluster <<<"$(pg_lsclusters -h)"
  step "PostgreSQL ${cluster[0]} and Prosody, as Debian has them"
  pg_ctlcluster "${cluster[0]}" "${cluster[1]}" start
  set_up
  install -d -o prosody -g prosody /run/prosody
  run_as=(--reuid=prosody --regid=prosody --init-groups)
  start_process Prosody TERM "$clients/prosody.log" env HOME=/var/lib/prosody prosody -F
  wait_until Prosody "$started_pid" "$clients/prosody.log" 30 port_open 5347
  step "boursed and the agent, as their units say"
  start_as_unit_says boursed "$clients/boursed.log"
  wait_until boursed "$started_pid" "$clients/boursed.log" 60 grep -qw ready "$clients/boursed.log"
  start_as_unit_says bourse-agent "$clients/agent.log"
  agent_pid=$started_pid
}

cli() { bourse --config "$clients/${as:-consumer}.toml" "$@"; }
offered() { cli offer list | grep -q provider@localhost; }
signed() { cli audit prove "$1" >"$clients/$1.tlog-proof" 2>/dev/null; }
# of FIELD: of the first grant that is listed, or nothing.
of() { cli -o json grant list | python3 -c 'import json, sys; print(next((one[sys.argv[1]] for one in json.load(sys.stdin)), ""))' "$1"; }
handed_over() { grep -qs "$1" "$spool"/*.json; }
load_known() { as="admin" cli -o json history show provider@localhost | grep -q '"cpu"'; }

# A request, its grant, the hooks, the receipt: everything that is asked of the three programs. The agent must have seen
# the machine's size, and measured its load.
use_market() {
  local request=check-$1 grant
  step "A request is granted, its hook runs, its receipt verifies"
  cli request submit --id "$request" --cpu 0.5 --memory 64Mi --duration 10m --wait=60s
  grant=$(of id)
  expect "there is a grant" test -n "$grant"
  wait_until "the hook of $grant" $$ /dev/null 20 handed_over "\"$grant\""
  wait_until "the load of the machine" $$ /dev/null 90 load_known
  cli grant release "$grant"
  wait_until "the hook that probes" $$ /dev/null 20 test -e "${spool%/*}/probed"
  wait_until "the receipt of $grant" $$ /dev/null 20 signed "$grant"
  cli audit verify # pins the log's key
  cli audit verify --offline "$clients/$grant.tlog-proof"
  as="admin" cli market status
}

inside_by_hand() {
  heading "With the programs started by hand"
  start_by_hand
  wait_until "the offer" "$agent_pid" "$clients/agent.log" 30 offered
  use_market by-hand
  step "Maintenance, as its unit says"
  expect "the owner maintains" runuser -u "$(unit_says boursed-maintain User)" -- bash -c "$(unit_says boursed-maintain ExecStart)"
  expect "keys and checkpoints are boursed's alone" test -z "$(find /var/lib/boursed ! -user boursed -o -type f -name '*.key' -perm /077)"
  stop_process bourse-agent
  stop_process boursed
  expect "boursed said good-bye" grep -q stopping "$clients/boursed.log"
  expect "without a sandbox the hook could: the probe works" test "$(wc -l <"${spool%/*}/probed")" = 2
  stop_process Prosody
  read -ra cluster <<<"$(pg_lsclusters -h)"
  pg_ctlcluster "${cluster[0]}" "${cluster[1]}" stop
  rm -rf "$spool" "${spool%/*}/probed"
}

property() { systemctl show -P "$2" "$1"; }

inside_booted() {
  local unit exposure
  for unit in postgresql prosody boursed bourse-agent; do
    expect "$unit starts" systemctl start "$unit"
  done
  wait_until "the offer" $$ /dev/null 60 offered
  use_market booted
  step "Hooks write where the agent may, and nowhere else"
  expect "a hook can do nothing of: $(tr '\n' ' ' <"${spool%/*}/probed")" test ! -s "${spool%/*}/probed"
  step "Maintenance by its unit"
  expect "boursed-maintain works" systemctl start boursed-maintain
  for unit in boursed bourse-agent; do
    exposure=$(systemd-analyze --no-pager security "$unit.service" | sed -n 's/.*exposure level[^:]*: \([0-9.]*\).*/\1/p')
    say "  $unit: exposure $exposure"
    expect "$unit is not exposed by more than 2.0" awk -v e="$exposure" 'BEGIN { exit !(e != "" && e <= 2.0) }'
    expect "$unit did not have to be started again" test "$(property "$unit" NRestarts)" = 0
    systemctl stop "$unit"
    expect "$unit stopped as told: $(property "$unit" Result)" test "$(property "$unit" Result)" = success
  done
}

inside_purge() {
  local left
  step "Installed again, the settings are kept; purged, only keys and secrets stay"
  DEBIAN_FRONTEND=noninteractive dpkg -i "$root"/var/package/*.deb >/dev/null
  expect "the settings are ours still" grep -q localhost /etc/bourse/boursed.toml
  DEBIAN_FRONTEND=noninteractive apt-get -q -y purge bourse bourse-agent boursed >/dev/null
  left=$(find /usr /etc /var/lib/bourse-agent -path "$hooks" -prune -o -path '/etc/prosody/*' -prune -o \
    \( -name '*bourse*' ! -path /etc/bourse -o -path '/etc/bourse/*.toml' \) -print 2>/dev/null || true)
  expect "nothing is left of the packages: $left" test -z "$left"
  expect "the keys stay" test -s /var/lib/boursed/ticket.key
}
