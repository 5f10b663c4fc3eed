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
    done = subprocess.run(
        ["ssh", "-F", str(folder / "ssh_config"), "-o", "BatchMode=yes", node, command],
        input=script,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise LabError(f"On {node} this failed: {command}\n{done.stderr.strip()}")
    return done.stdout
