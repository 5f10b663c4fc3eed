-- Scripts of which each is a change the first time, and none the second time, under what they are about.

--- a table
CREATE TABLE IF NOT EXISTS app.t (id serial PRIMARY KEY, v int CHECK (v > 0) DEFAULT 1);

--- an order of schemas
SET search_path = app, public;
CREATE TABLE IF NOT EXISTS t (id int REFERENCES base);
SET DateStyle = German;

--- columns
ALTER TABLE app.base ADD COLUMN IF NOT EXISTS extra varchar(7) COLLATE "C" NOT NULL DEFAULT 'it''s';

--- what identifies a row
ALTER TABLE app.base REPLICA IDENTITY FULL;

--- comments
COMMENT ON TABLE app.base IS 'fed';
COMMENT ON COLUMN app.base.id IS 'c';
COMMENT ON DATABASE transform IS 'd';

--- a publication
DROP PUBLICATION IF EXISTS p;
CREATE PUBLICATION p FOR TABLE app.base WHERE (id > 3);

--- a policy
ALTER TABLE app.base ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS o ON app.base;
CREATE POLICY o ON app.base TO reader USING (id > 1);

--- a rule
CREATE OR REPLACE RULE r AS ON DELETE TO app.base DO INSTEAD (SELECT 1;
SELECT 2);

--- a role
DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'second') THEN CREATE ROLE second; END IF; END $$;
ALTER ROLE second CONNECTION LIMIT 3; ALTER ROLE second SET work_mem = '8MB';

--- default privileges
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO reader;

--- rights
GRANT SELECT ON app.base TO reader;
GRANT USAGE ON SCHEMA app TO reader;
GRANT EXECUTE ON FUNCTION pg_ls_waldir() TO reader;

--- a function
CREATE OR REPLACE FUNCTION app.f(a int DEFAULT 2) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT a;
SELECT 1;
END;

--- a procedure
CREATE OR REPLACE PROCEDURE app.p() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$;

--- a trigger
CREATE OR REPLACE FUNCTION app.t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW;
END';
DROP TRIGGER IF EXISTS t ON app.base;
CREATE TRIGGER t BEFORE INSERT ON app.base FOR EACH ROW EXECUTE FUNCTION app.t();
ALTER TABLE app.base DISABLE TRIGGER t;

--- an event trigger
CREATE OR REPLACE FUNCTION app.e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
DROP EVENT TRIGGER IF EXISTS e;
CREATE EVENT TRIGGER e ON sql_drop WHEN TAG IN ('DROP VIEW') EXECUTE FUNCTION app.e();

--- a sequence
CREATE SEQUENCE IF NOT EXISTS app.s INCREMENT 5;
ALTER SEQUENCE app.s OWNED BY app.base.id MAXVALUE 99;

--- a view
CREATE OR REPLACE VIEW app.v AS SELECT id, '2024-05-01'::timestamptz AS since FROM app.base;
SET TimeZone = Japan;

--- a view that is dropped first
DROP VIEW IF EXISTS app.v;
CREATE VIEW app.v WITH (security_barrier) AS SELECT id FROM app.base;

--- a materialized view
DROP MATERIALIZED VIEW IF EXISTS app.m;
CREATE MATERIALIZED VIEW app.m AS SELECT name FROM app.base;

--- a constraint that is dropped first
CREATE TABLE IF NOT EXISTS app.t (base int);
ALTER TABLE app.t DROP CONSTRAINT IF EXISTS k;
ALTER TABLE app.t ADD CONSTRAINT k FOREIGN KEY (base) REFERENCES app.base DEFERRABLE;

--- an index
CREATE INDEX IF NOT EXISTS i ON app.base (lower(name));
ALTER TABLE app.base CLUSTER ON i;
CREATE UNIQUE INDEX IF NOT EXISTS j ON app.base (id DESC) WHERE id > 3;

--- statistics
CREATE STATISTICS IF NOT EXISTS app.s ON lower(name), id FROM app.base;
ANALYZE app.base;

--- types
DO $$ BEGIN CREATE TYPE app.e AS ENUM ('a'); EXCEPTION WHEN duplicate_object THEN END $$;
ALTER TYPE app.e ADD VALUE IF NOT EXISTS 'b' BEFORE 'a'; DROP DOMAIN IF EXISTS app.d; CREATE DOMAIN app.d AS int CHECK (VALUE > 1);

