# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hash has the form that Jupyter reads, and is the same in every run."""

from __future__ import annotations

import hashlib
import sys

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.igrafx.liveconnect.plugins.filter import jupyter_password_hash as plugin
from ansible_collections.igrafx.liveconnect.plugins.filter.jupyter_password_hash import jupyter_password_hash

# Computed with argon2-cffi: hash_secret(b"pässword", salt, 10, 10240, 8, 32, Type.ID).
ARGON2 = "argon2:$argon2id$v=19$m=10240,t=10,p=8$uEn6II2uQu/1vyrjnzb05Q$D6lg0DTWqBoHACVCZGJ410/5J4CdefnzcjCOwyhADW4"


def test_sha512_is_verified_the_way_jupyter_does_it() -> None:
    algorithm, salt, digest = jupyter_password_hash("pässword", "node1", "sha512").split(":")

    assert len(salt) == 12
    assert hashlib.new(algorithm, "pässword".encode() + salt.encode("ascii")).hexdigest() == digest


def test_argon2_has_jupyters_parameters_whichever_library_makes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for hidden in ("cryptography.hazmat.primitives.kdf.argon2", "argon2.low_level"):
        with monkeypatch.context() as context:
            context.setitem(sys.modules, hidden, None)
            if plugin.argon2id(b"x", b"y" * 16) is not None:
                assert jupyter_password_hash("pässword", "node1", "argon2") == ARGON2


def test_without_argon2_auto_falls_back_and_argon2_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugin, "argon2id", lambda _password, _salt: None)

    assert jupyter_password_hash("p", "node1").startswith("sha512:")
    with pytest.raises(AnsibleFilterError, match="argon2-cffi"):
        jupyter_password_hash("p", "node1", "argon2")


def test_the_salt_comes_from_the_seed_alone() -> None:
    first = jupyter_password_hash("p", "node1", "sha512")

    assert jupyter_password_hash("p", "node1", "sha512") == first
    assert jupyter_password_hash("p", "node2", "sha512") != first
    assert jupyter_password_hash("q", "node1", "sha512").startswith(first.rpartition(":")[0])


@pytest.mark.parametrize(("password", "seed", "scheme"), [("", "s", "auto"), ("p", "", "auto"), ("p", "s", "md5")])
def test_bad_input_is_refused(password: str, seed: str, scheme: str) -> None:
    with pytest.raises(AnsibleFilterError, match="jupyter_password_hash"):
        jupyter_password_hash(password, seed, scheme)
