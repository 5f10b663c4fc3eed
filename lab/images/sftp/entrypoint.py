#!/usr/bin/python3
# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the declared users, then becomes the SSH server.

Users come from ``/etc/sftp/users.conf`` (one a line), the command line and ``SFTP_USERS`` (separated by spaces), each
as ``user:password[:e][:uid[:gid[:directory[,directory…]]]]``: ``e`` says that the password is a hash, an empty
password that only keys open the door. Public keys lie in ``/home/<user>/.ssh/keys``.

As the real image does: users are made at the first start of a container alone, a user whom the system has already is
skipped, the user's root becomes root's (0755), a directory that is there keeps its owner, executables of
``/etc/sftp.d`` run at each start before the server, and each user's line is printed, password and all.
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
STARTED = Path("/run/sftp/users.conf")
NO_USERS = 3


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
    if arguments and ":" not in arguments[0]:
        os.execvp(arguments[0], arguments)  # noqa: S606
    if not STARTED.exists():
        start_first([*from_files(), *arguments, *os.environ.get("SFTP_USERS", "").split()])
    for hook in sorted(HOOKS.iterdir()) if HOOKS.is_dir() else []:
        if os.access(hook, os.X_OK):
            log(f"Running {hook} ...")
            run(str(hook))
        else:
            log(f"Could not run {hook}, because it's missing execute permission (+x).")
    log("Executing sshd")
    os.execv("/usr/sbin/sshd", ["/usr/sbin/sshd", "-D", "-e"])  # noqa: S606


def start_first(specs: list[str]) -> None:
    """What is done once in the life of a container."""
    if not specs:
        log("FATAL: No users provided!")
        sys.exit(NO_USERS)
    STARTED.parent.mkdir(parents=True, exist_ok=True)
    STARTED.write_text("".join(f"{spec}\n" for spec in specs), encoding="utf-8")
    for spec in specs:
        create(parse(spec))
    for kind, path in HOST_KEYS.items():
        if not path.exists():
            run("ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(path))
        if not on_read_only_mount(path):
            path.chmod(0o600)


def from_files() -> list[str]:
    """The lines of the users files, without comments."""
    file = next((file for file in FILES if file.is_file()), None)
    lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()] if file else []
    return [line for line in lines if line and not line.startswith("#")]


def parse(spec: str) -> User:
    """A declared user. Prints what is declared, as the real image does."""
    print(f'[/usr/local/bin/create-sftp-user] Parsing user data: "{spec}"', flush=True)
    found = SPEC.fullmatch(spec)
    if not found:
        refuse(f'"{spec}" is not of the form user:password[:e][:uid[:gid[:directories]]].')
    directories = tuple(item for item in (found["directories"] or "").split(",") if item)
    return User(
        found["name"], found["password"], bool(found["hashed"]), found["uid"] or "", found["gid"] or "", directories
    )


def create(user: User) -> None:
    """Make a user, its home, its directories and its keys; whom the system has already is left alone."""
    if succeeds("getent", "passwd", user.name):
        print(f'WARNING: User "{user.name}" already exists. Skipping.', flush=True)
        return
    if user.gid and not succeeds("getent", "group", user.gid):
        run("groupadd", "--gid", user.gid, f"group_{user.gid}")
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
    keys = {line for file in folder.iterdir() for line in file.read_text(encoding="utf-8").splitlines()}
    authorized = folder.parent / "authorized_keys"
    authorized.write_text("".join(f"{key}\n" for key in sorted(keys)), encoding="utf-8")
    authorized.chmod(0o600)
    run("chown", user.name, str(authorized))


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


def log(sentence: str) -> None:
    """A line as the real entrypoint writes it."""
    print(f"[/entrypoint] {sentence}", file=sys.stderr, flush=True)


def refuse(sentence: str) -> t.NoReturn:
    """Say what is wrong, in one sentence, and stop."""
    sys.exit(f"ERROR: {sentence}")


if __name__ == "__main__":
    main()
