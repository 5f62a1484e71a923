-- The life cycle of grants in full, closed offers with live grants, quarantine, usage; and booking that costs less.

SET LOCAL ROLE bourse_owner;

-- Grants ------------------------------------------------------------------------------------------------------
-- States: 0 active, 1 released, 2 expired, 3 revoked, 4 proposed, 5 reserved, 6 reclaiming, 7 suspect, 8 declined,
-- 9 timed out, 10 lost. Live are 0 and 4 to 7.

-- Counted against the offer while live, unless the lease is yet to begin. Nobody writes it: it follows from the others.
ALTER TABLE bourse.grants
  ADD COLUMN state_until timestamptz,              -- when a proposed, reclaiming or suspect one ends by itself
  ADD COLUMN ahead boolean NOT NULL DEFAULT false,  -- the lease is yet to begin
  DROP CONSTRAINT grants_state_check,
  DROP CONSTRAINT grants_ended,
  ADD CONSTRAINT grants_state CHECK (state BETWEEN 0 AND 10),
  ADD CONSTRAINT grants_ended CHECK ((state = 0 OR state BETWEEN 4 AND 7) = (ended IS NULL)),
  -- What a consumer may use has begun; what is reserved has not.
  ADD CONSTRAINT grants_ahead CHECK (CASE WHEN ahead THEN state NOT IN (0, 6, 7) ELSE state <> 5 END);
ALTER TABLE bourse.grants
  ADD COLUMN booked boolean NOT NULL GENERATED ALWAYS AS ((state = 0 OR state BETWEEN 4 AND 7) AND NOT ahead) STORED;
ALTER TABLE bourse.grants ALTER COLUMN ahead DROP DEFAULT;
-- By `ended`, which stays as it is while a live grant changes: such an update then touches no index.
DROP INDEX bourse.grants_live;
CREATE INDEX grants_live ON bourse.grants (pool_id, grant_id) WHERE ended IS NULL;

-- Booking -----------------------------------------------------------------------------------------------------

-- Offers of few slots are checked and booked in plain expressions, which the planner puts in place: a function in
-- PL/pgSQL costs more than the rest of such a booking.
CREATE FUNCTION bourse.holds(capacity bigint[], used bigint[]) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN cardinality(used) = 0 OR cardinality(used) = cardinality(capacity) AND CASE
    WHEN cardinality(used) > 8 THEN bourse.fits(used, capacity)
    ELSE coalesce(used[1] BETWEEN 0 AND capacity[1], false)
      AND (cardinality(used) < 2 OR coalesce(used[2] BETWEEN 0 AND capacity[2], false))
      AND (cardinality(used) < 3 OR coalesce(used[3] BETWEEN 0 AND capacity[3], false))
      AND (cardinality(used) < 4 OR coalesce(used[4] BETWEEN 0 AND capacity[4], false))
      AND (cardinality(used) < 5 OR coalesce(used[5] BETWEEN 0 AND capacity[5], false))
      AND (cardinality(used) < 6 OR coalesce(used[6] BETWEEN 0 AND capacity[6], false))
      AND (cardinality(used) < 7 OR coalesce(used[7] BETWEEN 0 AND capacity[7], false))
      AND (cardinality(used) < 8 OR coalesce(used[8] BETWEEN 0 AND capacity[8], false)) END;
ALTER TABLE bourse.offers
  DROP CONSTRAINT offers_granted_only_while_open,  -- a closed offer's grants may live on
  DROP CONSTRAINT offers_not_over_granted,
  ADD CONSTRAINT offers_not_over_granted CHECK (bourse.holds(capacity, used));
-- Room for what is booked: an update that stays on its page touches no index.
ALTER TABLE bourse.offers SET (fillfactor = 75);

