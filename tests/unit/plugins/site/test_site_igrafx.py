# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is declared for iGrafx's connectors: all that is wrong is told, and what is right makes what they take."""

from __future__ import annotations

import copy
import re
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site import igrafx, igrafx_problems
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.pipelines import pipelines_problems
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.roles import specifications
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.site import declaration_problems
from hypothesis import given, settings
from hypothesis import strategies as st
from igrafx_rules import hold_aggregation_rules, hold_sink_rules

ROOT = Path(__file__).resolve().parents[4]
SECRETS = {"igrafx_workgroup_key": "k3y-of-wk1", "other": "0ther-key"}
PROJECT = "325151bf-2007-4308-b94d-b436a61a35c5"
SINK: dict[str, t.Any] = {
    "topic": "incidents",
    "project": PROJECT,
    "api_url": "https://api.pf1.example.com",
    "auth_url": "https://id.pf1.example.com/realms/igrafx",
    "columns": [
        {"name": "Case", "role": "case"},
        {"name": "Activity", "role": "activity"},
        {"name": "Start", "role": "time", "format": "dd-MM-yyyy HH:mm:ss"},
        {"name": "Priority", "role": "dimension", "scope": "case", "aggregation": "first"},
        {"name": "Status", "role": "dimension"},
        {"name": "Cost", "role": "metric", "unit": "EUR"},
    ],
}
AGGREGATION: dict[str, t.Any] = {"topics": ["incidents"], "target_topic": "gathered", "column": "DATAARRAY"}


def said(sink: t.Any = None, aggregation: t.Any = None, workgroup: str = "wk1", secrets: t.Any = SECRETS) -> list[str]:
    pipeline = {"name": "p", "igrafx_sink": sink, "igrafx_aggregation": aggregation}
    return pipelines_problems([pipeline], "/nowhere", "liveconnect_pipelines", workgroup, secrets)


def made(sink: t.Any = None, aggregation: t.Any = None) -> list[dict[str, t.Any]]:
    pipeline = {"name": "p", "igrafx_sink": sink, "igrafx_aggregation": aggregation}
    return igrafx.igrafx_connectors(pipeline, "wk1", "broker:29092", "http://schema-registry:8081")


def changed(change: t.Mapping[str, t.Any], column: str = "") -> dict[str, t.Any]:
    """SINK with a change of itself, or of its column of that name."""
    sink = copy.deepcopy(SINK)
    (next(one for one in sink["columns"] if one["name"] == column) if column else sink).update(change)
    return sink


def test_the_shortest_declaration_makes_the_whole_configuration() -> None:
    assert not said(SINK)
    assert made(SINK) == [
        {
            "name": "p-igrafx-sink",
            "state": "present",
            "config": {
                "connector.class": "com.igrafx.kafka.sink.aggregationmain.domain.IGrafxAggregationSinkConnector",
                "tasks.max": "1",
                "topics": "incidents",
                "api.url": "https://api.pf1.example.com/pub",
                "api.authUrl": "https://id.pf1.example.com/realms/igrafx",
                "workGroupId": "wk1",
                "workGroupKey": "${file:/etc/kafka-connect/secrets/secrets.properties:igrafx_workgroup_key}",
                "projectId": PROJECT,
                "csv.encoding": "UTF-8",
                "csv.separator": ";",
                "csv.quote": '"',
                "csv.escape": "\\",
                "csv.comment": "#",
                "csv.endOfLine": "\\n",
                "csv.header": "true",
                "csv.defaultTextValue": "",
                "csv.fieldsNumber": "6",
                "retentionTimeInDay": "100",
                "threshold.elementNumber": "5000",
                "threshold.timeoutInSeconds": "60",
                "threshold.valuePattern": "",
                "columnMapping.create": "true",
                "columnMapping.caseIdColumnIndex": "0",
                "columnMapping.activityColumnIndex": "1",
                "columnMapping.timeInformationList": "{2;dd-MM-yyyy HH:mm:ss}",
                "columnMapping.dimensionsInformationList": (
                    '[{"columnIndex": 3, "name": "Priority", "isCaseScope": true, "aggregation": "FIRST"},'
                    ' {"columnIndex": 4, "name": "Status", "isCaseScope": false}]'
                ),
                "columnMapping.metricsInformationList": (
                    '[{"columnIndex": 5, "name": "Cost", "isCaseScope": false, "unit": "EUR"}]'
                ),
                "columnMapping.groupedTasksColumns": "",
                "kafkaLoggingEvents.isLogging": "false",
                "kafkaLoggingEvents.topic": "",
                "bootstrap.servers": "broker:29092",
                "key.converter": "org.apache.kafka.connect.storage.StringConverter",
                "value.converter": "io.confluent.connect.avro.AvroConverter",
                "value.converter.schema.registry.url": "http://schema-registry:8081",
            },
        }
    ]


