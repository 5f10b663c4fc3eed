# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection, and of the control machine alone.
"""The users of the SFTP server as they are declared: their defaults, and what is wrong with them."""

from __future__ import annotations

import re
import typing as t

from .items import dictionaries, list_problems, repeated, text, texts, whole_number

User = dict[str, t.Any]

EXAMPLE = "{name: acme, uid: 1001, public_keys: [acme.pub]}"
# Below are the node's own users.
FIRST_UID = 1000
# The last id that Linux has; -1 means none. The two others are nobody's, and -1 for what counts to 16 bits.
LAST_ID = 2**32 - 2
NOBODYS_IDS = (65534, 65535)
# Whom the image has itself: it skips a user of this name, who could not log in then.
SYSTEM_USERS = frozenset({
    "root", "daemon", "bin", "sys", "sync", "games", "man", "lp", "mail", "news", "uucp", "proxy", "www-data", "backup",
    "list", "irc", "gnats", "_apt", "nobody", "systemd-network", "sshd",
})  # fmt: skip
DIRECTORIES = ["upload", "processed", "error"]
WRITABLE = ["upload"]
GID = 100

NAME = re.compile(r"(?![.]{1,2}\Z)[A-Za-z0-9._][A-Za-z0-9._-]{0,31}")
DIRECTORY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
# As crypt(5) makes them, each of its own length: a password in clear may begin with $6$, too.
HASH = re.compile(
    r"[$]6[$](rounds=[0-9]+[$])?[^$:\s]{1,16}[$][A-Za-z0-9./]{86}"
    r"|[$]5[$](rounds=[0-9]+[$])?[^$:\s]{1,16}[$][A-Za-z0-9./]{43}"
    r"|[$]2[aby][$][0-9]{2}[$][A-Za-z0-9./]{53}"
    r"|[$](y|gy)[$][A-Za-z0-9./]+[$][A-Za-z0-9./]{0,86}[$][A-Za-z0-9./]{43}"
    r"|[$]7[$][A-Za-z0-9./]{11,97}[$][A-Za-z0-9./]{43}"
)
# A key that is given in place, and not as a file.
IN_PLACE = re.compile(r"[a-z0-9@.-]+ AAAA")
PUBLIC_KEY = re.compile(r"(sk-)?(ssh|ecdsa)-[a-z0-9@.-]+ AAAA[A-Za-z0-9+/]+={0,3}( .*)?")


def users(declared: object) -> list[User]:
    """Every user with all keys of the role's specification; what is no user is left out."""
    return [_user(one) for one in dictionaries(declared)]


def _user(declared: t.Mapping[str, t.Any]) -> User:
    given = {key: value for key, value in declared.items() if value is not None}
    return {
        "name": text(given.get("name")),
        "uid": whole_number(given.get("uid")),
        "gid": whole_number(given.get("gid", GID)),
        "public_keys": texts(given.get("public_keys")),
        "password_hash": text(given.get("password_hash")),
        "directories": texts(given.get("directories", DIRECTORIES)),
        "writable": texts(given.get("writable", WRITABLE)),
    }


def problems(declared: object, key_files: t.Mapping[str, str], variable: str) -> list[str]:
    """Everything that is wrong with the users, each in a sentence that begins with ``variable``.

    ``key_files`` has the text of every file of public keys that is there, by its name.
    """
    known = users(declared)
    found = list_problems(declared, variable, EXAMPLE)
    if not known and not found:
        found.append(f"{variable} is empty, and the SFTP server does not start without a user: write {EXAMPLE}.")
    sentences = [
        *_name_problems(known),
        *_id_problems(known),
        *(sentence for user in known for sentence in _login_problems(user, key_files)),
        *(sentence for user in known for sentence in _directory_problems(user)),
    ]
    return found + [f"{variable}: {sentence}" for sentence in sentences]