-- `used` after `amounts` of `taken` slots more. A grant often takes of each slot the offer has, in its order.
CREATE FUNCTION bourse.more_used(slots text[], used bigint[], taken text[], amounts bigint[]) RETURNS bigint[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE
    WHEN cardinality(slots) > 4 OR slots <> taken THEN bourse.add_used(slots, used, taken, amounts)
    WHEN cardinality(used) = 0 THEN amounts
    ELSE (ARRAY[used[1] + amounts[1], used[2] + amounts[2], used[3] + amounts[3], used[4] + amounts[4]])[1:cardinality(slots)] END;

CREATE FUNCTION bourse.less_used(slots text[], used bigint[], given text[], amounts bigint[]) RETURNS bigint[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  position int;
BEGIN
  IF used = amounts AND slots = given THEN
    RETURN '{}';
  END IF;
  FOR i IN 1 .. cardinality(given) LOOP
    position := array_position(slots, given[i]);
    used[position] := used[position] - amounts[i];
  END LOOP;
  IF 0 = ALL (used) THEN
    RETURN '{}';
  END IF;
  RETURN used;
END $$;

-- The slots of several grants on one offer, one after the other.
CREATE AGGREGATE bourse.chain(anycompatiblearray) (SFUNC = array_cat, STYPE = anycompatiblearray, PARALLEL = SAFE);

-- What was booked must have reached as many offers as it was on, and none that is closed.
CREATE FUNCTION bourse.check_booked(wanted bigint, booked bigint, on_closed bigint) RETURNS void LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF wanted <> booked THEN
    RAISE EXCEPTION 'a grant is on an offer that does not exist' USING ERRCODE = 'foreign_key_violation';
  END IF;
  IF on_closed > 0 THEN
    RAISE EXCEPTION 'a new grant is on an offer that is closed' USING ERRCODE = 'check_violation';
  END IF;
END $$;

DROP TRIGGER book_inserted ON bourse.grants;
DROP TRIGGER book_updated ON bourse.grants;
DROP TRIGGER book_deleted ON bourse.grants;
DROP FUNCTION bourse.book_grants();
DROP FUNCTION bourse.book(int[], text[], text[], bigint[]);

-- Whoever writes grants, and however: what booked ones take is counted on their offers. The sum is made from the row
-- as locked: concurrent writers queue, none is lost. "= ANY (ARRAY[…])" says "=" in a way that only the primary key
-- can serve, from the grants' side: a plan made while the tables were small must serve big ones. Hence the settings.
CREATE FUNCTION bourse.book_inserted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off
SET enable_mergejoin = off AS $$
DECLARE
  wanted bigint;
  booked bigint;
  closed bigint;
BEGIN
  WITH change AS MATERIALIZED (
    SELECT g.pool_id, g.offer_id, bourse.chain(g.slots) AS slots, bourse.chain(g.amounts) AS amounts
    FROM new_grants g WHERE g.booked GROUP BY g.pool_id, g.offer_id
  ), booking AS (
    UPDATE bourse.offers o SET used = bourse.more_used(o.slots, o.used, c.slots, c.amounts) FROM change c
    WHERE o.pool_id = ANY (ARRAY[c.pool_id]) AND o.offer_id = ANY (ARRAY[c.offer_id]) RETURNING o.open
  ) SELECT (SELECT count(*) FROM change), count(*), count(*) FILTER (WHERE NOT open) INTO wanted, booked, closed FROM booking;
  PERFORM bourse.check_booked(wanted, booked, closed);
  RETURN NULL;
END $$;
CREATE FUNCTION bourse.book_deleted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off
SET enable_mergejoin = off AS $$
DECLARE
  wanted bigint;
  booked bigint;
BEGIN
  WITH change AS MATERIALIZED (
    SELECT g.pool_id, g.offer_id, bourse.chain(g.slots) AS slots, bourse.chain(g.amounts) AS amounts
    FROM old_grants g WHERE g.booked GROUP BY g.pool_id, g.offer_id
  ), booking AS (
    UPDATE bourse.offers o SET used = bourse.less_used(o.slots, o.used, c.slots, c.amounts) FROM change c
    WHERE o.pool_id = ANY (ARRAY[c.pool_id]) AND o.offer_id = ANY (ARRAY[c.offer_id]) RETURNING o.open
  ) SELECT (SELECT count(*) FROM change), count(*) INTO wanted, booked FROM booking;
  PERFORM bourse.check_booked(wanted, booked, 0);
  RETURN NULL;
END $$;
-- First what is given back, then what is taken. A grant booked before and after counts as neither.
CREATE FUNCTION bourse.book_updated() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off
SET enable_mergejoin = off AS $$
DECLARE
  wanted bigint;
  booked bigint;
  closed bigint;
BEGIN
  WITH change AS MATERIALIZED (
    SELECT d.pool_id, d.offer_id, bourse.chain(d.slots) AS slots, bourse.chain(d.amounts) AS amounts
    FROM (SELECT b.pool_id, b.offer_id, b.slots, b.amounts
          FROM (SELECT g.pool_id, g.grant_id, g.offer_id, g.slots, g.amounts, 1 AS less FROM old_grants g WHERE g.booked
                UNION ALL
                SELECT g.pool_id, g.grant_id, g.offer_id, g.slots, g.amounts, -1 FROM new_grants g WHERE g.booked) b
          GROUP BY b.pool_id, b.grant_id, b.offer_id, b.slots, b.amounts HAVING sum(b.less) > 0) d
    GROUP BY d.pool_id, d.offer_id
  ), booking AS (
    UPDATE bourse.offers o SET used = bourse.less_used(o.slots, o.used, c.slots, c.amounts) FROM change c
    WHERE o.pool_id = ANY (ARRAY[c.pool_id]) AND o.offer_id = ANY (ARRAY[c.offer_id]) RETURNING o.open
  ) SELECT (SELECT count(*) FROM change), count(*) INTO wanted, booked FROM booking;
  PERFORM bourse.check_booked(wanted, booked, 0);
  IF NOT EXISTS (SELECT FROM new_grants g WHERE g.booked) THEN
    RETURN NULL;
  END IF;
  WITH change AS MATERIALIZED (
    SELECT d.pool_id, d.offer_id, bourse.chain(d.slots) AS slots, bourse.chain(d.amounts) AS amounts
    FROM (SELECT b.pool_id, b.offer_id, b.slots, b.amounts
          FROM (SELECT g.pool_id, g.grant_id, g.offer_id, g.slots, g.amounts, 1 AS more FROM new_grants g WHERE g.booked
                UNION ALL
                SELECT g.pool_id, g.grant_id, g.offer_id, g.slots, g.amounts, -1 FROM old_grants g WHERE g.booked) b
          GROUP BY b.pool_id, b.grant_id, b.offer_id, b.slots, b.amounts HAVING sum(b.more) > 0) d
    GROUP BY d.pool_id, d.offer_id
  ), booking AS (
    UPDATE bourse.offers o SET used = bourse.more_used(o.slots, o.used, c.slots, c.amounts) FROM change c
    WHERE o.pool_id = ANY (ARRAY[c.pool_id]) AND o.offer_id = ANY (ARRAY[c.offer_id]) RETURNING o.open
  ) SELECT (SELECT count(*) FROM change), count(*), count(*) FILTER (WHERE NOT open) INTO wanted, booked, closed FROM booking;
  PERFORM bourse.check_booked(wanted, booked, closed);
  RETURN NULL;
END $$;
CREATE TRIGGER book_inserted AFTER INSERT ON bourse.grants REFERENCING NEW TABLE AS new_grants
  FOR EACH STATEMENT EXECUTE FUNCTION bourse.book_inserted();
CREATE TRIGGER book_updated AFTER UPDATE ON bourse.grants REFERENCING OLD TABLE AS old_grants NEW TABLE AS new_grants
  FOR EACH STATEMENT EXECUTE FUNCTION bourse.book_updated();
CREATE TRIGGER book_deleted AFTER DELETE ON bourse.grants REFERENCING OLD TABLE AS old_grants
  FOR EACH STATEMENT EXECUTE FUNCTION bourse.book_deleted();

CREATE FUNCTION bourse.refuse_revival() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'grant % is over and stays so', OLD.grant_id USING ERRCODE = 'BO002';
END $$;
-- After the update, and called for no other: before it would lock each row once more.
CREATE TRIGGER refuse_revival AFTER UPDATE ON bourse.grants FOR EACH ROW WHEN (OLD.ended IS NOT NULL AND NEW.ended IS NULL)
  EXECUTE FUNCTION bourse.refuse_revival();

-- Quarantine and usage ----------------------------------------------------------------------------------------

ALTER TABLE bourse.sanctions
  ADD COLUMN failures float8 NOT NULL DEFAULT 0,  -- of its grants, decayed up to failed_at
  ADD COLUMN failed_at timestamptz NOT NULL DEFAULT 'epoch',
  ADD COLUMN quarantines int NOT NULL DEFAULT 0,  -- one after the other
  ADD COLUMN quarantined_until timestamptz,
  ADD COLUMN quarantine_reason text NOT NULL DEFAULT '',
  DROP CONSTRAINT sanctions_some,
  ADD CONSTRAINT sanctions_some CHECK (drained OR banned OR failures > 0 OR quarantines > 0 OR quarantined_until IS NOT NULL);

-- Whether all a request asked for was there once: what a gang loses afterwards is replaced one by one.
ALTER TABLE bourse.requests ADD COLUMN complete boolean NOT NULL DEFAULT false;
UPDATE bourse.requests SET complete = true WHERE granted > 0;

-- What a consumer has used up to a moment, decayed: resource-seconds of grants that ended.
CREATE TABLE bourse.usage (
  pool_id int NOT NULL REFERENCES bourse.pools,
  consumer text COLLATE "C" NOT NULL,
  at timestamptz NOT NULL,
  resources text[] NOT NULL,
  amounts float8[] NOT NULL,
  PRIMARY KEY (pool_id, consumer),
  CONSTRAINT usage_resources CHECK (cardinality(resources) = cardinality(amounts))
);

-- The archive -------------------------------------------------------------------------------------------------
-- Kind 6: a live grant changed. It is found like its start and its end.

DROP INDEX bourse.events_consumer;
DROP INDEX bourse.events_provider;
CREATE INDEX events_consumer ON bourse.events (pool_id, consumer, seq) WHERE consumer <> '' AND (kind <= 4 OR kind = 6);
CREATE INDEX events_provider ON bourse.events (pool_id, provider, seq) WHERE kind IN (3, 4, 6);

-- Writing a batch ---------------------------------------------------------------------------------------------
-- As in 0001: each function writes one table and returns the pool.

-- Live grants that end, or change and stay live. "= ANY" for the reason given at booking; a plain "ended IS NULL" would
-- let a scan of all live grants serve.
DROP FUNCTION bourse.write_ended_grants(int, bigint[], smallint[], bigint[], text[]);
CREATE FUNCTION bourse.write_grant_changes(pool int, ids bigint[], states smallint[], aheads boolean[], starts bigint[],
                                           expiries bigint[], untils bigint[], ends bigint[], reasons text[])
RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  hit int;
BEGIN
  UPDATE bourse.grants g
  SET state = t.state, ahead = t.ahead, started = bourse.from_micros(t.started), expires = bourse.from_micros(t.expires),
      state_until = bourse.from_micros(t.until), ended = bourse.from_micros(t.ended), reason = t.reason
  FROM unnest(ids, states, aheads, starts, expiries, untils, ends, reasons)
    AS t(id, state, ahead, started, expires, until, ended, reason)
  WHERE g.pool_id = ANY (ARRAY[pool]) AND g.grant_id = ANY (ARRAY[t.id]) AND coalesce(g.ended, 'infinity') = 'infinity';
  GET DIAGNOSTICS hit = ROW_COUNT;
  IF hit <> cardinality(ids) THEN
    RAISE EXCEPTION '% of % grants to end or change are not live', cardinality(ids) - hit, cardinality(ids) USING ERRCODE = 'BO002';
  END IF;
  RETURN pool;
END $$;

DROP FUNCTION bourse.write_new_grants(int, bigint[], text[], text[], text[], text[], text[], text[], smallint[], bigint[],
                                      bigint[], bigint[], text[]);
CREATE FUNCTION bourse.write_new_grants(pool int, ids bigint[], offers text[], requests text[], providers text[], consumers text[],
                                        slot_lists text[], amount_lists text[], states smallint[], aheads boolean[],
                                        starts bigint[], expiries bigint[], untils bigint[], ends bigint[], reasons text[])
RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO bourse.grants (pool_id, grant_id, offer_id, request_id, provider, consumer, slots, amounts, state, ahead, started,
                             expires, state_until, ended, reason)
  SELECT pool, t.id, t.offer, t.request, t.provider, t.consumer, string_to_array(t.slots, ' '), t.amounts::bigint[], t.state,
         t.ahead, bourse.from_micros(t.started), bourse.from_micros(t.expires), bourse.from_micros(t.until),
         bourse.from_micros(t.ended), t.reason
  FROM unnest(ids, offers, requests, providers, consumers, slot_lists, amount_lists, states, aheads, starts, expiries, untils,
              ends, reasons)
    AS t(id, offer, request, provider, consumer, slots, amounts, state, ahead, started, expires, until, ended, reason);
  RETURN pool;
END $$;

DROP FUNCTION bourse.write_requests(int, text[], text[], smallint[], int[], text[], bigint[], bigint[], int[], int[], bytea);
CREATE FUNCTION bourse.write_requests(pool int, ids text[], consumers text[], states smallint[], grants int[], completes boolean[],
                                      refusals text[], seqs bigint[], times bigint[], starts int[], lengths int[], records bytea)
RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO bourse.requests AS r (pool_id, request_id, consumer, state, granted, refused, record, seq, submitted, complete)
  SELECT pool, t.id, t.consumer, t.state, t.granted, string_to_array(t.refused, '/'), substring(records FROM t.start FOR t.length),
         t.seq, bourse.from_micros(t.at), t.complete
  FROM unnest(ids, consumers, states, grants, completes, refusals, seqs, times, starts, lengths)
    AS t(id, consumer, state, granted, complete, refused, seq, at, start, length)
  ON CONFLICT (pool_id, request_id) DO UPDATE
  SET consumer = excluded.consumer, state = excluded.state, granted = excluded.granted, refused = excluded.refused,
      record = excluded.record, seq = excluded.seq, submitted = excluded.submitted, complete = excluded.complete;
  RETURN pool;
END $$;

-- What has nothing of it set any more goes.
DROP FUNCTION bourse.write_sanctions(int, text[], boolean[], boolean[], text[], bigint[]);
CREATE FUNCTION bourse.write_sanctions(pool int, gone text[], jids text[], drains boolean[], bans boolean[], reasons text[],
                                       sinces bigint[], failure_counts float8[], failure_times bigint[], quarantine_counts int[],
                                       untils bigint[], quarantine_reasons text[])
RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  former text;
BEGIN
  FOREACH former IN ARRAY gone LOOP
    DELETE FROM bourse.sanctions s WHERE s.pool_id = pool AND s.jid = former;
  END LOOP;
  INSERT INTO bourse.sanctions (pool_id, jid, drained, banned, reason, since, failures, failed_at, quarantines,
                                quarantined_until, quarantine_reason)
  SELECT pool, t.jid, t.drained, t.banned, t.reason, bourse.from_micros(t.since), t.failures, bourse.from_micros(t.failed_at),
         t.quarantines, bourse.from_micros(t.until), t.quarantine_reason
  FROM unnest(jids, drains, bans, reasons, sinces, failure_counts, failure_times, quarantine_counts, untils, quarantine_reasons)
    AS t(jid, drained, banned, reason, since, failures, failed_at, quarantines, until, quarantine_reason)
  ON CONFLICT (pool_id, jid) DO UPDATE
  SET drained = excluded.drained, banned = excluded.banned, reason = excluded.reason, since = excluded.since,
      failures = excluded.failures, failed_at = excluded.failed_at, quarantines = excluded.quarantines,
      quarantined_until = excluded.quarantined_until, quarantine_reason = excluded.quarantine_reason;
  RETURN pool;
END $$;

CREATE FUNCTION bourse.write_usage(pool int, consumers text[], times bigint[], resource_lists text[], amount_lists text[])
RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO bourse.usage (pool_id, consumer, at, resources, amounts)
  SELECT pool, t.consumer, bourse.from_micros(t.at), string_to_array(t.resources, ' '), t.amounts::float8[]
  FROM unnest(consumers, times, resource_lists, amount_lists) AS t(consumer, at, resources, amounts)
  ON CONFLICT (pool_id, consumer) DO UPDATE
  SET at = excluded.at, resources = excluded.resources, amounts = excluded.amounts;
  RETURN pool;
END $$;

-- Privileges --------------------------------------------------------------------------------------------------

-- Nothing of a grant's content, and not `booked`, which nobody may say.
REVOKE INSERT ON bourse.grants FROM bourse_service;
GRANT INSERT (pool_id, grant_id, offer_id, request_id, provider, consumer, slots, amounts, state, ahead, started, expires,
              state_until, ended, reason),
      UPDATE (state, ahead, started, expires, state_until, ended, reason) ON bourse.grants TO bourse_service;
GRANT UPDATE (complete) ON bourse.requests TO bourse_service;
GRANT SELECT ON bourse.usage TO bourse_service, bourse_reader;
GRANT INSERT, UPDATE ON bourse.usage TO bourse_service;
REVOKE EXECUTE ON FUNCTION
  bourse.holds(bigint[], bigint[]),
  bourse.more_used(text[], bigint[], text[], bigint[]),
  bourse.less_used(text[], bigint[], text[], bigint[]),
  bourse.chain(anycompatiblearray),
  bourse.check_booked(bigint, bigint, bigint),
  bourse.book_inserted(), bourse.book_updated(), bourse.book_deleted(), bourse.refuse_revival(),
  bourse.write_grant_changes(int, bigint[], smallint[], boolean[], bigint[], bigint[], bigint[], bigint[], text[]),
  bourse.write_new_grants(int, bigint[], text[], text[], text[], text[], text[], text[], smallint[], boolean[], bigint[], bigint[],
                          bigint[], bigint[], text[]),
  bourse.write_sanctions(int, text[], text[], boolean[], boolean[], text[], bigint[], float8[], bigint[], int[], bigint[], text[]),
  bourse.write_requests(int, text[], text[], smallint[], int[], boolean[], text[], bigint[], bigint[], int[], int[], bytea),
  bourse.write_usage(int, text[], bigint[], text[], text[])
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
  bourse.holds(bigint[], bigint[]),
  bourse.write_grant_changes(int, bigint[], smallint[], boolean[], bigint[], bigint[], bigint[], bigint[], text[]),
  bourse.write_new_grants(int, bigint[], text[], text[], text[], text[], text[], text[], smallint[], boolean[], bigint[], bigint[],
                          bigint[], bigint[], text[]),
  bourse.write_sanctions(int, text[], text[], boolean[], boolean[], text[], bigint[], float8[], bigint[], int[], bigint[], text[]),
  bourse.write_requests(int, text[], text[], smallint[], int[], boolean[], text[], bigint[], bigint[], int[], int[], bytea),
  bourse.write_usage(int, text[], bigint[], text[], text[])
TO bourse_service;
