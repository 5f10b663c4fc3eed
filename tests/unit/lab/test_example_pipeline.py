# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The example's pipeline starts without a file, and its parts agree on the columns; the lab's is the same."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import jinja2
import pytest
import yaml
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.pipelines import pipelines_problems

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = ROOT / "inventories/example/pipelines/incidents"
LAB = ROOT / "inventories/lab/pipelines/incidents"


def source(folder):
    """The configuration of the source, as the role hands it to the module."""
    text = (folder / "connectors.yml").read_text(encoding="utf-8")
    connectors = yaml.safe_load(jinja2.Environment(autoescape=True).from_string(text).render())
    return connectors[0]["config"]


@pytest.mark.parametrize("folder", [EXAMPLE, LAB])
def test_the_source_starts_on_an_empty_folder(folder):
    config = source(folder)
    assert config["schema.generation.enabled"] is False
    for key in ("key.schema", "value.schema"):
        schema = json.loads(config[key])
        assert (schema["type"], schema["isOptional"]) == ("STRUCT", False)


def test_the_lab_differs_in_the_class_alone():
    differing = {key for key, _value in source(EXAMPLE).items() ^ source(LAB).items()}
    assert differing == {"connector.class"}


def test_files_schema_table_and_stream_have_the_same_columns():
    fields = json.loads(source(EXAMPLE)["value.schema"])["fieldSchemas"]
    for file in (ROOT / "lab/data").glob("*.csv"):
        with file.open(encoding="utf-8", newline="") as text:
            assert next(csv.reader(text)) == list(fields)
    tables = (EXAMPLE / "tables.sql").read_text(encoding="utf-8")
    assert re.findall(r'ADD COLUMN IF NOT EXISTS "(\w+)" text', tables) == list(fields)
    assert re.findall(r't[.]"(\w+)",', tables) == list(fields)
    streams = (EXAMPLE / "streams.sql").read_text(encoding="utf-8")
    assert re.findall(r"`?(\w+)`? VARCHAR", streams) == list(fields)
    assert {(field["type"], field["isOptional"]) for field in fields.values()} == {("STRING", True)}


def test_the_sink_to_igrafx_is_right_and_has_the_columns_of_its_stream():
    site = yaml.safe_load((EXAMPLE.parents[1] / "host_vars/liveconnect-vm.yml").read_text(encoding="utf-8"))
    pipelines, secrets = site["liveconnect_pipelines"], site["liveconnect_connect_secrets"]
    workgroup = site["liveconnect_workgroup_id"]
    assert not pipelines_problems(pipelines, str(EXAMPLE.parents[1]), "liveconnect_pipelines", workgroup, secrets)
    sink = pipelines[0]["igrafx_sink"]
    stream = (EXAMPLE / "igrafx.sql").read_text(encoding="utf-8")
    fields = re.findall(r"COLUMNID := (\d), TEXT := `?(\w+)`?,", stream)
    assert fields == [(str(index), column["name"]) for index, column in enumerate(sink["columns"])]
    assert f"KAFKA_TOPIC = '{sink['topic']}'" in stream