def _name_problems(known: t.Sequence[User]) -> t.Iterator[str]:
    names = [user["name"] for user in known]
    if bad := [name or "''" for name in names if not NAME.fullmatch(name)]:
        yield (
            f"{', '.join(bad)} cannot be a user's name: use letters, digits, dots, underscores and hyphens,"
            " at most 32 characters, not beginning with a hyphen."
        )
    if taken := [name for name in names if name in SYSTEM_USERS]:
        yield (
            f"{', '.join(taken)} {'is a name' if len(taken) == 1 else 'are names'} that the server's system has itself,"
            " so that nobody could log in: choose another name."
        )
    if twice := repeated(names):
        yield f"two users have the same name ({', '.join(twice)}): give each a name of its own."


def _id_problems(known: t.Sequence[User]) -> t.Iterator[str]:
    for kind in ("uid", "gid"):
        if bad := [user["name"] for user in known if user[kind] is None]:
            yield f"the {kind} of {', '.join(bad)} is not a number: give one, such as {FIRST_UID + 1}."
        if beyond := [user["name"] for user in known if user[kind] is not None and not _is_usable(user[kind], kind)]:
            yield (
                f"the {kind} of {', '.join(beyond)} is beyond what the system can have, or nobody's: give"
                f" {FIRST_UID if kind == 'uid' else 0} to {LAST_ID}, but not {' or '.join(map(str, NOBODYS_IDS))}."
            )
    numbers = [user["uid"] for user in known if user["uid"] is not None]
    if twice := repeated(map(str, numbers)):
        yield f"two users have the same uid ({', '.join(twice)}): give each a uid of its own."
    if low := [user["name"] for user in known if user["uid"] is not None and user["uid"] < FIRST_UID]:
        yield (
            f"the uid of {', '.join(low)} is below {FIRST_UID}, where the system's own users are:"
            f" give {FIRST_UID} or more."
        )


def _is_usable(number: int, kind: str) -> bool:
    # Of the uids that are too low there is a sentence of their own.
    return number not in NOBODYS_IDS and (kind == "uid" or number >= 0) and number <= LAST_ID


def _login_problems(user: User, key_files: t.Mapping[str, str]) -> t.Iterator[str]:
    name, given = user["name"], user["public_keys"]
    if user["password_hash"] and not HASH.fullmatch(user["password_hash"]):
        yield (
            f"the password_hash of {name} is not a crypt(5) hash such as $6$…, perhaps a password in clear:"
            " make one with 'openssl passwd -6'."
        )
    if not given and not user["password_hash"]:
        yield f"{name} could not log in: give public_keys, or a password_hash."
    is_wrong = False
    for key in given:
        # The text of a private key is no file name, and is shown to nobody.
        in_place = IN_PLACE.match(key) or "-----BEGIN " in key or "\n" in key
        if in_place or key in key_files:
            is_wrong = is_wrong or not _holds_public_keys(key if in_place else key_files[key])
        else:
            yield (
                f"there is no file {key} on the control machine: give the public key of {name} as its text, or as"
                " a file, absolute or relative to the inventory's directory."
            )
    if is_wrong:
        yield (
            f"what {name} has in public_keys is not made of public keys of OpenSSH alone (ssh-ed25519 AAAA…, one per"
            " line): give the files that end in .pub, and never a private key."
        )


def _holds_public_keys(content: str) -> bool:
    """Whether there are public keys in the text, and nothing else but comments."""
    lines = [line.strip() for line in content.splitlines()]
    keys = [line for line in lines if line and not line.startswith("#")]
    return bool(keys) and all(PUBLIC_KEY.fullmatch(key) for key in keys)


def _directory_problems(user: User) -> t.Iterator[str]:
    if bad := [name or "''" for name in user["directories"] if not DIRECTORY.fullmatch(name)]:
        yield (
            f"{', '.join(bad)} cannot be a directory of {user['name']}: use letters, digits, dots, underscores and"
            " hyphens, without a slash and not beginning with a dot or a hyphen."
        )
    if others := [name for name in user["writable"] if name not in user["directories"]]:
        yield (
            f"{user['name']} may write to {', '.join(others)}, which is not among the user's directories:"
            " add it to directories, or take it out of writable."
        )