def test_an_aggregation_is_made_before_the_sink() -> None:
    aggregation = AGGREGATION | {"topics": ["a", "b"], "thresholds": {"elements": "3"}, "config": {"tasks.max": 2}}
    assert not said(SINK, aggregation)
    first, second = made(SINK, aggregation)
    assert (first["name"], second["name"]) == ("p-igrafx-aggregation", "p-igrafx-sink")
    assert first["config"] == {
        "connector.class": "com.igrafx.kafka.sink.aggregation.adapters.AggregationSinkConnector",
        "tasks.max": 2,
        "topics": "a,b",
        "topicOut": "gathered",
        "aggregationColumnName": "DATAARRAY",
        "threshold.elementNumber": "3",
        "threshold.timeoutInSeconds": "60",
        "threshold.valuePattern": "",
        "bootstrap.servers": "broker:29092",
        "key.converter": "org.apache.kafka.connect.storage.StringConverter",
        "value.converter": "io.confluent.connect.avro.AvroConverter",
        "value.converter.schema.registry.url": "http://schema-registry:8081",
    }
    assert made() == []
    assert not said()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"topic": None}, "topic is missing: write the name"),
        ({"topic": "a,b"}, "topic: 'a,b' cannot be the name of a topic"),
        ({"project": None}, "project: nothing is no id"),
        ({"project": "incidents"}, "project: 'incidents' is no id"),
        ({"key_secret": "gone"}, "key_secret: gone is not there in liveconnect_connect_secrets"),
        ({"api_url": ""}, "api_url is missing: write"),
        ({"api_url": "api.pf1.example.com"}, "api_url: it is not an address such as https://"),
        ({"api_url": "https://me:s3cret@api.example.com"}, "api_url: it is not an address such as https://"),
        ({"api_url": "https://api.example.com/pub/v1"}, "api_url: it goes on behind /pub: end it before"),
        ({"auth_url": None}, "auth_url is missing: write"),
        ({"auth_url": "https://[id/realms/x"}, "auth_url: it is not an address"),
        ({"auth_url": "https://id.example.com/realms/x/"}, "auth_url: it ends in a slash"),
        ({"auth_url": "https://id.example.com"}, "auth_url: it does not end in a realm"),
        ({"auth_url": "https://id.example.com/realms/x/protocol/openid-connect/token"}, "auth_url: it goes on behind"),
        ({"thresholds": {"elements": 0}}, "thresholds.elements: '0' is not a whole number from 1 on: write one"),
        ({"thresholds": {"seconds": 2**31}}, "thresholds.seconds: '2147483648' is not a whole number"),
        ({"thresholds": {"pattern": "(x"}}, "thresholds.pattern: it is not a regular expression"),
        ({"thresholds": [1]}, "thresholds is not a dictionary: write"),
        ({"retention_days": "0"}, "retention_days: '0' is not a whole number"),
        ({"csv": {"encoding": "UTF-16"}}, "csv.encoding: 'UTF-16' is not known to the connector: write UTF-8"),
        ({"csv": {"separator": "::"}}, "csv.separator: '::' is not one character: write one"),
        ({"csv": {"quote": ""}}, "csv.quote: nothing is not one character"),
        ({"csv": {"escape": "\U0001f600"}}, "csv.escape: '\U0001f600' is not one character"),
        ({"csv": {"comment": "//"}}, "csv.comment: '//' is not one character"),
        ({"csv": {"end_of_line": ""}}, "csv.end_of_line is empty: write '\\n'"),
        ({"csv": {"header": "perhaps"}}, "csv.header: 'perhaps' is neither true nor false"),
        ({"csv": ";"}, "csv is not a dictionary: write"),
        ({"create_column_mapping": "perhaps"}, "create_column_mapping: 'perhaps' is neither true nor false"),
        ({"events_topic": "a b"}, "events_topic: 'a b' cannot be the name of a topic"),
        ({"name": "a/b"}, "name: 'a/b' has a slash"),
        ({"state": "runing"}, "state: 'runing' is not known: did you mean running?"),
        ({"config": {"csv.quote": "'"}}, "config: csv.quote is made of the other options: leave it out"),
        ({"config": ["x"]}, "config is not a dictionary"),
        ({"columns": []}, "columns is missing: list the columns"),
        ({"columns": [*SINK["columns"], "Country"]}, "columns: entry 7 is not a dictionary"),
        ({"columns": [*SINK["columns"], {"role": "dimension"}]}, "columns: entry 7 has no name"),
        ({"columns": [*SINK["columns"], SINK["columns"][4]]}, "columns: 'Status' is the name of more than one column"),
        ({"columns": [*SINK["columns"], {"name": "X"}]}, "columns: 'X' has no role: choose from activity, case"),
        ({"columns": SINK["columns"][1:]}, "case: no column has the role case: write role: case"),
        ({"columns": [SINK["columns"][0], *SINK["columns"][2:]]}, "activity: no column has the role activity: write"),
        ({"columns": [*SINK["columns"], {"name": "Id", "role": "case"}]}, "case: 'Case', 'Id' have the role case"),
        ({"columns": [*SINK["columns"], {"name": "Do", "role": "activity"}]}, "activity: 'Activity', 'Do' have the"),
        ({"columns": SINK["columns"][:2]}, "times: no column has the role time: write"),
        (
            {"columns": SINK["columns"] + [{"name": name, "role": "time", "format": "yyyy"} for name in "ab"]},
            "times: 'Start', 'a', 'b' have the role time",
        ),
        ({"grouped_tasks": "Status"}, "grouped_tasks is not a list: write"),
    ],
)
def test_a_broken_rule_of_the_sink_is_one_sentence(change: dict[str, t.Any], words: str) -> None:
    (sentence,) = said(changed(change))

    assert sentence.startswith(f"liveconnect_pipelines: the pipeline p: igrafx_sink: {words}")
    assert "s3cret" not in sentence


