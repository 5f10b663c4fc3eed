# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the password of Jupyter, which itself is never told."""

from __future__ import annotations

import pytest
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.jupyter import jupyter_problems


def test_nothing_is_wrong_with_a_password() -> None:
    assert not jupyter_problems("s3cret", "argon2", "vm", has_argon2=True)
    assert not jupyter_problems("s3cret", "sha512", "vm", has_argon2=False)


@pytest.mark.parametrize(
    ("password", "scheme", "seed", "words"),
    [
        ("", "argon2", "vm", "liveconnect_jupyter_password is not set"),
        (None, "argon2", "vm", "liveconnect_jupyter_password is not set"),
        (271828, "sha512", "vm", "is not text: put it in quotes"),
        ("271828", "md5", "vm", "jupyter_password_scheme is 'md5': choose from argon2, sha512."),
        ("271828", "argon2", "", "jupyter_password_seed is not a text, or empty"),
        ("271828", "argon2", None, "jupyter_password_seed is not a text, or empty"),
    ],
)
def test_each_problem_is_one_sentence(password: object, scheme: object, seed: object, words: str) -> None:
    (sentence,) = jupyter_problems(password, scheme, seed, has_argon2=True)

    assert words in sentence
    assert "271828" not in sentence


def test_a_control_machine_without_argon2_is_refused_and_takes_no_other_scheme() -> None:
    (sentence,) = jupyter_problems("271828", "argon2", "vm", has_argon2=False)

    assert "install argon2-cffi" in sentence
    assert "'sha512' for all control machines" in sentence
