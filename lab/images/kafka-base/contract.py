# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The environment contract that the broker, ZooKeeper and Connect images of the lab keep.

Settings come as environment variables: the prefix goes, the rest is lower case, ``_`` becomes ``.``, ``__`` becomes
``_`` and ``___`` becomes ``-``.
"""

from __future__ import annotations

import os
import re
import socket
import struct
import sys
import time
import typing as t
from pathlib import Path
from urllib.parse import urlsplit

SEPARATORS = {"_": ".", "__": "_", "___": "-"}
JARS = "/usr/share/java/kafka/*"
RUNTIME = Path("/run/lab")
# Meant for the JVM or for the entrypoint, not for the server's own configuration.
NOT_PROPERTIES = re.compile(
    r"(HEAP_OPTS|OPTS|JMX_.*|JVM_PERFORMANCE_OPTS|GC_LOG_OPTS|LOG4J_.*|TOOLS_.*|CUB_.*|VERSION|CLASSPATH)$"
)


def refuse(sentence: str) -> t.NoReturn:
    """Say what is wrong, in one sentence, and stop."""
    print(f"ERROR: {sentence}", file=sys.stderr, flush=True)
    raise SystemExit(1)


def require(*names: str) -> None:
    """Stop if a variable is missing or empty."""
    for name in names:
        if not os.environ.get(name):
            refuse(f"The environment variable {name} is not set; this image needs it.")


def refuse_deprecated(replacements: t.Mapping[str, str]) -> None:
    """Stop if a variable of the past is set."""
    for name, replacement in replacements.items():
        if name in os.environ:
            refuse(f"The environment variable {name} is no longer understood; set {replacement} instead.")


def property_name(variable: str) -> str:
    """``LOG_RETENTION__X`` -> ``log.retention_x``."""
    return re.sub("_{1,3}", lambda match: SEPARATORS[match.group()], variable.lower())


def properties(prefix: str, defaults: t.Mapping[str, str] | None = None) -> dict[str, str]:
    """The settings that the variables with ``prefix`` make, over ``defaults``."""
    settings = dict(defaults or {})
    for variable, value in sorted(os.environ.items()):
        rest = variable.removeprefix(prefix)
        if rest != variable and rest and not NOT_PROPERTIES.match(rest):
            settings[property_name(rest)] = value
    return settings


def write_properties(path: Path, settings: t.Mapping[str, str]) -> Path:
    """Write a Java properties file that only its owner reads: settings may hold passwords.

    As the upstream images do, the values as they are: Java then reads a backslash as an escape, drops the blanks in
    front, and takes what follows a line break for another setting.
    """
    path.touch(mode=0o600)
    path.write_text("".join(f"{key}={value}\n" for key, value in settings.items()), encoding="utf-8")
    return path


def require_writable(*folders: str) -> None:
    """Stop if a volume does not belong to this user."""
    for folder in folders:
        if not os.access(folder, os.W_OK):
            refuse(
                f"The folder {folder} is not writable for user {os.getuid()}: "
                f"give the mounted directory to {os.getuid()}:{os.getgid()}."
            )


def run_java(main: str, *arguments: str, prefix: str, heap: str, classpath: t.Sequence[str] = ()) -> t.NoReturn:
    """Become the JVM. ``prefix`` names the variables of its options (``KAFKA_HEAP_OPTS``, ``KAFKA_OPTS``, …)."""

    def option(name: str, default: str = "") -> list[str]:
        return (os.environ.get(f"{prefix}{name}") or os.environ.get(f"KAFKA_{name}") or default).split()

    command = [
        "java",
        *option("HEAP_OPTS", heap),
        *option("JVM_PERFORMANCE_OPTS", "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"),
        *option("LOG4J_OPTS", "-Dlog4j.configuration=file:/etc/kafka/log4j.properties"),
        *(f"-Dlab.log.level={level}" for level in option("LOG4J_ROOT_LOGLEVEL")),
        *_jmx(prefix),
        *option("OPTS"),
        "-cp",
        ":".join(entry for entry in (JARS, *classpath, os.environ.get("CLASSPATH")) if entry),
        main,
        *arguments,
    ]
    os.execvp(command[0], command)  # noqa: S606


def _jmx(prefix: str) -> list[str]:
    port = os.environ.get(f"{prefix}JMX_PORT")
    if not port:
        return []
    host = os.environ.get(f"{prefix}JMX_HOSTNAME") or socket.gethostname()
    remote = "-Dcom.sun.management.jmxremote"
    return [
        remote,
        f"{remote}.authenticate=false",
        f"{remote}.ssl=false",
        f"{remote}.port={port}",
        f"{remote}.rmi.port={port}",
        f"-Djava.rmi.server.hostname={host}",
    ]


def wait_for_port(address: str, timeout: float) -> None:
    """Wait until something listens at the first of ``host:port[,host:port…][/path]``; stop when it does not."""
    host, port = _address(address)
    deadline = time.monotonic() + timeout
    while True:
        try:
            with socket.create_connection((host, port), timeout=2):
                return
        except OSError as error:
            if time.monotonic() > deadline:
                refuse(f"{host}:{port} did not answer within {timeout:.0f} s: {error}.")
            time.sleep(0.3)


def wait_for_kafka(servers: str, timeout: float, minimum: int = 1) -> None:
    """Wait until ``minimum`` brokers are there; stop when they are not."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            if (found := count_brokers(servers)) >= minimum:
                return
            state = f"{found} of {minimum} brokers are there"
        except OSError as error:
            state = str(error)
        if time.monotonic() > deadline:
            refuse(f"Kafka at {servers} was not ready within {timeout:.0f} s: {state}.")
        time.sleep(0.3)


def count_brokers(servers: str) -> int:
    """How many brokers the cluster has, asked of its first address with one Metadata request (no JVM needed)."""
    with socket.create_connection(_address(servers), timeout=2) as connection:
        # Metadata is API 3, version 1; correlation 0, no client name, an empty list of topics.
        request = struct.pack(">hhihi", 3, 1, 0, -1, 0)
        connection.sendall(struct.pack(">i", len(request)) + request)
        answer = connection.recv(12)
    if len(answer) < 12:  # noqa: PLR2004 - size, correlation, number of brokers: 4 bytes each
        raise OSError("the broker closed the connection")
    return int(struct.unpack(">iii", answer)[2])


def _address(servers: str) -> tuple[str, int]:
    first = servers.split(",", maxsplit=1)[0]
    parts = urlsplit(first if "://" in first else f"//{first}")
    if not parts.hostname or not parts.port:
        refuse(f"{first!r} is not an address of the form host:port.")
    return parts.hostname, parts.port
