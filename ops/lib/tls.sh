# A private certificate authority and one server certificate for `localhost`, for loopback only.
# shellcheck shell=bash

# ensure_tls DIR: DIR/ca.pem, DIR/server.pem, DIR/server.key; kept until they are about to expire.
ensure_tls() {
  local dir=$1
  mkdir -p "$dir"
  if [[ -s $dir/server.key ]] && openssl x509 -in "$dir/server.pem" -noout -checkend 2592000 >/dev/null 2>&1; then return 0; fi
  (
    umask 077
    cd "$dir"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 825 \
      -subj '/CN=Bourse private CA' -addext keyUsage=critical,keyCertSign,cRLSign
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key -out server.csr -subj /CN=localhost
    printf '%s\n' subjectAltName=DNS:localhost,DNS:*.localhost,IP:127.0.0.1 basicConstraints=critical,CA:FALSE \
      keyUsage=critical,digitalSignature extendedKeyUsage=serverAuth >server.ext
    openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 825 -extfile server.ext -out server.pem
    rm -f server.csr server.ext ca.key ca.srl # nobody ever signs with it again
  ) >"$dir/openssl.log" 2>&1 || { cat "$dir/openssl.log" >&2; die "openssl could not make the private certificates"; }
  chmod 755 "$dir"
  chmod 644 "$dir/ca.pem" "$dir/server.pem"
}
