# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""SQL that reads all that is defined in a database, so that two readings can be compared.

Everything that CREATE, ALTER, COMMENT, GRANT and their like change is a row of PostgreSQL's own catalogue, so all of
its tables are read, rather than a list of kinds of objects. A row is made comparable: numbers of objects become names,
so that an object that is dropped and made again is the same; parsed expressions become SQL; what PostgreSQL counts
for itself is left out. Names and expressions are printed under fixed settings.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

# Statistics, data, states of replication, and dependencies that follow from definitions.
_NOT_READ = (
    "pg_statistic",
    "pg_statistic_ext_data",
    "pg_largeobject",
    "pg_shdepend",
    "pg_subscription_rel",
    "pg_replication_origin",
    "pg_init_privs",
)


@dataclass(frozen=True)
class _Rule:
    """How the rows "c" of one table of the catalogue are read; each part is SQL."""

    left_out: str = ""
    """Columns that are counters, caches or secrets, or that the definition says better."""
    definition: str = "NULL"
    """What PostgreSQL prints as SQL where columns cannot be compared as they are."""
    object: str | None = None
    """Class, number and sub-number of the object that a row is about, if not its own oid or its first reference."""
    rows: str = "true"
    """Which rows are read."""


_COMMENT = _Rule(left_out="objoid classoid objsubid", object="c.classoid, c.objoid, c.objsubid")
_SHARED_COMMENT = _Rule(left_out="objoid classoid", object="c.classoid, c.objoid, 0")
_RULES = {
    # Not the columns of indexes and sequences, which follow from their definitions.
    "pg_attribute": _Rule(
        left_out="attcacheoff atthasmissing attmissingval",
        definition="format_type(c.atttypid, c.atttypmod)",
        object="'pg_class'::regclass, c.attrelid, c.attnum",
        rows="NOT c.attisdropped AND c.attnum > 0"
        " AND (SELECT relkind FROM pg_class WHERE oid = c.attrelid) NOT IN ('i', 'I', 'S', 't')",
    ),
    "pg_attrdef": _Rule(left_out="adbin", definition="pg_get_expr(c.adbin, c.adrelid)"),
    "pg_authid": _Rule(left_out="rolpassword"),
    # The file of an ordinary table is another one after TRUNCATE, and when the table was dropped and made again, empty.
    "pg_class": _Rule(
        left_out="relfilenode relpages reltuples relallvisible relallfrozen relfrozenxid relminmxid relhasindex"
        " relhasrules relhastriggers relhassubclass reltoastrelid reltype relrewrite relpartbound",
        definition="CASE WHEN c.relkind = 'r' THEN concat_ws(' ', pg_get_expr(c.relpartbound, c.oid),"
        " 'in file', pg_relation_filenode(c.oid)) END",
    ),
    "pg_constraint": _Rule(
        left_out="conbin conkey confkey conpfeqop conppeqop conffeqop conexclop confdelsetcols",
        definition="pg_get_constraintdef(c.oid)",
    ),
    "pg_database": _Rule(left_out="datfrozenxid datminmxid"),
    # Most follow from definitions; not what belongs to an extension, and the column that owns a sequence.
    "pg_depend": _Rule(
        left_out="classid objid objsubid refclassid refobjid refobjsubid",
        definition="(pg_identify_object(c.refclassid, c.refobjid, c.refobjsubid)).identity",
        object="c.classid, c.objid, c.objsubid",
        rows="c.objid >= 16384 AND (c.deptype IN ('e', 'x') OR c.deptype = 'a' AND c.classid = 'pg_class'::regclass"
        " AND (SELECT relkind FROM pg_class WHERE oid = c.objid) = 'S')",
    ),
    "pg_description": _COMMENT,
    "pg_enum": _Rule(object="'pg_type'::regclass, c.enumtypid, 0"),
    "pg_index": _Rule(
        left_out="indexprs indpred indkey indclass indcollation indoption indcheckxmin",
        definition="pg_get_indexdef(c.indexrelid)",
    ),
    "pg_largeobject_metadata": _Rule(object="'pg_largeobject'::regclass, c.oid, 0"),
    "pg_partitioned_table": _Rule(
        left_out="partexprs partattrs partclass partcollation", definition="pg_get_partkeydef(c.partrelid)"
    ),
    "pg_policy": _Rule(
        left_out="polqual polwithcheck",
        definition="format('USING (%s) WITH CHECK (%s)',"
        " pg_get_expr(c.polqual, c.polrelid), pg_get_expr(c.polwithcheck, c.polrelid))",
    ),
    "pg_proc": _Rule(
        left_out="proargdefaults prosqlbody prosrc proargtypes proallargtypes protrftypes",
        definition="CASE WHEN c.prokind <> 'a' THEN pg_get_functiondef(c.oid) END",
    ),
    "pg_publication_rel": _Rule(left_out="prqual", definition="pg_get_expr(c.prqual, c.prrelid)"),
    "pg_rewrite": _Rule(left_out="ev_qual ev_action", definition="pg_get_ruledef(c.oid)"),
    "pg_seclabel": _COMMENT,
    "pg_shdescription": _SHARED_COMMENT,
    "pg_shseclabel": _SHARED_COMMENT,
    "pg_statistic_ext": _Rule(left_out="stxexprs stxkeys", definition="pg_get_statisticsobjdef(c.oid)"),
    # These two hold passwords.
    "pg_subscription": _Rule(left_out="subskiplsn subconninfo", definition="md5(c.subconninfo || salt)"),
    "pg_user_mapping": _Rule(left_out="umoptions", definition="md5(c.umoptions::text || salt)"),
    # Those that belong to a constraint have a number in their names.
    "pg_trigger": _Rule(
        left_out="tgname tgqual tgattr",
        definition="CASE WHEN NOT c.tgisinternal THEN pg_get_triggerdef(c.oid) END",
        object="CASE WHEN c.tgisinternal THEN 'pg_constraint' ELSE 'pg_trigger' END::regclass,"
        " CASE WHEN c.tgisinternal THEN c.tgconstraint ELSE c.oid END, 0",
    ),
    # Not those that come with a table or with another type.
    "pg_type": _Rule(
        left_out="typdefaultbin",
        rows="(c.typrelid = 0 OR (SELECT relkind FROM pg_class WHERE oid = c.typrelid) = 'c')"
        " AND NOT EXISTS (SELECT FROM pg_type element WHERE element.typarray = c.oid)",
    ),
}

