-- Nodes of every kind with what belongs to them, sanctions, and the archive of nodes.

SET LOCAL ROLE bourse_owner;

-- Nodes -------------------------------------------------------------------------------------------------------

ALTER TABLE bourse.nodes RENAME COLUMN owner TO creator;
UPDATE bourse.nodes SET creator = '' WHERE creator IS NULL;
ALTER TABLE bourse.nodes
  DROP CONSTRAINT nodes_kind_check,
  ADD CONSTRAINT nodes_kind_check CHECK (kind IN ('market', 'leaf', 'collection')),
  ALTER COLUMN creator TYPE text COLLATE "C",  -- bare; empty: the service itself
  ALTER COLUMN creator SET DEFAULT '',
  ALTER COLUMN creator SET NOT NULL,
  ADD COLUMN config bytea NOT NULL DEFAULT '',   -- empty: the default
  ADD COLUMN title text NOT NULL DEFAULT '',     -- of the configuration, for listings
  ADD COLUMN hidden boolean NOT NULL DEFAULT false,
  ADD COLUMN parents text[] COLLATE "C" NOT NULL DEFAULT '{}',
  ADD COLUMN archive_from bigint NOT NULL DEFAULT 0;  -- later events are this node's, and were not purged
-- What a collection has, and what is in none: the service's own listing.
CREATE INDEX nodes_children ON bourse.nodes USING gin (parents);
CREATE INDEX nodes_roots ON bourse.nodes (pool_id, name) WHERE parents = '{}';

-- Of one JID there may be several to a node. Sessions of a bare JID are found by the primary key's order, so it
-- needs neither a column nor an index of its own.
DROP INDEX bourse.subscriptions_bare;
ALTER TABLE bourse.subscriptions
  DROP COLUMN bare,
  DROP COLUMN since,
  ADD COLUMN subid bigint NOT NULL DEFAULT 1,
  ADD COLUMN state smallint NOT NULL DEFAULT 3 CHECK (state BETWEEN 1 AND 3),  -- pending, unconfigured, subscribed
  ADD COLUMN options bytea NOT NULL DEFAULT '',                                -- empty: the default
  ADD COLUMN expires timestamptz,
  DROP CONSTRAINT subscriptions_pkey,
  ADD PRIMARY KEY (pool_id, node, subscriber, subid);
ALTER TABLE bourse.subscriptions ALTER COLUMN subid DROP DEFAULT, ALTER COLUMN state DROP DEFAULT;

ALTER TABLE bourse.items RENAME COLUMN published TO modified;
ALTER TABLE bourse.items
  ADD COLUMN created timestamptz NOT NULL DEFAULT now(),
  ADD COLUMN born bigint NOT NULL DEFAULT 0,  -- its first seq: the order of creation within one moment
  ADD COLUMN expires timestamptz;
UPDATE bourse.items SET created = modified, born = seq;
ALTER TABLE bourse.items ALTER COLUMN created DROP DEFAULT, ALTER COLUMN born DROP DEFAULT;
-- Partial, though it is true of every item: a statement that names items by their ids then has the primary key
-- to find them by and nothing else, whatever the planner believed of the table while it was small.
DROP INDEX bourse.items_order;
CREATE INDEX items_order ON bourse.items (pool_id, node, seq) WHERE seq >= 0;
CREATE INDEX items_creation ON bourse.items (pool_id, node, created, born) WHERE seq >= 0;

-- Sanctions -----------------------------------------------------------------------------------------------------

CREATE TABLE bourse.sanctions (
  pool_id int NOT NULL REFERENCES bourse.pools,
  jid text COLLATE "C" NOT NULL,
  drained boolean NOT NULL,
  banned boolean NOT NULL,
  reason text NOT NULL,
  since timestamptz NOT NULL,
  PRIMARY KEY (pool_id, jid),
  CONSTRAINT sanctions_some CHECK (drained OR banned)
);

-- The archive ---------------------------------------------------------------------------------------------------
-- Offers are most of the events of a pool: events_seq finds a page of them. Of everything else a page may be few
-- among millions. Offers' events have a provider and no consumer, and pay for none of these.

CREATE INDEX events_node ON bourse.events (pool_id, node, seq) WHERE kind >= 3 OR provider = '';
CREATE INDEX events_consumer ON bourse.events (pool_id, consumer, seq) WHERE consumer <> '' AND kind <= 4;
CREATE INDEX events_provider ON bourse.events (pool_id, provider, seq) WHERE kind IN (3, 4);

