# The Debian packages that building, running and testing need; the same names on bookworm and trixie but for one.
# shellcheck shell=bash

bourse_packages=(
  # build
  g++ cmake ninja-build pkg-config ccache git
  libgloox-dev libidn2-dev libicu-dev libpqxx-dev libpq-dev libssl-dev protobuf-compiler libprotobuf-dev
  libfmt-dev libspdlog-dev nlohmann-json3-dev libcli11-dev libtomlplusplus-dev zlib1g-dev
  libhowardhinnant-date-dev tzdata libjemalloc-dev
  # tests
  libgtest-dev libgmock-dev librapidcheck-dev libbenchmark-dev python3 python3-slixmpp libxml2-utils
  golang-go golang-golang-x-mod-dev
  # the parts a market stands on
  postgresql postgresql-contrib prosody ejabberd openssl
  # two domains on one machine: ops/federation
  iproute2 nftables nsd tshark lua-unbound
  # what `bourse history --png` draws with
  librsvg2-bin fonts-dejavu-core
  # what the scripts call
  util-linux procps ca-certificates
)
# A second client library for the tests. Debian 13 does not have it any more: those tests are skipped there.
if grep -qs '^VERSION_ID="12"' /etc/os-release; then bourse_packages+=(python3-aioxmpp); fi

missing_packages() {
  local package
  for package in "${bourse_packages[@]}"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || printf '%s\n' "$package"
  done
}

# Installs what is missing when root; says the exact command otherwise.
ensure_packages() {
  local missing
  command -v dpkg-query >/dev/null || die "this needs Debian 12 or 13 (no dpkg here); see README.md for what to install by hand"
  mapfile -t missing < <(missing_packages)
  ((${#missing[@]})) || return 0
  if ((EUID != 0)); then
    say "Missing Debian packages. Install them, then run this again:"
    say "  sudo apt-get install --no-install-recommends ${missing[*]}"
    exit 1
  fi
  heading "Installing ${#missing[@]} Debian packages"
  install_packages "${missing[@]}"
}

install_packages() {
  local log status=0
  log=$(mktemp)
  (apt_get_without_starting "$@") </dev/null >"$log" 2>&1 || status=$?
  if ((status)); then
    tail -n 30 "$log" >&2
    die "apt-get failed (whole log: $log); repair it and run this again"
  fi
  rm -f "$log"
}

# The servers among the packages would start system-wide on the standard ports; ours are private, so the
# installation is asked not to start any (a policy of the administrator's is kept). In a shell of its own, which takes
# the policy away however it ends; one that a lost machine left behind is known by its second line.
apt_get_without_starting() {
  local policy=/usr/sbin/policy-rc.d mark='# for one installation by Bourse'
  if [[ ! -e $policy ]] || grep -qxF "$mark" "$policy"; then
    # shellcheck disable=SC2064
    trap "rm -f '$policy'" EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    printf '#!/bin/sh\n%s\nexit 101\n' "$mark" >"$policy"
    chmod 755 "$policy"
  fi
  apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
}
