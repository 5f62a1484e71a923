-- A durable grant for less of the database's processor time. Nothing that is stored changes, and no function's arguments.

SET LOCAL ROLE bourse_owner;

-- Each event of the market that is no offer's is in one list of the pool in order of its number, to which only the end is
-- ever added: cheaper than a place among the node's. Nodes that are not the market's keep a list each.
DROP INDEX bourse.events_node;
CREATE INDEX events_requests ON bourse.events (pool_id, seq) WHERE kind IN (1, 2) AND provider = '';
CREATE INDEX events_grants ON bourse.events (pool_id, seq) WHERE kind IN (3, 4, 6);
CREATE INDEX events_availability ON bourse.events (pool_id, seq) WHERE kind = 5;
CREATE INDEX events_leaf ON bourse.events (pool_id, node, seq) WHERE kind IN (16, 17);

-- The offer is looked up in a subquery that does not say that it is open: of all indexes of offers only the primary key
-- can then serve, without the arrays that said so before.
CREATE OR REPLACE FUNCTION bourse.book(holdings bourse.holding[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  wanted bigint;
  booked bigint;
BEGIN
  WITH change AS MATERIALIZED (
    SELECT h.pool_id, h.offer_id, bourse.chain(h.slots) AS slots, bourse.chain(h.amounts) AS amounts
    FROM unnest(holdings) h GROUP BY h.pool_id, h.offer_id
  ), booking AS (
    INSERT INTO bourse.offer_use AS u (pool_id, offer_id, slots, capacity, used)
    SELECT c.pool_id, c.offer_id, o.slots, o.capacity, bourse.more_used(o.slots, '{}', c.slots, c.amounts)
    FROM change c CROSS JOIN LATERAL (
      SELECT f.slots, f.capacity, f.open FROM bourse.offers f WHERE f.pool_id = c.pool_id AND f.offer_id = c.offer_id LIMIT 1
    ) o WHERE o.open
    ON CONFLICT (pool_id, offer_id) DO UPDATE SET used = bourse.more_used(u.slots, u.used, excluded.slots, excluded.used)
    RETURNING 1
  ) SELECT (SELECT count(*) FROM change), count(*) INTO wanted, booked FROM booking;
  IF wanted = booked THEN
    RETURN;
  END IF;
  IF EXISTS (SELECT FROM unnest(holdings) h, bourse.offers o
             WHERE o.pool_id = ANY (ARRAY[h.pool_id]) AND o.offer_id = ANY (ARRAY[h.offer_id]) AND NOT o.open) THEN
    RAISE EXCEPTION 'a new grant is on an offer that is closed' USING ERRCODE = 'check_violation';
  END IF;
  RAISE EXCEPTION 'a grant is on an offer that does not exist' USING ERRCODE = 'foreign_key_violation';
END $$;

-- unnest() in the list of columns gives its rows one by one; in FROM, all of them are first written to a store and read
-- back.
CREATE OR REPLACE FUNCTION bourse.write_requests(pool int, ids text[], consumers text[], states smallint[], grants int[],
                                                 completes boolean[], refusals text[], seqs bigint[], times bigint[], starts int[],
                                                 lengths int[], records bytea)
RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO bourse.requests AS r (pool_id, request_id, consumer, state, granted, refused, record, seq, submitted, complete)
  SELECT pool, t.id, t.consumer, t.state, t.granted, string_to_array(t.refused, '/'), substring(records FROM t.start FOR t.length),
         t.seq, bourse.from_micros(t.at), t.complete
  FROM (SELECT unnest(ids) AS id, unnest(consumers) AS consumer, unnest(states) AS state, unnest(grants) AS granted,
               unnest(completes) AS complete, unnest(refusals) AS refused, unnest(seqs) AS seq, unnest(times) AS at,
               unnest(starts) AS start, unnest(lengths) AS length) t
  ON CONFLICT (pool_id, request_id) DO UPDATE
  SET consumer = excluded.consumer, state = excluded.state, granted = excluded.granted, refused = excluded.refused,
      record = excluded.record, seq = excluded.seq, submitted = excluded.submitted, complete = excluded.complete;
  RETURN pool;
END $$;

CREATE OR REPLACE FUNCTION bourse.write_new_grants(pool int, ids bigint[], offers text[], requests text[], providers text[],
                                                   consumers text[], slot_lists text[], amount_lists text[], states smallint[],
                                                   aheads boolean[], starts bigint[], expiries bigint[], untils bigint[],
                                                   ends bigint[], reasons text[])
RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO bourse.grants (pool_id, grant_id, offer_id, request_id, provider, consumer, slots, amounts, state, ahead, started,
                             expires, state_until, ended, reason)
  SELECT pool, t.id, t.offer, t.request, t.provider, t.consumer, string_to_array(t.slots, ' '), t.amounts::bigint[], t.state,
         t.ahead, bourse.from_micros(t.started), bourse.from_micros(t.expires), bourse.from_micros(t.until),
         bourse.from_micros(t.ended), t.reason
  FROM (SELECT unnest(ids) AS id, unnest(offers) AS offer, unnest(requests) AS request, unnest(providers) AS provider,
               unnest(consumers) AS consumer, unnest(slot_lists) AS slots, unnest(amount_lists) AS amounts,
               unnest(states) AS state, unnest(aheads) AS ahead, unnest(starts) AS started, unnest(expiries) AS expires,
               unnest(untils) AS until, unnest(ends) AS ended, unnest(reasons) AS reason) t;
  RETURN pool;
END $$;

CREATE OR REPLACE FUNCTION bourse.write_events(pool int, seqs bigint[], times bigint[], kinds smallint[], node_names text[],
                                               items text[], publishers text[], providers text[], consumers text[],
                                               starts int[], lengths int[], records bytea)
RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO bourse.events (pool_id, seq, at, kind, node, item_id, publisher, provider, consumer, record)
  SELECT pool, t.seq, bourse.from_micros(t.at), t.kind, t.node, t.item, t.publisher, t.provider, t.consumer,
         substring(records FROM t.start FOR t.length)
  FROM (SELECT unnest(seqs) AS seq, unnest(times) AS at, unnest(kinds) AS kind, unnest(node_names) AS node,
               unnest(items) AS item, unnest(publishers) AS publisher, unnest(providers) AS provider,
               unnest(consumers) AS consumer, unnest(starts) AS start, unnest(lengths) AS length) t;
  RETURN pool;
END $$;

CREATE OR REPLACE FUNCTION bourse.write_audit(pool int, indices bigint[], times bigint[], kinds smallint[], actors text[],
                                              providers text[], consumers text[], offers text[], requests text[],
                                              grants bigint[], starts int[], lengths int[], entries bytea)
RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO bourse.audit_entries (pool_id, index, at, kind, actor, provider, consumer, offer_id, request_id, grant_id, entry)
  SELECT pool, t.index, bourse.from_micros(t.at), t.kind, t.actor, t.provider, t.consumer, t.offer, t.request, t.grant_id,
         substring(entries FROM t.start FOR t.length)
  FROM (SELECT unnest(indices) AS index, unnest(times) AS at, unnest(kinds) AS kind, unnest(actors) AS actor,
               unnest(providers) AS provider, unnest(consumers) AS consumer, unnest(offers) AS offer,
               unnest(requests) AS request, unnest(grants) AS grant_id, unnest(starts) AS start, unnest(lengths) AS length) t;
  RETURN pool;
END $$;
