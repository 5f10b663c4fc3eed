# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection, and of the control machine alone.
"""What is wrong with what a pipeline declares for iGrafx's connectors, by the rules of the connectors themselves. Pure.

The connectors tell the first thing that is wrong, and only after they were created. Here all is told, and before.
"""

from __future__ import annotations

import re
import typing as t
import warnings
from collections.abc import Mapping
from urllib.parse import urlsplit

from ansible.module_utils.common.validation import check_type_bool

from .igrafx import AGGREGATION, CSV, KEY_SECRET, RETENTION_DAYS, SINK, THRESHOLDS, connector_name, with_defaults, word
from .items import Item, dictionaries, list_problems, repeated, text, texts, whole_number
from .names import closest

ENCODINGS = ("utf8", "utf-8", "utf_8", "ascii", "iso-8859-1", "iso_8859_1")
STATES = ("present", "running", "paused", "stopped", "absent")
# What columns of a role are called when all of them are meant.
ROLES = {"case": "case", "activity": "activity", "time": "times", "dimension": "dimensions", "metric": "metrics"}
SCOPES = ("event", "case")
_NUMBERS = ("first", "last", "min", "max", "sum", "avg", "median")
AGGREGATIONS = {
    ("dimension", "aggregation"): ("first", "last", "distinct"),
    ("dimension", "grouped_aggregation"): ("first", "last"),
    ("metric", "aggregation"): _NUMBERS,
    ("metric", "grouped_aggregation"): _NUMBERS,
}
# Which roles an option of a column is for.
_ROLES_OF_OPTIONS = {
    "format": ("time",),
    "scope": ("dimension", "metric"),
    "aggregation": ("dimension", "metric"),
    "grouped_aggregation": ("dimension", "metric"),
    "unit": ("metric",),
}
_LARGEST = 2**31 - 1
_COLUMN = "{name: Priority, role: dimension}"
_TOPIC = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,249}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_REALM = re.compile(r".*/realms/[^/]+")
# The keys that are made of options.
_MADE = re.compile(
    r"name|connector\.class|topics(\.regex)?|topicOut|aggregationColumnName|bootstrap\.servers|(key|value)\.converter"
    r"|value\.converter\.schema\.registry\.url|api\..+|workGroup.+|projectId|csv\..+|retentionTimeInDay|threshold\..+"
    r"|columnMapping\..+|kafkaLoggingEvents\..+"
)
# What neither Python nor Java takes; all else Java may read otherwise, and what has these signs is Java's own.
_NO_EXPRESSION = ("missing )", "unbalanced parenthesis", "unterminated character set", "nothing to repeat")
_JAVA_ALONE = re.compile(r"\\Q|&&|\[[^\]]*\[")


def igrafx_problems(pipeline: Item, workgroup: str, secrets: object) -> t.Iterator[str]:
    """Sentences that begin with the option of the pipeline.

    ``workgroup`` is that of a sink which names none, ``secrets`` what connectors can refer to: names and values, of
    which only is asked whether they are there.
    """
    for option, problems in ((AGGREGATION, _aggregation_problems), (SINK, _sink_problems)):
        declared = pipeline.get(option)
        if declared is None or declared == {}:
            continue
        if not isinstance(declared, Mapping):
            yield f"{option} is not a dictionary: write its parts as 'key: value' below it."
            continue
        sentences = [
            *_connector_problems(declared, connector_name(pipeline, option)),
            *problems(declared, workgroup, secrets),
        ]
        yield from (f"{option}: {sentence}" for sentence in sentences)


def _connector_problems(declared: Item, name: str) -> t.Iterator[str]:
    """What both connectors have."""
    if "/" in name:
        yield f"name: '{name}' has a slash, and the worker could not delete such a connector: write a name without."
    state = declared.get("state") or "present"
    if state not in STATES:
        yield f"state: '{state}' is not known: {closest(text(state), STATES)}"
    config = declared.get("config") or {}
    if not isinstance(config, Mapping):
        yield "config is not a dictionary: write the connector's further settings as 'key: value' below it."
        return
    for key in config:
        if _MADE.fullmatch(text(key)):
            yield f"config: {key} is made of the other options: leave it out, and write the option instead."


