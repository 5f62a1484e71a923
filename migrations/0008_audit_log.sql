-- The audit log as a tree: its tiles and its signed heads. The entries stay as they are: their indices are the leaves'.

SET LOCAL ROLE bourse_owner;

-- A tile of the log's tree (C2SP tlog-tiles): 256 hashes, one after the other; fewer: the last of its level, which grows
-- in place.
CREATE TABLE bourse.audit_tiles (
  pool_id int NOT NULL,
  level smallint NOT NULL CHECK (level BETWEEN 0 AND 7),
  index bigint NOT NULL CHECK (index >= 0),
  hashes bytea NOT NULL CONSTRAINT audit_tiles_hashes CHECK (octet_length(hashes) BETWEEN 32 AND 8192 AND octet_length(hashes) % 32 = 0),
  PRIMARY KEY (pool_id, level, index)
);
-- Hashes do not compress, so it is not tried.
ALTER TABLE bourse.audit_tiles ALTER COLUMN hashes SET STORAGE EXTERNAL;

CREATE FUNCTION bourse.refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'tile % of level % of the audit log can only grow', OLD.index, OLD.level USING ERRCODE = 'BO002';
END $$;
-- A trigger, and no condition of ON CONFLICT: it holds for every statement of the service, and refuses the batch where the
-- other would leave the row out. Only tiles that were partial are looked at, and compared without a call.
CREATE TRIGGER refuse_rewriting AFTER UPDATE ON bourse.audit_tiles FOR EACH ROW
  WHEN (substring(NEW.hashes FOR octet_length(OLD.hashes)) <> OLD.hashes) EXECUTE FUNCTION bourse.refuse_rewriting();

-- The log's head as it was signed (C2SP tlog-checkpoint), over the entries before `size`.
CREATE TABLE bourse.audit_checkpoints (
  pool_id int NOT NULL,
  size bigint NOT NULL CHECK (size >= 0),
  at timestamptz NOT NULL,
  note text NOT NULL,
  PRIMARY KEY (pool_id, size)
);

-- Statements of the service itself, of which the last of each kind is asked for at every load. Other entries are in no
-- index of theirs.
CREATE INDEX audit_statements ON bourse.audit_entries (pool_id, kind, index) WHERE kind >= 29;

-- Requests' events have a consumer, checkpoints' concern nobody: neither is searched for the other.
DROP INDEX bourse.events_requests;
CREATE INDEX events_requests ON bourse.events (pool_id, seq) WHERE kind IN (1, 2) AND provider = '' AND consumer <> '';
CREATE INDEX events_audit ON bourse.events (pool_id, seq) WHERE kind = 1 AND provider = '' AND consumer = '';

CREATE FUNCTION bourse.write_log_tiles(pool int, levels smallint[], indices bigint[], starts int[], lengths int[], tiles bytea)
RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO bourse.audit_tiles (pool_id, level, index, hashes)
  SELECT pool, t.level, t.index, substring(tiles FROM t.start FOR t.length)
  FROM (SELECT unnest(levels) AS level, unnest(indices) AS index, unnest(starts) AS start, unnest(lengths) AS length) t
  ON CONFLICT (pool_id, level, index) DO UPDATE SET hashes = excluded.hashes;
  RETURN pool;
END $$;

CREATE FUNCTION bourse.write_checkpoints(pool int, sizes bigint[], times bigint[], notes text[]) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO bourse.audit_checkpoints (pool_id, size, at, note)
  SELECT pool, t.size, bourse.from_micros(t.at), t.note
  FROM (SELECT unnest(sizes) AS size, unnest(times) AS at, unnest(notes) AS note) t;
  RETURN pool;
END $$;

-- What a grant's ticket names: the entry that made the grant what it is.
ALTER TABLE bourse.grants ADD COLUMN entry bigint;
DROP FUNCTION bourse.write_grant_changes(int, bigint[], smallint[], boolean[], bigint[], bigint[], bigint[], bigint[], text[]);
CREATE FUNCTION bourse.write_grant_changes(pool int, ids bigint[], states smallint[], aheads boolean[], starts bigint[],
                                           expiries bigint[], untils bigint[], ends bigint[], reasons text[], entries bigint[])
RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  hit int;
BEGIN
  UPDATE bourse.grants g
  SET state = t.state, ahead = t.ahead, started = bourse.from_micros(t.started), expires = bourse.from_micros(t.expires),
      state_until = bourse.from_micros(t.until), ended = bourse.from_micros(t.ended), reason = t.reason, entry = t.entry
  FROM unnest(ids, states, aheads, starts, expiries, untils, ends, reasons, entries)
    AS t(id, state, ahead, started, expires, until, ended, reason, entry)
  WHERE g.pool_id = ANY (ARRAY[pool]) AND g.grant_id = ANY (ARRAY[t.id]) AND coalesce(g.ended, 'infinity') = 'infinity';
  GET DIAGNOSTICS hit = ROW_COUNT;
  IF hit <> cardinality(ids) THEN
    RAISE EXCEPTION '% of % grants to end or change are not live', cardinality(ids) - hit, cardinality(ids) USING ERRCODE = 'BO002';
  END IF;
  RETURN pool;