@pytest.mark.parametrize(
    ("column", "change", "words"),
    [
        ("Start", {"format": None}, "times: 'Start' has no format: write"),
        ("Start", {"format": "d, M"}, "times: 'Start' has the format 'd, M', and the connector takes no comma or sem"),
        ("Start", {"format": "d;M"}, "times: 'Start' has the format 'd;M', and the connector takes no comma or sem"),
        ("Start", {"scope": "case"}, "times: 'Start' has scope, which is for dimensions and metrics: leave it out"),
        ("Case", {"unit": "EUR"}, "case: 'Case' has unit, which is for metrics"),
        ("Status", {"unit": "EUR"}, "dimensions: 'Status' has unit, which is for metrics"),
        ("Status", {"role": "dimensoin"}, "columns: 'Status' has the role 'dimensoin', which is not known: did you me"),
        ("Status", {"aggregation": "max"}, "dimensions: 'Status' has the aggregation 'max', which dimensions have not"),
        ("Status", {"scope": "cases"}, "dimensions: 'Status' has the scope 'cases', which is not known: did you mean"),
        ("Status", {"scope": "case"}, "dimensions: 'Status' has the scope case and no aggregation: write"),
        ("Status", {"grouped_aggregation": "last"}, "dimensions: 'Status' has a grouped_aggregation without grouped_t"),
        ("Cost", {"unit": None}, "metrics: 'Cost' has no unit: write"),
        ("Cost", {"aggregation": "distinct"}, "metrics: 'Cost' has the aggregation 'distinct', which metrics have not"),
        ("Cost", {"scope": "case"}, "metrics: 'Cost' has the scope case and no aggregation: write"),
    ],
)
def test_a_broken_rule_of_a_column_names_it(column: str, change: dict[str, t.Any], words: str) -> None:
    (sentence,) = said(changed(change, column))

    assert sentence.startswith(f"liveconnect_pipelines: the pipeline p: igrafx_sink: {words}")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"topics": "incidents"}, "topics: there is no list of topics"),
        ({"topics": []}, "topics: there is no list of topics"),
        ({"topics": ["a", "b c"]}, "topics: 'b c' cannot be the name of a topic"),
        ({"target_topic": None}, "target_topic is missing"),
        ({"target_topic": "incidents"}, "target_topic: incidents is also among the topics"),
        ({"column": ""}, "column is missing: write"),
        ({"thresholds": {"seconds": "soon"}}, "thresholds.seconds: 'soon' is not a whole number"),
        ({"config": {"topicOut": "x"}}, "config: topicOut is made of the other options"),
    ],
)
def test_a_broken_rule_of_the_aggregation_is_one_sentence(change: dict[str, t.Any], words: str) -> None:
    (sentence,) = said(aggregation=AGGREGATION | change)

    assert sentence.startswith(f"liveconnect_pipelines: the pipeline p: igrafx_aggregation: {words}")


