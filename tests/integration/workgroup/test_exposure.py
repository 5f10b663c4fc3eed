# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Only the platform gets in, past everything that Docker does; the rules come back after whatever takes them away."""

from __future__ import annotations

import json
import typing as t

import pytest

if t.TYPE_CHECKING:
    from conftest import Played, Site

PORTS = (8081, 19092)
LIST = "nft list table inet liveconnect"
# Waits for Docker, and for the rules that it makes when it starts.
DOCKERS = (
    "timeout 120 sh -c 'until systemctl is-active --quiet docker && iptables --wait --table nat --list-rules DOCKER"
    " && iptables --wait --list-rules DOCKER; do sleep 0.2; done' >/dev/null 2>&1"
)
# The lab has no IPv6; two networks of their own on the node have. One loads the rules and listens, the other connects
# from 2001:db8::7 and from 2001:db9::7.
OVER_IPV6 = """
probe=$(cat)
trap 'ip netns delete inside; ip netns delete outside' EXIT
ip netns add inside
ip netns add outside
ip link add veth0 netns inside type veth peer name veth0 netns outside
for side in inside outside; do
    ip netns exec $side sh -c 'echo 0 > /proc/sys/net/ipv6/conf/all/disable_ipv6'
    ip -n $side link set lo up
    ip -n $side link set veth0 up
done
for network in 2001:db8 2001:db9; do
    ip -n inside address add $network::1/64 dev veth0 nodad
    ip -n outside address add $network::7/64 dev veth0 nodad
done
ip netns exec inside nft --file /etc/liveconnect-firewall.nft
ip netns exec inside timeout 30 python3 -m http.server --bind :: 8081 > /dev/null 2>&1 &
until ip netns exec inside python3 -c "$probe" ::1 8081 | grep -q open; do sleep 0.2; done
for network in 2001:db8 2001:db9; do ip netns exec outside python3 -c "$probe" $network::1 8081; done
"""


# One datagram comes and goes back; the port is that of the registry, but of UDP.
UDP_ECHO = """
import socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
    server.settimeout(30)
    server.bind(("", 8081))
    server.sendto(*server.recvfrom(16))
"""
UDP_QUESTION = """
import socket, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
    client.settimeout(1)
    for _ in range(20):
        client.sendto(b"hello", (sys.argv[1], 8081))
        try:
            print(client.recv(16).decode())
            break
        except (TimeoutError, ConnectionRefusedError):
            pass
"""


def firewall(site: Site, *arguments: str) -> Played:
    return site.play("tests/integration/workgroup/firewall.yml", *arguments)


def assert_only_the_platform_gets_in(site: Site) -> None:
    for port in PORTS:
        site.wait_until_open("platform-vm", site.node, port)
        assert site.probe("stranger", site.node, port) == "timed out"


@pytest.fixture(scope="module")
def containers(site: Site) -> dict[str, str]:
    """Name -> own address of the containers; the stranger has a route to their network."""
    names = ("broker", "schema-registry")
    form = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
    found = site.run("liveconnect-vm", f"docker inspect --format '{form}' {' '.join(names)}").split()
    site.run("stranger", f"ip route replace {found[0].rpartition('.')[0]}.0/24 via {site.node}")
    return dict(zip(names, found, strict=True))


def test_without_rules_everybody_gets_in_by_every_way(site: Site, containers: dict[str, str]) -> None:
    for port in PORTS:
        assert site.probe("stranger", site.node, port) == "open"
    assert site.probe("stranger", containers["schema-registry"], 8081) == "open"


def test_a_dry_run_on_the_bare_node_shows_the_rules_and_touches_nothing(site: Site) -> None:
    dry = firewall(site, "--check", "--diff")

    assert dry.changed >= 2
    assert "+		tcp dport != { 8081, 19092 } accept" in dry.output
    assert site.run("liveconnect-vm", "ls /etc/liveconnect-firewall.nft || true") == ""


def test_they_are_loaded_once(site: Site) -> None:
    assert site.play("site.yml", "--tags", "firewall", "--skip-tags", "preflight").changed >= 2
    assert firewall(site).changed == 0
    assert firewall(site, "--check", "--diff").changed == 0


def test_the_platform_gets_in_and_so_does_its_container(site: Site) -> None:
    for port in PORTS:
        assert site.probe("platform-vm", site.node, port) == "open"
        assert site.probe("platform-vm", site.node, port, container="api") == "open"


def test_another_machine_does_not_even_around_the_published_ports(site: Site, containers: dict[str, str]) -> None:
    for port in PORTS:
        assert site.probe("stranger", site.node, port) == "timed out"
    assert site.probe("stranger", containers["schema-registry"], 8081) == "timed out"
    # The containers' own port, which nothing publishes.
    assert site.probe("stranger", containers["broker"], 29092) == "timed out"
    assert site.probe("stranger", site.node, 22) == "open"


