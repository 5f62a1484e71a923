# A private certificate authority, and certificates by which servers know each other (XEP-0178).
# shellcheck shell=bash

# make_authority DIR NAME: DIR/ca.pem, DIR/ca.key
make_authority() {
  mkdir -p "$1"
  (
    umask 077
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1/ca.key" -out "$1/ca.pem" -days 30 \
      -subj "/O=Bourse federation/CN=$2" -addext keyUsage=critical,keyCertSign,cRLSign
  ) >"$1/openssl.log" 2>&1 || { cat "$1/openssl.log" >&2; die "openssl could not make an authority"; }
  chmod 644 "$1/ca.pem"
}

# issue_certificate AUTHORITY DIR VALIDITY NAME…: DIR/server.pem and DIR/server.key for the names, and DIR/ca.pem.
# VALIDITY: valid, or expired (since a day).
issue_certificate() {
  local authority=$1 dir=$2 validity=$3 name alternatives=() start end
  shift 3
  mkdir -p "$dir"
  for name in "$@"; do # as in RFC 6120, 13.7.1. No id-on-xmppAddr: ejabberd's process for the connection crashes on one
    alternatives+=("DNS:$name" "otherName:1.3.6.1.5.5.7.8.7;IA5STRING:_xmpp-server.$name")
  done
  start=$(date -u -d '-10 days' +%y%m%d%H%M%SZ) end=$(date -u -d '+20 days' +%y%m%d%H%M%SZ)
  [[ $validity == valid ]] || end=$(date -u -d '-1 day' +%y%m%d%H%M%SZ)
  (
    umask 077
    cd "$dir"
    authority_configuration "$authority" "$(IFS=,; printf '%s' "${alternatives[*]}")" >ca.conf
    : >index.txt
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key -out server.csr -subj "/CN=$1"
    openssl ca -batch -config ca.conf -in server.csr -out server.pem -notext -startdate "$start" -enddate "$end"
    rm -f server.csr ca.conf index.txt* [0-9A-F]*.pem
  ) >"$dir/openssl.log" 2>&1 || { cat "$dir/openssl.log" >&2; die "openssl could not make a certificate for $*"; }
  cp "$authority/ca.pem" "$dir/ca.pem"
  chmod 644 "$dir/ca.pem" "$dir/server.pem"
}

# `openssl ca` alone sets both dates of a certificate in every version of Debian.
authority_configuration() { # AUTHORITY ALTERNATIVES
  cat <<CONF
[ca]
default_ca = this
[this]
database = index.txt
new_certs_dir = .
certificate = $1/ca.pem
private_key = $1/ca.key
rand_serial = yes
default_md = sha256
policy = any
x509_extensions = server
unique_subject = no
[any]
commonName = supplied
[server]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth,clientAuth
subjectAltName = $2
CONF
}
