# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hash has the form that Jupyter reads, and is the same in every run."""

from __future__ import annotations

import hashlib
import sys

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.igrafx.liveconnect.plugins.filter.jupyter_password_hash import jupyter_password_hash
from ansible_collections.igrafx.liveconnect.plugins.filter.jupyter_problems import jupyter_problems
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site import argon2

# Computed with argon2-cffi: hash_secret(b"pässword", salt, 10, 10240, 8, 32, Type.ID).
LIBRARIES = ("cryptography.hazmat.primitives.kdf.argon2", "argon2.low_level")
ARGON2 = "argon2:$argon2id$v=19$m=10240,t=10,p=8$uEn6II2uQu/1vyrjnzb05Q$D6lg0DTWqBoHACVCZGJ410/5J4CdefnzcjCOwyhADW4"


def test_sha512_is_verified_the_way_jupyter_does_it() -> None:
    algorithm, salt, digest = jupyter_password_hash("pässword", "node1", "sha512").split(":")

    assert len(salt) == 12
    assert hashlib.new(algorithm, "pässword".encode() + salt.encode("ascii")).hexdigest() == digest


def test_argon2_has_jupyters_parameters_whichever_library_makes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for hidden in LIBRARIES:
        with monkeypatch.context() as context:
            context.setitem(sys.modules, hidden, None)
            if argon2.has_argon2id():
                assert jupyter_password_hash("pässword", "node1", "argon2") == ARGON2


def test_a_control_machine_without_argon2_makes_no_other_hash_than_those_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert jupyter_password_hash("pässword", "node1") == ARGON2
    for hidden in LIBRARIES:
        monkeypatch.setitem(sys.modules, hidden, None)

    with pytest.raises(AnsibleFilterError, match="install argon2-cffi there"):
        jupyter_password_hash("pässword", "node1")
    assert len(jupyter_problems("p", "argon2", "node1")) == 1
    assert jupyter_problems("p", "sha512", "node1") == []


def test_the_salt_comes_from_the_seed_alone() -> None:
    first = jupyter_password_hash("p", "node1", "sha512")

    assert jupyter_password_hash("p", "node1", "sha512") == first
    assert jupyter_password_hash("p", "node2", "sha512") != first
    assert jupyter_password_hash("q", "node1", "sha512").startswith(first.rpartition(":")[0])


@pytest.mark.parametrize(("password", "seed", "scheme"), [("", "s", "argon2"), ("p", "", "argon2"), ("p", "s", "auto")])
def test_bad_input_is_refused(password: str, seed: str, scheme: str) -> None:
    with pytest.raises(AnsibleFilterError, match="jupyter_password_hash"):
        jupyter_password_hash(password, seed, scheme)