--- partitions
CREATE TABLE IF NOT EXISTS app.l (id int) PARTITION BY RANGE (id);
CREATE TABLE IF NOT EXISTS app.l1 PARTITION OF app.l FOR VALUES FROM (1) TO (9);

--- how a table is stored
ALTER TABLE app.base SET (fillfactor = 70);
ALTER TABLE app.base ALTER name SET STORAGE EXTERNAL;

--- who owns it
ALTER TABLE app.base OWNER TO reader;
SET ROLE reader;

--- settings of the database
ALTER DATABASE transform SET search_path = app, public;

--- a server elsewhere
DROP FOREIGN DATA WRAPPER IF EXISTS w CASCADE;
CREATE FOREIGN DATA WRAPPER w;
CREATE SERVER s FOREIGN DATA WRAPPER w;
CREATE USER MAPPING FOR CURRENT_USER SERVER s OPTIONS (password 'S3cret');

--- rows
INSERT INTO app.base VALUES (1, 'one') ON CONFLICT DO NOTHING;
UPDATE app.base SET name = 'uno' WHERE name <> 'uno';

--- tables of its own
CREATE TEMP TABLE mine AS SELECT 7 AS id;
CREATE INDEX ON mine (id);
INSERT INTO app.base SELECT id FROM mine ON CONFLICT DO NOTHING;

--- operators, casts and what belongs to them
CREATE OR REPLACE FUNCTION app.eq(a app.base, b app.base) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT a.id = b.id';
CREATE OR REPLACE FUNCTION app.cmp(a app.base, b app.base) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT a.id - b.id';
CREATE OR REPLACE FUNCTION app.to_int(a app.base) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT a.id';
DROP OPERATOR FAMILY IF EXISTS app.fam USING hash CASCADE;
DROP OPERATOR IF EXISTS app.=== (app.base, app.base);
CREATE OPERATOR app.=== (LEFTARG = app.base, RIGHTARG = app.base, FUNCTION = app.eq);
CREATE OPERATOR FAMILY app.fam USING hash;
CREATE OPERATOR CLASS app.cla FOR TYPE app.base USING hash FAMILY app.fam AS OPERATOR 1 app.===, FUNCTION 1 app.to_int(app.base);
DROP CAST IF EXISTS (app.base AS int);
CREATE CAST (app.base AS int) WITH FUNCTION app.to_int(app.base);
DROP AGGREGATE IF EXISTS app.total(int);
CREATE AGGREGATE app.total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0');
CREATE COLLATION IF NOT EXISTS app.coll (LOCALE = 'C');
DROP CONVERSION IF EXISTS app.conv;
CREATE CONVERSION app.conv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
DROP TYPE IF EXISTS app.ran;
CREATE TYPE app.ran AS RANGE (SUBTYPE = int);

--- text search
DROP TEXT SEARCH CONFIGURATION IF EXISTS app.conf;
DROP TEXT SEARCH DICTIONARY IF EXISTS app.dict;
CREATE TEXT SEARCH DICTIONARY app.dict (TEMPLATE = simple, ACCEPT = false);
CREATE TEXT SEARCH CONFIGURATION app.conf (COPY = simple);
ALTER TEXT SEARCH CONFIGURATION app.conf ALTER MAPPING FOR word WITH app.dict;

--- members of roles, and rights to parameters and whole schemas
GRANT pg_read_all_data TO reader;
GRANT SET ON PARAMETER log_statement TO reader;
DROP PUBLICATION IF EXISTS p;
CREATE PUBLICATION p FOR TABLES IN SCHEMA app;

--- a subscription
ALTER ROLE reader NOLOGIN;
SET client_min_messages = error;
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_subscription) THEN
    CREATE SUBSCRIPTION s CONNECTION 'host=nowhere password=S3cret' PUBLICATION p WITH (connect = false, slot_name = NONE);
  END IF;
END $$;

--- an access method and a language
CREATE OR REPLACE LANGUAGE plpgsql;
DROP ACCESS METHOD IF EXISTS hop;
CREATE ACCESS METHOD hop TYPE TABLE HANDLER heap_tableam_handler;

--- parents of tables
CREATE TABLE IF NOT EXISTS app.child () INHERITS (app.base);
SELECT lo_create(4711) WHERE NOT EXISTS (SELECT FROM pg_largeobject_metadata WHERE oid = 4711);
