# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter nginx_password_hash: what nginx checks, salted, the same twice."""

from __future__ import annotations

import base64
import hashlib

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.igrafx.liveconnect.plugins.filter.nginx_password_hash import nginx_password_hash


def test_the_hash_is_checked_as_nginx_checks_it() -> None:
    scheme, _, data = nginx_password_hash("pässword", seed="wk1").partition("}")
    decoded = base64.b64decode(data)

    assert scheme == "{SSHA"
    assert decoded[:20] == hashlib.sha1("pässword".encode() + decoded[20:]).digest()  # noqa: S324
    assert len(decoded) == 36


def test_the_same_input_gives_the_same_hash_and_another_server_another() -> None:
    assert nginx_password_hash("p", seed="a") == nginx_password_hash("p", seed="a")
    assert nginx_password_hash("p", seed="a") != nginx_password_hash("p", seed="b")


@pytest.mark.parametrize(("password", "seed"), [("", "a"), ("p", "")])
def test_empty_input_is_refused(password: str, seed: str) -> None:
    with pytest.raises(AnsibleFilterError, match="must not be empty"):
        nginx_password_hash(password, seed=seed)
