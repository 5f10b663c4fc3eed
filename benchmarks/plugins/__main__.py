# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``confluent_hub_plugin`` beside an empty task, beside curl with tar and unzip, and its memory."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import PLAY_ROUNDS, Goal, play, side_by_side, table

from .archives import MEGABYTE, hub, publish, publish_package

MODULE = "ansible_collections.igrafx.liveconnect.plugins.modules.confluent_hub_plugin"
INSTALLED = 20
COLD = {"one": 60 * MEGABYTE, "two": 40 * MEGABYTE}
COLD_PACKAGE = 40 * MEGABYTE
SIZES = (20 * MEGABYTE, 500 * MEGABYTE)
MEMORY_LIMIT_MB = 100


def run_module(root: Path, **options: object) -> float:
    """Run the module as a process of its own, as Ansible does on a node; its peak memory in megabytes."""
    arguments = root / "arguments.json"
    arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": options}), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": os.environ["ANSIBLE_COLLECTIONS_PATH"]}
    process = subprocess.Popen(
        [sys.executable, "-m", MODULE, str(arguments)], stdout=subprocess.PIPE, env=environment, text=True
    )
    with process:
        output = process.stdout.read() if process.stdout else ""
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0 or not json.loads(output)["changed"]:
        raise RuntimeError(output)
    return usage.ru_maxrss * 1024 / MEGABYTE


def shell(script: str) -> None:
    """Run a script that must succeed."""
    subprocess.run(["sh", "-ec", script], check=True)


def nothing_to_do(root: Path) -> bool:
    """The second run with many plugins, beside a task that does nothing and beside reinstalling them all."""
    names = [f"plugin{number}" for number in range(INSTALLED)]
    for name in names:
        publish(root, name, MEGABYTE, jars=30)
    with hub(root) as url:
        task: dict[str, object] = {
            "igrafx.liveconnect.confluent_hub_plugin": {
                "dest": str(root / "plugins"),
                "hub_url": url,
                "plugins": [{"name": f"bench/{name}:1.0"} for name in names],
            }
        }
        archive = f"{url}/api/plugins/bench/{{{{ item }}}}/versions/1.0/archive"
        directory = f"{root}/again/{{{{ item }}}}"
        reinstall: dict[str, object] = {
            "ansible.builtin.command": {
                "argv": [
                    "sh",
                    "-ec",
                    f"rm -rf {directory}; mkdir -p {directory}; curl -sSfLo {directory}.zip {archive}; "
                    f"unzip -qd {directory} {directory}.zip; rm {directory}.zip",
                ]
            },
            "loop": names,
        }
        play(task)()
        cases = {"an empty task": play({"ansible.builtin.ping": {}}), "confluent_hub_plugin": play(task)}
        seconds = side_by_side(cases, PLAY_ROUNDS)
        seconds |= side_by_side({"a process per plugin, always reinstalling": play(reinstall)}, rounds=1)
    return table(
        f"Second run, {INSTALLED} plugins of 30 jars, nothing to do (whole plays)",
        seconds,
        {"confluent_hub_plugin": Goal("an empty task", 1.2)},
    )


def cold_install(root: Path) -> bool:
    """Three plugins onto an empty node, beside the same by hand; ours verifies checksums, by hand nothing does."""
    for name, size in COLD.items():
        publish(root, name, size)
    publish_package(root, "three", COLD_PACKAGE)
    ours, theirs = root / "ours", root / "theirs"
    package = "org/example/three/1.0/three-1.0-package.tar.gz"
    with hub(root) as url:

        def by_hand() -> None:
            shutil.rmtree(theirs, ignore_errors=True)
            theirs.mkdir()
            for name in COLD:
                archive = f"{url}/api/plugins/bench/{name}/versions/1.0/archive"
                shell(f"cd {theirs}; curl -sSfLo a.zip {archive}; unzip -q a.zip; rm a.zip")
            shell(f"cd {theirs}; curl -sSfLo a.tar.gz {url}/maven2/{package}; tar -xzf a.tar.gz; rm a.tar.gz")

        def by_module() -> None:
            shutil.rmtree(ours, ignore_errors=True)
            run_module(
                root,
                dest=str(ours / "plugins"),
                hub_url=url,
                maven_repository=f"{url}/maven2",
                plugins=[
                    *({"name": f"bench/{name}:1.0"} for name in COLD),
                    {"maven": "org.example:three:1.0:package@tar.gz"},
                ],
            )

        seconds = side_by_side({"curl with unzip and tar": by_hand, "confluent_hub_plugin": by_module})
    megabytes = (sum(COLD.values()) + COLD_PACKAGE) // MEGABYTE
    return table(
        f"Cold install of three plugins, {megabytes} MB in all (processes alone, without Ansible's own start)",
        seconds,
        {"confluent_hub_plugin": Goal("curl with unzip and tar", 1.2)},
    )


def memory(root: Path) -> bool:
    """The module's peak memory by the size of the archive."""
    print(f"\nPeak memory of one installation (at most {MEMORY_LIMIT_MB} MB)")
    reached = True
    for size in SIZES:
        megabytes = size // MEGABYTE
        publish(root, f"zip{megabytes}", size)
        publish_package(root, f"tar{megabytes}", size)
        with hub(root) as url:
            for declared in (
                {"name": f"bench/zip{megabytes}:1.0"},
                {"maven": f"org.example:tar{megabytes}:1.0:package@tar.gz"},
            ):
                dest = root / "dest"
                peak = run_module(
                    root, dest=str(dest), hub_url=url, maven_repository=f"{url}/maven2", plugins=[declared]
                )
                shutil.rmtree(dest)
                met = peak <= MEMORY_LIMIT_MB
                reached = reached and met
                kind = "zip" if "name" in declared else "tar.gz"
                print(f"  {kind:<6} of {megabytes:3} MB  {peak:6.1f} MB  ({'met' if met else 'MISSED'})")
    return reached


def main() -> int:
    """All three; 1 when a goal is missed."""
    reached = []
    for part in (nothing_to_do, cold_install, memory):
        with tempfile.TemporaryDirectory(prefix="plugins-") as root:
            reached.append(part(Path(root)))
    return 0 if all(reached) else 1


if __name__ == "__main__":
    sys.exit(main())
