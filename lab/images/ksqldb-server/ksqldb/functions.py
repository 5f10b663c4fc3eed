# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The functions that the emulator knows by name, and those that jars in the extension directory may add."""

from __future__ import annotations

from pathlib import Path

from .schema import BIGINT

AGGREGATES = frozenset(
    """ATTR AVG COLLECT_LIST COLLECT_SET CORRELATION COUNT COUNT_DISTINCT EARLIEST_BY_OFFSET HISTOGRAM
    LATEST_BY_OFFSET MAX MIN STDDEV_SAMP STDDEV_SAMPLE SUM SUM_LIST TOPK TOPKDISTINCT""".split()  # noqa: SIM905 -- words read better as text
)
TABLE_FUNCTIONS = frozenset(("CUBE_EXPLODE", "EXPLODE"))
SCALARS = frozenset(
    """ABS ACOS ARRAY_CONCAT ARRAY_CONTAINS ARRAY_DISTINCT ARRAY_EXCEPT ARRAY_INTERSECT ARRAY_JOIN ARRAY_LENGTH
    ARRAY_MAX ARRAY_MIN ARRAY_REMOVE ARRAY_SORT ARRAY_UNION ASIN AS_MAP AS_VALUE ATAN ATAN2 BIGINT_FROM_BYTES
    CBRT CEIL CHR COALESCE CONCAT CONCAT_WS CONVERT_TZ COS COSH COT DATEADD DATESUB DATETOSTRING DEGREES
    DOUBLE_FROM_BYTES ELT ENCODE ENTRIES EXP EXTRACTJSONFIELD FIELD FILTER FLOOR FORMAT_DATE FORMAT_TIME
    FORMAT_TIMESTAMP FROM_BYTES FROM_DAYS FROM_UNIXTIME GENERATE_SERIES GEO_DISTANCE GREATEST IFNULL INITCAP
    INSTR INT_FROM_BYTES IS_JSON_STRING JSON_ARRAY_CONTAINS JSON_ARRAY_LENGTH JSON_CONCAT JSON_ITEMS JSON_KEYS
    JSON_RECORDS LCASE LEAST LEN LN LOG LPAD MAP_KEYS MAP_UNION MAP_VALUES MASK MASK_KEEP_LEFT MASK_KEEP_RIGHT
    MASK_LEFT MASK_RIGHT MD5 NULLIF PARSE_DATE PARSE_TIME PARSE_TIMESTAMP PI POWER RADIANS RANDOM REDUCE
    REGEXP_EXTRACT REGEXP_EXTRACT_ALL REGEXP_REPLACE REGEXP_SPLIT_TO_ARRAY REPLACE ROUND RPAD SIGN SIN SINH
    SLICE SPLIT SPLIT_TO_MAP SQRT STRINGTODATE STRINGTOTIMESTAMP SUBSTRING TAN TANH TIMEADD TIMESTAMPADD
    TIMESTAMPSUB TIMESTAMPTOSTRING TIMESUB TO_BYTES TO_JSON_STRING TRANSFORM TRIM TRUNC UCASE UNIX_DATE
    UNIX_TIMESTAMP URL_DECODE_PARAM URL_ENCODE_PARAM URL_EXTRACT_FRAGMENT URL_EXTRACT_HOST URL_EXTRACT_PARAMETER
    URL_EXTRACT_PATH URL_EXTRACT_PORT URL_EXTRACT_PROTOCOL URL_EXTRACT_QUERY UUID""".split()  # noqa: SIM905 -- words read better as text
)
IGRAFX = ("IGRAFX_CASE_EVENTS", "IGRAFX_PREDICTION", "IGRAFX_SESSIONS", "IGRAFX_TRANSPOSITION")

# What is known of their types; all else is a guess.
RETURNS = {"COUNT": BIGINT, "COUNT_DISTINCT": BIGINT}
SAME_AS_ARGUMENT = frozenset(("MAX", "MIN", "SUM"))


class Functions:
    """The functions of one server; ``directory`` holds extension jars, which are seen but not read."""

    def __init__(self, directory: str | None) -> None:
        self.jars = sorted(Path(directory).glob("*.jar")) if directory else []

    def known(self, name: str) -> bool:
        """Whether a statement may call it: with a jar at hand, an unknown name is taken for the jar's."""
        return bool(self.jars) or name in SCALARS or name in AGGREGATES or name in TABLE_FUNCTIONS

    def listed(self) -> list[dict[str, str]]:
        """LIST FUNCTIONS, with one entry per jar, and the names that a jar of iGrafx is known to hold."""
        kinds = ((SCALARS, "SCALAR"), (AGGREGATES, "AGGREGATE"), (TABLE_FUNCTIONS, "TABLE"))
        found = [{"name": name, "type": kind, "category": "OTHERS"} for names, kind in kinds for name in sorted(names)]
        for jar in self.jars:
            category = f"JAR {jar.name}"
            if jar.name.startswith("igrafx-udfs"):
                found += [{"name": name, "type": "SCALAR", "category": category} for name in IGRAFX]
            else:
                found.append({"name": jar.stem.upper(), "type": "SCALAR", "category": category})
        return found
