#!/usr/bin/python3
# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the declared users, then becomes the SSH server.

Users come from ``/etc/sftp/users.conf`` (one a line), the command line and ``SFTP_USERS`` (separated by spaces), each
as ``user:password[:e][:uid[:gid[:directory[,directory…]]]]``: ``e`` says that the password is a hash, an empty
password that only keys open the door. Public keys lie in ``/home/<user>/.ssh/keys``. No password is ever logged.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import typing as t
from dataclasses import dataclass
from pathlib import Path

SPEC = re.compile(
    r"(?P<name>[A-Za-z0-9._][A-Za-z0-9._-]{0,31}):(?P<password>[^:]{0,255})(?P<hashed>:e)?"
    r"(:(?P<uid>\d*)(:(?P<gid>\d*)(:(?P<directories>[^:]*))?)?)?"
)
FILES = (Path("/etc/sftp/users.conf"), Path("/etc/sftp-users.conf"))
HOST_KEYS = {"ed25519": Path("/etc/ssh/ssh_host_ed25519_key"), "rsa": Path("/etc/ssh/ssh_host_rsa_key")}
HOOKS = Path("/etc/sftp.d")


@dataclass(frozen=True)
class User:
    """One user as declared."""

    name: str
    password: str
    hashed: bool
    uid: str
    gid: str
    directories: tuple[str, ...]

    @property
    def home(self) -> Path:
        """Where the user is shut in."""
        return Path("/home") / self.name


def main() -> None:
    """Make the users, then run the server; any other command is simply run."""
    arguments = sys.argv[1:]
    if arguments and not SPEC.fullmatch(arguments[0]) and arguments[0] not in {"/usr/sbin/sshd", "sshd"}:
        os.execvp(arguments[0], arguments)  # noqa: S606
    specs = [*from_files(), *(item for item in arguments if ":" in item), *os.environ.get("SFTP_USERS", "").split()]
    if not specs:
        refuse("No user is declared; mount /etc/sftp/users.conf or set SFTP_USERS.")
    for user in [parse(spec, position) for position, spec in enumerate(specs, start=1)]:
        create(user)
    for kind, path in HOST_KEYS.items():
        if not path.exists():
            run("ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(path))
        if not on_read_only_mount(path):
            path.chmod(0o600)
    for hook in sorted(HOOKS.iterdir()) if HOOKS.is_dir() else []:
        if os.access(hook, os.X_OK):
            run(str(hook))
    os.execv("/usr/sbin/sshd", ["/usr/sbin/sshd", "-D", "-e"])  # noqa: S606


def from_files() -> list[str]:
    """The lines of the users files, without comments."""
    lines = [line.strip() for file in FILES if file.is_file() for line in file.read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def parse(spec: str, position: int) -> User:
    """A declared user. The message of a bad one does not repeat it: it holds a password."""
    found = SPEC.fullmatch(spec)
    if not found:
        refuse(f"User number {position} is not of the form user:password[:e][:uid[:gid[:directories]]].")
    directories = tuple(item for item in (found["directories"] or "").split(",") if item)
    return User(
        found["name"], found["password"], bool(found["hashed"]), found["uid"] or "", found["gid"] or "", directories
    )


def create(user: User) -> None:
    """Make a user, its home, its directories and its keys; what is there already is kept."""
    if user.gid and not succeeds("getent", "group", user.gid):
        run("groupadd", "--gid", user.gid, f"group_{user.gid}")
    if not succeeds("id", user.name):
        identity = ["--non-unique", "--uid", user.uid] if user.uid else []
        home = ["--home-dir", str(user.home), "--no-create-home"]
        run("useradd", "--badname", "--no-user-group", "--gid", user.gid or "users", *identity, *home, user.name)
    user.home.mkdir(exist_ok=True)
    os.chown(user.home, 0, 0)
    user.home.chmod(0o755)
    if user.password:
        options = ["-e"] if user.hashed else []
        run("chpasswd", *options, given=f"{user.name}:{user.password}")
    else:
        run("usermod", "--password", "*", user.name)
    print(f"User {user.name} is ready.", flush=True)
    install_keys(user)
    for name in user.directories:
        folder = user.home / name
        if not folder.is_dir():
            folder.mkdir(parents=True)
            run("chown", "-R", f"{user.name}:users", str(folder))


def install_keys(user: User) -> None:
    """Put the public keys of ``.ssh/keys`` together into ``authorized_keys``."""
    folder = user.home / ".ssh" / "keys"
    if not folder.is_dir():
        return
    keys = {line.strip() for file in folder.iterdir() for line in file.read_text(encoding="utf-8").splitlines()}
    authorized = folder.parent / "authorized_keys"
    authorized.write_text("".join(f"{key}\n" for key in sorted(keys) if key), encoding="utf-8")
    authorized.chmod(0o600)
    run("chown", user.name, str(authorized), str(folder.parent))


def on_read_only_mount(path: Path) -> bool:
    """Whether nothing can be changed about a mounted file."""
    return bool(os.statvfs(path).f_flag & os.ST_RDONLY)


def succeeds(*command: str) -> bool:
    """Whether a question to the system is answered with yes."""
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def run(*command: str, given: str | None = None) -> None:
    """Run a step; ``given`` goes to its input, so that a password is on no command line."""
    done = subprocess.run(command, input=given, text=True, capture_output=True, check=False)
    if done.returncode != 0:
        refuse(f"{command[0]} failed: {done.stderr.strip()}")


def refuse(sentence: str) -> t.NoReturn:
    """Say what is wrong, in one sentence, and stop."""
    sys.exit(f"ERROR: {sentence}")


if __name__ == "__main__":
    main()
