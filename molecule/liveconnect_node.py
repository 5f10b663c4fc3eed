# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The LiveConnect node of a site as its users see it: files go in over SFTP, rows come out of the database."""

from __future__ import annotations

import csv
import io
import json
import shlex
import time
import typing as t
from collections import defaultdict
from pathlib import Path

from lab import access

DATA = Path(__file__).resolve().parents[1] / "lab" / "data" / "incidents-1.csv"
SECOND = DATA.with_name("incidents-2.csv")
EVENTS = 'SELECT "INCIDENT", cnt, "ACTIVITY", "DATE", "ASSIGNEE", "COMMENT" FROM public."INCIDENT_EVENTS" ORDER BY 1, 2'
NAME = "liveconnect-vm"
SECONDS_FOR_ROWS = 90


def lines(*files: Path) -> list[dict[str, str]]:
    """The lines of the files with the number of each event within its case, as the view must have them."""
    counts: dict[str, int] = defaultdict(int)
    result: list[dict[str, str]] = []
    for file in files:
        with file.open(encoding="utf-8", newline="") as text:
            for row in csv.DictReader(text):
                counts[row["INCIDENT"]] += 1
                result.append(row | {"cnt": str(counts[row["INCIDENT"]])})
    return sorted(result, key=lambda row: (row["INCIDENT"], int(row["cnt"])))


class Node:
    """The node ``liveconnect-vm`` of the site with this folder."""

    def __init__(self, site: Path) -> None:
        self.site = site
        self.address = access.address(site, NAME)

    def run(self, command: str) -> str:
        """What a shell command prints that root runs on the node; LabError when it fails."""
        return access.run(self.site, NAME, f"sudo {command}")

    def upload(self, file: Path) -> None:
        """Put the file into the SFTP user's upload directory."""
        access.upload(self.site, file, f"acme@{self.address}", 2222)

    def rows(self, query: str) -> list[dict[str, str]]:
        """The rows of a query in data-transform."""
        psql = "docker exec data-transform psql --username=datamanager --dbname=transform --no-psqlrc --csv"
        return list(csv.DictReader(io.StringIO(self.run(f"{psql} --command={shlex.quote(query)}"))))

    def wait_for_rows(self, query: str, number: int) -> list[dict[str, str]]:
        """The rows of a query once there are that many, or those that there are after ``SECONDS_FOR_ROWS``."""
        deadline = time.monotonic() + SECONDS_FOR_ROWS
        while len(rows := self.rows(query)) < number and time.monotonic() < deadline:
            time.sleep(0.5)
        return rows

    def connect(self, path: str) -> t.Any:
        """What the Connect worker answers."""
        curl = "docker exec connect curl --fail --silent --show-error"
        return json.loads(self.run(f"{curl} 'http://localhost:8083{path}'"))

    def evidence(self) -> str:
        """What tells why data does not flow: the connectors' states, where files lie, the logs' last words."""
        states = json.dumps(self.connect("/connectors?expand=status"), indent=1)
        files = self.run("find /opt/liveconnect/data/sftp -path '*/.ssh' -prune -o -type f -ls")
        worker = self.run("docker logs --tail 400 connect 2>&1").splitlines()
        telling = [line for line in worker if "ERROR" in line or "WARN" in line or "incidents-" in line]
        registry = self.run("docker logs --tail 20 schema-registry 2>&1").splitlines()
        return "\n".join([states, files, *telling[-60:], *registry])
