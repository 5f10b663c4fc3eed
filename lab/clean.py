# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Removes everything that the lab ever made: sites, shared services, images, volumes, files."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from lab import artifacts, build, labels, shared, site
from lab.report import step

if TYPE_CHECKING:
    import docker


def everything(client: docker.DockerClient) -> None:
    """Remove all sites, and what they are built from."""
    for name in site.names(client):
        site.down(client, name)
    with step("shared services"):
        for service in shared.SERVICES:
            shared.remove(client, service)
        for volume in client.volumes.list(filters={"label": labels.SHARED}):
            volume.remove(force=True)
        for volume in client.volumes.list(filters={"name": artifacts.DOWNLOADS_VOLUME}):
            volume.remove(force=True)
    with step("images") as result:
        tags = [tag for image in client.images.list() for tag in image.tags if tag.startswith(f"{build.NAMESPACE}/")]
        for tag in tags:
            client.images.remove(tag, force=True)
        result.text = f"{len(tags)} removed"
    with step("files of sites"):
        shutil.rmtree(site.STATE, ignore_errors=True)
