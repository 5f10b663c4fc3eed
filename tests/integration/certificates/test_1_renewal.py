# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A new certificate is loaded without a request that fails; what nginx refuses never replaces what it has."""

from __future__ import annotations

import threading
import typing as t
from pathlib import Path

import pytest
from front import Front, Pair, made

MORE = "/opt/liveconnect/conf/nginx/templates/liveconnect-more.conf.template"


class Visitor(threading.Thread):
    """Opens pages one after the other, each by a connection of its own, until it is told to leave."""

    def __init__(self, front: Front) -> None:
        super().__init__()
        self.front = front
        self.leaves = threading.Event()
        self.seen: list[tuple[str, object]] = []

    def run(self) -> None:
        while not self.leaves.is_set():
            try:
                with self.front.connect() as connection:
                    self.seen.append((connection.fingerprint, connection.get("/")))
            except OSError as error:
                self.seen.append(("", error))


@pytest.fixture
def visitors(front: Front) -> t.Iterator[list[Visitor]]:
    """Three that come and go all the time."""
    crowd = [Visitor(front) for _ in range(3)]
    for visitor in crowd:
        visitor.start()
    try:
        yield crowd
    finally:
        for visitor in crowd:
            visitor.leaves.set()
            visitor.join()


def test_the_second_run_changes_nothing(front: Front, first: Pair) -> None:
    container = front.container

    assert front.play(first.declared).changed == 0
    assert front.play(first.declared, "--check", "--diff").changed == 0
    assert front.container == container
    assert front.served() == first.fingerprint


def test_a_dry_run_tells_that_a_certificate_would_be_loaded(front: Front, first: Pair, tmp_path: Path) -> None:
    dry = front.play(made(tmp_path / "pair").declared, "--check", "--diff")

    assert dry.changed == 2
    assert front.served() == first.fingerprint


def test_renewal_interrupts_nobody(front: Front, visitors: list[Visitor], first: Pair, tmp_path: Path) -> None:
    container, second = front.container, made(tmp_path / "pair")
    with front.connect() as slow:
        slow.request("GET", "/slow")
        answer = slow.getresponse()
        assert answer.read(6) == b"first "

        renewed = front.play(second.declared)

        assert renewed.changed == 2
        assert front.served() == second.fingerprint
        with front.connect() as connection:
            assert connection.get("/go") == (200, "first last")
        assert answer.read() == b"last"
    for visitor in visitors:
        visitor.leaves.set()
        visitor.join()
    seen = [one for visitor in visitors for one in visitor.seen]
    assert {fingerprint for fingerprint, _ in seen} == {first.fingerprint, second.fingerprint}
    assert [found for _, found in seen if found != (200, "first last")] == []
    assert front.container == container


def test_a_reload_that_an_interrupted_run_missed_is_made_up_for(front: Front, tmp_path: Path) -> None:
    before, new = front.served(), made(tmp_path / "new")
    front.run("cp -a /opt/liveconnect/conf/served/certificates /tmp/before")
    assert front.play(new.declared).changed == 2
    # Nginx has the one before, and what lies there is new.
    served = "/opt/liveconnect/conf/served/certificates"
    front.run(f"cp -a {served} /tmp/new && cp -a /tmp/before/. {served} && docker exec nginx nginx -s reload")
    front.wait_until_served(before)
    front.run(f"cp -a /tmp/new/. {served}")
    container = front.container

    assert front.play(new.declared, "--check").changed == 1
    assert front.served() == before
    assert front.play(new.declared).changed == 1
    assert front.served() == new.fingerprint
    assert front.container == container


@pytest.mark.parametrize(
    "case",
    [
        ("", {"certificates_key": "other", "_certificates_problems": []}, "key values mismatch"),
        ("", {"nginx_client_max_body_size": "100 potatoes"}, "invalid number of arguments in"),
        # An operator's own, with a secret of the site in it.
        ("bad_s3cret-word;", {}, "unknown directive"),
    ],
)
def test_what_nginx_refuses_replaces_nothing(
    front: Front, first: Pair, tmp_path: Path, case: tuple[str, dict[str, t.Any], str]
) -> None:
    template, declared, words = case
    container, served = front.container, front.served()
    front.run(f"echo '{template}' > {MORE}")
    if "certificates_key" in declared:
        declared = {**declared, "certificates_key": str(made(tmp_path / "other").key)}

    refused = front.play({**first.declared, "liveconnect_connect_secrets": {"x": "s3cret-word"}, **declared})

    assert refused.code != 0
    assert "nginx refuses what it is to read" in refused.output
    assert words in refused.output
    assert "s3cret-word" not in refused.output
    assert front.container == container
    assert front.served() == served
    # What a power cut would start again.
    health = "docker exec nginx curl -fsS http://127.0.0.1:8080/health"
    front.run(f"docker restart nginx && timeout 60 sh -c 'until {health}; do sleep 0.2; done'")
    assert front.served() == served
    front.run(f"rm {MORE}")


def test_the_next_good_one_is_served(front: Front, first: Pair) -> None:
    front.run(f"echo 'server {{ listen 80; server_name more.example.com; return 200 \"more\"; }}' > {MORE}")

    assert front.play(first.declared).changed > 0
    asked = "curl -s --header 'Host: more.example.com' http://127.0.0.1/"
    assert front.run(f"docker exec nginx {asked}") == "more"
    assert front.served() == first.fingerprint
    assert front.play(first.declared).changed == 0
