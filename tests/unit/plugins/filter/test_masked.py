# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What other programs said is shown without any secret of the site."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml
from ansible_collections.igrafx.liveconnect.plugins.filter.masked import masked
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.roles import specifications
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.specification import with_options_of_roles
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[4]
SECRET = 'pa$s\\w"ö rd'
WRITTEN = (
    SECRET,
    json.dumps(SECRET),
    json.dumps(SECRET, ensure_ascii=False),
    quote(SECRET),
    SECRET.replace("$", "$$"),
)
NAMES = st.sampled_from(["liveconnect_pipelines", "sftp_users", "compose_connect_secrets", "x"])
HASHES = (
    "$6$rounds=5000$salt$wZU8LXJfJJqoagopbB7RuK6JEotEMZ0CQDy0phpPAuLMYQFcmf6L6BdAbs/Q7w7o1qsZ9pFqFVY4yuUSWgaYt1",
    "$y$j9T$abcdefgh$9WNEpu8Mx2S4KNGvbVWKM6clOSoY6.YEl7AYF4DGV04",
    "$2y$05$aaaaaaaaaaaaaaaaaaaaaOEqz3KoKH6bru/RRpFuAJrwlceiJnvGu",
    "$apr1$abcdefgh$9WNEpu8Mx2S4KNGvbVWKM6",
    "argon2:$argon2id$v=19$m=10240,t=10,p=8$c2FsdHNhbHRzYWx0$Zm9vYmFyYmF6",
)


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize(
    "declared",
    [
        {"liveconnect_postgres_password": SECRET},
        {"compose_connect_secrets": {"jira": {"deep": [SECRET]}}},
        {"liveconnect_pipelines": [{"name": "incidents", "ksql_secrets": {"token": SECRET}}]},
        {"workgroup_postgres": {"host": "platform", "user": "x", "password": SECRET}},
    ],
)
def test_a_secret_of_any_variable_is_masked_however_it_is_written(written: str, declared: dict[str, t.Any]) -> None:
    assert masked(f"FATAL: <{written}> is wrong", declared).count("*") >= 8
    assert written not in masked(f"FATAL: <{written}> is wrong", declared)


def test_what_is_no_secret_stays() -> None:
    declared = {
        "liveconnect_sftp_users": [{"name": "acme", "uid": 1001, "password_hash": HASHES[0]}],
        "liveconnect_pipelines": [{"name": "incidents", "ksql_variables": {"topic": "orders"}}],
        "liveconnect_connect_secrets": {"x": None, "y": "", "z": "1"},
        "compose_memory_limits": {"sftp": "160m"},
    }
    said = "[create-sftp-user] acme:1001 incidents orders 160m costs $5 or $6, in 11 lines"

    assert masked(said, declared) == said
    assert masked(said, {}) == said


@pytest.mark.parametrize("hashed", HASHES)
def test_a_hash_is_masked_whoever_declared_it(hashed: str) -> None:
    shown = masked(f'Parsing user data: "globex:{hashed}:e:1002:100:upload"', {})

    assert shown.endswith('********:e:1002:100:upload"')
    assert hashed.rpartition("$")[2] not in shown


def test_what_is_made_on_the_node_and_private_keys_are_masked() -> None:
    key = "-----BEGIN PRIVATE KEY-----\nMIGHAgEA\nc3VwZXI=\n-----END PRIVATE KEY-----"

    assert masked("login with made0nNode", {}, secrets=["", "made0nNode"]) == "login with ********"
    assert "MIGH" not in masked(f"read {key}, which is wrong", {})
    assert "c3Vw" not in masked(key.rpartition("\n")[0], {})


@given(st.text(), st.dictionaries(NAMES, st.none() | st.integers() | st.lists(st.none() | st.text())))
def test_whatever_is_declared_and_said_comes_to_text(said: str, declared: dict[str, t.Any]) -> None:
    assert isinstance(masked(said, declared), str)


def holds_secret(option: dict[str, t.Any]) -> bool:
    return option.get("no_log", False) or any(map(holds_secret, (option.get("options") or {}).values()))


def test_the_site_hands_over_every_variable_that_holds_a_secret() -> None:
    entries = [entry["options"] for entry in (one for role in specifications().values() for one in role.values())]
    options = with_options_of_roles({name: option for entry in entries for name, option in entry.items()}, entries)
    listed = yaml.safe_load((ROOT / "roles/liveconnect/vars/main.yml").read_text())["_liveconnect_secret_variables"]

    assert sorted(listed) == sorted(name for name, option in options.items() if holds_secret(option))