def _aggregation_problems(declared: Item, _workgroup: str, _secrets: object) -> t.Iterator[str]:
    topics = declared.get("topics")
    if not isinstance(topics, list | tuple) or not topics:
        yield "topics: there is no list of topics: write those whose records are to be gathered, as [incidents]."
    else:
        for topic in topics:
            yield from _topic_problems("topics", topic, "incidents")
    yield from _topic_problems("target_topic", declared.get("target_topic"), "incidents-gathered")
    target = text(declared.get("target_topic"))
    if target and target in texts(topics):
        yield f"target_topic: {target} is also among the topics, and would be gathered again and again: write another."
    if not text(declared.get("column")).strip():
        yield "column is missing: write the name that the field with the gathered records is to have, as DATAARRAY."
    yield from _threshold_problems(declared)


def _sink_problems(declared: Item, workgroup: str, secrets: object) -> t.Iterator[str]:
    yield from _topic_problems("topic", declared.get("topic"), "incidents")
    project = text(declared.get("project"))
    if not _UUID.fullmatch(project):
        yield (
            f"project: {_shown(project)} is no id of a project: write the project's UUID, as iGrafx shows it, such as"
            " 325151bf-2007-4308-b94d-b436a61a35c5."
        )
    if not (text(declared.get("workgroup")) or workgroup).strip():
        yield "workgroup is missing: set liveconnect_workgroup_id, or write the id of the project's workgroup here."
    yield from _secret_problems(text(declared.get("key_secret")) or KEY_SECRET, secrets)
    yield from _address_problems(declared)
    yield from _column_problems(declared)
    yield from _threshold_problems(declared)
    yield from _number_problems("retention_days", declared.get("retention_days"), RETENTION_DAYS)
    yield from _csv_problems(declared.get("csv"))
    yield from _truth_problems("create_column_mapping", declared.get("create_column_mapping"))
    if text(declared.get("events_topic")):
        yield from _topic_problems("events_topic", declared["events_topic"], "igrafx-events")


def _shown(value: str) -> str:
    return f"'{value}'" if value else "nothing"


def _topic_problems(option: str, value: object, example: str) -> t.Iterator[str]:
    if not text(value):
        yield f"{option} is missing: write the name of a topic, such as {example}."
    elif not _TOPIC.fullmatch(text(value)):
        yield (
            f"{option}: '{value}' cannot be the name of a topic: write at most 249 letters without accents, digits,"
            " dots, underscores and hyphens."
        )


def _secret_problems(name: str, secrets: object) -> t.Iterator[str]:
    # What is no dictionary is told by the check of the secrets themselves.
    if isinstance(secrets, Mapping) and not text(secrets.get(name)).strip():
        state = "is empty" if name in secrets else "is not there"
        yield (
            f"key_secret: {name} {state} in liveconnect_connect_secrets, and is the key with which the sink logs in:"
            f" add '{name}: <the key of the workgroup>' to liveconnect_connect_secrets in the site's vault file"
            " (ansible-vault edit)."
        )


def _address_problems(declared: Item) -> t.Iterator[str]:
    api, auth = text(declared.get("api_url")), text(declared.get("auth_url"))
    if not _is_address(api):
        yield from _no_address("api_url", api, "https://api.pf1.example.com")
    elif "/pub/" in urlsplit(api).path.rstrip("/"):
        yield "api_url: it goes on behind /pub: end it before, as the connector adds /pub and what follows by itself."
    if not _is_address(auth):
        yield from _no_address("auth_url", auth, "https://id.pf1.example.com/realms/igrafx")
    elif auth.endswith("/"):
        yield "auth_url: it ends in a slash, and the connector adds another one: leave it out."
    elif "/protocol/" in auth:
        yield "auth_url: it goes on behind the realm: end it before /protocol, which the connector adds by itself."
    elif not _REALM.fullmatch(urlsplit(auth).path):
        yield "auth_url: it does not end in a realm: write it whole, as https://id.pf1.example.com/realms/igrafx."


def _is_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        _port = parts.port
    except ValueError:
        return False
    plain = not re.search(r"[\s?#@\x00-\x1f\x7f]", value)
    return plain and parts.scheme in ("http", "https") and bool(parts.hostname)


