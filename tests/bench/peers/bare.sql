-- The bare tables that grants are written to set by set: no constraint but the primary keys, no trigger, no function.
CREATE SCHEMA bare;
CREATE TABLE bare.offers (id bigint PRIMARY KEY, provider text NOT NULL, capacity bigint[] NOT NULL, used bigint[] NOT NULL,
                          record bytea NOT NULL) WITH (fillfactor = 90);
INSERT INTO bare.offers
SELECT n, 'provider' || n % 100000 || '@example.org', '{16000,68719476736,536870912000,1000000}', '{0,0,0,0}',
       decode(repeat('ab', 200), 'hex')
FROM generate_series(0, 999999) AS n;
CREATE TABLE bare.grants (id bigint GENERATED ALWAYS AS IDENTITY (CACHE 200) PRIMARY KEY, offer bigint NOT NULL,
                          request text NOT NULL, provider text NOT NULL, consumer text NOT NULL, amounts bigint[] NOT NULL,
                          state smallint NOT NULL, started timestamptz NOT NULL, expires timestamptz NOT NULL);
CREATE TABLE bare.events (seq bigint GENERATED ALWAYS AS IDENTITY (CACHE 200) PRIMARY KEY, at timestamptz NOT NULL,
                          kind smallint NOT NULL, item text NOT NULL, provider text NOT NULL, consumer text NOT NULL,
                          record bytea NOT NULL);
CREATE TABLE bare.audit (index bigint GENERATED ALWAYS AS IDENTITY (CACHE 200) PRIMARY KEY, at timestamptz NOT NULL,
                         kind smallint NOT NULL, provider text NOT NULL, consumer text NOT NULL, entry bytea NOT NULL);
VACUUM ANALYZE bare.offers;
