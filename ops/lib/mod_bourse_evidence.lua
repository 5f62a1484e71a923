-- What happens on every connection with another server, as lines of JSON, one an event, in the file
-- bourse_evidence_file: bytes as they are before encryption, and certificates with what was found about them.
-- SIGUSR1 closes every such connection in good order. For ops/federation; nothing for a server of consequence.
module:set_global();

local add_filter = require "util.filters".add_filter;
local json = require "util.json";
local now = require "util.time".now;

local sessions = module:shared("/*/s2s/sessions");
local file = assert(io.open(module:get_option_string("bourse_evidence_file"), "a"));
file:setvbuf("line");
local longest = 4000; -- of bytes: enough for a stanza of the market
local most = 2000; -- of a connection: a flood neither fills the disk nor costs more than it does anywhere

local numbers = setmetatable({}, { __mode = "k" }); -- a session that ended forgets everything else
local noted = setmetatable({}, { __mode = "k" });

local function note(session, event, details)
	noted[session] = (noted[session] or 0) + 1;
	if noted[session] > most then return; end
	local line = {
		at = ("%.6f"):format(now()), event = event, connection = numbers[session];
		direction = session.direction, from = session.from_host, to = session.to_host, encrypted = session.conn and session.conn:ssl() and true or false;
	};
	for key, value in pairs(details or {}) do line[key] = value; end
	file:write(json.encode(line), "\n");
end

local connections = 0;

module:hook("s2s-created", function (event)
	local session = event.session;
	connections = connections + 1;
	numbers[session] = connections;
	add_filter(session, "bytes/in", function (data)
		note(session, "in", { data = data:sub(1, longest) });
		return data;
	end, 1000);
	add_filter(session, "bytes/out", function (data)
		note(session, "out", { data = data:sub(1, longest) });
		return data;
	end, -1000);
end);

local function names_of(subject)
	local names = {};
	for _, one in ipairs(subject) do names[#names + 1] = (one.name or one.oid) .. "=" .. one.value; end
	return table.concat(names, ", ");
end

-- After what judges certificates (509), before what acts on it (-1).
module:hook("s2s-check-certificate", function (event)
	local session, cert = event.session, event.cert;
	note(session, "certificate", {
		host = event.host, subject = cert and names_of(cert:subject()) or "", issuer = cert and names_of(cert:issuer()) or "";
		chain = session.cert_chain_status or "none", identity = session.cert_identity_status or "none";
	});
end, 1);

module:hook("s2s-closed", function (event)
	if event.session and numbers[event.session] then note(event.session, "closed"); end
end, 10);

-- A stream is over when both sides have said so: ours here, and the connection ends when theirs arrived. What
-- comes with the server answers theirs.
local function close_all()
	for _, session in pairs(sessions) do
		if session.type == "s2sin" or session.type == "s2sout" then
			session.sends2s("</stream:stream>");
			function session.sends2s() return false; end
		end
	end
end
module:hook("signal/SIGUSR1", close_all);