def test_all_that_is_wrong_is_told_at_once() -> None:
    grouped = changed({"grouped_tasks": ["Case", "Contry"], "project": "x", "csv": {"quote": "''"}})
    told = said(grouped, ["x"], workgroup="", secrets={"igrafx_workgroup_key": " "})

    begun = [sentence.removeprefix("liveconnect_pipelines: the pipeline p: ") for sentence in told]
    expected = [
        "igrafx_aggregation is not a dictionary: write",
        "igrafx_sink: project: 'x'",
        "igrafx_sink: workgroup is missing: set liveconnect_workgroup_id",
        "igrafx_sink: key_secret: igrafx_workgroup_key is empty in liveconnect_connect_secrets",
        "igrafx_sink: grouped_tasks: 'Case' is the case",
        "igrafx_sink: grouped_tasks: 'Contry' is not among the columns",
        "igrafx_sink: dimensions: 'Priority' has no grouped_aggregation, which grouped_tasks asks of all: write one of",
        "igrafx_sink: dimensions: 'Status' has no grouped_aggregation",
        "igrafx_sink: metrics: 'Cost' has no grouped_aggregation",
        "igrafx_sink: csv.quote",
    ]
    assert [one for one, words in zip(begun, expected, strict=True) if not one.startswith(words)] == []
    assert "names no column beside the activity" in said(changed({"grouped_tasks": ["Activity"]}))[0]


def test_two_connectors_of_one_name_are_refused() -> None:
    pipelines = [{"name": name, "igrafx_sink": SINK | {"name": "deliver"}} for name in "ab"]
    (sentence,) = pipelines_problems(pipelines, "/nowhere", "liveconnect_pipelines", "wk1", SECRETS)

    assert "two of iGrafx's connectors have the same name (deliver)" in sentence


def test_a_key_that_is_missing_is_refused_with_what_to_write() -> None:
    for secrets in ({}, None):
        (sentence,) = said(SINK, secrets=secrets)
        assert "add 'igrafx_workgroup_key: <the key of the workgroup>' to liveconnect_connect_secrets" in sentence
        assert "vault" in sentence
    assert not said(SINK | {"key_secret": "other"})
    assert made(SINK | {"key_secret": "other"})[0]["config"]["workGroupKey"].endswith("secrets.properties:other}")


@pytest.mark.parametrize(
    ("declared", "sent"),
    [
        ("https://api.example.com", "https://api.example.com/pub"),
        ("https://api.example.com/", "https://api.example.com/pub"),
        ("https://api.example.com/x/pub", "https://api.example.com/x/pub"),
        ("https://api.example.com/pub/", "https://api.example.com/pub"),
        # To the connector these have it already.
        ("https://pub.example.com", "https://pub.example.com/pub"),
        ("https://api.example.com/public", "https://api.example.com/public/pub"),
        ("http://pub", "http://pub/pub"),
    ],
)
def test_the_api_is_asked_below_pub_wherever_else_pub_stands(declared: str, sent: str) -> None:
    assert not said(SINK | {"api_url": declared})
    assert made(SINK | {"api_url": declared})[0]["config"]["api.url"] == sent


@pytest.mark.parametrize("pattern", [r"\p{L}+", r"(?<year>\d+)", r"[a-z&&[^b]]", r"\Q(\E", r"x*+", "^End$"])
def test_an_expression_of_java_is_not_refused(pattern: str) -> None:
    assert not said(SINK | {"thresholds": {"pattern": pattern}})


def test_a_line_break_arrives_as_the_connector_reads_it() -> None:
    for declared, sent in (("\r\n", "\\r\\n"), ("\n", "\\n"), ("\\n", "\\n")):
        assert made(SINK | {"csv": {"end_of_line": declared}})[0]["config"]["csv.endOfLine"] == sent