# Objects with smaller numbers came with PostgreSQL, and keep them.
_FIRST_NUMBER = 16384
# What prints names and constants must print them in the same way before the script and after it, whatever that sets.
_FIXED = (
    "search_path = pg_catalog, pg_temp",
    "DateStyle = ISO",
    "IntervalStyle = postgres",
    "TimeZone = UTC",
    "extra_float_digits = 1",
    "bytea_output = hex",
    "quote_all_identifiers = off",
    "check_function_bodies = off",
)

# One number, or several with anything between them, as names.
_NAMED = f"""
  SELECT to_jsonb(string_agg(coalesce(CASE WHEN number::oid >= {_FIRST_NUMBER} THEN
           (pg_identify_object(class, number::oid, 0)).identity END, number), ' ' ORDER BY place))
  FROM regexp_split_to_table(value #>> '{{}}', '[^0-9]+') WITH ORDINALITY AS numbers (number, place)
  WHERE number <> ''
"""  # noqa: S608 -- no value of anybody's is in it

_READ = f"""
#variable_conflict use_column
DECLARE
  one record;
BEGIN
  FOR one IN
    SELECT c.relname::text AS name, rule,
      string_to_array(coalesce(rule ->> 'left_out', '') || ' oid', ' ') AS left_out,
      coalesce(rule ->> 'object',
        (SELECT format('%L::regclass, c.oid, 0', c.relname) FROM pg_attribute
           WHERE attrelid = c.oid AND attname = 'oid'),
        (SELECT format('%L::regclass, c.%I::oid, 0', pktable, attname) FROM pg_get_catalog_foreign_keys()
           JOIN pg_attribute ON attrelid = fktable AND fkcols = ARRAY[attname::text]
           WHERE fktable = c.oid ORDER BY attnum LIMIT 1)) AS object,
      (SELECT coalesce(jsonb_object_agg(fkcols[1], pktable::oid), '{{}}') FROM pg_get_catalog_foreign_keys()
         WHERE fktable = c.oid AND array_length(fkcols, 1) = 1) AS classes
    FROM pg_class c LEFT JOIN jsonb_each(rules) AS known (name, rule) ON known.name = c.relname
    WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind = 'r' AND c.relname <> ALL (not_read)
      AND has_table_privilege(c.oid, 'SELECT')
  LOOP
    CONTINUE WHEN one.object IS NULL;
    RETURN QUERY EXECUTE format($query$
      SELECT %1$L, r.class, CASE WHEN i.identity IS NULL THEN r.oid END, r.sub, i.type, i.identity, r.definition,
        CASE WHEN i.identity IS NULL THEN r.content ELSE
          (SELECT jsonb_object_agg(key, CASE WHEN $3 ? key AND value #>> '{{}}' ~ '^[^A-Za-z]*[1-9][^A-Za-z]*$'
             THEN pg_temp.liveconnect_named(($3 ->> key)::oid, value) ELSE value END) FROM jsonb_each(r.content)) END
      FROM (SELECT o.class::oid, o.oid::oid, o.sub::int, to_jsonb(c) - $2 AS content,
              CASE WHEN o.oid >= {_FIRST_NUMBER} THEN (%2$s)::text END AS definition
            FROM %1$I c, LATERAL (SELECT %3$s) o (class, oid, sub) WHERE %4$s) r
      LEFT JOIN LATERAL pg_identify_object(r.class, r.oid, r.sub) i ON r.oid >= {_FIRST_NUMBER}
      -- What has no identity any more is what a session that just ended leaves of its temporary schema.
      WHERE CASE WHEN i.identity IS NULL THEN r.oid < {_FIRST_NUMBER} OR r.sub <> 0
                 ELSE i.identity !~ '(^|[ (])pg_(temp|toast|toast_temp)(_[0-9]+)?([.]|$)' END
      $query$, one.name, replace(coalesce(one.rule ->> 'definition', 'NULL'), 'salt', '$1'), one.object,
      coalesce(one.rule ->> 'rows', 'true'))
      USING salt, one.left_out, one.classes;
  END LOOP;
END
"""  # noqa: S608 -- no value of anybody's is in it

