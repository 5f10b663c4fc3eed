# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run of site.yml costs on the demonstration's node: tasks, module runs, seconds, and the control machine's CPU.

``python -m benchmarks.site`` needs a site of the lab that site.yml has converged (`make demo`), and leaves it so.
``--before CHECKOUT`` measures that checkout of the collection beside this one, in the same rounds.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lab import access

ROOT = Path(__file__).resolve().parents[2]
NODE = "liveconnect-vm"
ROUNDS = 5

PING, SECOND, BEFORE, MITOGEN = "one ping", "second run", "the same before", "second run, mitogen_linear"
MAX_TASKS, MAX_MODULES, MAX_PINGS, MAX_CPU_OF_BEFORE = 40, 30, 15, 1 / 3

KEY = "{{ lookup('ansible.builtin.file', lab_directory ~ '/id_ed25519.pub') }}"
ACME = {"name": "acme", "uid": 1001, "public_keys": [KEY], "directories": ["upload", "processed", "error"]}
GLOBEX = {"name": "globex", "uid": 1002, "public_keys": [KEY]}
SOURCE = {"name": "lab/kafka-connect-csv:0.2.0"}
SINK = {"maven": "io.debezium:debezium-connector-jdbc:3.6.0.Final:plugin@tar.gz"}
CAMEL = {"maven": "org.apache.camel.kafkaconnector:camel-kafka-connector:0.11.0:package@tar.gz"}


@dataclass(frozen=True)
class Change:
    """What is declared instead, and what takes it back; the tag of it alone; the services that start again for it."""

    declared: Mapping[str, object]
    tag: str
    services: tuple[str, ...] = ()
    back: Mapping[str, object] = field(default_factory=dict)


CHANGES = {
    "one connector": Change({"incidents_batch_size": 499}, "pipelines"),
    "one SFTP user": Change({"liveconnect_sftp_users": [ACME, GLOBEX]}, "sftp", ("sftp",)),
    "one setting of nginx": Change({"nginx_read_timeout": 3599}, "nginx", ("nginx",)),
    "one plugin": Change(
        {"liveconnect_plugins": [SOURCE, SINK, CAMEL]},
        "connect_plugins",
        ("connect", "ksqldb-server", "kafka-ui"),
        {"liveconnect_plugins": [SOURCE, SINK, {**CAMEL, "state": "absent"}]},
    ),
}
MAX_OF_SECOND, MAX_OF_SECOND_BY_TAG = 1.25, 0.5


@dataclass(frozen=True)
class Cost:
    """Of one run: seconds, seconds of the control machine's CPU, executed tasks, module runs on nodes, changes."""

    wall: float
    cpu: float
    tasks: int = 0
    modules: int = 0
    changed: int = 0


