-- Rows arrive here from the topic; "id" is the order of their arrival.
CREATE TABLE IF NOT EXISTS public."JDBC_TABLE" (id SERIAL PRIMARY KEY NOT NULL);
ALTER TABLE public."JDBC_TABLE"
  ADD COLUMN IF NOT EXISTS "INCIDENT" text,
  ADD COLUMN IF NOT EXISTS "ACTIVITY" text,
  ADD COLUMN IF NOT EXISTS "DATE" text,
  ADD COLUMN IF NOT EXISTS "ASSIGNEE" text,
  ADD COLUMN IF NOT EXISTS "COMMENT" text;

-- The events of each case, numbered. The numbering is inside the view: a reader that asks for "id" > n afterwards, as a
-- connector in incrementing mode does, still gets each event's number within its whole case.
CREATE OR REPLACE VIEW public."INCIDENT_EVENTS" AS
  SELECT t.*, ROW_NUMBER() OVER (PARTITION BY t."INCIDENT" ORDER BY t.id) AS cnt FROM public."JDBC_TABLE" t;