-- The first event that may have happened at `moment` or later. Numbers and times grow together, so it is found by
-- halving; a caller that minds a clock that was set back asks for a moment somewhat earlier.
CREATE FUNCTION bourse.first_event(pool int, moment timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  low bigint := 1;
  high bigint;
  middle bigint;
  happened timestamptz;
BEGIN
  SELECT p.last_event + 1 INTO high FROM bourse.pools p WHERE p.id = pool;
  WHILE low < high LOOP
    middle := (low + high) / 2;
    SELECT e.at INTO happened FROM bourse.events e WHERE e.pool_id = pool AND e.seq = middle;
    IF happened >= moment THEN
      high := middle;
    ELSE
      low := middle + 1;  -- also when it is not there any more: months go from the old end
    END IF;
  END LOOP;
  RETURN low;
END $$;

-- Writing a batch -----------------------------------------------------------------------------------------------
-- As in 0001: each function writes one table and returns the pool.

-- What is neither drained nor banned any more goes.
CREATE FUNCTION bourse.write_sanctions(pool int, jids text[], drains boolean[], bans boolean[], reasons text[], sinces bigint[])
RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 1 .. cardinality(jids) LOOP
    IF NOT (drains[i] OR bans[i]) THEN
      DELETE FROM bourse.sanctions s WHERE s.pool_id = pool AND s.jid = jids[i];
    END IF;
  END LOOP;
  INSERT INTO bourse.sanctions (pool_id, jid, drained, banned, reason, since)
  SELECT pool, t.jid, t.drained, t.banned, t.reason, bourse.from_micros(t.since)
  FROM unnest(jids, drains, bans, reasons, sinces) AS t(jid, drained, banned, reason, since)
  WHERE t.drained OR t.banned
  ON CONFLICT (pool_id, jid) DO UPDATE
  SET drained = excluded.drained, banned = excluded.banned, reason = excluded.reason, since = excluded.since;
  RETURN pool;
END $$;

-- With their affiliations and items (foreign keys) and subscriptions.
CREATE FUNCTION bourse.write_removed_nodes(pool int, names text[]) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  removed text;
BEGIN
  FOREACH removed IN ARRAY names LOOP
    DELETE FROM bourse.subscriptions s WHERE s.pool_id = pool AND s.node = removed;
    DELETE FROM bourse.nodes n WHERE n.pool_id = pool AND n.name = removed;
  END LOOP;
  RETURN pool;
END $$;

CREATE FUNCTION bourse.write_nodes(pool int, names text[], kinds text[], titles text[], hiddens boolean[], parent_lists text[],
                                   creators text[], times bigint[], archive_froms bigint[], starts int[], lengths int[],
                                   configs bytea)
RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO bourse.nodes (pool_id, name, kind, title, hidden, parents, creator, created, archive_from, config)
  SELECT pool, t.name, t.kind, t.title, t.hidden, t.parents::text[], t.creator, bourse.from_micros(t.at), t.archive_from,
         substring(configs FROM t.start FOR t.length)
  FROM unnest(names, kinds, titles, hiddens, parent_lists, creators, times, archive_froms, starts, lengths)
    AS t(name, kind, title, hidden, parents, creator, at, archive_from, start, length)
  ON CONFLICT (pool_id, name) DO UPDATE
  SET kind = excluded.kind, title = excluded.title, hidden = excluded.hidden, parents = excluded.parents,
      creator = excluded.creator, created = excluded.created, archive_from = excluded.archive_from, config = excluded.config;
  RETURN pool;
END $$;

CREATE FUNCTION bourse.write_purged_nodes(pool int, names text[]) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  purged text;
BEGIN
  FOREACH purged IN ARRAY names LOOP
    DELETE FROM bourse.items i WHERE i.pool_id = pool AND i.node = purged;
  END LOOP;
  RETURN pool;
END $$;

CREATE FUNCTION bourse.write_affiliations(pool int, node_names text[], jids text[], kinds text[]) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 1 .. cardinality(node_names) LOOP
    IF kinds[i] IS NULL THEN
      DELETE FROM bourse.affiliations a WHERE a.pool_id = pool AND a.node = node_names[i] AND a.jid = jids[i];
    END IF;
  END LOOP;
  INSERT INTO bourse.affiliations (pool_id, node, jid, affiliation)
  SELECT pool, t.node, t.jid, t.kind FROM unnest(node_names, jids, kinds) AS t(node, jid, kind) WHERE t.kind IS NOT NULL
  ON CONFLICT (pool_id, node, jid) DO UPDATE SET affiliation = excluded.affiliation;
  RETURN pool;
END $$;

-- Rows that go are looked up one by one, by the primary key, and deleted by where they are: a join, planned while
-- the table was small, might read all of it once it is big.
DROP FUNCTION bourse.write_subscriptions(int, text[], text[], boolean[]);
CREATE FUNCTION bourse.write_subscriptions(pool int, gone_nodes text[], gone_subscribers text[], gone_ids bigint[], node_names text[],
                                           subscribers text[], ids bigint[], states smallint[], expiries bigint[], starts int[],
                                           lengths int[], option_forms bytea)
RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  IF gone_nodes <> '{}' THEN
    DELETE FROM bourse.subscriptions WHERE ctid = ANY (ARRAY(
      SELECT (SELECT s.ctid FROM bourse.subscriptions s
              WHERE s.pool_id = pool AND s.node = g.node AND s.subscriber = g.subscriber AND s.subid = g.id)
      FROM unnest(gone_nodes, gone_subscribers, gone_ids) AS g(node, subscriber, id)));
  END IF;
  IF node_names <> '{}' THEN
    INSERT INTO bourse.subscriptions (pool_id, node, subscriber, subid, state, expires, options)
    SELECT pool, t.node, t.subscriber, t.id, t.state, bourse.from_micros(t.expires), substring(option_forms FROM t.start FOR t.length)
    FROM unnest(node_names, subscribers, ids, states, expiries, starts, lengths)
      AS t(node, subscriber, id, state, expires, start, length)
    ON CONFLICT (pool_id, node, subscriber, subid) DO UPDATE
    SET state = excluded.state, expires = excluded.expires, options = excluded.options;
  END IF;
  RETURN pool;
END $$;

-- An item with another time of creation is another item.
CREATE FUNCTION bourse.write_items(pool int, gone_nodes text[], gone_ids text[], node_names text[], ids text[], publishers text[],
                                   seqs bigint[], created_times bigint[], modified_times bigint[], expiries bigint[],
                                   starts int[], lengths int[], payloads bytea)
RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  IF gone_nodes <> '{}' THEN
    DELETE FROM bourse.items WHERE ctid = ANY (ARRAY(
      SELECT (SELECT i.ctid FROM bourse.items i WHERE i.pool_id = pool AND i.node = g.node AND i.item_id = g.id)
      FROM unnest(gone_nodes, gone_ids) AS g(node, id)));
  END IF;
  IF node_names <> '{}' THEN
    INSERT INTO bourse.items AS i (pool_id, node, item_id, publisher, payload, seq, created, born, modified, expires)
    SELECT pool, t.node, t.id, t.publisher, convert_from(substring(payloads FROM t.start FOR t.length), 'UTF8'), t.seq,
           bourse.from_micros(t.created), t.seq, bourse.from_micros(t.modified), bourse.from_micros(t.expires)
    FROM unnest(node_names, ids, publishers, seqs, created_times, modified_times, expiries, starts, lengths)
      AS t(node, id, publisher, seq, created, modified, expires, start, length)
    ON CONFLICT (pool_id, node, item_id) DO UPDATE
    SET publisher = excluded.publisher, payload = excluded.payload, seq = excluded.seq,
        born = CASE WHEN i.created = excluded.created THEN i.born ELSE excluded.born END,
        created = excluded.created, modified = excluded.modified, expires = excluded.expires;
  END IF;
  RETURN pool;
END $$;

-- A pool and its four nodes; the id of the pool, also when it is there already.
CREATE OR REPLACE FUNCTION bourse.create_pool(pool_name text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  pool int;
BEGIN
  INSERT INTO bourse.pools (name) VALUES (pool_name) ON CONFLICT (name) DO NOTHING;
  SELECT id INTO pool FROM bourse.pools WHERE name = pool_name;
  INSERT INTO bourse.nodes (pool_id, name, kind, title)
  SELECT pool, pool_name || '/' || n.leaf, 'market', n.title
  FROM (VALUES ('offers', 'What providers lend'), ('requests', 'What consumers need'), ('grants', 'Who was given what'),
               ('availability', 'Which providers are there')) AS n(leaf, title)
  ON CONFLICT (pool_id, name) DO UPDATE SET title = excluded.title WHERE nodes.kind = 'market';
  RETURN pool;
END $$;
SELECT bourse.create_pool(name) FROM bourse.pools;

-- Privileges ----------------------------------------------------------------------------------------------------

GRANT SELECT ON bourse.sanctions TO bourse_service, bourse_reader;
GRANT INSERT, UPDATE, DELETE ON bourse.sanctions TO bourse_service;
GRANT UPDATE (state, options, expires) ON bourse.subscriptions TO bourse_service;
REVOKE EXECUTE ON FUNCTION bourse.first_event(int, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bourse.first_event(int, timestamptz) TO bourse_service, bourse_reader;
REVOKE EXECUTE ON FUNCTION
  bourse.write_sanctions(int, text[], boolean[], boolean[], text[], bigint[]),
  bourse.write_removed_nodes(int, text[]),
  bourse.write_nodes(int, text[], text[], text[], boolean[], text[], text[], bigint[], bigint[], int[], int[], bytea),
  bourse.write_purged_nodes(int, text[]),
  bourse.write_affiliations(int, text[], text[], text[]),
  bourse.write_subscriptions(int, text[], text[], bigint[], text[], text[], bigint[], smallint[], bigint[], int[], int[], bytea),
  bourse.write_items(int, text[], text[], text[], text[], text[], bigint[], bigint[], bigint[], bigint[], int[], int[], bytea)
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
  bourse.write_sanctions(int, text[], boolean[], boolean[], text[], bigint[]),
  bourse.write_removed_nodes(int, text[]),
  bourse.write_nodes(int, text[], text[], text[], boolean[], text[], text[], bigint[], bigint[], int[], int[], bytea),
  bourse.write_purged_nodes(int, text[]),
  bourse.write_affiliations(int, text[], text[], text[]),
  bourse.write_subscriptions(int, text[], text[], bigint[], text[], text[], bigint[], smallint[], bigint[], int[], int[], bytea),
  bourse.write_items(int, text[], text[], text[], text[], text[], bigint[], bigint[], bigint[], bigint[], int[], int[], bytea)
TO bourse_service;
