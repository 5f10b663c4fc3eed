# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Labels by which the lab finds what is its own in an engine; no state is kept anywhere else."""

from __future__ import annotations

SITE = "liveconnect.lab.site"
NODE = "liveconnect.lab.node"
KIND = "liveconnect.lab.kind"
ADDRESS = "liveconnect.lab.address"
SHARED = "liveconnect.lab.shared"
RECIPE = "liveconnect.lab.recipe"


def of_site(name: str) -> dict[str, str | list[str] | bool]:
    """The engine's filter for what belongs to one site."""
    return {"label": f"{SITE}={name}"}
