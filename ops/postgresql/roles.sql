-- The roles and the database of a market. As PostgreSQL's superuser; it may be run again, and mends what is missing:
--   runuser -u postgres -- psql -X -v ON_ERROR_STOP=1 -f roles.sql
-- Nobody here has a password: the users of the same names come in by their socket (peer authentication, Debian's default).

SELECT 'CREATE ROLE ' || name FROM unnest(ARRAY['bourse_owner', 'bourse_service', 'bourse_reader', 'boursed']) AS t(name)
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE bourse_owner LOGIN;      -- owns the schema: `boursed migrate`, `boursed maintain`
ALTER ROLE bourse_service NOLOGIN;  -- may do what the migrations grant: append and decide
ALTER ROLE bourse_reader NOLOGIN;   -- may read: for reports, and for auditors of the tables
ALTER ROLE boursed LOGIN;
GRANT bourse_service TO boursed;

SELECT $$CREATE DATABASE bourse ENCODING 'UTF8' TEMPLATE template0 LOCALE 'C.UTF-8'$$
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'bourse') \gexec
REVOKE ALL ON DATABASE bourse FROM PUBLIC;
GRANT CONNECT ON DATABASE bourse TO bourse_service, bourse_reader;
GRANT CONNECT, CREATE, TEMPORARY ON DATABASE bourse TO bourse_owner;

\connect bourse
CREATE EXTENSION IF NOT EXISTS btree_gist;  -- so that the owner needs no right to create extensions
