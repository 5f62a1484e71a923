# The walk through a request that crosses domains, and the evidence of how two servers that never met came to
# trust each other.
# shellcheck shell=bash

# start_capture NAME: what passes on the link between a and b, as packets and as a line for each.
start_capture() {
  local fields field
  fields=()
  for field in frame.time_epoch ip.src ip.dst tcp.srcport tcp.dstport tcp.flags.str tcp.payload dns.flags.response dns.qry.name dns.qry.type \
    dns.srv.target dns.srv.port dns.a; do fields+=(-e "$field"); done
  enter_network a
  start_process tshark TERM "$dir/log/capture" tshark -n -l -i b -f "tcp port $s2s_port or port 53" -w "$dir/evidence.pcapng" -P \
    -T fields -E separator=/t "${fields[@]}"
  wait_until tshark "$started_pid" "$dir/log/capture" 30 grep -q 'Capturing on' "$dir/log/capture"
  leave_domain
}

# as NAME LOCALPART COMMAND…: that account's CLI, in its network.
as() {
  local name=$1 localpart=$2
  shift 2
  say "   $localpart@$name.test\$ bourse $*"
  XDG_STATE_HOME=$dir/$name/$localpart in_network "$name" "$bin/bourse" --config "$dir/$name/$localpart/bourse.toml" "$@"
}

# offered JID: an offer of it is in the market.
offered() {
  XDG_STATE_HOME=$dir/b/admin in_network b "$bin/bourse" --config "$dir/b/admin/bourse.toml" offer list | grep -q "$1"
}

start_provider() {
  write_settings b agent.toml lender '' '[agent]' "state-dir = $(toml "$dir/b/lender/state")" 'heartbeat = "60s"'
  write_settings b bourse.toml admin
  enter_network b
  start_process bourse-agent TERM "$dir/log/agent" "$bin/bourse-agent" --config "$dir/b/lender/agent.toml"
  leave_domain
  wait_until bourse-agent "$started_pid" "$dir/log/agent" 20 offered lender@b.test
}

# walk: abc@a.test has no account at b.test, and b.test never heard of a.test.
walk() {
  local request grant
  write_settings a bourse.toml abc
  request=walk-$(date -u +%H%M%S)
  as a abc request submit --id "$request" --cpu 1 --memory 64Mi --duration 10m --wait
  grant=$(as a abc -o json grant list 2>/dev/null | python3 -c 'import json, sys
print(next(grant["id"] for grant in json.load(sys.stdin) if grant["request"] == sys.argv[1]))' "$request")
  as a abc grant show "$grant"
  as a abc grant release "$grant"
  as b admin audit list --request "$request"
}

# close_streams: b.test says goodbye on every connection, and waits for a.test's.
close_streams() {
  kill -s USR1 "${server_pid[b]}"
  wait_until "the server of b.test" "${server_pid[b]}" "$dir/log/capture" 20 evidence --closed
}

# evidence [ARGUMENT…]: the numbered sequence; fails when a step is missing.
evidence() { python3 -B "$root/tests/federation/evidence.py" "$dir" "$@"; }

say_how_to_look_around() {
  local name
  heading "
Both domains stay up until Ctrl-C. What they are made of is in $dir."
  for name in a b; do
    say "Enter $name.test's network:  nsenter --target ${network_pid[$name]} --net     (address ${network_address[$name]})"
  done
  say "In it, with export XDG_STATE_HOME=$dir/state:"
  say "  $bin/bourse --config $dir/a/abc/bourse.toml request submit --cpu 1 --duration 10m --wait     (in a; abc@a.test)"
  say "  $bin/bourse --config $dir/b/admin/bourse.toml market status                             (in b; admin@b.test)"
  say "  tshark -i b -f 'tcp port $s2s_port or port 53'                                                (in a: the link to b)"
  say "  ip link set dev b down                                                                  (in a: cut it)"
  say "Accounts and passwords: $dir/a/accounts, $dir/b/accounts. Clients: 127.0.0.1:$c2s_port in their network."
  say "The packets so far: tshark -r $dir/evidence.pcapng. What b.test's server saw: $dir/b/prosody/evidence"
}
