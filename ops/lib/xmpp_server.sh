# What the private Prosody and the private ejabberd share: the domain, its accounts, the component secret.
# shellcheck shell=bash

xmpp_domain=localhost

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
