-- Prosody for a market: put this into /etc/prosody/conf.d/ and give the same secret to boursed
-- ([xmpp] secret-file). Components connect on loopback; see component_interfaces to change that.
component_ports = { 5347 }
component_interfaces = { "127.0.0.1" }

Component "bourse.example.org"
	component_secret = "CHANGE-ME"

-- A provider with many offers, or a program that publishes in bulk, is held to this rate on its connection
-- (Prosody's own default is 10kb/s). It belongs to the global section:
--   limits = { c2s = { rate = "100kb/s" } }

-- Global section as well. Prosody leaves Nagle's algorithm on: a notification that follows an answer then waits
-- for the client's delayed acknowledgement, 40 ms on Linux.
--   network_settings = { nagle = false }
