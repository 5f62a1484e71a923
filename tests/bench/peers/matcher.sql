-- A matcher as people write it in SQL: one table of offers with a column for each attribute, indexed for what is asked;
-- each grant is one transaction that looks for the best row, locks it, takes from it, and writes grant, event and audit
-- row. Measured by pgbench with matcher_*.pgbench.
CREATE SCHEMA matcher;

CREATE TABLE matcher.offers (
  id bigint PRIMARY KEY,
  provider text NOT NULL,
  cpu bigint NOT NULL CHECK (cpu >= 0),  -- what is free, as are the next three
  memory bigint NOT NULL CHECK (memory >= 0),
  storage bigint NOT NULL CHECK (storage >= 0),
  bandwidth bigint NOT NULL CHECK (bandwidth >= 0),
  arch text COLLATE "C" NOT NULL,
  os text COLLATE "C" NOT NULL,
  os_version int NOT NULL,
  cpu_model text COLLATE "C" NOT NULL,
  site text COLLATE "C" NOT NULL,
  rack text COLLATE "C" NOT NULL,
  speed int NOT NULL,
  tier text COLLATE "C" NOT NULL
) WITH (fillfactor = 80);

CREATE TABLE matcher.grants (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  offer bigint NOT NULL,
  consumer text NOT NULL,
  cpu bigint NOT NULL,
  memory bigint NOT NULL,
  storage bigint NOT NULL,
  bandwidth bigint NOT NULL,
  started timestamptz NOT NULL DEFAULT now(),
  expires timestamptz NOT NULL
);
CREATE TABLE matcher.events (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  kind smallint NOT NULL,
  item bigint NOT NULL,
  consumer text NOT NULL,
  record text NOT NULL
);
CREATE TABLE matcher.audit (
  index bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  kind smallint NOT NULL,
  item bigint NOT NULL,
  consumer text NOT NULL,
  record text NOT NULL
);