def _no_address(option: str, value: str, example: str) -> t.Iterator[str]:
    """Without the address itself, which may have a password in it."""
    if not value:
        yield f"{option} is missing: write the address, such as {example}."
    else:
        yield (
            f"{option}: it is not an address such as {example}: begin it with https:// or http:// and a host, without"
            " a name, a password, spaces, '?' or '#'."
        )


def _threshold_problems(declared: Item) -> t.Iterator[str]:
    given = declared.get("thresholds")
    if given is not None and not isinstance(given, Mapping):
        yield "thresholds is not a dictionary: write it as {elements: 5000, seconds: 60}."
    thresholds = with_defaults(given, THRESHOLDS)
    for key in ("elements", "seconds"):
        yield from _number_problems(f"thresholds.{key}", thresholds[key], THRESHOLDS[key])
    yield from _expression_problems("thresholds.pattern", text(thresholds["pattern"]))


def _expression_problems(option: str, pattern: str) -> t.Iterator[str]:
    """Of a regular expression of Java, what Python can tell."""
    if _JAVA_ALONE.search(pattern):
        return
    try:
        with warnings.catch_warnings(action="ignore"):
            re.compile(pattern)
    except re.error as error:
        if error.msg.startswith(_NO_EXPRESSION):
            yield f"{option}: it is not a regular expression ({error}): correct it, or leave it out."
    except (OverflowError, RecursionError):
        return


def _number_problems(option: str, value: object, default: object) -> t.Iterator[str]:
    number = whole_number(default if value is None else value)
    if number is None or not 1 <= number <= _LARGEST:
        yield f"{option}: '{value}' is not a whole number from 1 on: write one, such as {default}."


def _truth_problems(option: str, value: object) -> t.Iterator[str]:
    try:
        check_type_bool(False if value is None else value)
    except TypeError:
        yield f"{option}: '{value}' is neither true nor false: write one of them."


def _csv_problems(given: object) -> t.Iterator[str]:
    if given is not None and not isinstance(given, Mapping):
        yield "csv is not a dictionary: write its parts as 'key: value' below it."
    csv = with_defaults(given, CSV)
    if text(csv["encoding"]).lower() not in ENCODINGS:
        yield f"csv.encoding: '{csv['encoding']}' is not known to the connector: write UTF-8, ASCII or ISO-8859-1."
    for sign in ("separator", "quote", "escape", "comment"):
        # Java counts units of UTF-16.
        value = text(csv[sign])
        if len(value.encode("utf-16-le", "surrogatepass")) != len("x".encode("utf-16-le")):
            yield f"csv.{sign}: {_shown(value)} is not one character: write one, in quotes, such as '{CSV[sign]}'."
    if not text(csv["end_of_line"]):
        yield "csv.end_of_line is empty: write '\\n' or '\\r\\n', or leave it out."
    yield from _truth_problems("csv.header", csv["header"])


def _column_problems(declared: Item) -> t.Iterator[str]:
    given = declared.get("columns")
    if given is None or given == []:
        yield f"columns is missing: list the columns of the project in their order, each as {_COLUMN}."
        return
    yield from list_problems(given, "columns", _COLUMN)
    columns = dictionaries(given)
    names = [text(column.get("name")) for column in columns]
    for number, name in enumerate(names, start=1):
        if not name.strip():
            yield f"columns: entry {number} has no name: write the one that the column is to have in iGrafx."
    for name in repeated(filter(str.strip, names)):
        yield f"columns: '{name}' is the name of more than one column: give each a name of its own."
    for number, column in enumerate(columns, start=1):
        yield from _one_column_problems(column, number)
    yield from _role_problems(columns)
    yield from _grouping_problems(declared.get("grouped_tasks"), columns)


def _title(column: Item, number: int) -> str:
    name = text(column.get("name"))
    return f"'{name}'" if name.strip() else f"entry {number}"


def _one_column_problems(column: Item, number: int) -> t.Iterator[str]:
    title, role = _title(column, number), word(column.get("role"))
    if role not in ROLES:
        named = f"the role '{column['role']}', which is not known" if role else "no role"
        yield f"columns: {title} has {named}: {closest(role, ROLES)}"
        return
    beginning = f"{ROLES[role]}: {title}"
    for option, roles in _ROLES_OF_OPTIONS.items():
        if column.get(option) is not None and role not in roles:
            kinds = " and ".join(ROLES[one] for one in roles)
            yield f"{beginning} has {option}, which is for {kinds}: leave it out, or give the column another role."
    if role == "time":
        yield from _format_problems(beginning, text(column.get("format")))
    if role in ("dimension", "metric"):
        yield from _value_problems(beginning, role, column)


