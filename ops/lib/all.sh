# Everything of ops/lib, for the executables: they set `program` and source this.
# shellcheck shell=bash

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)
for part in terminal packages process build postgresql tls xmpp_server prosody ejabberd market federation_network federation_dns federation_tls federation federation_walk federation_test bench_subject bench_market; do
  # shellcheck disable=SC1090
  . "$root/ops/lib/$part.sh"
done
unset part

# lock_directory DIR: one script at a time works in it.
lock_directory() {
  mkdir -p "$1"
  exec 9>"$1/.lock"
  flock -n 9 || die "another one is running in $1; stop it first"
}
