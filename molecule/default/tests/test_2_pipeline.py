# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files go in over SFTP, and the same rows come out in PostgreSQL, numbered."""

from __future__ import annotations

from liveconnect_node import DATA, EVENTS, SECOND, Node, lines


def test_every_line_of_a_file_arrives_once_and_numbered(node: Node) -> None:
    node.upload(DATA)
    expected = lines(DATA)
    assert node.wait_for_rows(EVENTS, len(expected)) == expected, node.evidence()


def test_the_numbering_goes_on_in_a_second_file(node: Node) -> None:
    node.upload(SECOND)
    expected = lines(DATA, SECOND)
    assert node.wait_for_rows(EVENTS, len(expected)) == expected, node.evidence()


def test_read_files_were_moved_to_processed(node: Node) -> None:
    processed = node.run("ls /opt/liveconnect/data/sftp/acme/processed").split()
    assert sorted(processed) == ["incidents-1.csv", "incidents-2.csv"]
    assert node.run("ls /opt/liveconnect/data/sftp/acme/upload").split() == []


def test_empty_fields_are_null(node: Node) -> None:
    (row,) = node.rows('SELECT count(*) AS nulls FROM public."JDBC_TABLE" WHERE "ASSIGNEE" IS NULL')
    assert row["nulls"] == "2"


def test_connectors_and_tasks_run(node: Node) -> None:
    for name, item in node.connect("/connectors?expand=status").items():
        states = [item["status"]["connector"]["state"], *(task["state"] for task in item["status"]["tasks"])]
        assert set(states) == {"RUNNING"}, name
        assert len(states) > 1, name


def test_the_password_is_a_reference_in_connect(node: Node) -> None:
    config = node.connect("/connectors/incidents-sink/config")
    assert (
        config["connection.password"] == "${file:/etc/kafka-connect/secrets/secrets.properties:data_transform_password}"
    )
