-- Prosody for a market, hardened: put this into /etc/prosody/conf.d/ (readable by prosody alone, it has a secret) and give the
-- same secret to boursed ([xmpp] secret-file). What stands before `Component` is for the whole server and wins over
-- prosody.cfg.lua, so merge what is there already. ops/hardening.md says what each is for and how to see that it holds.

-- Clients and other servers come in over TLS. Another server proves its name by a certificate that an authority signed
-- (SASL EXTERNAL); dialback, which believes the DNS, is off.
c2s_require_encryption = true
s2s_require_encryption = true
s2s_secure_auth = true
s2s_insecure_domains = { }
modules_disabled = { "dialback" }
allow_unencrypted_plain_auth = false
allow_registration = false

-- The longest stanza. boursed refuses more than 256 KiB itself; what it sends may be a little longer than what it got.
c2s_stanza_size_limit = 262144
s2s_stanza_size_limit = 262144
component_stanza_size_limit = 524288

-- How fast one connection may send. A provider with many offers, or a program that publishes in bulk, is slowed to this (stock
-- is 10kb/s for clients); a server that floods is, too. boursed has bounds of its own for each domain and each account.
limits = {
	c2s = { rate = "100kb/s", burst = "2s" },
	s2sin = { rate = "200kb/s", burst = "2s" },
}

-- Nagle's algorithm off: otherwise a notification that follows an answer waits for the client's delayed acknowledgement, 40 ms.
network_settings = { nagle = false }

-- Components speak in clear (XEP-0114): on loopback only. boursed on another machine comes through a tunnel.
component_ports = { 5347 }
component_interfaces = { "127.0.0.1" }

Component "bourse.example.org"
	component_secret = "CHANGE-ME"