END $$;

DROP FUNCTION bourse.write_new_grants(int, bigint[], text[], text[], text[], text[], text[], text[], smallint[], boolean[], bigint[], bigint[],
                          bigint[], bigint[], text[]);
CREATE FUNCTION bourse.write_new_grants(pool int, ids bigint[], offers text[], requests text[], providers text[],
                                                   consumers text[], slot_lists text[], amount_lists text[], states smallint[],
                                                   aheads boolean[], starts bigint[], expiries bigint[], untils bigint[],
                                                   ends bigint[], reasons text[], entries bigint[])
RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO bourse.grants (pool_id, grant_id, offer_id, request_id, provider, consumer, slots, amounts, state, ahead, started,
                             expires, state_until, ended, reason, entry)
  SELECT pool, t.id, t.offer, t.request, t.provider, t.consumer, string_to_array(t.slots, ' '), t.amounts::bigint[], t.state,
         t.ahead, bourse.from_micros(t.started), bourse.from_micros(t.expires), bourse.from_micros(t.until),
         bourse.from_micros(t.ended), t.reason, t.entry
  FROM (SELECT unnest(ids) AS id, unnest(offers) AS offer, unnest(requests) AS request, unnest(providers) AS provider,
               unnest(consumers) AS consumer, unnest(slot_lists) AS slots, unnest(amount_lists) AS amounts,
               unnest(states) AS state, unnest(aheads) AS ahead, unnest(starts) AS started, unnest(expiries) AS expires,
               unnest(untils) AS until, unnest(ends) AS ended, unnest(reasons) AS reason,
               unnest(entries) AS entry) t;
  RETURN pool;
END $$;

-- A pool and its nodes; the id of the pool, also when it is there already.
CREATE OR REPLACE FUNCTION bourse.create_pool(pool_name text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  pool int;
BEGIN
  INSERT INTO bourse.pools (name) VALUES (pool_name) ON CONFLICT (name) DO NOTHING;
  SELECT id INTO pool FROM bourse.pools WHERE name = pool_name;
  INSERT INTO bourse.nodes (pool_id, name, kind, title)
  SELECT pool, pool_name || '/' || n.leaf, 'market', n.title
  FROM (VALUES ('offers', 'What providers lend'), ('requests', 'What consumers need'), ('grants', 'Who was given what'),
               ('availability', 'Which providers are there'), ('audit', 'The signed heads of the audit log')) AS n(leaf, title)
  ON CONFLICT (pool_id, name) DO UPDATE SET title = excluded.title WHERE nodes.kind = 'market';
  RETURN pool;
END $$;
SELECT bourse.create_pool(name) FROM bourse.pools;

-- Privileges ----------------------------------------------------------------------------------------------------

GRANT SELECT ON bourse.audit_tiles, bourse.audit_checkpoints TO bourse_service, bourse_reader;
GRANT INSERT, UPDATE (hashes) ON bourse.audit_tiles TO bourse_service;
GRANT INSERT ON bourse.audit_checkpoints TO bourse_service;
GRANT INSERT (entry), UPDATE (entry) ON bourse.grants TO bourse_service;
REVOKE EXECUTE ON FUNCTION
  bourse.refuse_rewriting(),
  bourse.write_grant_changes(int, bigint[], smallint[], boolean[], bigint[], bigint[], bigint[], bigint[], text[], bigint[]),
  bourse.write_new_grants(int, bigint[], text[], text[], text[], text[], text[], text[], smallint[], boolean[], bigint[], bigint[],
                          bigint[], bigint[], text[], bigint[]),
  bourse.write_log_tiles(int, smallint[], bigint[], int[], int[], bytea),
  bourse.write_checkpoints(int, bigint[], bigint[], text[])
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
  bourse.write_grant_changes(int, bigint[], smallint[], boolean[], bigint[], bigint[], bigint[], bigint[], text[], bigint[]),
  bourse.write_new_grants(int, bigint[], text[], text[], text[], text[], text[], text[], smallint[], boolean[], bigint[], bigint[],
                          bigint[], bigint[], text[], bigint[]),
  bourse.write_log_tiles(int, smallint[], bigint[], int[], int[], bytea),
  bourse.write_checkpoints(int, bigint[], bigint[], text[])
TO bourse_service;
