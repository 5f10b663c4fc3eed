# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the proof of reachability logs in with is what is declared now, whatever an earlier declaration left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

pytestmark = pytest.mark.component


@pytest.fixture
def asked(tmp_path: Path) -> t.Callable[..., dict[str, t.Any]]:
    """What the proof is asked on a node that once was self-signed, for these variables of its site."""
    node = tmp_path / "node"
    for name, content in {
        "conf/external/credentials.env": "EXTERNAL_USER='platform'\nEXTERNAL_PASSWORD='p4sswd'\n",
        "conf/certificates-authority/ca.crt": "the node's own\n",
    }.items():
        (node / name).parent.mkdir(parents=True)
        (node / name).write_text(content)
    (tmp_path / "company.crt").write_text("the company's\n")
    (tmp_path / "hosts").write_text("localhost ansible_connection=local\n")

    def run(**variables: t.Any) -> dict[str, t.Any]:
        site = {
            "liveconnect_directory": str(node),
            "liveconnect_advertised_address": "192.0.2.1",
            "liveconnect_external_security": "sasl_ssl",
            "workgroup_api": {"host": "platform-vm"},
        }
        result = {"dest": str(tmp_path / "question"), "content": "{{ _workgroup_connections | to_json }}"}
        play = {
            "hosts": "localhost",
            "gather_facts": False,
            "vars_files": [str(ROOT / f"roles/{role}/defaults/main.yml") for role in ("liveconnect", "workgroup")]
            + [str(ROOT / f"roles/{role}/vars/main.yml") for role in ("liveconnect", "workgroup")],
            "tasks": [
                {"ansible.builtin.import_tasks": str(ROOT / "playbooks/tasks/login.yml")},
                {"ansible.builtin.copy": result | {"mode": "0600"}},
            ],
        }
        # Over the files of variables, as an inventory's are over a role's defaults.
        (tmp_path / "site.json").write_text(json.dumps(site | variables))
        play["vars_files"].append(str(tmp_path / "site.json"))
        (tmp_path / "play.yml").write_text(json.dumps([play]))
        command = [Path(sys.executable).with_name("ansible-playbook"), "-i", tmp_path / "hosts", tmp_path / "play.yml"]
        environment = os.environ | {"ANSIBLE_PYTHON_INTERPRETER": sys.executable}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
        question: dict[str, t.Any] = json.loads((tmp_path / "question").read_text())
        return question

    return run


def test_an_authority_that_an_earlier_declaration_left_is_not_read(asked: t.Callable[..., dict[str, t.Any]]) -> None:
    question = asked(liveconnect_certificates_source="files", liveconnect_platform={"ca_cert": "company.crt"})

    assert question["security"] == {"user": "platform", "password": "p4sswd", "ca_cert": "the company's"}
    assert "liveconnect_platform.ca_cert" in question["remedies"]["not trusted"]

    # Without it, whom the platform's host trusts.
    assert asked(liveconnect_certificates_source="files")["security"]["ca_cert"] == ""


def test_the_authority_of_a_self_signed_site_is_read_and_what_to_do_is_run_it(
    asked: t.Callable[..., dict[str, t.Any]],
) -> None:
    question = asked(liveconnect_certificates_source="selfsigned", liveconnect_platform={"ca_cert": "company.crt"})

    assert question["security"]["ca_cert"] == "the node's own\n"
    assert not any("workgroup_" in remedy for remedy in question["remedies"].values())
