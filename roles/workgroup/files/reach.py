# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks the broker for its cluster and the registry for its subjects, from the network of a container.

Reads one JSON object: ``container``, ``broker`` and ``registry`` (host:port or URL), ``timeout`` (seconds per step),
``security`` (empty, or ``user``, ``password`` and ``ca_cert``: PEM text, or null for the host's authorities), and
perhaps ``remedies``, sentences that take the place of those below. Prints one JSON object: ``problems`` is a list of
sentences that name the hop that fails, empty when everything is reached; ``advertised`` the addresses that the broker
tells its clients to use; ``no_container`` why there is no such container, empty when there is; ``has_driver`` whether
this Python reaches PostgreSQL. An empty question only asks for the last.

The environment variable LIVECONNECT_REACH holds this text, which runs once more in the network of the container.
Standard library only: it runs on the platform's host.
"""

from __future__ import annotations

import base64
import errno
import importlib.util
import json
import socket
import ssl
import struct
import subprocess
import sys
import time
import typing as t
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from urllib.parse import urlsplit

REMEDIES = {
    "unknown": "Give an address, or a name that the platform's name server knows.",
    "refused": "Start the stack on the node, and check that this port is published on that address.",
    "timed out": "A firewall drops it, before the node or on it (liveconnect_platform.addresses).",
    "no route": "Check the routes and firewalls between the platform and the node.",
    "not trusted": "Give its certificate's authority in workgroup_security.ca_cert, and the address that it is for.",
    "no TLS": "Leave out workgroup_security where the node asks for no login.",
    "wants TLS": "Say how to log in there in workgroup_security.",
    "login": "Check user and password in workgroup_security.",
    "broker": "Check the host and port in workgroup_broker.",
    "registry": "Check the host and port in workgroup_registry.",
    "advertised": "Set the node's liveconnect_advertised_address to the address by which the platform reaches it.",
}

# https://kafka.apache.org/protocol. Brokers of 0.10.1 up to today know these versions (those of SASL: of 1.0).
API_VERSIONS, API_VERSIONS_VERSION = 18, 0
METADATA, METADATA_VERSION = 3, 2
SASL_HANDSHAKE, SASL_HANDSHAKE_VERSION = 17, 1
SASL_AUTHENTICATE, SASL_AUTHENTICATE_VERSION = 36, 0
CLIENT_ID = b"igrafx.liveconnect"
MAX_ANSWER_BYTES = 4 << 20
TLS_ALERT = b"\x15\x03"
NOT_KAFKA = "is not a Kafka broker."
CLOSED = "closes the connection instead of answering: it is no Kafka broker, or this listener wants TLS or a login."

# Whichever workgroup_kafka_registration finds.
DRIVERS = ("psycopg", "psycopg2")
NOTHING_ASKED: dict[str, t.Any] = {"problems": [], "advertised": [], "no_container": ""}
# The container's image need not have a shell or Python: the host's Python enters the container's network, with the
# container's own name resolution laid over that of the host. Copies of its files: mount would take a path below
# /proc/…/root for one of the host's.
ENTER = """
mount -t tmpfs none /mnt
for name in resolv.conf hosts nsswitch.conf; do
    if [ -e "/proc/$0/root/etc/$name" ]; then
        cat "/proc/$0/root/etc/$name" > "/mnt/$name"
        mount --bind "/mnt/$name" "/etc/$name"
    fi
done
exec "$1" -c "$LIVECONNECT_REACH"
"""

Address = tuple[str, int]


@dataclass(frozen=True)
class Security:
    """How to log in: SASL_SSL (PLAIN) at the broker, HTTPS with basic authentication at the registry."""

    user: str
    password: str
    ca_cert: str | None = None

    def context(self) -> ssl.SSLContext:
        """What the other side must prove."""
        # Python takes ASCII alone, and there may be remarks between the blocks.
        return ssl.create_default_context(cadata=(self.ca_cert or "").encode("ascii", "ignore").decode() or None)


class NotKafkaError(Exception):
    """What listens there does not answer as a Kafka broker; the text ends the sentence that begins with its address."""


@dataclass(frozen=True)
class Cluster:
    """What a broker says about its cluster; ``brokers`` are the addresses that it tells clients to use."""

    id: str | None
    brokers: tuple[Address, ...]


class Fields:
    """The fields of an answer, read one after the other."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def number(self, form: str) -> int:
        """A number of the struct format ``h`` (16 bits) or ``i`` (32 bits)."""
        (value,) = struct.unpack_from(">" + form, self._data, self._at)
        self._at += struct.calcsize(form)
        return int(value)

    def text(self) -> str | None:
        """A string, or None."""
        length = self.number("h")
        if length < 0:
            return None
        (value,) = struct.unpack_from(f">{length}s", self._data, self._at)
        self._at += length
        return str(value, "utf-8")


def request(key: int, version: int, number: int, body: bytes = b"") -> bytes:
    """A request as it goes over the wire: its length, the header (of version 1) with our ``number``, the body."""
    message = struct.pack(">hhih", key, version, number, len(CLIENT_ID)) + CLIENT_ID + body
    return struct.pack(">i", len(message)) + message


def answer(connection: socket.socket, number: int, timeout: float) -> Fields:
    """The answer to request ``number``, whole, within ``timeout`` seconds."""
    deadline = time.monotonic() + timeout
    head = exactly(connection, 4, deadline)
    if head.startswith(TLS_ALERT):
        raise NotKafkaError(f"wants TLS. {REMEDIES['wants TLS']}")
    (size,) = struct.unpack(">i", head)
    if not 0 < size <= MAX_ANSWER_BYTES:
        raise NotKafkaError(f"{NOT_KAFKA} {REMEDIES['broker']}")
    fields = Fields(exactly(connection, size, deadline))
    if fields.number("i") != number:
        raise NotKafkaError(f"{NOT_KAFKA} {REMEDIES['broker']}")
    return fields


def exactly(connection: socket.socket, size: int, deadline: float) -> bytes:
    """The next ``size`` bytes."""
    data = b""
    while len(data) < size:
        connection.settimeout(max(deadline - time.monotonic(), 0.001))
        try:
            part = connection.recv(size - len(data))
        except TimeoutError:
            raise NotKafkaError("accepts the connection, but does not answer. See the log of the broker.") from None
        if not part:
            raise NotKafkaError(CLOSED)
        data += part
    return data


def cluster_at(address: Address, timeout: float, security: Security | None = None) -> Cluster:
    """What the broker at this address says about its cluster; raises OSError or NotKafkaError."""
    with socket.create_connection(address, timeout) as plain:
        if security is None:
            return cluster_over(plain, timeout, None)
        with security.context().wrap_socket(plain, server_hostname=address[0]) as secured:
            return cluster_over(secured, timeout, security)


def cluster_over(connection: socket.socket, timeout: float, security: Security | None) -> Cluster:
    """What the broker says over this connection."""
    connection.sendall(request(API_VERSIONS, API_VERSIONS_VERSION, 1))
    fields = answer(connection, 1, timeout)
    fields.number("h")  # the error code: none exists for version 0
    known = [(fields.number("h"), fields.number("h"), fields.number("h")) for _entry in range(fields.number("i"))]
    if not any(key == METADATA and first <= METADATA_VERSION <= last for key, first, last in known):
        raise NotKafkaError("is a Kafka broker of a version that cannot be asked for its listeners (Metadata 2).")
    if security:
        log_in(connection, timeout, security)
    # An empty list of topics, so that the answer is about the brokers alone.
    connection.sendall(request(METADATA, METADATA_VERSION, 2, struct.pack(">i", 0)))
    fields = answer(connection, 2, timeout)
    brokers = [one_broker(fields) for _entry in range(fields.number("i"))]
    return Cluster(fields.text(), tuple(brokers))


def log_in(connection: socket.socket, timeout: float, security: Security) -> None:
    """Log in with the mechanism PLAIN; raises NotKafkaError with the broker's words."""
    connection.sendall(request(SASL_HANDSHAKE, SASL_HANDSHAKE_VERSION, 3, struct.pack(">h", 5) + b"PLAIN"))
    if answer(connection, 3, timeout).number("h"):
        raise NotKafkaError("does not let anybody log in by the SASL mechanism PLAIN.")
    token = f"\0{security.user}\0{security.password}".encode()
    body = struct.pack(">i", len(token)) + token
    connection.sendall(request(SASL_AUTHENTICATE, SASL_AUTHENTICATE_VERSION, 4, body))
    fields = answer(connection, 4, timeout)
    if fields.number("h"):
        raise NotKafkaError(f"refuses the login ({fields.text()}). {REMEDIES['login']}")


def one_broker(fields: Fields) -> Address:
    """The address in one broker's entry: id, host, port, rack."""
    fields.number("i")
    host, port = fields.text() or "", fields.number("i")
    fields.text()
    return host, port


def asked(address: Address, timeout: float, security: Security | None = None) -> tuple[Cluster | None, str]:
    """The cluster at this address; or None and why not, as the end of a sentence that begins with the address."""
    try:
        return cluster_at(address, timeout, security), ""
    except NotKafkaError as error:
        return None, str(error)
    except ssl.SSLError as error:
        return None, unreached(error)
    except (struct.error, ValueError):
        return None, f"{NOT_KAFKA} {REMEDIES['broker']}"
    except (ConnectionResetError, BrokenPipeError):
        return None, CLOSED
    except OSError as error:
        return None, unreached(error)


def unreached(error: BaseException) -> str:
    """The end of a sentence that begins with the address."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"is not trusted: {error.verify_message}. {REMEDIES['not trusted']}"
    if isinstance(error, ssl.SSLError):
        return f"does not speak TLS ({error.reason}). {REMEDIES['no TLS']}"
    return f"cannot be reached: {why(error)}"


def why(error: BaseException) -> str:
    """What went wrong, in a few words, and what to do about it."""
    if isinstance(error, socket.gaierror):
        return f"its name is unknown there ({error.strerror}). {REMEDIES['unknown']}"
    if isinstance(error, TimeoutError):
        return f"the connection timed out. {REMEDIES['timed out']}"
    if isinstance(error, ConnectionRefusedError):
        return f"the connection was refused. {REMEDIES['refused']}"
    if isinstance(error, OSError) and error.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH):
        return f"there is no route to it. {REMEDIES['no route']}"
    return f"{error}."


def shown(address: Address) -> str:
    """host:port, the host in brackets where it is an IPv6 address."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def parse(text: str) -> Address | None:
    """The address in ``host:port`` or a URL."""
    try:
        parts = urlsplit(text if "://" in text else f"//{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    return (host, port) if host and port else None


def broker_problems(text: str, timeout: float, security: Security | None = None) -> tuple[list[str], list[str]]:
    """What keeps a client from the broker, and the addresses that the broker tells its clients to use."""
    address = parse(text)
    if address is None:
        return [f"{text} is not a broker's address. Write workgroup_broker as host:port."], []
    cluster, reason = asked(address, timeout, security)
    if cluster is None:
        return [f"The broker {shown(address)} {reason}"], []
    problems = []
    # A client only asks the address that it was given for the addresses of the brokers, and then connects to those.
    for advertised in dict.fromkeys(cluster.brokers):
        if advertised == address:
            continue
        there, reason = asked(advertised, timeout, security)
        if there is not None and there.id == cluster.id:
            continue
        if there is not None:
            reason = "is another Kafka cluster there."
        problems.append(
            f"The broker answers at {shown(address)}, but its listener is not advertised as that address: it sends"
            f" clients to {shown(advertised)}, which {reason} {REMEDIES['advertised']}"
        )
    return problems, [shown(advertised) for advertised in cluster.brokers]


def registry_problem(text: str, timeout: float, security: Security | None = None) -> str | None:
    """Why the registry does not list its subjects, or None."""
    scheme = "https" if security else "http"
    url = (text if text.startswith(("http://", "https://")) else f"{scheme}://{text}").rstrip("/") + "/subjects"
    if security and url.startswith("http://"):
        return f"The password would go in clear to the registry {url}. Write https:// in workgroup_registry."
    # The platform connects by itself, whatever proxy the host's environment names.
    handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
    wanted = urllib.request.Request(url)  # noqa: S310 -- the scheme is one of the two above
    if security:
        handlers.append(urllib.request.HTTPSHandler(context=security.context()))
        login = base64.b64encode(f"{security.user}:{security.password}".encode()).decode()
        wanted.add_header("Authorization", f"Basic {login}")
    try:
        with urllib.request.build_opener(*handlers).open(wanted, timeout=timeout) as response:
            subjects = json.loads(response.read(MAX_ANSWER_BYTES))
    except urllib.error.HTTPError as error:
        return f"The registry answered {url} with status {error.code}. Check that this is the address of its API."
    except (ValueError, RecursionError, HTTPException):
        subjects = None
    except OSError as error:
        return f"The registry {url} {unreached(getattr(error, 'reason', error))}"
    if not isinstance(subjects, list):
        return f"What answers at {url} is not a schema registry. {REMEDIES['registry']}"
    return None


def report(broker: str, registry: str, timeout: float, security: Security | None = None) -> dict[str, t.Any]:
    """What is printed."""
    problems, advertised = broker_problems(broker, timeout, security)
    problem = registry_problem(registry, timeout, security)
    return {"problems": [*problems, problem] if problem else problems, "advertised": advertised}


def from_container(container: str, question: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The report on ``question`` as this script prints it in the network of a container."""
    try:
        command = ["docker", "inspect", "--format={{.State.Pid}}", container]
        inspected = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 -- no shell
    except OSError as error:
        return {**NOTHING_ASKED, "no_container": str(error)}
    pid = inspected.stdout.strip()
    if inspected.returncode or pid == "0":
        return {**NOTHING_ASKED, "no_container": inspected.stderr.strip() or "it is stopped"}
    command = ["nsenter", f"--net=/proc/{pid}/ns/net", "unshare", "--mount", "sh", "-euc", ENTER, pid, sys.executable]
    text = json.dumps(question)
    done = subprocess.run(command, input=text, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603 -- no shell
    if done.returncode:
        sys.exit(done.returncode)
    return {**NOTHING_ASKED, **json.loads(done.stdout)}


def main(question: dict[str, t.Any]) -> dict[str, t.Any]:
    """The answer to the whole question on the host, or to the part of it in the container's network."""
    REMEDIES.update(question.get("remedies", {}))
    if "container" not in question and question:
        login = Security(**question["security"]) if question["security"] else None
        return report(question["broker"], question["registry"], float(question["timeout"]), login)
    found = from_container(question.pop("container"), question) if question else NOTHING_ASKED
    return {**found, "has_driver": any(map(importlib.util.find_spec, DRIVERS))}


if __name__ == "__main__":
    print(json.dumps(main(json.load(sys.stdin))))