def _format_problems(beginning: str, form: str) -> t.Iterator[str]:
    if not form.strip():
        yield f'{beginning} has no format: write how its dates look, as format: "dd-MM-yyyy HH:mm:ss".'
    if "," in form or ";" in form:
        yield (
            f"{beginning} has the format '{form}', and the connector takes no comma or semicolon in it: deliver the"
            " dates without, and write the format of those."
        )


def _value_problems(beginning: str, role: str, column: Item) -> t.Iterator[str]:
    """Of a dimension or a metric."""
    scope = word(column.get("scope")) or "event"
    if scope not in SCOPES:
        yield f"{beginning} has the scope '{column['scope']}', which is not known: {closest(scope, SCOPES)}"
    for option in ("aggregation", "grouped_aggregation"):
        value, known = word(column.get(option)), AGGREGATIONS[role, option]
        if value and value not in known:
            yield f"{beginning} has the {option} '{value}', which {ROLES[role]} have not: {closest(value, known)}"
    if scope == "case" and not word(column.get("aggregation")):
        yield (
            f"{beginning} has the scope case and no aggregation: write which of a case's values is the one of the case"
            f" ({', '.join(AGGREGATIONS[role, 'aggregation'])}), as aggregation: first."
        )
    if role == "metric" and column.get("unit") is None:
        yield f"{beginning} has no unit: write the one that iGrafx shows with it, as unit: EUR, or unit: '' for none."


def _role_problems(columns: list[Item]) -> t.Iterator[str]:
    """How many columns have the roles that every project needs."""
    titles: dict[str, list[str]] = {}
    for number, column in enumerate(columns, start=1):
        titles.setdefault(word(column.get("role")), []).append(_title(column, number))
    purposes = {
        "case": "the one that tells which case an event belongs to",
        "activity": "the one that tells what was done",
    }
    for role, purpose in purposes.items():
        having = titles.get(role, [])
        if not having:
            yield f"{role}: no column has the role {role}: write role: {role} at {purpose}."
        elif len(having) > 1:
            yield f"{role}: {', '.join(having)} have the role {role}: leave it at {purpose}."
    times = titles.get("time", [])
    if not times:
        yield "times: no column has the role time: write role: time and a format at the one with the date of an event."
    elif len(times) > 2:  # noqa: PLR2004 -- start and end
        yield (
            f"times: {', '.join(times)} have the role time, and an event has a start and perhaps an end: leave it at"
            " two at most, and make the others dimensions."
        )


def _grouping_problems(given: object, columns: list[Item]) -> t.Iterator[str]:
    roles = {text(column.get("name")): word(column.get("role")) for column in columns}
    if given is not None and not isinstance(given, list | tuple):
        yield "grouped_tasks is not a list: write the columns by which tasks are grouped, as [Activity, Country]."
        return
    names = texts(given)
    for name in names:
        if name not in roles:
            yield f"grouped_tasks: '{name}' is not among the columns: {closest(name, filter(None, roles))}"
        elif roles[name] == "case":
            yield f"grouped_tasks: '{name}' is the case, within which tasks are grouped anyway: leave it out."
    if names and not [name for name in names if roles.get(name) not in ("case", "activity")]:
        yield "grouped_tasks: it names no column beside the activity: name one more, or leave it out."
    for number, column in enumerate(columns, start=1):
        role, having = word(column.get("role")), bool(word(column.get("grouped_aggregation")))
        if role not in ("dimension", "metric") or having == bool(names):
            continue
        beginning = f"{ROLES[role]}: {_title(column, number)}"
        if names:
            known = ", ".join(AGGREGATIONS[role, "grouped_aggregation"])
            yield f"{beginning} has no grouped_aggregation, which grouped_tasks asks of all: write one of {known}."
        else:
            yield f"{beginning} has a grouped_aggregation without grouped_tasks: leave it out, or write grouped_tasks."
