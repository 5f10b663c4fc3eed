# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the resolver says, told apart: addresses, no such name, and no answer."""

from __future__ import annotations

import socket
import typing as t

import pytest
from ansible_collections.igrafx.liveconnect.plugins.lookup.known_addresses import LookupModule

ANSWERS: dict[str, list[str] | int] = {
    "both.example.com": ["192.0.2.1", "2001:db8::1", "192.0.2.1"],
    "none.example.com": socket.EAI_NONAME,
    "empty.example.com": socket.EAI_NODATA,
    "later.example.com": socket.EAI_AGAIN,
    "broken.example.com": socket.EAI_FAIL,
}


def resolve(name: str, *_: object, **__: object) -> list[t.Any]:
    answer = ANSWERS[name]
    if isinstance(answer, int):
        raise socket.gaierror(answer, "as the resolver says")
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in answer]


def test_a_name_that_is_not_there_is_told_from_one_that_nobody_could_be_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    (found,) = LookupModule().run(list(ANSWERS))
    assert found == {
        "both.example.com": ["192.0.2.1", "2001:db8::1"],
        "none.example.com": [],
        "empty.example.com": [],
        "later.example.com": None,
        "broken.example.com": None,
    }
