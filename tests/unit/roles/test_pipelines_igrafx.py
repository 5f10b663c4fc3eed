# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a pipeline delivers to iGrafx, as the role sends it to a worker."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from playbook import run_play

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/unit/plugins/connect"))

from worker import Worker, serve  # noqa: E402

pytestmark = pytest.mark.component

KEY = "k3y-of-the-workgroup"
REFERENCE = "${file:/etc/kafka-connect/secrets/secrets.properties:igrafx_workgroup_key}"
SINK = {
    "topic": "incidents",
    "project": "325151bf-2007-4308-b94d-b436a61a35c5",
    "api_url": "https://api.pf1.example.com",
    "auth_url": "https://id.pf1.example.com/realms/igrafx",
    "columns": [
        {"name": "Case", "role": "case"},
        {"name": "Activity", "role": "activity"},
        {"name": "Start", "role": "time", "format": "dd-MM-yyyy HH:mm:ss"},
        {"name": "Priorité", "role": "dimension", "scope": "case", "aggregation": "first"},
        {"name": "Cost", "role": "metric", "unit": "EUR", "aggregation": "SUM"},
    ],
    "thresholds": {"elements": 10, "pattern": {"__ansible_unsafe": "{{ not_a_template }}"}},
}
PIPELINE = {
    "name": "incidents",
    "connectors": "c.yml",
    "igrafx_aggregation": {"topics": ["events"], "target_topic": "incidents", "column": "DATAARRAY"},
    "igrafx_sink": SINK,
}


@pytest.fixture
def carry_out(tmp_path):
    """Carries out the role for a pipeline, with further variables."""
    (tmp_path / "c.yml").write_text("- name: events-source\n  config: {connector.class: Source, tasks.max: 1}\n")

    def run(url, pipeline, *arguments, **variables):
        given = {
            "pipelines_source": str(tmp_path),
            "pipelines_connect_url": url,
            "pipelines_pipelines": [pipeline],
            "liveconnect_workgroup_id": "wk1",
            "liveconnect_connect_secrets": {"igrafx_workgroup_key": KEY},
        }
        (tmp_path / "vars.json").write_text(json.dumps(given | variables))
        done = run_play(
            tmp_path, {"roles": ["igrafx.liveconnect.pipelines"]}, "-e", f"@{tmp_path}/vars.json", *arguments
        )
        assert KEY not in done.stdout + done.stderr
        return done

    return run


def test_the_sink_is_sent_whole_and_a_second_run_changes_nothing(carry_out):
    worker = Worker()
    with serve(worker) as url:
        checked = carry_out(url, PIPELINE, "--check", "--diff", "-vvv")
        assert checked.returncode == 0, checked.stdout + checked.stderr
        assert "changed=1 " in checked.stdout
        assert "incidents-igrafx-sink" in checked.stdout
        assert not worker.writes

        first = carry_out(url, PIPELINE, "--diff", "-vvv")
        assert first.returncode == 0, first.stdout + first.stderr
        assert "[WARNING]" not in first.stderr
        written = len(worker.writes)
        again = carry_out(url, PIPELINE)

    assert "changed=0 " in again.stdout, again.stdout
    assert len(worker.writes) == written
    # They are created side by side.
    assert set(worker.connectors) == {"events-source", "incidents-igrafx-aggregation", "incidents-igrafx-sink"}
    assert worker.connectors["incidents-igrafx-sink"].config == {
        "connector.class": "com.igrafx.kafka.sink.aggregationmain.domain.IGrafxAggregationSinkConnector",
        "tasks.max": "1",
        "topics": "incidents",
        "api.url": "https://api.pf1.example.com/pub",
        "api.authUrl": "https://id.pf1.example.com/realms/igrafx",
        "workGroupId": "wk1",
        "workGroupKey": REFERENCE,
        "projectId": "325151bf-2007-4308-b94d-b436a61a35c5",
        "csv.encoding": "UTF-8",
        "csv.separator": ";",
        "csv.quote": '"',
        "csv.escape": "\\",
        "csv.comment": "#",
        "csv.endOfLine": "\\n",
        "csv.header": "true",
        "csv.defaultTextValue": "",
        "csv.fieldsNumber": "5",
        "retentionTimeInDay": "100",
        "threshold.elementNumber": "10",
        "threshold.timeoutInSeconds": "60",
        "threshold.valuePattern": "{{ not_a_template }}",
        "columnMapping.create": "true",
        "columnMapping.caseIdColumnIndex": "0",
        "columnMapping.activityColumnIndex": "1",
        "columnMapping.timeInformationList": "{2;dd-MM-yyyy HH:mm:ss}",
        "columnMapping.dimensionsInformationList": (
            '[{"columnIndex": 3, "name": "Priorité", "isCaseScope": true, "aggregation": "FIRST"}]'
        ),
        "columnMapping.metricsInformationList": (
            '[{"columnIndex": 4, "name": "Cost", "isCaseScope": false, "unit": "EUR", "aggregation": "SUM"}]'
        ),
        "columnMapping.groupedTasksColumns": "",
        "kafkaLoggingEvents.isLogging": "false",
        "kafkaLoggingEvents.topic": "",
        "bootstrap.servers": "broker:29092",
        "key.converter": "org.apache.kafka.connect.storage.StringConverter",
        "value.converter": "io.confluent.connect.avro.AvroConverter",
        "value.converter.schema.registry.url": "http://schema-registry:8081",
    }


def test_a_sink_needs_no_file_of_connectors_and_follows_what_is_declared(carry_out):
    worker = Worker()
    alone = {"name": "incidents", "igrafx_sink": SINK}
    servers = {"pipelines_bootstrap_servers": "kafka:9092", "pipelines_schema_registry_url": "http://registry"}
    with serve(worker) as url:
        made = carry_out(url, alone, **servers)
        assert made.returncode == 0, made.stdout + made.stderr
        config = worker.connectors["incidents-igrafx-sink"].config
        assert (config["bootstrap.servers"], config["value.converter.schema.registry.url"]) == tuple(servers.values())

        removed = carry_out(url, alone | {"igrafx_sink": SINK | {"state": "absent"}})
        assert removed.returncode == 0, removed.stdout + removed.stderr
        assert not worker.connectors


def test_what_breaks_a_rule_is_told_whole_and_nothing_is_sent(carry_out):
    worker = Worker()
    columns = [*SINK["columns"], {"name": "Hours", "role": "metric"}]
    with serve(worker) as url:
        wrong = PIPELINE | {"igrafx_sink": SINK | {"columns": columns, "project": "x"}}
        # Where the role compose is played its own option counts.
        done = carry_out(url, wrong, compose_connect_secrets={"other": KEY})
        unknown = carry_out(url, PIPELINE | {"igrafx_sink": SINK | {"retention": 3}})

    told = " ".join(done.stdout.split())
    beginning = "pipelines_pipelines: the pipeline incidents: igrafx_sink:"
    assert f"{beginning} metrics: 'Hours' has no unit: write" in told
    assert f"{beginning} project: 'x' is no id" in told
    assert f"{beginning} key_secret: igrafx_workgroup_key is not there in liveconnect_connect_secrets" in told
    assert "retention" in unknown.stdout
    assert (done.returncode, unknown.returncode) == (2, 2)
    assert not worker.requests
