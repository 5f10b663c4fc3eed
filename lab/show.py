# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a newcomer sees at the end of `make demo`: a file goes in over SFTP, and its rows come out in PostgreSQL."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import time
import typing as t
from pathlib import Path

from lab.report import LabError

DATA = Path(__file__).parent / "data" / "incidents-1.csv"
NODE = "liveconnect-vm"
SFTP_USER = "acme"
SFTP_PORT = 2222
SECONDS_FOR_ROWS = 90
# What a node's engine, itself in a container, was seen to answer to a `docker exec` for no reason that could be found:
# runc's helper was gone before it had begun the command. So the command has done nothing, and can be given once more.
NOT_BEGUN = "waiting for init preliminary setup"

EVENTS = 'SELECT "INCIDENT", cnt, "ACTIVITY", "DATE", "ASSIGNEE", "COMMENT" FROM public."INCIDENT_EVENTS" ORDER BY 1, 2'
TOPICS = "docker exec broker kafka-topics --bootstrap-server localhost:29092 --list"


class Node:
    """The LiveConnect VM of a site, reached as an operator reaches it."""

    def __init__(self, site: Path) -> None:
        self.site = site
        self.address = self._address()

    def run(self, command: str) -> str:
        """Run a shell command as root on the node; LabError with what it printed when it fails."""
        ssh = ["ssh", "-F", str(self.site / "ssh_config"), NODE, f"sudo {command}"]
        try:
            return _checked(ssh)
        except LabError as error:
            if NOT_BEGUN not in str(error):
                raise
            return _checked(ssh)

    def upload(self, file: Path) -> None:
        """Put the file into the SFTP user's upload directory; complete or not at all, as a rename ends the transfer."""
        part = f"upload/{file.name}.part"
        # The client would keep a mode that is closed to Kafka Connect, as that of a checkout may be.
        batch = f"put {file} {part}\nchmod 660 {part}\nrename {part} upload/{file.name}\n"
        _checked(
            [
                *["sftp", "-q", "-b", "-", "-P", str(SFTP_PORT), "-i", str(self.site / "id_ed25519")],
                # The SFTP server's own host key is generated on the node; the way to it is this machine's own bridge.
                *[
                    "-o",
                    "StrictHostKeyChecking=accept-new",
                    "-o",
                    f"UserKnownHostsFile={self.site / 'sftp_known_hosts'}",
                ],
                f"{SFTP_USER}@{self.address}",
            ],
            stdin=batch,
        )

    def rows(self, query: str) -> list[dict[str, str]]:
        """The rows of a query in data-transform."""
        psql = "docker exec data-transform psql --username=datamanager --dbname=transform --no-psqlrc --csv"
        return list(csv.DictReader(io.StringIO(self.run(f"{psql} --command={_quoted(query)}"))))

    def wait_for_rows(self, query: str, number: int, seconds: float = SECONDS_FOR_ROWS) -> list[dict[str, str]]:
        """The rows of a query once there are that many, or those that there are after the seconds."""
        deadline = time.monotonic() + seconds
        while len(rows := self.rows(query)) < number and time.monotonic() < deadline:
            time.sleep(0.5)
        return rows

    def connect(self, path: str) -> t.Any:
        """What the Connect worker answers."""
        return json.loads(
            self.run(f"docker exec connect curl --fail --silent --show-error 'http://localhost:8083{path}'")
        )

    def evidence(self) -> str:
        """What tells why data does not flow: the connectors' states, where files lie, the logs' last words."""
        states = json.dumps(self.connect("/connectors?expand=status"), indent=1)
        files = self.run("find /opt/liveconnect/data/sftp -path '*/.ssh' -prune -o -type f -ls")
        worker = self.run("docker logs --tail 400 connect 2>&1").splitlines()
        telling = [line for line in worker if "ERROR" in line or "WARN" in line or "incidents-" in line]
        registry = self.run("docker logs --tail 20 schema-registry 2>&1").splitlines()
        return "\n".join([states, files, *telling[-60:], *registry])

    def _address(self) -> str:
        lines = _checked(["ssh", "-F", str(self.site / "ssh_config"), "-G", NODE]).splitlines()
        return next(line.split()[1] for line in lines if line.startswith("hostname "))


def show(site: Path) -> None:
    """Upload the sample file unless an earlier demonstration did, and print what became of it."""
    node = Node(site)
    expected = len(list(csv.DictReader(DATA.open(encoding="utf-8", newline=""))))
    if not node.rows(EVENTS):
        print(f"\nUploading {DATA.name} ({expected} lines) over SFTP as {SFTP_USER} to {node.address}:{SFTP_PORT} …")
        node.upload(DATA)
    rows = node.wait_for_rows(EVENTS, expected)
    if len(rows) < expected:
        raise LabError(
            f"{len(rows)} of {expected} rows arrived within {SECONDS_FOR_ROWS} s. "
            f"See the worker's log: ssh -F {site}/ssh_config {NODE} sudo docker logs --tail 50 connect"
        )
    print(f"\nIn PostgreSQL, numbered within each case ({len(rows)} rows of public.INCIDENT_EVENTS):\n")
    print(table(rows))
    print("\nTopics:\n")
    print("\n".join(f"  {topic}" for topic in node.run(TOPICS).split() if not topic.startswith("_")))
    print("\nConnectors:\n")
    print(table(_connectors(node)))
    print(f"\nWhere to look:\n{_urls(node)}")


def _connectors(node: Node) -> list[dict[str, str]]:
    answer = node.connect("/connectors?expand=status")
    return [
        {
            "connector": name,
            "type": item["status"]["type"],
            "state": item["status"]["connector"]["state"],
            "tasks": ", ".join(task["state"] for task in item["status"]["tasks"]) or "none",
        }
        for name, item in sorted(answer.items())
    ]


def _urls(node: Node) -> str:
    names = node.run("sed -n 's/^HOST=//p; s/^WORKGROUP_ID=//p' /opt/liveconnect/.env").split()
    host, workgroup = names
    lines = [
        f"kafka-ui         https://liveconnect-{workgroup}.{host}/",
        f"                 user admin, password in {node.site}/secrets/kafka_ui",
        f"schema registry  http://{node.address}:8081/subjects, and",
        f"broker           {node.address}:19092: open to the platform alone; ssh -F {node.site}/ssh_config platform-vm",
        f"SFTP             sftp -P {SFTP_PORT} -i {node.site}/id_ed25519 {SFTP_USER}@{node.address}",
        f"the node         ssh -F {node.site}/ssh_config {NODE}",
        f"For the web names, add to /etc/hosts: {node.address} liveconnect-{workgroup}.{host}",
    ]
    return "\n".join(f"  {line}" for line in lines)


def table(rows: t.Sequence[t.Mapping[str, str]]) -> str:
    """Rows as aligned columns; a line break within a value is shown as a return sign."""
    if not rows:
        return "  (nothing)"
    cells = [list(rows[0]), *([value.replace("\n", "⏎") for value in row.values()] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    lines = [
        "  " + "  ".join(value.ljust(width) for value, width in zip(row, widths, strict=True)).rstrip() for row in cells
    ]
    lines.insert(1, "  " + "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _checked(command: list[str], *, stdin: str | None = None) -> str:
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LabError(f"{command[0]} failed: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout
