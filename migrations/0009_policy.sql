-- Who may do what in a pool, how much of it and how fast: what operators set while the market runs.

SET LOCAL ROLE bourse_owner;

CREATE TABLE bourse.policies (
  pool_id int NOT NULL REFERENCES bourse.pools (id),
  name text COLLATE "C" NOT NULL,
  subject text COLLATE "C" NOT NULL,  -- the bare JID or domain it is for; '': all
  value text NOT NULL CHECK (value <> ''),
  PRIMARY KEY (pool_id, name, subject)
);

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

-- Privileges ----------------------------------------------------------------------------------------------------

GRANT SELECT ON bourse.policies TO bourse_service, bourse_reader;
GRANT INSERT, DELETE, UPDATE (value) ON bourse.policies TO bourse_service;
REVOKE EXECUTE ON FUNCTION bourse.write_policies(int, text[], text[], text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bourse.write_policies(int, text[], text[], text[]) TO bourse_service;