_CHANGED = """
WITH now AS MATERIALIZED (SELECT * FROM {read}),
  gone AS (SELECT * FROM liveconnect_before EXCEPT SELECT * FROM now),
  came AS (SELECT * FROM now EXCEPT SELECT * FROM liveconnect_before)
SELECT jsonb_build_object('side', side, 'catalogue', catalogue, 'definition', definition, 'content', content,
  'type', coalesce(row.type, found.type), 'identity', coalesce(row.identity, found.identity))
FROM (SELECT 'before' AS side, gone.* FROM gone UNION ALL SELECT 'after', came.* FROM came) AS row
LEFT JOIN LATERAL pg_identify_object(row.class, row.number, row.part) AS found ON row.identity IS NULL;
"""

# Rows of tables that were written so far in this transaction, also those that are as they were.
_WRITTEN = """
SELECT jsonb_build_object('written', format('%I.%I', schemaname, relname), 'rows', n_tup_ins + n_tup_upd + n_tup_del)
FROM pg_catalog.pg_stat_xact_user_tables
WHERE n_tup_ins + n_tup_upd + n_tup_del > 0 AND schemaname !~ '^pg_temp';
"""


def literal(text: str) -> str:
    """A text as SQL, on one line and whatever the settings are."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    return f"E'{escaped}'"


def remember(salt: str) -> str:
    """SQL that keeps what is defined now until the end of the transaction; ``salt`` hides what must not be shown."""
    return f"""
CREATE FUNCTION pg_temp.liveconnect_named(class oid, value jsonb) RETURNS jsonb LANGUAGE sql AS {literal(_NAMED)};
CREATE FUNCTION pg_temp.liveconnect_read(rules jsonb, not_read text[], salt text)
  RETURNS TABLE
    (catalogue text, class oid, number oid, part int, type text, identity text, definition text, content jsonb)
  LANGUAGE plpgsql {" ".join(f"SET {setting}" for setting in _FIXED)} AS {literal(_READ)};
CREATE TEMPORARY TABLE liveconnect_before ON COMMIT DROP AS SELECT * FROM {_read(salt)};
"""  # noqa: S608 -- the values are literals


def compare(salt: str) -> str:
    """SQL that prints a JSON object on a line for each difference.

    One with ``side`` (before, after), ``catalogue``, ``type``, ``identity``, ``definition`` and ``content`` for each
    row of the catalogue that is on one side alone, one with ``written`` and ``rows`` for each table that rows were
    written into.
    """
    return _CHANGED.format(read=_read(salt)) + _WRITTEN


def _read(salt: str) -> str:
    rules = literal(json.dumps({name: asdict(rule) for name, rule in _RULES.items()}))
    return f"pg_temp.liveconnect_read({rules}, {literal('{' + ','.join(_NOT_READ) + '}')}, {literal(salt)})"
