-- Outages are counted by hour of the pool, and sums by provider and day go: a pool's answers come from the hours, a
-- provider's from its intervals, and a row a provider and day was a quarter of what it cost to record an interval.

SET LOCAL ROLE bourse_owner;
SET LOCAL timezone = 'UTC';

ALTER TABLE bourse.availability_hours
  ADD COLUMN outages bigint NOT NULL DEFAULT 0 CHECK (outages >= 0);
ALTER TABLE bourse.availability_hours ALTER COLUMN outages DROP DEFAULT;
-- In which hour of its day an outage began was not kept: the first one.
INSERT INTO bourse.availability_hours AS h (pool_id, hour, up, down, outages)
SELECT p.pool_id, (d.day - date '1970-01-01')::bigint * 24, 0, 0, sum(d.outages)
FROM bourse.availability_days d JOIN bourse.providers p USING (provider_id)
GROUP BY p.pool_id, d.day HAVING sum(d.outages) > 0
ON CONFLICT (pool_id, hour) DO UPDATE SET outages = h.outages + excluded.outages;

DROP FUNCTION bourse.write_days(int, text[], int[], bigint[], bigint[], int[]);
DROP FUNCTION bourse.write_hours(int, bigint[], bigint[], bigint[]);
DROP FUNCTION bourse.drop_history_before(timestamptz, timestamptz, timestamptz);
DROP TABLE bourse.availability_days;

CREATE OR REPLACE FUNCTION bourse.make_history_month(first timestamptz) RETURNS int LANGUAGE plpgsql
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
CREATE OR REPLACE FUNCTION bourse.ensure_partitions(months int DEFAULT 3) RETURNS int LANGUAGE plpgsql SECURITY DEFINER
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

CREATE FUNCTION bourse.write_hours(pool int, hours bigint[], ups bigint[], downs bigint[], outage_counts bigint[])
RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO bourse.availability_hours AS h (pool_id, hour, up, down, outages)
  SELECT pool, t.hour, t.up, t.down, t.outages FROM unnest(hours, ups, downs, outage_counts) AS t(hour, up, down, outages)
  ON CONFLICT (pool_id, hour) DO UPDATE
  SET up = h.up + excluded.up, down = h.down + excluded.down, outages = h.outages + excluded.outages;
  RETURN pool;
END $$;

GRANT UPDATE (outages) ON bourse.availability_hours TO bourse_service;
REVOKE EXECUTE ON FUNCTION
  bourse.drop_history_before(timestamptz, timestamptz, timestamptz),
  bourse.write_hours(int, bigint[], bigint[], bigint[], bigint[])
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bourse.write_hours(int, bigint[], bigint[], bigint[], bigint[]) TO bourse_service;
