# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The users of the SFTP server: everything that is wrong with them at once, and their defaults."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.igrafx.liveconnect.plugins.filter.sftp_problems import sftp_problems
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.sftp import users
from hypothesis import given
from hypothesis import strategies as st

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICNJKS4vFTRPpkX7bGRFwBimgrmP04uFVmiuCQhXBfi acme"
PRIVATE = "-----BEGIN OPENSSH PRIVATE KEY-----\ns3cret\n-----END OPENSSH PRIVATE KEY-----"
# The password is x.
HASHES = (
    "$6$rounds=5000$salt$wZU8LXJfJJqoagopbB7RuK6JEotEMZ0CQDy0phpPAuLMYQFcmf6L6BdAbs/Q7w7o1qsZ9pFqFVY4yuUSWgaYt1",
    "$5$V5pw19oHyqRokFNQ$GF/pR0xWmpwvwXTrxOkGflWHBlRGh0/A0gRNnelp7l7",
    "$y$j9T$abcdefgh$9WNEpu8Mx2S4KNGvbVWKM6clOSoY6.YEl7AYF4DGV04",
    "$gy$j9T$abcd$e0HwUh/.s28spxn1e6mI6rMQY4djQrJnvwkfdofgpY3",
    "$7$CU..../....abcdefgh$19TzpFZ5AwP26vdEMbfvWacoVUfd2MfVusFAVFilh.C",
    "$2b$05$aaaaaaaaaaaaaaaaaaaaaOEqz3KoKH6bru/RRpFuAJrwlceiJnvGu",
)
HASH = HASHES[0]
CLEAR = ("open sesame", HASH + "\n", "sesame", "$6$sesame", "$6$salt$sesame", HASH[:-1], "$2b$sesame", f"x:{HASH}")
FILES = {"/site/acme.pub": f"# of Acme\n\n{KEY}\n", "/site/acme": PRIVATE, "/site/empty.pub": "# none\n"}
BAD_NAMES = ("", None, "-a", "a b", "a" * 33, "..", "a/b", "ä", "a\n")
IMAGES_OWN = ("root", "backup", "mail", "nobody", "sshd", "daemon", "www-data", "_apt")
BAD_DIRECTORIES = ("", "a/b", "..", ".x", "-x", "x\n")


def acme(**change: t.Any) -> dict[str, t.Any]:
    return {"name": "acme", "uid": 1001, "public_keys": ["/site/acme.pub"], **change}


def said(*users: t.Any) -> list[str]:
    return sftp_problems(list(users), FILES, "liveconnect_sftp_users")


def test_nothing_is_wrong_with_users_that_can_log_in() -> None:
    assert not said(
        acme(),
        acme(name=".globex-2", uid="1002", gid="200", public_keys=[KEY], directories=["in", "out_1"], writable=["in"]),
        acme(name="initech", uid=1003, public_keys=None, password_hash=HASH, writable=[]),
        *(acme(name=f"user{number}", uid=2000 + number, password_hash=one) for number, one in enumerate(HASHES)),
        acme(name="rich", uid=2**32 - 2, gid=0),
        acme(name="hooli", uid=1004, public_keys=f"{KEY}\n{KEY}", password_hash=None, directories=None),
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        *(({"name": name}, "cannot be a user's name") for name in BAD_NAMES),
        ({"uid": None}, "the uid of acme is not a number"),
        ({"uid": "many"}, "the uid of acme is not a number"),
        ({"uid": [1001]}, "the uid of acme is not a number"),
        ({"gid": "users"}, "the gid of acme is not a number"),
        ({"uid": 999}, "the uid of acme is below 1000"),
        *(({"name": name}, f"{name} is a name that the server's system has itself") for name in IMAGES_OWN),
        *(({"uid": number}, "the uid of acme is beyond what the system can") for number in (65534, 65535, 2**32 - 1)),
        *(({"gid": number}, "the gid of acme is beyond what the system can") for number in (-1, "65534", 2**32)),
        *(({"password_hash": clear}, "the password_hash of acme is not a crypt(5) hash") for clear in CLEAR),
        ({"public_keys": []}, "acme could not log in"),
        ({"public_keys": ["/site/gone.pub"]}, "there is no file /site/gone.pub on the control machine"),
        ({"public_keys": ["/site/acme"]}, "what acme has in public_keys is not made of public keys"),
        ({"public_keys": ["/site/empty.pub"]}, "what acme has in public_keys is not made of public keys"),
        ({"public_keys": [PRIVATE]}, "what acme has in public_keys is not made of public keys"),
        ({"public_keys": [KEY + "\nrm -rf /"]}, "what acme has in public_keys is not made of public keys"),
        *(({"directories": [name], "writable": []}, "cannot be a directory of acme") for name in BAD_DIRECTORIES),
        ({"writable": ["upload", "done"]}, "acme may write to done, which is not among the user's directories"),
    ],
)  # fmt: skip
def test_each_problem_is_one_sentence_that_names_the_variable(change: dict[str, t.Any], words: str) -> None:
    (sentence,) = said(acme(**change))

    assert sentence.startswith("liveconnect_sftp_users: ")
    assert words in sentence
    assert "s3cret" not in sentence
    assert "sesame" not in sentence


def test_names_and_numbers_are_each_users_own() -> None:
    twice = said(acme(), acme(uid="1001"))

    assert "two users have the same name (acme)" in twice[0]
    assert "two users have the same uid (1001)" in twice[1]


def test_a_server_without_users_which_would_not_start_is_told() -> None:
    (sentence,) = said()

    assert sentence.startswith("liveconnect_sftp_users is empty, and the SFTP server does not start without a user")


@pytest.mark.parametrize("declared", [None, 7, "acme", {"name": "acme"}])
def test_what_is_no_list_is_told(declared: object) -> None:
    (sentence,) = sftp_problems(declared, {})

    assert sentence.startswith("sftp_users is not a list: write entries such as {name: acme")


def test_an_entry_that_is_no_user_is_told_beside_the_others() -> None:
    assert [sentence.split(":")[1] for sentence in said("acme", None, acme(uid=1))] == [
        " entry 1 is not a dictionary",
        " entry 2 is not a dictionary",
        " the uid of acme is below 1000, where the system's own users are",
    ]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
)


@given(st.lists(ANYTHING | st.dictionaries(st.sampled_from(list(users([{}])[0])), ANYTHING)) | ANYTHING)
def test_whatever_is_declared_comes_to_sentences(declared: object) -> None:
    assert all(isinstance(sentence, str) for sentence in sftp_problems(declared, {}))


def test_users_have_the_defaults_of_the_specification() -> None:
    assert users([{"name": "acme", "uid": "1001", "gid": None}, "acme"]) == [
        {
            "name": "acme",
            "uid": 1001,
            "gid": 100,
            "public_keys": [],
            "password_hash": "",
            "directories": ["upload", "processed", "error"],
            "writable": ["upload"],
        }
    ]
