# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the platform's machine holds: the database with the WORKGROUPS table, and the running ``api`` container."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab import access

if TYPE_CHECKING:
    from pathlib import Path

NODE = "platform-vm"
DATABASE = "platform"
ROLE = "liveconnect"
PASSWORD_FILE = "platform_password"  # noqa: S105
# The lab image that the api container is made from, and the name under which the registry serves it.
API_IMAGE = "python"
API_NAME = "igrafx/api:lab"
WORKGROUPS = {
    "325151bf-2007-4308-b94d-b436a61a35c5": "Incidents",
    "7c1a2f0e-5b7d-4c3f-9e52-0d6f8f1b2a44": "Purchasing",
    "c0a4b8de-91f3-4a6c-8d27-3e5b7f9a1c60": "Logistics",
}
PSQL = "cd / && sudo -u postgres psql --quiet --no-psqlrc --tuples-only --set ON_ERROR_STOP=1"
API = f"""
if [ "$(sudo docker inspect --format '{{{{.State.Running}}}}' api 2>/dev/null)" != true ]; then
    sudo docker rm --force api >/dev/null 2>&1 || true
    sudo docker run --quiet --detach --name api --init --restart always \\
        registry.lab:5000/{API_NAME} sleep infinity >/dev/null
fi
"""


def sql(password: str | None) -> str:
    """What brings the database to its state, however often it runs; the role's password is set only if one is given."""
    rows = ",\n    ".join(f"('{key}', '{name}')" for key, name in WORKGROUPS.items())
    role = f"""\
SELECT 'CREATE ROLE {ROLE} LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') \\gexec
"""  # noqa: S608
    if password is not None:
        role += f"ALTER ROLE {ROLE} PASSWORD '{password}';\n"
    return f"""\
{role}
SELECT 'CREATE DATABASE {DATABASE}' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{DATABASE}') \\gexec
\\connect {DATABASE}
SET client_min_messages = warning;
CREATE TABLE IF NOT EXISTS public."WORKGROUPS" (
    "ID" uuid PRIMARY KEY,
    "NAME" text NOT NULL,
    "KAFKA_BROKER" text,
    "KAFKA_REGISTRY" text
);
INSERT INTO public."WORKGROUPS" ("ID", "NAME") VALUES
    {rows}
ON CONFLICT DO NOTHING;
GRANT SELECT, UPDATE ON public."WORKGROUPS" TO {ROLE};
"""  # noqa: S608


def ensure(folder: Path) -> None:
    """Have database, role, table, workgroups and the ``api`` container on the site's platform machine."""
    password, fresh = access.secret(folder, PASSWORD_FILE)
    # The script goes through ssh's input: the password is on no command line.
    access.run(folder, NODE, PSQL, sql(password if fresh else None))
    access.run(folder, NODE, "sh -eu", API)
