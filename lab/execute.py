# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands in containers, with all that they print.

The docker package's own ``exec_run`` loses what a command prints before the client has read the answer's header, and
says 0 all the same: it reads the header through a buffer and the rest past it. On a busy machine that happens.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import docker
    from docker.models.containers import Container

# A frame is the number of the stream in the first byte, three empty ones, the payload's length, and the payload.
FRAME_HEADER = struct.Struct(">BxxxL")


def execute(container: Container, command: Sequence[str], **options: Any) -> tuple[int, str]:
    """Run a command in a container; return its exit code, and what it printed to both streams, stripped.

    ``options`` are those of the docker package's ``exec_create``: ``user``, ``workdir``, ``environment``.
    Where the container does not run, that is a ``requests.HTTPError``.
    """
    api = cast("docker.DockerClient", container.client).api
    run = api.exec_create(container.id, list(command), **options)["Id"]
    # Without a request to upgrade the connection, the answer is an ordinary body that ends with the command.
    url = f"{api.base_url}/v{api.api_version}/exec/{run}/start"
    with api.post(url, json={"Detach": False, "Tty": False}, timeout=None) as answer:
        answer.raise_for_status()
        output = b"".join(_payloads(answer.content))
    code: int = api.exec_inspect(run)["ExitCode"]
    return code, output.decode(errors="replace").strip()


def _payloads(frames: bytes) -> Iterator[bytes]:
    position = 0
    while position < len(frames):
        _, length = FRAME_HEADER.unpack_from(frames, position)
        position += FRAME_HEADER.size + length
        yield frames[position - length : position]
