# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a newcomer sees at the end of `make demo`: a file goes in over SFTP, and its rows come out in PostgreSQL."""

from __future__ import annotations

import csv
import json
import shlex
import time
from functools import partial
from pathlib import Path

from lab import access
from lab.report import LabError

DATA = Path(__file__).parent / "data" / "incidents-1.csv"
NODE = "liveconnect-vm"
SFTP_USER = "acme"
SFTP_PORT = 2222
SECONDS_FOR_ROWS = 90
PSQL = "sudo docker exec data-transform psql --username=datamanager --dbname=transform --no-psqlrc"
COUNT = 'SELECT count(*) FROM public."INCIDENT_EVENTS"'
EVENTS = 'SELECT "INCIDENT", cnt, "ACTIVITY", "DATE", "ASSIGNEE", "COMMENT" FROM public."INCIDENT_EVENTS" ORDER BY 1, 2'
TOPICS = "sudo docker exec broker kafka-topics --bootstrap-server localhost:29092 --list"
CONNECTORS = (
    "sudo docker exec connect curl --fail --silent --show-error 'http://localhost:8083/connectors?expand=status'"
)
HOST_AND_WORKGROUP = "sudo sed -n 's/^HOST=//p; s/^WORKGROUP_ID=//p' /opt/liveconnect/.env"


def show(site: Path) -> None:
    """Upload the sample file unless an earlier demonstration did, and print what became of it."""
    run = partial(access.run, site, NODE)
    address = access.address(site, NODE)
    with DATA.open(encoding="utf-8", newline="") as file:
        expected = len(list(csv.DictReader(file)))

    def arrived() -> int:
        return int(run(f"{PSQL} --tuples-only --command={shlex.quote(COUNT)}"))

    if not arrived():
        print(f"\nUploading {DATA.name} ({expected} lines) over SFTP as {SFTP_USER} to {address}:{SFTP_PORT} …")
        access.upload(site, DATA, f"{SFTP_USER}@{address}", SFTP_PORT)
    deadline = time.monotonic() + SECONDS_FOR_ROWS
    while (rows := arrived()) < expected:
        if time.monotonic() > deadline:
            raise LabError(
                f"{rows} of {expected} rows arrived within {SECONDS_FOR_ROWS} s. "
                f"See the worker's log: ssh -F {site}/ssh_config {NODE} sudo docker logs --tail 50 connect"
            )
        time.sleep(0.5)
    events = run(f"{PSQL} --command={shlex.quote(EVENTS)}")
    print(f"\nIn PostgreSQL, numbered within each case:\n\n{events}")
    print("Topics:\n")
    print("\n".join(f"  {topic}" for topic in run(TOPICS).split() if not topic.startswith("_")))
    print("\nConnectors:\n")
    for name, item in sorted(json.loads(run(CONNECTORS)).items()):
        status = item["status"]
        tasks = ", ".join(task["state"] for task in status["tasks"]) or "none"
        print(f"  {name}: {status['type']}, {status['connector']['state']}, tasks: {tasks}")
    host, workgroup = run(HOST_AND_WORKGROUP).split()
    web = f"liveconnect-{workgroup}.{host}"
    print(f"""
Where to look:

  kafka-ui         https://{web}/
                   user admin, password in {site}/secrets/kafka_ui
  schema registry  http://{address}:8081/subjects, and
  broker           {address}:19092: open to the platform alone; ssh -F {site}/ssh_config platform-vm
  SFTP             sftp -P {SFTP_PORT} -i {site}/id_ed25519 {SFTP_USER}@{address}
  the node         ssh -F {site}/ssh_config {NODE}
  For the web names, add to /etc/hosts: {address} {web}""")
