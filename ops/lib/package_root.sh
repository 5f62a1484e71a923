# Where packages are tried: a bare Debian in a directory, entered and booted by systemd-nspawn, or this machine. All of it
# is a copy of its own in namespaces of its own; the kernel ends it with us.
# shellcheck shell=bash

# make_tree: sets tree to a bare Debian. The one that debootstrap made is kept for the next time, and copied.
make_tree() {
  local bare=$var/bare-$suite
  if [[ ! -e $bare/.complete ]]; then
    heading "A bare Debian ($suite)"
    rm -rf "$bare"
    debootstrap --variant=minbase --include=ca-certificates "$suite" "$bare" >"$var/debootstrap.log" 2>&1 ||
      { tail -n 20 "$var/debootstrap.log" >&2; die "debootstrap failed (log: $var/debootstrap.log)"; }
    touch "$bare/.complete"
  fi
  tree=$var/tree
  rm -rf --one-file-system "$tree"
  cp -a "$bare/." "$tree/"
  temporary_paths+=("$tree")
}

# nspawn ARGUMENT…: systemd-nspawn in the tree, which ends when we do, and leaves nothing under /run.
nspawn() {
  local status=0
  # Unified control groups: the only ones that systemd 257 boots with.
  SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 setpriv --pdeathsig TERM timeout --foreground 900 setpriv --pdeathsig KILL \
    systemd-nspawn -q -D "$tree" --register=no --keep-unit --setenv=LANG=C.UTF-8 "$@" </dev/null || status=$?
  rmdir /run/systemd/nspawn/{propagate,locks,} 2>/dev/null || true
  return "$status"
}

# run_in_tree STAGE [OPTION…]: `ops/package --inside STAGE` there.
run_in_tree() {
  local stage=$1
  shift
  nspawn "$@" /root/bourse/ops/package --inside "$stage" || die "$stage did not work (see above)"
}

test_in_tree() {
  # shellcheck source=/dev/null
  suite=${suite:-$(. /etc/os-release && printf '%s' "$VERSION_CODENAME")}
  [[ -n $tree ]] || make_tree
  mkdir -p "$tree/root/bourse/var/package"
  cp -a "$root/ops" "$tree/root/bourse/"
  cp "$var"/*.deb "$tree/root/bourse/var/package/"
  run_in_tree install
  run_in_tree by_hand --private-network
  boot_tree
  run_in_tree purge
}

# The same market again, under systemd: the only one who can say whether the sandboxes let the programs work.
boot_tree() {
  local log=$var/boot.log status=0
  heading "Under systemd"
  cat >"$tree/etc/systemd/system/bourse-check.service" <<'UNIT'
[Unit]
After=multi-user.target
SuccessAction=exit-force
FailureAction=exit-force
FailureActionExitStatus=9
[Service]
Type=oneshot
ExecStart=/root/bourse/ops/package --inside booted
StandardOutput=file:/root/bourse/booted.log
StandardError=inherit
ExecStopPost=/bin/sh -c 'journalctl --no-pager -n 60 -u boursed -u bourse-agent -u boursed-maintain >/root/bourse/journal.log'
TimeoutStartSec=300
UNIT
  ln -sf ../bourse-check.service "$tree/etc/systemd/system/multi-user.target.wants/bourse-check.service"
  rm -f "$tree/root/bourse/booted.log"
  nspawn --private-network --boot --console=pipe >"$log" 2>&1 || status=$?
  rm -f "$tree"/etc/systemd/system/{,multi-user.target.wants/}bourse-check.service
  if [[ ! -e $tree/root/bourse/booted.log ]]; then
    tail -n 5 "$log" >&2
    [[ -z ${BOURSE_MUST_BOOT-} ]] || die "systemd did not start (log: $log)"
    heading "systemd could not be started here: what the units' sandboxes allow was NOT tried (log: $log)"
    return 0
  fi
  cat "$tree/root/bourse/booted.log" >&2
  ((status == 0)) || { cat "$tree/root/bourse/journal.log" >&2; die "under systemd it does not work (status $status; log: $log)"; }
}

test_here() {
  [[ ! -e /etc/bourse && ! -e /var/lib/boursed ]] || die "there is a Bourse on this machine already; --here is for one that is thrown away"
  inside_install
  if unshare --net true 2>/dev/null; then # standard ports, without getting in anybody's way
    unshare --net -- "$root/ops/package" --inside by_hand
  else
    "$root/ops/package" --inside by_hand
  fi
  inside_purge
}
