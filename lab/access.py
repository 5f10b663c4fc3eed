# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the control machine reaches the nodes of a site: a key, an ssh_config and a known_hosts of the site's own."""

from __future__ import annotations

import secrets
import subprocess
from typing import TYPE_CHECKING

from lab.report import LabError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


# What a node's engine, itself in a container, was seen to answer to a `docker exec` for no reason that could be found:
# runc's helper was gone before it had begun the command. So the command has done nothing, and can be given once more.
NOT_BEGUN = "waiting for init preliminary setup"


def ssh_config(addresses: Mapping[str, str], folder: Path) -> str:
    """The text of a site's ssh_config: one Host entry for each node, trusting no key but those in its known_hosts."""
    entries = [
        f"""\
Host {name}
    HostName {address}
    User operator
    IdentityFile "{folder / "id_ed25519"}"
    IdentitiesOnly yes
    UserKnownHostsFile "{folder / "known_hosts"}"
    StrictHostKeyChecking yes
"""
        for name, address in sorted(addresses.items())
    ]
    return "\n".join(entries)


def known_hosts(addresses: Mapping[str, str], keys: Mapping[str, str]) -> str:
    """The text of a site's known_hosts, from the nodes' addresses and real host keys."""
    return "".join(f"{addresses[name]} {key}\n" for name, key in sorted(keys.items()))


def public_key(folder: Path) -> str:
    """The public half of the site's key pair, which is made where there is none."""
    private = folder / "id_ed25519"
    if not private.exists():
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "liveconnect-lab", "-f", str(private)], check=True
        )
    return private.with_suffix(".pub").read_text(encoding="ascii").strip()


def secret(folder: Path, name: str) -> tuple[str, bool]:
    """A generated password of the site, kept in ``secrets/<name>`` (0600), and whether it was made just now."""
    file = folder / "secrets" / name
    if file.exists():
        return file.read_text(encoding="ascii"), False
    file.parent.mkdir(mode=0o700, exist_ok=True)
    file.touch(mode=0o600)
    file.write_text(secrets.token_hex(16), encoding="ascii")
    return file.read_text(encoding="ascii"), True


def write(file: Path, text: str) -> None:
    """Write a file only if its text differs, so that its time tells when it last changed."""
    if not file.exists() or file.read_text(encoding="utf-8") != text:
        file.write_text(text, encoding="utf-8")


def run(folder: Path, node: str, command: str, script: str = "") -> str:
    """Run a command on a node over ssh, with ``script`` as its input; return what it printed."""
    ssh = ["ssh", "-F", str(folder / "ssh_config"), "-o", "BatchMode=yes", node, command]
    done = _run(ssh, script)
    if NOT_BEGUN in done.stderr:
        done = _run(ssh, script)
    if done.returncode != 0:
        raise LabError(f"On {node} this failed: {command}\n{(done.stderr or done.stdout).strip()}")
    return done.stdout


def address(folder: Path, node: str) -> str:
    """The address of a node in the site's network."""
    lines = _run(["ssh", "-F", str(folder / "ssh_config"), "-G", node]).stdout.splitlines()
    return next(line.split()[1] for line in lines if line.startswith("hostname "))


def upload(folder: Path, file: Path, to: str, port: int) -> None:
    """Put a file into the directory ``upload`` of ``to`` (``user@address``), an SFTP user whom the site's key lets in.

    It is there complete or not at all: a rename ends the transfer.
    """
    # The SFTP server's own host key is generated on the node; the way to it is this machine's own bridge.
    known = ["-o", "StrictHostKeyChecking=accept-new", "-o", f"UserKnownHostsFile={folder / 'sftp_known_hosts'}"]
    sftp = ["sftp", "-q", "-b", "-", "-P", str(port), "-i", str(folder / "id_ed25519"), *known, to]
    part = f"upload/{file.name}.part"
    # The client would keep a mode that is closed to Kafka Connect, as that of a checkout may be.
    done = _run(sftp, f"put {file} {part}\nchmod 660 {part}\nrename {part} upload/{file.name}\n")
    if done.returncode != 0:
        raise LabError(f"The upload to {to} failed: {(done.stderr or done.stdout).strip()}")


def _run(command: list[str], script: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, input=script, capture_output=True, text=True, check=False)
