# Network namespaces that live as long as a process of this script, and the links between them. Nothing of it is
# in the machine's own network, and nothing is left when the processes end.
# shellcheck shell=bash

declare -A network_pid=() network_address=([a]=192.0.2.1 [b]=198.51.100.1 [c]=203.0.113.1)

# networks_or_skip: ends the script with 77, which ctest shows as skipped, where namespaces are not allowed.
networks_or_skip() {
  local reason=
  if ((EUID != 0)); then
    reason="only root can make network namespaces"
  elif ! mounts_stay_apart; then
    reason="mount namespaces are not allowed here (unshare --mount)"
  elif ! unshare --net -- ip link add one type veth peer name other 2>/dev/null; then
    reason="network namespaces with links between them are not allowed here (unshare --net, ip link add type veth)"
  elif ! unshare --net -- sh -c 'echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start' 2>/dev/null; then
    reason="/proc/sys is read-only here"
  elif ! unshare --net -- nft add table ip probe 2>/dev/null; then
    reason="packet filters are not allowed here (nft)"
  fi
  [[ -z $reason ]] || { say "skipped: $reason; run it as root, in a container with CAP_SYS_ADMIN and CAP_NET_ADMIN"; exit 77; }
}

# raise_network NAME LOG: empty, with a loopback; everybody in it may use every port.
raise_network() {
  enter=()
  run_as_self
  start_process "network $1" TERM "$2" unshare --net -- sleep infinity
  wait_until "network $1" "$started_pid" "$2" 10 is_apart "$started_pid"
  network_pid[$1]=$started_pid
  # shellcheck disable=SC2016
  in_network "$1" sh -c 'ip link set lo up && ip addr add "$1/32" dev lo && echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start' sh "${network_address[$1]}"
}

is_apart() { [[ $(readlink "/proc/$1/ns/net") != "$(readlink /proc/self/ns/net)" && $(cat "/proc/$1/comm") == sleep ]]; }

# mounts_stay_apart: sets how unshare is to make a mount namespace that nobody else sees into. In a chroot it cannot
# make everything private, since / is no mount point there; that is fine where everything already is.
mounts_stay_apart() {
  local probe
  if unshare --mount -- true 2>/dev/null; then return 0; fi
  mount_propagation=unchanged
  probe=$(mktemp -d)
  temporary_paths+=("$probe")
  # shellcheck disable=SC2016
  unshare --mount --propagation unchanged -- sh -c 'mount -t tmpfs probe "$1" && : >"$1/seen"' sh "$probe" 2>/dev/null || return 1
  [[ -e $probe/seen ]] || return 0
  umount "$probe"
  return 1
}
mount_propagation=private

# ask_only RESOLV_CONF: processes started from here on, in the network entered, see that file as /etc/resolv.conf, and
# look nowhere but there. (The C library has no setting for it.)
ask_only() {
  [[ -e /etc/resolv.conf ]] || die "there is no /etc/resolv.conf to put another in place of; an empty file is enough"
  printf 'passwd: files\ngroup: files\nhosts: files dns\n' >"$1.nsswitch"
  # shellcheck disable=SC2016
  enter+=(unshare --mount --propagation "$mount_propagation" -- sh -c 'mount --bind "$1" /etc/resolv.conf
    [ ! -e /etc/nsswitch.conf ] || mount --bind "$1.nsswitch" /etc/nsswitch.conf
    shift && exec "$@"' sh "$1")
}

# enter_network NAME: processes started from here on are in it.
enter_network() { enter=(nsenter --target "${network_pid[$1]}" --net --); }
in_network() { # NAME COMMAND…
  nsenter --target "${network_pid[$1]}" --net -- "${@:2}"
}

# link_networks ONE OTHER: in ONE the device is called OTHER, and the other way round.
link_networks() {
  in_network "$1" ip link add name "$2" type veth peer name "$1" netns "${network_pid[$2]}"
  join_link "$1" "$2"
  join_link "$2" "$1"
}
join_link() { # HERE THERE
  in_network "$1" ip addr add "${network_address[$1]}" peer "${network_address[$2]}" dev "$2"
  in_network "$1" ip link set dev "$2" up
}

# cut_link ONE OTHER: what is sent is lost, and nobody is told. mend_link ONE OTHER
cut_link() {
  in_network "$1" nft -f - <<NFT
table ip cut {
  chain in { type filter hook input priority 0; iifname "$2" drop; }
  chain out { type filter hook output priority 0; oifname "$2" drop; }
}
NFT
}
mend_link() { in_network "$1" nft -f - <<<'table ip cut; delete table ip cut;'; } # there or not
