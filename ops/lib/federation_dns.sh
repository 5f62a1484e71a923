# An authoritative name server (nsd) for each domain, on the domain's own address, and where its resolver asks.
# shellcheck shell=bash

# start_dns NETWORK DIR ZONE…: serves DIR/ZONE for each zone.
start_dns() {
  local network=$1 dir=$2 zone
  shift 2
  own_directory nsd "$dir"
  set_run_as nsd "$dir"
  {
    printf 'server:\n  ip-address: %s\n  username: ""\n  chroot: ""\n  zonesdir: "%s"\n' "${network_address[$network]}" "$dir"
    printf '  pidfile: ""\n  xfrdfile: "%s/xfrd"\n  zonelistfile: "%s/zones"\n  server-count: 1\n' "$dir" "$dir"
    # Before 4.8 nsd compiled zones into a file.
    if dpkg --compare-versions "$(dpkg-query -W -f '${Version}' nsd)" lt 4.8; then printf '  database: ""\n'; fi
    printf 'remote-control:\n  control-enable: no\n'
    for zone in "$@"; do printf 'zone:\n  name: %s\n  zonefile: "%s"\n' "$zone" "$zone"; done
  } >"$dir/nsd.conf"
  own_directory nsd "$dir"
  start_process "DNS of $network" TERM "$dir/log" nsd -d -c "$dir/nsd.conf"
  wait_until "DNS of $network" "$started_pid" "$dir/log" 20 port_open 53 "${network_address[$network]}"
}

# zone_of DOMAIN ADDRESS PORT [SUBDOMAIN…]: on stdout; SRV records lead to the server of the domain and its subdomains,
# and nothing else does. PORT '': no SRV record, but an address (RFC 6120, 3.2.2).
zone_of() {
  local domain=$1 address=$2 port=$3 name
  shift 3
  # shellcheck disable=SC2016
  printf '$ORIGIN %s.\n$TTL 60\n@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS ns\nns A %s\n' "$domain" "$address"
  [[ -n $port ]] || { printf '@ A %s\n' "$address" && return 0; }
  printf 'xmpp A %s\n' "$address"
  for name in "$domain" "$@"; do printf '_xmpp-server._tcp.%s. SRV 0 5 %s xmpp\n' "$name" "$port"; done
}

# resolver_of FILE NETWORK…: as resolv.conf(5), asking those networks' name servers, each of which refuses what is not its own.
resolver_of() {
  local file=$1 network
  shift
  for network in "$@"; do printf 'nameserver %s\n' "${network_address[$network]}"; done >"$file"
  chmod 644 "$file"
}
