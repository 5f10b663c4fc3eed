# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rule, with the names of a site."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible_collections.igrafx.liveconnect.plugins.filter.declaration_problems import declaration_problems
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.names import unknown_variables
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.roles import specifications

SITE = Path(__file__).resolve().parents[4] / "roles" / "liveconnect" / "meta" / "argument_specs.yml"
PREFIX = "liveconnect_"


@pytest.fixture(scope="module")
def known() -> list[str]:
    specification = yaml.load(SITE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return list(specification["argument_specs"]["variables"]["options"])


def test_what_is_known_is_not_mentioned(known: list[str]) -> None:
    assert unknown_variables(known, known, PREFIX) == []
    assert unknown_variables([], known, PREFIX) == []


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("liveconnect_pipeline", "liveconnect_pipelines"),
        ("liveconnect_plugin", "liveconnect_plugins"),
        ("liveconnect_sftp_user", "liveconnect_sftp_users"),
        ("liveconnect_workgroupid", "liveconnect_workgroup_id"),
        ("liveconnect_adress_translated", "liveconnect_address_translated"),
        ("liveconnect_accept_licences", "liveconnect_accept_licenses"),
        ("liveconnect_component", "liveconnect_components"),
    ],
)
def test_a_misspelt_name_is_told_with_what_was_meant(known: list[str], written: str, meant: str) -> None:
    assert unknown_variables([written], known, PREFIX) == [
        f"{written} is not a variable that anything reads: did you mean {meant}?"
    ]


@pytest.mark.parametrize("written", ["liveconnect_sftp_port", "liveconnect_region"])
def test_a_name_that_is_like_none_is_told_with_what_to_do(known: list[str], written: str) -> None:
    (sentence,) = unknown_variables([written], known, PREFIX)

    assert sentence.startswith(f"{written} is not a variable that anything reads: correct it")
    assert "a variable of your own begin otherwise than with liveconnect_" in sentence


def test_one_sentence_for_each_in_the_order_of_the_names(known: list[str]) -> None:
    found = unknown_variables(["liveconnect_zebra", "liveconnect_plugin", *known], known, PREFIX)

    assert [sentence.split()[0] for sentence in found] == ["liveconnect_plugin", "liveconnect_zebra"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("compose_heap_size", "compose_heap_sizes"),
        ("compose_memory_limit", "compose_memory_limits"),
        ("compose_sftp_prot", "compose_sftp_port"),
        ("sftp_prot", "compose_sftp_port"),
        ("sftp_port", "compose_sftp_port"),
        ("sftp_user", "sftp_users"),
        ("docker_sources", "docker_source"),
        ("certificates_renew_befor", "certificates_renew_before"),
        ("workgroup_allow_internal_adress", "workgroup_allow_internal_address"),
    ],
)
def test_a_misspelt_option_of_a_role_is_told_with_what_was_meant(written: str, meant: str) -> None:
    (sentence,) = declaration_problems({}, [written])

    assert sentence.startswith(f"{written} is not a variable that anything reads: did you mean {meant}? Give")


# Of roles that many sites have beside these, of Ansible itself, and of these roles.
STRANGERS = """
docker_users docker_edition docker_packages docker_package_state docker_service_manage docker_service_state
docker_service_enabled docker_install_compose_plugin docker_compose_version docker_compose_path docker_add_repo
docker_repo_url docker_apt_release_channel docker_apt_arch docker_daemon_options docker_host docker_network
nginx_user nginx_worker_processes nginx_worker_connections nginx_keepalive_timeout nginx_server_tokens nginx_vhosts
nginx_remove_default_vhost nginx_client_max_body_size nginx_extra_http_options nginx_ppa_use
nginx_upstreams firewall_state firewall_enabled_at_boot firewall_allowed_tcp_ports firewall_additional_rules
certificates certificates_path jupyter_version node_version node_exporter_version nodejs_version packages
packages_to_install packages_extra site site_name site_url sites compose_project compose_version compose_file
sftp_group sftp_chroot sftp_home_partition node_id workgroup dbt_version pipelines_repo preflight_done
ansible_host inventory_hostname compose_external_credentials
"""


def test_variables_of_others_pass() -> None:
    assert declaration_problems({}, STRANGERS.split()) == []


def test_all_options_of_the_roles_pass_and_are_told_apart() -> None:
    names = {name for entries in specifications().values() for entry in entries.values() for name in entry["options"]}

    assert declaration_problems({}, names) == []
