-- What is booked of an offer gets a table of its own, small enough to stay in memory: ops/decisions/0016-booking-has-a-table-of-its-own.md.

SET LOCAL ROLE bourse_owner;

-- Booking -----------------------------------------------------------------------------------------------------

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
INSERT INTO bourse.offer_use (pool_id, offer_id, slots, capacity, used)
SELECT pool_id, offer_id, slots, capacity, used FROM bourse.offers WHERE used <> '{}';

DROP TRIGGER book_inserted ON bourse.grants;
DROP TRIGGER book_updated ON bourse.grants;
DROP TRIGGER book_deleted ON bourse.grants;
DROP TRIGGER keep_used ON bourse.offers;
DROP TRIGGER refuse_delete ON bourse.offers;
DROP TRIGGER refuse_rename ON bourse.offers;
DROP FUNCTION bourse.book_inserted(), bourse.book_updated(), bourse.book_deleted(), bourse.check_booked(bigint, bigint, bigint),
  bourse.keep_used(), bourse.refuse_removal();
ALTER TABLE bourse.offers DROP CONSTRAINT offers_not_over_granted, DROP COLUMN used;
ALTER TABLE bourse.offers SET (fillfactor = 90);

-- What one grant takes of one offer.
CREATE TYPE bourse.holding AS (pool_id int, offer_id text COLLATE "C", slots text[], amounts bigint[]);

-- "= ANY (ARRAY[…])" says "=" in a way that only the primary key can serve, from the holdings' side: a plan made while the
-- tables were small must serve big ones. Hence also the settings of bourse.book_grants().
-- The sum is made from the row as locked: concurrent writers queue, none is lost. A first booking takes slots and capacity
-- from the offer; whoever changes these meanwhile waits for this row, or has made it before (bourse.keep_used()).
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
    SELECT o.pool_id, o.offer_id, o.slots, o.capacity, bourse.more_used(o.slots, '{}', c.slots, c.amounts)
    FROM change c
    JOIN bourse.offers o ON o.pool_id = ANY (ARRAY[c.pool_id]) AND o.offer_id = ANY (ARRAY[c.offer_id]) AND o.open
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

-- Privileges --------------------------------------------------------------------------------------------------

GRANT SELECT ON bourse.offer_use TO bourse_service, bourse_reader;
REVOKE EXECUTE ON FUNCTION bourse.book(bourse.holding[]), bourse.give_back(bourse.holding[]), bourse.book_grants(),
  bourse.keep_used(), bourse.refuse_removal() FROM PUBLIC;
