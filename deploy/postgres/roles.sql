-- A schema for each service, with two roles: NAME_SERVICE_migrate owns it and brings it up to date, NAME_SERVICE serves, and may
-- read and write rows and nothing else. NAME is the database's. Neither sees another service's schema.
--
-- A superuser runs this in the database, with psql 14 or newer, and can run it again to set other passwords, which it takes from the
-- environment:
--     AUTH_DB_PASSWORD=… AUTH_MIGRATE_DB_PASSWORD=… PROJECT_…=… CHAT_…=… psql -d omnichat -f roles.sql

\set ON_ERROR_STOP on
\set QUIET on
\getenv auth AUTH_DB_PASSWORD
\getenv auth_migrate AUTH_MIGRATE_DB_PASSWORD
\getenv project PROJECT_DB_PASSWORD
\getenv project_migrate PROJECT_MIGRATE_DB_PASSWORD
\getenv chat CHAT_DB_PASSWORD
\getenv chat_migrate CHAT_MIGRATE_DB_PASSWORD

BEGIN;

CREATE TEMPORARY TABLE wanted (service text, server text, owner text, server_password text, owner_password text) ON COMMIT DROP;
INSERT INTO wanted
SELECT service, current_database() || '_' || service, current_database() || '_' || service || '_migrate', password, migrate_password
FROM (VALUES
    ('auth', :'auth', :'auth_migrate'),
    ('project', :'project', :'project_migrate'),
    ('chat', :'chat', :'chat_migrate')
) AS given (service, password, migrate_password);

SELECT format('CREATE ROLE %I', role)
FROM (SELECT server AS role FROM wanted UNION ALL SELECT owner FROM wanted) AS roles
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) \gexec

SELECT
    format('ALTER ROLE %I LOGIN NOINHERIT PASSWORD %L', server, server_password),
    format('ALTER ROLE %I LOGIN NOINHERIT PASSWORD %L', owner, owner_password)
FROM wanted \gexec

-- What everybody has by default, nobody has here.
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database()) \gexec
REVOKE ALL ON SCHEMA public FROM PUBLIC;

SELECT
    format('GRANT CONNECT ON DATABASE %I TO %I, %I', current_database(), server, owner),
    format('CREATE SCHEMA IF NOT EXISTS %I', service),
    format('ALTER SCHEMA %I OWNER TO %I', service, owner),
    format('GRANT USAGE ON SCHEMA %I TO %I', service, server),
    format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %I', owner, service, server),
    format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I GRANT USAGE ON SEQUENCES TO %I', owner, service, server)
FROM wanted \gexec

COMMIT;