def test_what_is_not_tcp_stays_as_it_is_so_that_name_servers_answer(site: Site) -> None:
    site.run("liveconnect-vm", "cat > /tmp/echo.py; nohup timeout 30 python3 /tmp/echo.py > /dev/null 2>&1 &", UDP_ECHO)

    assert site.run("stranger", f"python3 - {site.node}", UDP_QUESTION) == "hello"


def test_a_third_container_on_the_node_does_not(site: Site) -> None:
    for port in PORTS:
        assert site.probe("liveconnect-vm", site.node, port, container="third") == "timed out"


def test_the_node_and_the_containers_among_themselves_do(site: Site, containers: dict[str, str]) -> None:
    for port in PORTS:
        assert site.probe("liveconnect-vm", site.node, port) == "open"
    assert site.probe("liveconnect-vm", containers["broker"], 29092, container="schema-registry") == "open"
    assert site.probe("liveconnect-vm", "schema-registry", 8081, container="schema-registry") == "open"


def test_over_ipv6_too_only_the_given_addresses_get_in(site: Site) -> None:
    addresses = json.dumps({"firewall_addresses": ["192.0.2.7", "2001:db8::/64"]})

    assert firewall(site, "-e", addresses).changed == 2
    assert site.run("liveconnect-vm", OVER_IPV6, site.PROBE).splitlines() == ["open", "timed out"]
    assert site.probe("platform-vm", site.node, 19092) == "timed out"


def test_a_platform_that_is_kept_out_is_told_of_the_firewall_and_not_registered(site: Site) -> None:
    played = site.play("playbooks/register.yml", "-e", "workgroup_timeout=1")

    assert played.code != 0
    assert "the connection timed out. A firewall drops it" in " ".join(played.output.split())
    assert site.row() == ["", ""]
    assert firewall(site).changed == 2


@pytest.mark.parametrize(
    "command",
    [
        "systemctl start nftables",
        "systemctl reload nftables",
        "systemctl restart nftables",
        "systemctl stop nftables",
        "systemctl restart docker",
    ],
)
def test_they_are_there_again_after(site: Site, command: str) -> None:
    site.run("liveconnect-vm", command)

    assert "chain exposure" in site.run("liveconnect-vm", LIST)
    assert_only_the_platform_gets_in(site)


def test_dockers_own_rules_come_back_however_often_nftables_starts(site: Site) -> None:
    # More often in a row than systemd lets Docker start in a minute, and less than it lets nftables in ten seconds.
    for _ in range(4):
        site.run("liveconnect-vm", f"systemctl restart nftables; {DOCKERS}")
    for command in ("reload", "stop", "start"):
        site.run("liveconnect-vm", f"systemctl {command} nftables; {DOCKERS}")

    assert_only_the_platform_gets_in(site)
    assert firewall(site).changed == 0


def test_what_somebody_emptied_is_seen_by_a_dry_run_and_repaired(site: Site) -> None:
    site.run("liveconnect-vm", "nft flush chain inet liveconnect exposure")

    assert firewall(site, "--check").changed == 1
    assert site.probe("stranger", site.node, 8081) == "open"
    assert firewall(site).changed == 1
    assert_only_the_platform_gets_in(site)


def test_they_are_there_again_after_a_power_cycle(site: Site) -> None:
    site.reboot()

    assert_only_the_platform_gets_in(site)
    assert site.run("liveconnect-vm", "systemctl is-active liveconnect-firewall") == "active"
    assert firewall(site).changed == 0


@pytest.mark.parametrize("address", ["platform.example.com", "192.168.1.5/24"])
def test_what_is_no_address_is_refused(site: Site, address: str) -> None:
    played = firewall(site, "-e", json.dumps({"firewall_addresses": [address]}))

    assert played.code != 0
    assert f"firewall_addresses): {address}: write IP addresses" in " ".join(played.output.split())


def test_taken_away_nothing_of_them_is_left(site: Site) -> None:
    undeclared = ("-e", '{"liveconnect_platform": {}}')
    off = (*undeclared, "-e", "firewall_state=absent")

    refused = firewall(site, *undeclared)
    assert refused.code != 0
    assert "set firewall_state to absent" in " ".join(refused.output.split())
    assert firewall(site, *off, "--check", "--diff").changed >= 2
    assert_only_the_platform_gets_in(site)
    assert firewall(site, *off).changed >= 2
    assert site.probe("stranger", site.node, 8081) == "open"
    files = "find /etc/liveconnect-firewall.nft /etc/systemd/system -name '*liveconnect*'"
    assert site.run("liveconnect-vm", f"{LIST} || {files} || true") == ""
    assert firewall(site, *off).changed == 0
