-- Rows arrive here from the topic; "id" is the order of their arrival.
CREATE TABLE IF NOT EXISTS public."JDBC_TABLE" (id SERIAL PRIMARY KEY NOT NULL);
ALTER TABLE public."JDBC_TABLE"
  ADD COLUMN IF NOT EXISTS "INCIDENT" text,
  ADD COLUMN IF NOT EXISTS "ACTIVITY" text,
  ADD COLUMN IF NOT EXISTS "DATE" text,
  ADD COLUMN IF NOT EXISTS "ASSIGNEE" text,
  ADD COLUMN IF NOT EXISTS "COMMENT" text;

-- The events of each case, numbered. The numbering is inside the view: a reader that asks for "id" > n afterwards, as a
-- connector in incrementing mode does, still gets each event's number within its whole case. The columns are listed, as
-- the sink may add others to the table; PostgreSQL lets a view grow at its end alone, so new ones stand after cnt.
DO $$
DECLARE
  columns text[] := ARRAY['id', 'INCIDENT', 'ACTIVITY', 'DATE', 'ASSIGNEE', 'COMMENT', 'cnt'];
  present text[] := ARRAY(SELECT attname FROM pg_attribute
                          WHERE attrelid = to_regclass('public."INCIDENT_EVENTS"') AND attnum > 0 ORDER BY attnum);
BEGIN
  -- A view of all columns of the table, as this file once made it, cannot be replaced when those were not these.
  IF present <> columns[1:cardinality(present)] THEN
    DROP VIEW public."INCIDENT_EVENTS";
  END IF;
END
$$;
CREATE OR REPLACE VIEW public."INCIDENT_EVENTS" AS
  SELECT t.id, t."INCIDENT", t."ACTIVITY", t."DATE", t."ASSIGNEE", t."COMMENT",
    ROW_NUMBER() OVER (PARTITION BY t."INCIDENT" ORDER BY t.id) AS cnt
  FROM public."JDBC_TABLE" t;
