# What the private Prosody and the private ejabberd share: the domain, its accounts, the component secret.
# shellcheck shell=bash

xmpp_domain=localhost
# Where clients are listened for. Everywhere is for a server that has a network namespace to itself.
xmpp_interface=127.0.0.1
# With other servers: by TLS and certificates of the authority in TLS_DIR only. Empty: no federation at all.
xmpp_s2s_port=

# server_name PROGRAM: what its process is called here; a script may run several of them.
server_name() { printf '%s%s' "$1" "$([[ $xmpp_domain == localhost ]] || printf ' of %s' "$xmpp_domain")"; }

# ensure_accounts FILE LOCALPART…: lines `jid password`, readable by the owner alone; accounts there are kept.
ensure_accounts() {
  local file=$1 name
  shift
  [[ -e $file ]] || write_secret "$file" </dev/null
  for name in "$@"; do
    grep -q "^$name@$xmpp_domain " "$file" || printf '%s %s\n' "$name@$xmpp_domain" "$(random_secret)" >>"$file"
  done
}

# password_of FILE JID
password_of() { awk -v jid="$2" '$1 == jid { print $2 }' "$1"; }

# ensure_secret FILE
ensure_secret() { [[ -s $1 ]] || random_secret | write_secret "$1"; }