def test_what_the_specification_says_of_defaults_and_names_is_so() -> None:
    file = ROOT / "roles/pipelines/meta/argument_specs.yml"
    options = yaml.safe_load(file.read_text(encoding="utf-8"))["argument_specs"]["main"]["options"]
    parts = options["pipelines_pipelines"]["options"]
    sink = parts["igrafx_sink"]["options"]

    def defaults(of: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        return {name: option["default"] for name, option in of.items() if "default" in option}

    assert defaults(sink["csv"]["options"]) == igrafx.CSV
    for part in ("igrafx_sink", "igrafx_aggregation"):
        assert defaults(parts[part]["options"]["thresholds"]["options"]) == igrafx.THRESHOLDS
    assert defaults(sink) == {
        "state": "present",
        "key_secret": igrafx.KEY_SECRET,
        "retention_days": igrafx.RETENTION_DAYS,
        "create_column_mapping": True,
    }
    assert set(sink["columns"]["options"]) == {"name", "role", *igrafx_problems._ROLES_OF_OPTIONS}


def test_names_that_are_not_known_are_refused_with_the_nearest_of_the_sites_variables() -> None:
    sink = changed({"agregation": "first"}, "Status") | {"retention": 3}
    declared = {"liveconnect_pipelines": [{"name": "p", "igrafx_sink": sink}]}
    first, second = declaration_problems(declared, specifications())

    assert first.startswith("liveconnect_pipelines[p].igrafx_sink.retention is not known: ")
    assert second == (
        "liveconnect_pipelines[p].igrafx_sink.columns[Status].agregation is not known: did you mean aggregation?"
    )
    assert not declaration_problems(
        declared | {"liveconnect_pipelines": [{"name": "p", "igrafx_sink": SINK}]}, specifications()
    )


def test_every_key_that_is_made_can_only_be_declared_by_its_option() -> None:
    keys = {key for one in made(SINK, AGGREGATION) for key in one["config"]} - {"tasks.max"}
    told = said(SINK | {"config": dict.fromkeys([*keys, "errors.tolerance", "tasks.max"], "x")})

    assert {re.search(r"config: (\S+) is made", sentence)[1] for sentence in told} == keys  # type: ignore[index]


# Anything valid.

SIGN = st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"])
NAME = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8).filter(str.strip)
TOPIC = st.from_regex(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,20}", fullmatch=True)
COUNT = st.integers(1, 2**31 - 1) | st.integers(1, 99).map(str)
FORMAT = st.sampled_from(["dd-MM-yyyy HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "d/M/yy", "{yyyy}"])
ANY_CASE = st.sampled_from([str.upper, str.lower])
NUMBERS = ["first", "last", "min", "max", "sum", "avg", "median"]
AGGREGATIONS = {"dimension": ["first", "last", "distinct"], "metric": NUMBERS}
GROUPED = {"dimension": ["first", "last"], "metric": NUMBERS}


@st.composite
def values(draw: st.DrawFn, role: str, grouped: bool) -> dict[str, t.Any]:
    column: dict[str, t.Any] = {"role": role}
    scope = draw(st.sampled_from([None, "event", "case"]))
    if scope:
        column["scope"] = scope
    if scope == "case" or draw(st.booleans()):
        column["aggregation"] = draw(ANY_CASE)(draw(st.sampled_from(AGGREGATIONS[role])))
    if grouped:
        column["grouped_aggregation"] = draw(ANY_CASE)(draw(st.sampled_from(GROUPED[role])))
    if role == "metric":
        column["unit"] = draw(st.sampled_from(["EUR", "", "km/h", "€"]))
    return column


@st.composite
def sinks(draw: st.DrawFn, having: str = "", grouped: bool | None = None) -> dict[str, t.Any]:
    """A valid declaration, ``having`` a column of that role, and grouping tasks or not."""
    grouped = draw(st.booleans()) if grouped is None else grouped
    columns: list[dict[str, t.Any]] = [{"role": "case"}, {"role": "activity"}]
    columns += [{"role": "time", "format": form} for form in draw(st.lists(FORMAT, min_size=1, max_size=2))]
    columns += draw(st.lists(values("dimension", grouped), min_size=int(having == "dimension"), max_size=3))
    columns += draw(st.lists(values("metric", grouped), min_size=int(having == "metric"), max_size=3))
    names = draw(st.lists(NAME, min_size=len(columns), max_size=len(columns), unique=True))
    columns = draw(st.permutations([{"name": name} | column for name, column in zip(names, columns, strict=True)]))
    sink = {
        "topic": draw(TOPIC),
        "project": str(draw(st.uuids())),
        "api_url": draw(st.sampled_from(["https://api.example", "http://pub.x:8080/", "https://a/pub", "http://a/b/"])),
        "auth_url": draw(st.sampled_from(["https://id.example/realms/r", "http://id:1/auth/realms/my-realm"])),
        "columns": columns,
    }
    if grouped:
        possible = [column["name"] for column in columns if column["role"] not in ("case", "activity")]
        activity = [column["name"] for column in columns if column["role"] == "activity"]
        sink["grouped_tasks"] = draw(st.lists(st.sampled_from(possible), min_size=1)) + draw(
            st.sampled_from([[], activity])
        )
    signs = dict.fromkeys(("separator", "quote", "escape", "comment"), SIGN)
    csv = signs | {
        "encoding": st.sampled_from(["utf8", "UTF-8", "ASCII", "iso_8859_1"]),
        "end_of_line": st.sampled_from(["\n", "\\n", "\r\n", "|"]),
        "header": st.sampled_from([True, False, "yes", "false"]),
        "default_text": NAME,
    }
    thresholds = {"elements": COUNT, "seconds": COUNT, "pattern": st.sampled_from(["", "End", r"\p{L}"])}
    optional = {
        "name": NAME.filter(lambda name: "/" not in name),
        "workgroup": NAME,
        "key_secret": st.sampled_from(sorted(SECRETS)),
        "retention_days": COUNT,
        "create_column_mapping": st.booleans(),
        "events_topic": TOPIC,
        "thresholds": st.fixed_dictionaries({}, optional=thresholds),
        "csv": st.fixed_dictionaries({}, optional=csv),
    }
    return sink | draw(st.fixed_dictionaries({}, optional=optional))


@given(sink=sinks())
def test_whatever_is_declared_rightly_makes_a_configuration_that_the_connector_takes(sink: dict[str, t.Any]) -> None:
    assert not said(sink)
    (connector,) = made(sink)
    hold_sink_rules(connector["name"], connector["config"])


@given(
    aggregation=st.fixed_dictionaries(
        {"topics": st.lists(TOPIC, min_size=1, unique=True), "target_topic": TOPIC, "column": NAME},
        optional={"thresholds": st.fixed_dictionaries({}, optional={"elements": COUNT, "seconds": COUNT})},
    ).filter(lambda one: one["target_topic"] not in one["topics"])
)
def test_whatever_aggregation_is_declared_rightly_is_taken(aggregation: dict[str, t.Any]) -> None:
    assert not said(aggregation=aggregation)
    hold_aggregation_rules(made(aggregation=aggregation)[0]["config"])


# Each rule, broken in one way: by an option, by a column of a role, by the columns together.

WRONG_OPTIONS: dict[str, list[t.Any]] = {
    "topic": ["", None, "a b", "é", "a/b", "x" * 250, ".", ".."],
    "project": ["", None, "1-1-1-1-1", f"{PROJECT}0", PROJECT[1:], PROJECT.replace("-", "")],
    "api_url": ["", None, "x", "ftp://x", "https://", "http://a b", "http://a/pub/b", "http://a?b", "http://u:p@a"],
    "auth_url": ["", None, "x/realms/r", "http://a", "http://a/realms/r/", "http://a/realms", "http://a/realms/r/x"],
    "key_secret": ["gone"],
    "retention_days": [0, -1, "x", 1.5, 2**31],
    "thresholds.elements": [0, -1, "", 2**31],
    "thresholds.seconds": [0, "soon"],
    "thresholds.pattern": ["(", "*"],
    "csv.encoding": ["", "utf-16", "latin1"],
    "csv.end_of_line": [""],
    **{f"csv.{sign}": ["", "ab"] for sign in ("separator", "quote", "escape", "comment")},
    "csv.header": ["perhaps"],
    "create_column_mapping": ["perhaps"],
    "events_topic": ["a b"],
    "name": ["a/b"],
    "config": [{"projectId": "x"}],
    "columns": [[], None, "Case", {"Case": "case"}],
}
WRONG_COLUMNS: list[tuple[str, dict[str, t.Any]]] = [
    *((role, {"role": wrong}) for role in ("case", "activity", "time", "dimension", "metric") for wrong in ("", "x")),
    *(("time", {"format": wrong}) for wrong in ("", None, "d,M", "d;M")),
    *((role, {"format": "d"}) for role in ("case", "activity", "dimension", "metric")),
    *((role, {"scope": "case", "aggregation": None}) for role in ("dimension", "metric")),
    *((role, {"scope": "x"}) for role in ("dimension", "metric")),
    *((role, {"scope": "event"}) for role in ("case", "activity", "time")),
    *(("dimension", {"aggregation": wrong}) for wrong in ("min", "max", "sum", "avg", "median", "x")),
    *(("metric", {"aggregation": wrong}) for wrong in ("distinct", "x")),
    *((role, {"unit": "EUR"}) for role in ("case", "activity", "time", "dimension")),
    ("metric", {"unit": None}),
]


@pytest.mark.parametrize(
    ("option", "wrong"), [(option, wrong) for option in WRONG_OPTIONS for wrong in WRONG_OPTIONS[option]]
)
@settings(max_examples=5)
@given(sink=sinks())
def test_whatever_option_breaks_a_rule_is_named(option: str, wrong: t.Any, sink: dict[str, t.Any]) -> None:
    outer, _, inner = option.partition(".")
    told = said(sink | {outer: sink.get(outer, {}) | {inner: wrong} if inner else wrong})

    assert [sentence for sentence in told if f"igrafx_sink: {option}" in sentence]


@pytest.mark.parametrize(("role", "wrong"), WRONG_COLUMNS)
@settings(max_examples=5)
@given(data=st.data())
def test_whatever_column_breaks_a_rule_is_named(role: str, wrong: dict[str, t.Any], data: st.DataObject) -> None:
    sink = data.draw(sinks(role))
    column = data.draw(st.sampled_from([column for column in sink["columns"] if column["role"] == role]))
    column.update(wrong)

    assert [sentence for sentence in said(sink) if f"'{column['name']}'" in sentence]


@pytest.mark.parametrize("role", ["case", "activity", "time", "dimension", "metric"])
@settings(max_examples=5)
@given(data=st.data())
def test_whatever_is_wrong_with_the_number_of_columns_and_their_names_is_told(role: str, data: st.DataObject) -> None:
    sink = data.draw(sinks(role))
    having = [column for column in sink["columns"] if column["role"] == role]
    column, name = having[0], having[0]["name"]

    assert any(f"'{name}'" in one for one in said(sink | {"columns": [*sink["columns"], column]}))
    nameless = [column | {"name": " "} if one is column else one for one in sink["columns"]]
    assert any("has no name" in one for one in said(sink | {"columns": nameless}))
    if role in ("case", "activity", "time"):
        none = [one for one in sink["columns"] if one not in having]
        assert any(f"no column has the role {role}" in one for one in said(sink | {"columns": none}))
        more = [*sink["columns"], *(column | {"name": f"{name}{number}+"} for number in range(3 - len(having)))]
        if role != "time":
            more = [*sink["columns"], column | {"name": f"{name}+"}]
        assert any(f"'{name}', " in one and f"have the role {role}" in one for one in said(sink | {"columns": more}))


@pytest.mark.parametrize("role", ["dimension", "metric"])
@settings(max_examples=10)
@given(data=st.data())
def test_whatever_is_wrong_with_grouped_tasks_is_told(role: str, data: st.DataObject) -> None:
    sink = data.draw(sinks(role, grouped=True))
    column = next(column for column in sink["columns"] if column["role"] == role)
    case, activity = (
        next(one["name"] for one in sink["columns"] if one["role"] == role) for role in ("case", "activity")
    )
    group = sink["grouped_tasks"]

    for names, words in (
        (None, f"'{column['name']}' has a grouped_aggregation"),
        (group[0], "grouped_tasks is not a list"),
        ([activity], "grouped_tasks: it names no column"),
        ([*group, case], f"grouped_tasks: '{case}'"),
        ([*group, "nowhere to be found"], "grouped_tasks: 'nowhere to be found'"),
    ):
        assert any(words in one for one in said(sink | {"grouped_tasks": names})), words
    for wrong in (None, "x", "distinct"):
        column["grouped_aggregation"] = wrong
        assert any(f"'{column['name']}'" in one for one in said(sink))
