-- The whole schema as it is now, for reading. What builds a database is migrations/, through `boursed migrate`;
-- a test proves that both give the same. Months of the event log and of history are made
-- by bourse.ensure_partitions().

BEGIN;

-- Roles are of the cluster, not of the database: another database's migration may create them meanwhile.
DO $$
DECLARE
  wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['bourse_owner', 'bourse_service', 'bourse_reader'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
      BEGIN
        EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
      EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;
      END;
    END IF;
  END LOOP;
END $$;

CREATE SCHEMA bourse AUTHORIZATION bourse_owner;
CREATE EXTENSION IF NOT EXISTS btree_gist;
SET LOCAL ROLE bourse_owner;
GRANT USAGE ON SCHEMA bourse TO bourse_service, bourse_reader;

CREATE TABLE bourse.schema_migrations (
  version int PRIMARY KEY,
  name text COLLATE "C" NOT NULL,
  sha256 text NOT NULL,
  applied timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT ON bourse.schema_migrations TO bourse_service, bourse_reader;

-- Times cross the connection as microseconds since 1970: exact, and cheap to read and write in arrays.
CREATE FUNCTION bourse.from_micros(micros bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN to_timestamp(micros / 1000000.0::float8);
CREATE FUNCTION bourse.to_micros(at timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN (extract(epoch FROM at) * 1000000)::bigint;

-- A pool ------------------------------------------------------------------------------------------------

-- One row per pool, updated by every batch: the fence that makes two deciders of one pool impossible.
CREATE TABLE bourse.pools (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text COLLATE "C" NOT NULL UNIQUE,
  epoch bigint NOT NULL DEFAULT 0,
  lease_holder text,
  lease_until timestamptz,
  last_batch bigint NOT NULL DEFAULT 0,
  last_event bigint NOT NULL DEFAULT 0,
  next_audit bigint NOT NULL DEFAULT 0,
  last_grant bigint NOT NULL DEFAULT 0,
  delivered bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 10);

-- Ids and JIDs compare byte by byte (COLLATE "C"): that is what they are, it is cheaper, and no update of the
-- system's collations can break an index.
CREATE TABLE bourse.nodes (
  pool_id int NOT NULL REFERENCES bourse.pools,
  name text COLLATE "C" NOT NULL,
  kind text NOT NULL CHECK (kind IN ('market', 'leaf', 'collection')),
  creator text COLLATE "C" NOT NULL DEFAULT '',  -- bare; empty: the service itself
  created timestamptz NOT NULL DEFAULT now(),
  config bytea NOT NULL DEFAULT '',   -- empty: the default
  title text NOT NULL DEFAULT '',     -- of the configuration, for listings
  hidden boolean NOT NULL DEFAULT false,
  parents text[] COLLATE "C" NOT NULL DEFAULT '{}',
  archive_from bigint NOT NULL DEFAULT 0,  -- later events are this node's, and were not purged
  PRIMARY KEY (pool_id, name)
);
-- What a collection has, and what is in none: the service's own listing.
CREATE INDEX nodes_children ON bourse.nodes USING gin (parents);
CREATE INDEX nodes_roots ON bourse.nodes (pool_id, name) WHERE parents = '{}';

CREATE TABLE bourse.affiliations (
  pool_id int NOT NULL,
  node text COLLATE "C" NOT NULL,
  jid text COLLATE "C" NOT NULL,
  affiliation text NOT NULL CHECK (affiliation IN ('owner', 'publisher', 'publish-only', 'member', 'outcast')),
  PRIMARY KEY (pool_id, node, jid),
  FOREIGN KEY (pool_id, node) REFERENCES bourse.nodes ON DELETE CASCADE
);

-- Of one JID there may be several to a node. Sessions of a bare JID are found by the primary key's order, so it
-- needs neither a column nor an index of its own.
CREATE TABLE bourse.subscriptions (
  pool_id int NOT NULL,
  node text COLLATE "C" NOT NULL,
  subscriber text COLLATE "C" NOT NULL,
  subid bigint NOT NULL,
  state smallint NOT NULL CHECK (state BETWEEN 1 AND 3),  -- pending, unconfigured, subscribed
  options bytea NOT NULL DEFAULT '',                      -- empty: the default
  expires timestamptz,
  PRIMARY KEY (pool_id, node, subscriber, subid)
);

-- Items of ordinary nodes; those of the market's nodes are offers, requests, grants and intervals.
CREATE TABLE bourse.items (
  pool_id int NOT NULL,
  node text COLLATE "C" NOT NULL,
  item_id text COLLATE "C" NOT NULL,
  publisher text COLLATE "C" NOT NULL,
  payload text NOT NULL,
  seq bigint NOT NULL,
  modified timestamptz NOT NULL,
  created timestamptz NOT NULL,
  born bigint NOT NULL,  -- its first seq: the order of creation within one moment
  expires timestamptz,
  PRIMARY KEY (pool_id, node, item_id),
  FOREIGN KEY (pool_id, node) REFERENCES bourse.nodes ON DELETE CASCADE
);
-- Partial, though it is true of every item: a statement that names items by their ids then has the primary key
-- to find them by and nothing else, whatever the planner believed of the table while it was small.
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
  failures float8 NOT NULL DEFAULT 0,  -- of its grants, decayed up to failed_at
  failed_at timestamptz NOT NULL DEFAULT 'epoch',
  quarantines int NOT NULL DEFAULT 0,  -- one after the other
  quarantined_until timestamptz,
  quarantine_reason text NOT NULL DEFAULT '',
  PRIMARY KEY (pool_id, jid),
  CONSTRAINT sanctions_some CHECK (drained OR banned OR failures > 0 OR quarantines > 0 OR quarantined_until IS NOT NULL)
);

-- Who may do what, how much of it and how fast: what operators set while the market runs.
CREATE TABLE bourse.policies (
  pool_id int NOT NULL REFERENCES bourse.pools (id),
  name text COLLATE "C" NOT NULL,
  subject text COLLATE "C" NOT NULL,  -- the bare JID or domain it is for; '': all
  value text NOT NULL CHECK (value <> ''),
  PRIMARY KEY (pool_id, name, subject)
);

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

-- The market ----------------------------------------------------------------------------------------------

-- True when what is used fits what is there, slot by slot. An offer without live grants never gets here.
CREATE FUNCTION bourse.fits(used bigint[], capacity bigint[]) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  IF cardinality(used) <> cardinality(capacity) THEN
    RETURN false;
  END IF;
  FOR i IN 1 .. cardinality(used) LOOP
    IF used[i] IS NULL OR capacity[i] IS NULL OR used[i] < 0 OR used[i] > capacity[i] THEN
      RETURN false;
    END IF;
  END LOOP;
  RETURN true;
END $$;

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

-- Slots are what can be granted: a resource by its name, each gpu as gpu#<index>.
CREATE TABLE bourse.offers (
  pool_id int NOT NULL,
  offer_id text COLLATE "C" NOT NULL,
  provider text COLLATE "C" NOT NULL,
  session text COLLATE "C" NOT NULL,
  open boolean NOT NULL,
  slots text[] NOT NULL,
  capacity bigint[] NOT NULL,
  record bytea NOT NULL,
  seq bigint NOT NULL,
  published timestamptz NOT NULL,
  PRIMARY KEY (pool_id, offer_id),
  CONSTRAINT offers_slots CHECK (cardinality(slots) = cardinality(capacity))
) WITH (fillfactor = 90);
CREATE INDEX offers_order ON bourse.offers (pool_id, seq) WHERE open;
CREATE INDEX offers_provider ON bourse.offers (pool_id, provider) WHERE open;

-- A row for each offer that ever had a booking or another capacity; slots and capacity are the offer's, so that a booking
-- need not lock the offer's own row to be sure of them. `used` is parallel to them: '{}' while nothing is booked. All of it
-- belongs to the triggers below.
CREATE TABLE bourse.offer_use (
  pool_id int NOT NULL,
  offer_id text COLLATE "C" NOT NULL,
  slots text[] NOT NULL,
  capacity bigint[] NOT NULL,
  used bigint[] NOT NULL,
  PRIMARY KEY (pool_id, offer_id),
  CONSTRAINT offer_use_not_over_granted CHECK (bourse.holds(capacity, used))
) WITH (fillfactor = 70);

CREATE TABLE bourse.requests (
  pool_id int NOT NULL,
  request_id text COLLATE "C" NOT NULL,
  consumer text COLLATE "C" NOT NULL,
  state smallint NOT NULL CHECK (state BETWEEN 0 AND 4),  -- waiting, granted, done, cancelled, expired
  granted int NOT NULL CHECK (granted >= 0),
  refused text[] NOT NULL DEFAULT '{}',  -- providers that took a grant of it back
  record bytea NOT NULL,
  seq bigint NOT NULL,
  submitted timestamptz NOT NULL,
  complete boolean NOT NULL DEFAULT false,  -- all it asked for was there once
  PRIMARY KEY (pool_id, request_id)
);
CREATE INDEX requests_live ON bourse.requests (pool_id, seq) WHERE state <= 1;
CREATE INDEX requests_consumer ON bourse.requests (pool_id, consumer, seq);

CREATE TABLE bourse.grants (
  pool_id int NOT NULL,
  grant_id bigint NOT NULL,
  offer_id text COLLATE "C" NOT NULL,
  request_id text COLLATE "C" NOT NULL,
  provider text COLLATE "C" NOT NULL,
  consumer text COLLATE "C" NOT NULL,
  slots text[] NOT NULL,
  amounts bigint[] NOT NULL,
  -- 0 active, 1 released, 2 expired, 3 revoked, 4 proposed, 5 reserved, 6 reclaiming, 7 suspect, 8 declined, 9 timed out,
  -- 10 lost. Live are 0 and 4 to 7.
  state smallint NOT NULL,
  started timestamptz NOT NULL,
  expires timestamptz NOT NULL,
  ended timestamptz,
  reason text NOT NULL,
  state_until timestamptz,  -- when a proposed, reclaiming or suspect one ends by itself
  ahead boolean NOT NULL,   -- the lease is yet to begin
  -- Counted against the offer while live, unless the lease is yet to begin. Nobody writes it: it follows from the others.
  booked boolean NOT NULL GENERATED ALWAYS AS ((state = 0 OR state BETWEEN 4 AND 7) AND NOT ahead) STORED,
  entry bigint,             -- index in the audit log of what made it so; NULL: before the log had a tree
  PRIMARY KEY (pool_id, grant_id),
  CONSTRAINT grants_slots CHECK (cardinality(slots) = cardinality(amounts) AND array_position(amounts, NULL) IS NULL AND 0 < ALL (amounts)),
  CONSTRAINT grants_state CHECK (state BETWEEN 0 AND 10),
  CONSTRAINT grants_ended CHECK ((state = 0 OR state BETWEEN 4 AND 7) = (ended IS NULL)),
  -- What a consumer may use has begun; what is reserved has not.
  CONSTRAINT grants_ahead CHECK (CASE WHEN ahead THEN state NOT IN (0, 6, 7) ELSE state <> 5 END)
) WITH (fillfactor = 90);
-- By `ended`, which stays as it is while a live grant changes: such an update then touches no index.
CREATE INDEX grants_live ON bourse.grants (pool_id, grant_id) WHERE ended IS NULL;
CREATE INDEX grants_provider ON bourse.grants (pool_id, provider, grant_id);
CREATE INDEX grants_consumer ON bourse.grants (pool_id, consumer, grant_id);

-- `used` after `amounts` (negative: given back) of `taken` slots; '{}' when nothing is used any more. Whether
-- it fits is the table's constraint to say.
CREATE FUNCTION bourse.add_used(slots text[], used bigint[], taken text[], amounts bigint[]) RETURNS bigint[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  position int;
BEGIN
  IF used = '{}' THEN
    used := array_fill(0::bigint, ARRAY[cardinality(slots)]);
  END IF;
  FOR i IN 1 .. cardinality(taken) LOOP
    position := array_position(slots, taken[i]);
    IF position IS NULL THEN
      RAISE EXCEPTION 'a grant takes % of an offer that has none', taken[i] USING ERRCODE = 'check_violation';
    END IF;
    used[position] := used[position] + amounts[i];
  END LOOP;
  IF 0 = ALL (used) THEN
    RETURN '{}';
  END IF;
  RETURN used;
END $$;

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

-- What one grant takes of one offer.
CREATE TYPE bourse.holding AS (pool_id int, offer_id text COLLATE "C", slots text[], amounts bigint[]);

-- "= ANY (ARRAY[…])" says "=" in a way that only the primary key can serve, from the holdings' side: a plan made while the
-- tables were small must serve big ones. Hence also the settings of bourse.book_grants().
-- The sum is made from the row as locked: concurrent writers queue, none is lost. A first booking takes slots and capacity
-- from the offer; whoever changes these meanwhile waits for this row, or has made it before (bourse.keep_used()).
-- The offer is looked up in a subquery that does not say that it is open: of all indexes of offers only the primary key
-- can then serve, without the arrays.
CREATE FUNCTION bourse.book(holdings bourse.holding[]) RETURNS void LANGUAGE plpgsql AS $$
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

CREATE FUNCTION bourse.give_back(holdings bourse.holding[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  wanted bigint;
  given bigint;
BEGIN
  WITH change AS MATERIALIZED (
    SELECT h.pool_id, h.offer_id, bourse.chain(h.slots) AS slots, bourse.chain(h.amounts) AS amounts
    FROM unnest(holdings) h GROUP BY h.pool_id, h.offer_id
  ), giving AS (
    UPDATE bourse.offer_use u SET used = bourse.less_used(u.slots, u.used, c.slots, c.amounts) FROM change c
    WHERE u.pool_id = ANY (ARRAY[c.pool_id]) AND u.offer_id = ANY (ARRAY[c.offer_id]) RETURNING 1
  ) SELECT (SELECT count(*) FROM change), count(*) INTO wanted, given FROM giving;
  IF wanted <> given THEN
    RAISE EXCEPTION 'a grant is on an offer that does not exist' USING ERRCODE = 'foreign_key_violation';
  END IF;
END $$;

-- Whoever writes grants, and however: what booked ones take is counted. First what is given back, then what is taken; a
-- grant booked before and after counts as neither.
CREATE FUNCTION bourse.book_grants() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off
SET enable_mergejoin = off AS $$
DECLARE
  gone bourse.holding[];
  come bourse.holding[];
BEGIN
  IF TG_OP = 'INSERT' THEN
    come := ARRAY(SELECT ROW (g.pool_id, g.offer_id, g.slots, g.amounts)::bourse.holding FROM new_grants g WHERE g.booked);
  ELSIF TG_OP = 'DELETE' THEN
    gone := ARRAY(SELECT ROW (g.pool_id, g.offer_id, g.slots, g.amounts)::bourse.holding FROM old_grants g WHERE g.booked);
  ELSE
    SELECT array_agg(d.holding) FILTER (WHERE d.more < 0), array_agg(d.holding) FILTER (WHERE d.more > 0) INTO gone, come
    FROM (SELECT ROW (b.pool_id, b.offer_id, b.slots, b.amounts)::bourse.holding AS holding, sum(b.more) AS more
          FROM (SELECT g.pool_id, g.grant_id, g.offer_id, g.slots, g.amounts, -1 AS more FROM old_grants g WHERE g.booked
                UNION ALL
                SELECT g.pool_id, g.grant_id, g.offer_id, g.slots, g.amounts, 1 FROM new_grants g WHERE g.booked) b
          GROUP BY b.pool_id, b.grant_id, b.offer_id, b.slots, b.amounts) d;
  END IF;
  IF cardinality(gone) > 0 THEN
    PERFORM bourse.give_back(gone);
  END IF;
  IF cardinality(come) > 0 THEN
    PERFORM bourse.book(come);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER book_inserted AFTER INSERT ON bourse.grants REFERENCING NEW TABLE AS new_grants
  FOR EACH STATEMENT EXECUTE FUNCTION bourse.book_grants();
CREATE TRIGGER book_updated AFTER UPDATE ON bourse.grants REFERENCING OLD TABLE AS old_grants NEW TABLE AS new_grants
  FOR EACH STATEMENT EXECUTE FUNCTION bourse.book_grants();
CREATE TRIGGER book_deleted AFTER DELETE ON bourse.grants REFERENCING OLD TABLE AS old_grants
  FOR EACH STATEMENT EXECUTE FUNCTION bourse.book_grants();

CREATE FUNCTION bourse.refuse_revival() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'grant % is over and stays so', OLD.grant_id USING ERRCODE = 'BO002';
END $$;
-- After the update, and called for no other: before it would lock each row once more.
CREATE TRIGGER refuse_revival AFTER UPDATE ON bourse.grants FOR EACH ROW WHEN (OLD.ended IS NOT NULL AND NEW.ended IS NULL)
  EXECUTE FUNCTION bourse.refuse_revival();

-- An offer with another capacity while grants live keeps what they hold, slot by slot under the new order of slots. The row
-- is made even when nothing is booked: a booking that begins meanwhile then meets it instead of an old capacity.
CREATE FUNCTION bourse.keep_used() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO bourse.offer_use AS u (pool_id, offer_id, slots, capacity, used)
  VALUES (NEW.pool_id, NEW.offer_id, NEW.slots, NEW.capacity, '{}')
  ON CONFLICT (pool_id, offer_id) DO UPDATE
  SET slots = excluded.slots, capacity = excluded.capacity,
      used = CASE WHEN u.used = '{}' OR u.slots = excluded.slots THEN u.used ELSE (
        SELECT bourse.add_used(excluded.slots, '{}', array_agg(s.slot), array_agg(s.amount))
        FROM unnest(u.slots, u.used) AS s(slot, amount) WHERE s.amount <> 0) END;
  RETURN NULL;
END $$;
CREATE TRIGGER keep_used AFTER UPDATE OF slots, capacity ON bourse.offers FOR EACH ROW
  WHEN (OLD.slots <> NEW.slots OR OLD.capacity <> NEW.capacity) EXECUTE FUNCTION bourse.keep_used();

CREATE FUNCTION bourse.refuse_removal() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  DELETE FROM bourse.offer_use u WHERE u.pool_id = OLD.pool_id AND u.offer_id = OLD.offer_id AND u.used = '{}';
  IF EXISTS (SELECT FROM bourse.offer_use u WHERE u.pool_id = OLD.pool_id AND u.offer_id = OLD.offer_id) THEN
    RAISE EXCEPTION 'an offer with live grants cannot be removed or renamed' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER refuse_delete AFTER DELETE ON bourse.offers FOR EACH ROW EXECUTE FUNCTION bourse.refuse_removal();
CREATE TRIGGER refuse_rename AFTER UPDATE OF pool_id, offer_id ON bourse.offers FOR EACH ROW
  WHEN (OLD.pool_id <> NEW.pool_id OR OLD.offer_id <> NEW.offer_id) EXECUTE FUNCTION bourse.refuse_removal();

-- Availability ----------------------------------------------------------------------------------------------

-- A provider, and its running interval if it has one (who was only imported has none).
CREATE TABLE bourse.providers (
  provider_id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  pool_id int NOT NULL,
  provider text COLLATE "C" NOT NULL,
  zone text NOT NULL DEFAULT '',  -- IANA; '': UTC
  presence smallint CHECK (presence IN (0, 1)),  -- up, down
  since timestamptz,
  counts bytea NOT NULL DEFAULT '',  -- history::encode(ProviderCounts)
  CONSTRAINT providers_name UNIQUE (pool_id, provider),
  CONSTRAINT providers_running CHECK ((presence IS NULL) = (since IS NULL))
) WITH (fillfactor = 70);

-- Closed intervals, never changed. An exclusion constraint cannot span partitions: an interval that crosses the beginning
-- of a month (UTC) is therefore one row a month, all but the first `continues`, and no row reaches beyond its month. So
-- rows of two months cannot overlap, and within a month the partition's own constraint refuses it.
CREATE TABLE bourse.availability (
  provider_id int NOT NULL,
  presence smallint NOT NULL CONSTRAINT availability_presence CHECK (presence IN (0, 1)),
  continues boolean NOT NULL,
  reason int NOT NULL,
  period tstzrange NOT NULL,
  CONSTRAINT availability_closed CHECK (lower_inc(period) AND NOT upper_inc(period) AND NOT upper_inf(period))
) PARTITION BY RANGE (lower(period));
-- What has no month of its own: imports of old archives, and whatever a wrong clock made.
CREATE TABLE bourse.availability_other PARTITION OF bourse.availability DEFAULT;
ALTER TABLE bourse.availability_other
  ADD CONSTRAINT availability_other_month
    CHECK (upper(period) AT TIME ZONE 'UTC' <= date_trunc('month', lower(period) AT TIME ZONE 'UTC') + interval '1 month'),
  ADD CONSTRAINT availability_other_no_overlap
    EXCLUDE USING gist (provider_id WITH =, period WITH &&) INCLUDE (presence, continues, reason);

-- Closed intervals of a whole pool summed up by hour, counted since 1970, without the gaps. Microseconds.
CREATE TABLE bourse.availability_hours (
  pool_id int NOT NULL,
  hour bigint NOT NULL,
  up bigint NOT NULL CHECK (up >= 0),
  down bigint NOT NULL CHECK (down >= 0),
  outages bigint NOT NULL CHECK (outages >= 0),  -- that began in it
  PRIMARY KEY (pool_id, hour)
) WITH (fillfactor = 50);

-- Intervals without any length: archives have some, and they come out again as they went in. They overlap nothing, and
-- no figure counts them.
CREATE TABLE bourse.availability_moments (
  provider_id int NOT NULL,
  at timestamptz NOT NULL,
  presence smallint NOT NULL CHECK (presence IN (0, 1)),
  reason int NOT NULL
);
CREATE INDEX availability_moments_at ON bourse.availability_moments (provider_id, at);

-- When nobody looked.
CREATE TABLE bourse.availability_gaps (
  pool_id int NOT NULL,
  period tstzrange NOT NULL CHECK (lower_inc(period) AND NOT upper_inc(period) AND NOT upper_inf(period)),
  CONSTRAINT availability_gaps_no_overlap EXCLUDE USING gist (pool_id WITH =, period WITH &&)
);

-- What each agent last said of its machine. Written once a minute: such an update must touch no index.
CREATE TABLE bourse.provider_loads (
  pool_id int NOT NULL,
  provider text COLLATE "C" NOT NULL,
  heard timestamptz NOT NULL,
  cpu real,
  memory real,
  disk_free bigint,
  temperature real,
  PRIMARY KEY (pool_id, provider)
) WITH (fillfactor = 50);

-- history::encode(PoolCounts). Not in bourse.pools, whose row every batch writes.
CREATE TABLE bourse.history_counts (
  pool_id int PRIMARY KEY REFERENCES bourse.pools,
  counts bytea NOT NULL
);

-- Logs --------------------------------------------------------------------------------------------------------

CREATE TABLE bourse.events (
  pool_id int NOT NULL,
  seq bigint NOT NULL,
  at timestamptz NOT NULL,
  kind smallint NOT NULL,
  node text COLLATE "C" NOT NULL,
  item_id text COLLATE "C" NOT NULL,
  publisher text COLLATE "C" NOT NULL,
  provider text COLLATE "C" NOT NULL,
  consumer text COLLATE "C" NOT NULL,
  record bytea NOT NULL
) PARTITION BY RANGE (at);
CREATE INDEX events_seq ON bourse.events (pool_id, seq);
-- Offers are most of the events of a pool: events_seq finds a page of them. Of everything else a page may be few
-- among millions. Offers' events have a provider and no consumer, and pay for none of these. Each other event of the
-- market is in one list of the pool in order of its number, to which only the end is ever added: cheaper than a place
-- among the node's. Nodes that are not the market's keep a list each.
CREATE INDEX events_requests ON bourse.events (pool_id, seq) WHERE kind IN (1, 2) AND provider = '' AND consumer <> '';
CREATE INDEX events_grants ON bourse.events (pool_id, seq) WHERE kind IN (3, 4, 6);
CREATE INDEX events_availability ON bourse.events (pool_id, seq) WHERE kind = 5;
CREATE INDEX events_audit ON bourse.events (pool_id, seq) WHERE kind = 1 AND provider = '' AND consumer = '';
CREATE INDEX events_leaf ON bourse.events (pool_id, node, seq) WHERE kind IN (16, 17);
CREATE INDEX events_consumer ON bourse.events (pool_id, consumer, seq) WHERE consumer <> '' AND (kind <= 4 OR kind = 6);
CREATE INDEX events_provider ON bourse.events (pool_id, provider, seq) WHERE kind IN (3, 4, 6);
-- Catches what has no month of its own, so that no clock can make the log refuse an event.
CREATE TABLE bourse.events_other PARTITION OF bourse.events DEFAULT;

-- The month's part of the event log, unless it is there; rows that fell into the default partition move. As these two
-- do it, so do those of history.
CREATE FUNCTION bourse.make_events_month(first timestamptz) RETURNS int LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  part text := 'events_' || to_char(first, 'YYYY_MM');
  next timestamptz := first + interval '1 month';
BEGIN
  IF to_regclass('bourse.' || part) IS NOT NULL THEN
    RETURN 0;
  END IF;
  EXECUTE format('CREATE TABLE bourse.%I (LIKE bourse.events)', part);
  EXECUTE format('WITH moved AS (DELETE FROM bourse.events_other WHERE at >= %L AND at < %L RETURNING *) '
                 'INSERT INTO bourse.%I SELECT * FROM moved', first, next, part);
  EXECUTE format('ALTER TABLE bourse.events ATTACH PARTITION bourse.%I FOR VALUES FROM (%L) TO (%L)', part, first, next);
  RETURN 1;
END $$;

CREATE FUNCTION bourse.make_history_month(first timestamptz) RETURNS int LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  part text := 'availability_' || to_char(first, 'YYYY_MM');
  next timestamptz := first + interval '1 month';
BEGIN
  IF to_regclass('bourse.' || part) IS NOT NULL THEN
    RETURN 0;
  END IF;
  EXECUTE format('CREATE TABLE bourse.%I (LIKE bourse.availability INCLUDING CONSTRAINTS)', part);
  EXECUTE format('ALTER TABLE bourse.%I ADD CONSTRAINT %I CHECK (upper(period) <= %L)', part, part || '_month', next);
  EXECUTE format('ALTER TABLE bourse.%I ADD CONSTRAINT %I EXCLUDE USING gist (provider_id WITH =, period WITH &&) '
                 'INCLUDE (presence, continues, reason)', part, part || '_no_overlap');
  EXECUTE format('WITH moved AS (DELETE FROM bourse.availability_other WHERE lower(period) >= %L AND lower(period) < %L '
                 'RETURNING *) INSERT INTO bourse.%I SELECT * FROM moved', first, next, part);
  EXECUTE format('ALTER TABLE bourse.availability ATTACH PARTITION bourse.%I FOR VALUES FROM (%L) TO (%L)', part, first, next);
  RETURN 1;
END $$;

-- Makes the partitions of this month and the `months` after it, of the event log and of history.
CREATE FUNCTION bourse.ensure_partitions(months int DEFAULT 3) RETURNS int LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  first timestamptz;
  made int := 0;
BEGIN
  FOR i IN 0 .. least(months, 24) LOOP
    first := date_trunc('month', now()) + make_interval(months => i);
    CONTINUE WHEN NOT EXISTS (
      SELECT FROM unnest(ARRAY['events', 'availability']) AS t
      WHERE to_regclass('bourse.' || t || '_' || to_char(first, 'YYYY_MM')) IS NULL);
    PERFORM pg_advisory_xact_lock(hashtext('bourse.ensure_partitions'));
    made := made + bourse.make_events_month(first) + bourse.make_history_month(first);
  END LOOP;
  RETURN made;
END $$;

-- Forgets history from before, whole months at once; NULL keeps all, and nothing younger than 30 days goes. What was
-- dropped, and from the tables without months how many rows went (NULL: a whole month). Rows go first: dropping a month
-- locks out everybody who reads or writes its table until the transaction ends.
CREATE FUNCTION bourse.drop_history_before(intervals timestamptz, sums timestamptz, events timestamptz DEFAULT NULL)
RETURNS TABLE (part text, deleted bigint) LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  youngest timestamptz := now() - interval '30 days';
  kept timestamptz;
  parent text;
  child text;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('bourse.ensure_partitions'));
  -- Whole months, everywhere: what belongs together goes together.
  intervals := CASE WHEN intervals IS NOT NULL THEN date_trunc('month', least(intervals, youngest)) END;
  sums := CASE WHEN sums IS NOT NULL THEN date_trunc('month', least(sums, youngest)) END;
  events := CASE WHEN events IS NOT NULL THEN date_trunc('month', least(events, youngest)) END;
  FOR part, deleted IN
    WITH a AS (DELETE FROM bourse.availability_other WHERE upper(period) <= intervals RETURNING 1),
         m AS (DELETE FROM bourse.availability_moments WHERE at < intervals RETURNING 1),
         h AS (DELETE FROM bourse.availability_hours WHERE hour < floor(extract(epoch FROM sums) / 3600) RETURNING 1),
         -- Both need to know when nobody looked.
         g AS (DELETE FROM bourse.availability_gaps
               WHERE intervals IS NOT NULL AND sums IS NOT NULL AND upper(period) <= least(intervals, sums) RETURNING 1),
         e AS (DELETE FROM bourse.events_other WHERE at < events RETURNING 1)
    SELECT * FROM (VALUES ('availability_other', (SELECT count(*) FROM a)), ('availability_moments', (SELECT count(*) FROM m)),
                          ('availability_hours', (SELECT count(*) FROM h)), ('availability_gaps', (SELECT count(*) FROM g)),
                          ('events_other', (SELECT count(*) FROM e))) AS t(name, n) WHERE t.n > 0
  LOOP
    RETURN NEXT;
  END LOOP;
  FOR parent, kept IN VALUES ('availability', intervals), ('events', events) LOOP
    CONTINUE WHEN kept IS NULL;
    FOR child IN
      SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = ('bourse.' || parent)::regclass AND c.relname ~ ('^' || parent || '_[0-9]{4}_[0-9]{2}$')
        AND to_timestamp(right(c.relname, 7), 'YYYY_MM') + interval '1 month' <= kept
      ORDER BY c.relname
    LOOP
      EXECUTE format('DROP TABLE bourse.%I', child);
      part := child;
      deleted := NULL;
      RETURN NEXT;
    END LOOP;
  END LOOP;
END $$;

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

-- The entry's own bytes are the truth; the columns beside it are for queries, NULL where they do not apply.
CREATE TABLE bourse.audit_entries (
  pool_id int NOT NULL,
  index bigint NOT NULL,
  at timestamptz NOT NULL,
  kind smallint NOT NULL,
  actor text COLLATE "C",  -- bare; NULL when it is the provider or the consumer, or the market itself
  provider text COLLATE "C",
  consumer text COLLATE "C",
  offer_id text COLLATE "C",
  request_id text COLLATE "C",
  grant_id bigint,
  entry bytea NOT NULL,
  PRIMARY KEY (pool_id, index)
);
-- Who asks for one party's or one item's entries reads the few ranges of pages that may have some. A B-tree for
-- each column would cost every published offer more than its entry does.
CREATE INDEX audit_lookup ON bourse.audit_entries
  USING brin (actor text_bloom_ops, provider text_bloom_ops, consumer text_bloom_ops, offer_id text_bloom_ops,
              request_id text_bloom_ops, grant_id int8_bloom_ops) WITH (pages_per_range = 32, autosummarize = on);
-- Statements of the service itself, of which the last of each kind is asked for at every load. Other entries are in no
-- index of theirs.
CREATE INDEX audit_statements ON bourse.audit_entries (pool_id, kind, index) WHERE kind >= 29;

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

-- Writing a batch ---------------------------------------------------------------------------------------------
-- Each function writes one table and returns the pool, so that one statement nests those a batch needs and
-- the nesting is the order. They run as the caller: the service's privileges are what they can do.
-- Records come as one bytea and each row's place in it.
-- unnest() in the list of columns gives its rows one by one; in FROM, all of them are first written to a store and read
-- back. So the functions that write most do the former.

CREATE FUNCTION bourse.advance_pool(pool int, with_epoch bigint, number bigint, ttl_seconds int, event bigint, audit bigint,
                                    last_grant_id bigint, up_to bigint) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  UPDATE bourse.pools p
  SET last_batch = number, last_event = event, next_audit = audit, last_grant = last_grant_id,
      delivered = greatest(p.delivered, up_to), lease_until = now() + make_interval(secs => ttl_seconds)
  WHERE p.id = pool AND p.epoch = with_epoch AND p.last_batch = number - 1;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'batch % of epoch % does not follow what is committed: another process holds the pool', number, with_epoch
      USING ERRCODE = 'BO001';
  END IF;
  RETURN pool;
END $$;

-- Live grants that end, or change and stay live. "= ANY" for the reason given at booking; a plain "ended IS NULL" would
-- let a scan of all live grants serve.
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

-- A withdrawn offer comes without its content: what is stored stays.
CREATE FUNCTION bourse.write_offers(pool int, ids text[], providers text[], sessions text[], opens boolean[], slot_lists text[],
                                    capacities text[], seqs bigint[], times bigint[], starts int[], lengths int[], records bytea)
RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO bourse.offers AS o (pool_id, offer_id, provider, session, open, slots, capacity, record, seq, published)
  SELECT pool, t.id, t.provider, t.session, t.open, string_to_array(t.slots, ' '), t.capacity::bigint[],
         substring(records FROM t.start FOR t.length), t.seq, bourse.from_micros(t.at)
  FROM unnest(ids, providers, sessions, opens, slot_lists, capacities, seqs, times, starts, lengths)
    AS t(id, provider, session, open, slots, capacity, seq, at, start, length)
  ON CONFLICT (pool_id, offer_id) DO UPDATE
  SET provider = excluded.provider, session = excluded.session, open = excluded.open,
      slots = CASE WHEN excluded.open THEN excluded.slots ELSE o.slots END,
      capacity = CASE WHEN excluded.open THEN excluded.capacity ELSE o.capacity END,
      record = CASE WHEN excluded.open THEN excluded.record ELSE o.record END,
      seq = excluded.seq, published = excluded.published;
  RETURN pool;
END $$;

CREATE FUNCTION bourse.write_requests(pool int, ids text[], consumers text[], states smallint[], grants int[],
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

-- What has nothing of it set any more goes.
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

-- Without a value: not set any more.
CREATE FUNCTION bourse.write_policies(pool int, names text[], subjects text[], settings text[])
RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM bourse.policies p USING unnest(names, subjects, settings) AS t(name, subject, value)
  WHERE p.pool_id = pool AND p.name = t.name AND p.subject = t.subject AND t.value = '';
  INSERT INTO bourse.policies (pool_id, name, subject, value)
  SELECT pool, t.name, t.subject, t.value FROM unnest(names, subjects, settings) AS t(name, subject, value)
  WHERE t.value <> ''
  ON CONFLICT (pool_id, name, subject) DO UPDATE SET value = excluded.value;
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

CREATE FUNCTION bourse.write_events(pool int, seqs bigint[], times bigint[], kinds smallint[], node_names text[],
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

CREATE FUNCTION bourse.write_audit(pool int, indices bigint[], times bigint[], kinds smallint[], actors text[],
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

-- The providers' numbers, in order; who is new gets one. A number is taken from the sequence only for those: an upsert
-- would take one every time and soon run out of them.
CREATE FUNCTION bourse.provider_ids(pool int, names text[]) RETURNS int[] LANGUAGE plpgsql AS $$
DECLARE
  ids int[];
BEGIN
  LOOP
    SELECT array_agg((SELECT p.provider_id FROM bourse.providers p WHERE p.pool_id = pool AND p.provider = t.name)) INTO ids
    FROM unnest(names) AS t(name);
    EXIT WHEN array_position(ids, NULL) IS NULL;
    INSERT INTO bourse.providers (pool_id, provider)
    SELECT DISTINCT pool, t.name FROM unnest(names, ids) AS t(name, id) WHERE t.id IS NULL ON CONFLICT DO NOTHING;
  END LOOP;
  RETURN ids;
END $$;

CREATE FUNCTION bourse.write_providers(pool int, names text[], presences smallint[], sinces bigint[], zones text[],
                                       starts int[], lengths int[], records bytea)
RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  ids int[] := bourse.provider_ids(pool, names);
BEGIN
  INSERT INTO bourse.providers (provider_id, pool_id, provider, zone, presence, since, counts)
  SELECT t.id, pool, t.name, t.zone, t.presence, bourse.from_micros(t.since), substring(records FROM t.start FOR t.length)
  FROM unnest(ids, names, presences, sinces, zones, starts, lengths) AS t(id, name, presence, since, zone, start, length)
  ON CONFLICT (provider_id) DO UPDATE
  SET zone = excluded.zone, presence = excluded.presence, since = excluded.since, counts = excluded.counts;
  RETURN pool;
END $$;

CREATE FUNCTION bourse.write_closed(pool int, names text[], presences smallint[], continuations boolean[], reasons int[],
                                    sinces bigint[], untils bigint[])
RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  ids int[] := bourse.provider_ids(pool, names);
BEGIN
  INSERT INTO bourse.availability (provider_id, presence, continues, reason, period)
  SELECT t.id, t.presence, t.continues, t.reason, tstzrange(bourse.from_micros(t.since), bourse.from_micros(t.until))
  FROM unnest(ids, presences, continuations, reasons, sinces, untils) AS t(id, presence, continues, reason, since, until)
  WHERE t.since <> t.until;
  INSERT INTO bourse.availability_moments (provider_id, at, presence, reason)
  SELECT t.id, bourse.from_micros(t.since), t.presence, t.reason
  FROM unnest(ids, presences, reasons, sinces, untils) AS t(id, presence, reason, since, until) WHERE t.since = t.until;
  RETURN pool;
END $$;

CREATE FUNCTION bourse.write_hours(pool int, hours bigint[], ups bigint[], downs bigint[], outage_counts bigint[])
RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO bourse.availability_hours AS h (pool_id, hour, up, down, outages)
  SELECT pool, t.hour, t.up, t.down, t.outages FROM unnest(hours, ups, downs, outage_counts) AS t(hour, up, down, outages)
  ON CONFLICT (pool_id, hour) DO UPDATE
  SET up = h.up + excluded.up, down = h.down + excluded.down, outages = h.outages + excluded.outages;
  RETURN pool;
END $$;

CREATE FUNCTION bourse.write_gaps(pool int, sinces bigint[], untils bigint[]) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO bourse.availability_gaps (pool_id, period)
  SELECT pool, tstzrange(bourse.from_micros(t.since), bourse.from_micros(t.until)) FROM unnest(sinces, untils) AS t(since, until);
  RETURN pool;
END $$;

CREATE FUNCTION bourse.write_loads(pool int, names text[], times bigint[], cpus real[], memories real[], disks bigint[],
                                   temperatures real[])
RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO bourse.provider_loads (pool_id, provider, heard, cpu, memory, disk_free, temperature)
  SELECT pool, t.name, bourse.from_micros(t.heard), t.cpu, t.memory, t.disk, t.temperature
  FROM unnest(names, times, cpus, memories, disks, temperatures) AS t(name, heard, cpu, memory, disk, temperature)
  ON CONFLICT (pool_id, provider) DO UPDATE
  SET heard = excluded.heard, cpu = excluded.cpu, memory = excluded.memory, disk_free = excluded.disk_free,
      temperature = excluded.temperature;
  RETURN pool;
END $$;

CREATE FUNCTION bourse.write_history_counts(pool int, encoded bytea) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO bourse.history_counts (pool_id, counts) VALUES (pool, encoded)
  ON CONFLICT (pool_id) DO UPDATE SET counts = excluded.counts;
  RETURN pool;
END $$;

-- A pool and its nodes; the id of the pool, also when it is there already.
CREATE FUNCTION bourse.create_pool(pool_name text) RETURNS int LANGUAGE plpgsql AS $$
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

-- Privileges --------------------------------------------------------------------------------------------------

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA bourse FROM PUBLIC;
GRANT SELECT ON ALL TABLES IN SCHEMA bourse TO bourse_service, bourse_reader;
GRANT EXECUTE ON FUNCTION bourse.from_micros(bigint), bourse.to_micros(timestamptz), bourse.first_event(int, timestamptz) TO bourse_service, bourse_reader;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA bourse TO bourse_service;
-- For the triggers only, which run as the owner.
REVOKE EXECUTE ON FUNCTION bourse.more_used(text[], bigint[], text[], bigint[]), bourse.less_used(text[], bigint[], text[], bigint[]),
  bourse.chain(anycompatiblearray), bourse.book(bourse.holding[]), bourse.give_back(bourse.holding[]), bourse.book_grants(),
  bourse.keep_used(), bourse.refuse_removal(), bourse.refuse_revival(), bourse.refuse_rewriting() FROM bourse_service;
-- The owner's: the service has months made by bourse.ensure_partitions(), and forgets nothing.
REVOKE EXECUTE ON FUNCTION bourse.create_pool(text), bourse.make_events_month(timestamptz), bourse.make_history_month(timestamptz),
  bourse.drop_history_before(timestamptz, timestamptz, timestamptz) FROM bourse_service;
GRANT UPDATE (epoch, lease_holder, lease_until, last_batch, last_event, next_audit, last_grant, delivered)
  ON bourse.pools TO bourse_service;
GRANT INSERT, UPDATE, DELETE ON bourse.nodes, bourse.affiliations, bourse.items, bourse.sanctions TO bourse_service;
GRANT INSERT, DELETE, UPDATE (state, options, expires) ON bourse.subscriptions TO bourse_service;
-- Nothing of bourse.offer_use: only the triggers may say what is in use.
GRANT INSERT (pool_id, offer_id, provider, session, open, slots, capacity, record, seq, published),
      UPDATE (provider, session, open, slots, capacity, record, seq, published) ON bourse.offers TO bourse_service;
GRANT INSERT, UPDATE (consumer, state, granted, refused, record, seq, submitted, complete) ON bourse.requests TO bourse_service;
-- Nothing of a grant's content, and not `booked`, which nobody may say.
GRANT INSERT (pool_id, grant_id, offer_id, request_id, provider, consumer, slots, amounts, state, ahead, started, expires,
              state_until, ended, reason, entry),
      UPDATE (state, ahead, started, expires, state_until, ended, reason, entry) ON bourse.grants TO bourse_service;
GRANT INSERT, UPDATE ON bourse.usage TO bourse_service;
GRANT INSERT, DELETE, UPDATE (value) ON bourse.policies TO bourse_service;
GRANT INSERT, UPDATE (zone, presence, since, counts) ON bourse.providers TO bourse_service;
GRANT INSERT ON bourse.availability, bourse.availability_moments, bourse.availability_gaps TO bourse_service;
GRANT INSERT, UPDATE (up, down, outages) ON bourse.availability_hours TO bourse_service;
GRANT INSERT, UPDATE (heard, cpu, memory, disk_free, temperature) ON bourse.provider_loads TO bourse_service;
GRANT INSERT, UPDATE (counts) ON bourse.history_counts TO bourse_service;
GRANT INSERT ON bourse.events, bourse.audit_entries, bourse.audit_checkpoints TO bourse_service;
GRANT INSERT, UPDATE (hashes) ON bourse.audit_tiles TO bourse_service;

COMMIT;