def run(checkout: Path, playbook: str, *arguments: str, environment: Mapping[str, str] | None = None) -> Cost:
    """Run a playbook of a checkout for the node; RuntimeError with its output when it fails."""
    with tempfile.TemporaryDirectory() as folder:
        counts = Path(folder) / "counts.json"
        settings = {
            "ANSIBLE_CONFIG": str(checkout / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": f"{checkout / '.build/ws'}{os.pathsep}{checkout / '.build/deps'}",
            "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent),
            "ANSIBLE_CALLBACKS_ENABLED": "counts",
            "COUNTS_FILE": str(counts),
            **(environment or {}),
        }
        command = ["ansible-playbook", "-i", "inventories/lab/hosts.yml", "-l", NODE, playbook, *arguments]
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run(
            command,
            cwd=checkout,
            env={**os.environ, **settings},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode != 0:
            raise RuntimeError(done.stdout[-3000:] + done.stderr[-3000:])
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Cost(wall, cpu, **json.loads(counts.read_text(encoding="utf-8")))


def ping(checkout: Path) -> Cost:
    """Run a play of one ping on the node."""
    with tempfile.NamedTemporaryFile("w", suffix=".yml", encoding="utf-8") as file:
        json.dump([{"hosts": NODE, "gather_facts": False, "tasks": [{"ansible.builtin.ping": {}}]}], file)
        file.flush()
        return run(checkout, file.name)


def mitogen() -> dict[str, str]:
    """What switches Mitogen on; empty where it is not installed."""
    found = importlib.util.find_spec("ansible_mitogen")
    if found is None or found.origin is None:
        return {}
    strategies = Path(found.origin).parent / "plugins" / "strategy"
    return {"ANSIBLE_STRATEGY": "mitogen_linear", "ANSIBLE_STRATEGY_PLUGINS": str(strategies)}


def median(costs: list[Cost]) -> Cost:
    """The median of the seconds; the counts of the last."""
    wall, cpu = (statistics.median(getattr(cost, name) for cost in costs) for name in ("wall", "cpu"))
    return Cost(wall, cpu, costs[-1].tasks, costs[-1].modules, costs[-1].changed)


def line(name: str, cost: Cost, beside: Cost | None = None) -> str:
    """One row of the table; ``beside``: whose seconds are one."""
    ratio = f"{cost.wall / beside.wall:6.2f}" if beside else ""
    counts = f"{cost.tasks:4} tasks  {cost.modules:4} modules  changed={cost.changed}"
    return f"  {name:<40} {cost.wall:7.1f} s {ratio:>6}  {cost.cpu:6.1f} s CPU  {counts}"


def second_runs(before: Path | None) -> dict[str, Cost]:
    """A run that changes nothing, beside a ping and whatever else there is to compare, in rounds."""
    cases: dict[str, Callable[[], Cost]] = {PING: lambda: ping(ROOT), SECOND: lambda: run(ROOT, "site.yml")}
    if settings := mitogen():
        cases[MITOGEN] = lambda: run(ROOT, "site.yml", environment=settings)
    measured: dict[str, list[Cost]] = {name: [] for name in cases}
    for _ in range(ROUNDS):
        for name, case in cases.items():
            measured[name].append(case())
    # Last and together, as each checkout brings the node to its own form first.
    if before:
        run(before, "site.yml")
        measured[BEFORE] = [run(before, "site.yml") for _ in range(ROUNDS)]
        run(ROOT, "site.yml")
    return {name: median(costs) for name, costs in measured.items()}


def start_of(services: tuple[str, ...]) -> float:
    """How many seconds these containers take to start again by themselves: what Compose needs more than without."""
    if not services:
        return 0
    site = ROOT / ".lab" / os.environ.get("LAB_NAME", "demo")

    def up(arguments: str) -> float:
        started = time.perf_counter()
        access.run(site, NODE, f"cd /opt/liveconnect && sudo docker compose up --detach --wait {arguments}")
        return time.perf_counter() - started

    return max(0, up(f"--force-recreate {' '.join(services)}") - up(""))


def changes(second: Cost) -> dict[str, bool]:
    """One thing changed, by a full run and by its tag; the goals, and whether they are met."""
    goals: dict[str, bool] = {}
    for name, change in CHANGES.items():
        instead, back = (("-e", json.dumps(declared)) for declared in (change.declared, change.back))
        full = run(ROOT, "site.yml", *instead)
        run(ROOT, "site.yml", *back)
        tagged = run(ROOT, "site.yml", *instead, "--tags", change.tag)
        run(ROOT, "site.yml", *back, "--tags", change.tag)
        start = start_of(change.services)
        print(line(name, full, second))
        print(line(f"{name}, --tags {change.tag}", tagged, second))
        if change.services:
            print(f"  {'start of ' + ', '.join(change.services):<40} {start:7.1f} s")
        goals |= {
            f"{name}: a tag does what a full run does": 0 < full.changed == tagged.changed,
            f"{name}: at most {MAX_OF_SECOND} of the second run": full.wall - start <= MAX_OF_SECOND * second.wall,
            f"{name}, by its tag: at most half": tagged.wall - start <= MAX_OF_SECOND_BY_TAG * second.wall,
        }
    return goals


def main() -> int:
    """Print the tables; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description="What a run of site.yml costs.")
    parser.add_argument("--before", type=Path, help="another checkout of the collection, set up by `make tools`")
    before = parser.parse_args().before
    costs = second_runs(before)
    second = costs[SECOND]
    print("\nA run that changes nothing (ratios to a ping)")
    for name, cost in costs.items():
        print(line(name, cost, costs[PING]))
    goals = {
        f"at most {MAX_TASKS} tasks": second.tasks <= MAX_TASKS,
        f"at most {MAX_MODULES} module runs": second.modules <= MAX_MODULES,
        f"at most {MAX_PINGS} pings": second.wall <= MAX_PINGS * costs[PING].wall,
        "nothing changed": second.changed == 0,
    }
    if before:
        goals["a third of the CPU of before"] = second.cpu <= MAX_CPU_OF_BEFORE * costs[BEFORE].cpu
    print("\nOne thing changed (ratios to a run that changes nothing; the goals leave a container's own start out)")
    goals |= changes(second)
    print()
    for name, met in goals.items():
        print(f"  {'met   ' if met else 'MISSED'}  {name}")
    return 0 if all(goals.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
