-- The roles and the database of a market. Once, as PostgreSQL's superuser:
--   runuser -u postgres -- psql -X -v ON_ERROR_STOP=1 -f roles.sql
-- Nobody here has a password: the users of the same names come in by their socket (peer authentication, Debian's default).

CREATE ROLE bourse_owner LOGIN;                      -- owns the schema: `boursed migrate`, `boursed maintain`
CREATE ROLE bourse_service NOLOGIN;                  -- may do what the migrations grant: append and decide
CREATE ROLE bourse_reader NOLOGIN;                   -- may read: for reports, and for auditors of the tables
CREATE ROLE boursed LOGIN IN ROLE bourse_service;

CREATE DATABASE bourse ENCODING 'UTF8' TEMPLATE template0 LOCALE 'C.UTF-8';
REVOKE ALL ON DATABASE bourse FROM PUBLIC;
GRANT CONNECT ON DATABASE bourse TO bourse_service, bourse_reader;
GRANT CONNECT, CREATE, TEMPORARY ON DATABASE bourse TO bourse_owner;

\connect bourse
CREATE EXTENSION btree_gist;  -- so that the owner needs no right to create extensions
