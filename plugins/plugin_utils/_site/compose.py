# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection, and of the control machine alone.
"""What is wrong with what the compose project is to be, and what its file says about mounts. Pure."""

from __future__ import annotations

import re
import typing as t

from .java_properties import references_problems
from .names import closest

_USER = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LONG_PASSWORD = re.compile(r"[A-Za-z0-9!#%&()*+,./:;<=>?@^_{|}~-]{16,128}")
_HOW_LONG = "must have 16 to 128 letters, digits and signs, and no spaces, quotes, dollars or backslashes"
_SIZE = re.compile(r"(\d+)([bkmg])b?", re.IGNORECASE)
_PROCESSORS = re.compile(r"\d+(\.\d+)?")
# What the engine can divide a processor into.
_LEAST_PROCESSORS = 0.01
_FACTORS = {"b": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
# What cannot stand on one line, which is all that the images take of the file of a password.
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
# A password that begins so is taken by Spring for one that is encoded. A part like this it takes for a reference in a
# variable; in a file, where it does not so far, it may some day.
_SPRING = re.compile(r"\A\{.+?\}|\$\{")
# The passwords that a component needs.
_PASSWORDS = {
    "data_transform": "postgres_password",
    "kafka_ui": "kafka_ui_password",
    "control_center": "control_center_password",
}
# What Jetty takes from the file of a password: a comma ends it, blanks around it go, and these words begin a hash.
_JETTY = re.compile(r"(?!OBF:|MD5:|CRYPT:)[!-+\--~]+")
_KSQLDB = re.compile(r"[A-Z][A-Z0-9]*")
_LAST_LEGACY = 7
_VERSION = re.compile(r"(\d+)(?:\.(\d+))?")
_FIRST_KRAFT, _LAST_ZOOKEEPER, _LAST_POSTGRES = (7, 4), 7, 17
_LABEL = "com.igrafx.liveconnect.config"
_ROCKSDB_SETTER = "io.confluent.ksql:ksqldb-rocksdb-config-setter"
# Where the files lie that nginx has tested; they are those of the same path without it.
_SERVED = "conf/served/"
# What a service reads again without being recreated.
_RELOADED = {"nginx": ["conf/certificates", "data/acme"]}


def compose_problems(
    declared: t.Mapping[str, t.Any],
    memory_limits: t.Mapping[str, str],
    heap_sizes: t.Mapping[str, str],
    services: t.Collection[str],
) -> list[str]:
    """Sentences about the role's options ``declared``, by their names without ``compose_``.

    ``memory_limits`` and ``heap_sizes`` are the defaults of the services that have one.
    """
    return [
        *_password_problems(declared),
        *_version_problems(declared),
        *_external_problems(declared),
        *_ksqldb_problems(declared),
        *_control_center_problems(declared),
        *references_problems(declared["connect_secrets"], "liveconnect_connect_secrets"),
        *_sftp_data_problems(declared),
        *_service_problems("compose_memory_limits", declared["memory_limits"], services),
        *_service_problems("compose_cpu_limits", declared["cpu_limits"], services),
        *_cpu_problems(declared["cpu_limits"]),
        *_service_problems("compose_environment", declared["environment"], services),
        *_service_problems("compose_heap_sizes", declared["heap_sizes"], heap_sizes),
        *_heap_problems({**memory_limits, **declared["memory_limits"]}, {**heap_sizes, **declared["heap_sizes"]}),
        *_rocksdb_problems(
            declared,
            _bytes({**memory_limits, **declared["memory_limits"]}.get("ksqldb-server")),
            _bytes({**heap_sizes, **declared["heap_sizes"]}.get("ksqldb-server")),
        ),
    ]


def _password_problems(declared: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    for component, option in _PASSWORDS.items():
        password = str(declared[option] or "")
        if component not in declared["components"]:
            continue
        if not password:
            yield (
                f"liveconnect_{option} is not set, and the component {component} needs it:"
                " put it into the site's vault file (ansible-vault edit); it has no default."
            )
        elif _CONTROL.search(password):
            yield f"liveconnect_{option} must not contain a control character such as a line break: choose another."
    if "kafka_ui" in declared["components"] and _SPRING.search(str(declared["kafka_ui_password"] or "")):
        yield (
            "liveconnect_kafka_ui_password must not begin with braces, which name an encoding in kafka-ui, and must not"
            " contain a dollar before a brace, which may refer to a variable there: choose another password."
        )


def _version_problems(declared: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    """What the images' tags say that the stack cannot be; a tag that begins with no number says nothing."""
    images, platform = declared["images"], str(declared["confluent_platform"])
    broker = _tag(images["broker"]).replace("${CONFLUENT_PLATFORM}", platform)
    source = "compose_confluent_platform" if "${" in images["broker"] else "compose_image_broker"
    mode, version = declared["kafka_mode"], _numbers(broker)
    if version and mode == "zookeeper" and version[0] > _LAST_ZOOKEEPER:
        yield (
            f"{source}: Confluent {broker} knows no ZooKeeper, which compose_kafka_mode asks for: stay with"
            f" {_LAST_ZOOKEEPER}.x; only a new node can begin with 'kraft'."
        )
    elif version and mode == "kraft" and version < _FIRST_KRAFT:
        yield (
            f"{source}: the image of Confluent {broker} knows no KRaft, which compose_kafka_mode asks for:"
            f" use {_FIRST_KRAFT[0]}.{_FIRST_KRAFT[1]} or later, or set compose_kafka_mode to 'zookeeper'."
        )
    postgres = _numbers(_tag(images["data-transform"]))
    if "data_transform" in declared["components"] and postgres and postgres[0] > _LAST_POSTGRES:
        yield (
            f"compose_image_data_transform: PostgreSQL {postgres[0]} keeps its data in another directory than the stack"
            f" gives it, and would start with an empty database: use {_LAST_POSTGRES} or older."
        )


def _tag(image: str) -> str:
    tag = image.partition("@")[0].rpartition("/")[2].partition(":")[2]
    return tag.removeprefix("v")


def _numbers(tag: str) -> tuple[int, int] | None:
    match = _VERSION.match(tag)
    return (int(match[1]), int(match[2] or 0)) if match else None


def _external_problems(declared: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    if declared["external_security"] != "sasl_ssl":
        return
    yield from _user_problems("compose_external_user", declared["external_user"])
    password = str(declared["external_password"] or "")
    if password and not _LONG_PASSWORD.fullmatch(password):
        yield f"liveconnect_external_password {_HOW_LONG}: choose another, or leave it out and one is made."


def _ksqldb_problems(declared: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    if not declared["ksqldb_login"]:
        return
    yield from _user_problems("compose_ksqldb_user", declared["ksqldb_user"])
    password = str(declared["ksqldb_password"] or "")
    if not password:
        yield (
            "liveconnect_ksqldb_password is not set, and liveconnect_expose_ksqldb publishes ksqlDB behind it: put it"
            " into the site's vault file (ansible-vault edit); or, where everybody who reaches port 443 of the node may"
            " run statements, set liveconnect_expose_ksqldb to open."
        )
    elif not _LONG_PASSWORD.fullmatch(password):
        yield f"liveconnect_ksqldb_password {_HOW_LONG}: choose another."


def _control_center_problems(declared: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    if "control_center" not in declared["components"]:
        return
    yield from _user_problems("compose_control_center_user", declared["control_center_user"])
    password, name = str(declared["control_center_password"] or ""), str(declared["control_center_ksqldb"])
    if password and not _JETTY.fullmatch(password):
        yield (
            "liveconnect_control_center_password must have letters, digits and signs of ASCII only, no spaces and"
            " commas, and not begin with OBF:, MD5: or CRYPT:, as Control Center reads it: choose another."
        )
    if not _KSQLDB.fullmatch(name):
        yield (
            f"compose_control_center_ksqldb: '{name}' cannot be a part of a variable's name: use capital letters and"
            " digits, with a letter in front."
        )
    image, platform = declared["images"]["control-center"], str(declared["confluent_platform"])
    version = _numbers(_tag(image).replace("${CONFLUENT_PLATFORM}", platform))
    if version and version[0] > _LAST_LEGACY:
        source = "compose_confluent_platform" if "${" in image else "compose_image_control_center"
        yield (
            f"{source}: there is no such Control Center for Confluent {version[0]}.{version[1]}; its next generation"
            " needs Prometheus, Alertmanager and Confluent Server, which this collection does not set up: stay with"
            f" {_LAST_LEGACY}.x, or set liveconnect_console to kafka_ui."
        )


def _user_problems(variable: str, user: object) -> t.Iterator[str]:
    if not _USER.fullmatch(str(user)):
        yield f"{variable}: '{user}' cannot be a name: use at most 64 letters, digits, hyphens and underscores."


def _sftp_data_problems(declared: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    missing = [component for component in ("jupyter", "sftp") if component not in declared["components"]]
    if declared["jupyter_sftp_data"] and missing:
        yield (
            f"compose_jupyter_sftp_data is true without the component {' and '.join(missing)}:"
            " add it to liveconnect_components, or leave the option out."
        )


def _cpu_problems(limits: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    for service, limit in limits.items():
        if isinstance(limit, bool) or not _PROCESSORS.fullmatch(str(limit)) or float(limit) < _LEAST_PROCESSORS:
            yield f"compose_cpu_limits: '{limit}' of {service} is not a number of processors: write it as 1.5."


def _service_problems(variable: str, by_service: t.Mapping[str, t.Any], services: t.Iterable[str]) -> t.Iterator[str]:
    known = sorted(services)
    for service in by_service:
        if service not in known:
            yield f"{variable}: there is no service '{service}': {closest(service, known)}"


def _heap_problems(limits: t.Mapping[str, str], heaps: t.Mapping[str, str]) -> t.Iterator[str]:
    for service, heap in heaps.items():
        limit, size = _bytes(limits.get(service)), _bytes(heap)
        if size is None:
            yield f"compose_heap_sizes: '{heap}' of {service} is not a size: write it as 1024m."
        elif limit is not None and size >= limit:
            yield (
                f"compose_heap_sizes: the heap of {service} ({heap}) does not fit into its memory limit"
                f" ({limits[service]}): make it about half of it."
            )


def _rocksdb_problems(declared: t.Mapping[str, t.Any], limit: int | None, heap: int | None) -> t.Iterator[str]:
    """The class that bounds RocksDB is not in ksqlDB's image, and the memory that it gives is beside that of Java."""
    memory = declared["ksqldb_rocksdb_memory"]
    if not memory:
        return
    size = _bytes(memory)
    if size is None:
        yield f"compose_ksqldb_rocksdb_memory: '{memory}' is not a size: write it as 512m."
    elif limit is not None and heap is not None and heap + size >= limit:
        yield (
            f"compose_ksqldb_rocksdb_memory: {memory} and the heap of ksqldb-server do not fit into its memory limit:"
            " raise compose_memory_limits, or lower compose_heap_sizes or this."
        )
    wanted = f"{_ROCKSDB_SETTER}:{declared['confluent_platform']}"
    if not any(str(function.get("maven", "")).startswith(wanted) for function in declared["udfs"]):
        yield (
            "compose_ksqldb_rocksdb_memory needs a class that is not in the image of ksqlDB: add"
            f" {{maven: {wanted}}} to liveconnect_udfs."
        )


def _bytes(size: object) -> int | None:
    match = _SIZE.fullmatch(str(size))
    return int(match[1]) * _FACTORS[match[2].lower()] if match else None


def compose_mounts(compose_file: t.Mapping[str, t.Any]) -> list[str]:
    """``service:path[:path…]`` for each service of a compose file that reads files when it starts.

    These are the services with the label of a digest, and what is mounted read-only into them from beside the file, but
    for what they read again without being recreated.
    """
    return [
        ":".join([name, *(path for path in _read_only(service) if path not in _RELOADED.get(name, []))])
        for name, service in compose_file["services"].items()
        if _LABEL in service.get("labels", {})
    ]


def _read_only(service: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    for volume in service.get("volumes", []):
        # A mount that is written out as a mapping holds data, which is read as it comes.
        parts = volume.split(":") if isinstance(volume, str) else [""]
        if parts[0].startswith("./") and parts[-1] == "ro":
            yield parts[0].removeprefix("./").replace(_SERVED, "conf/")
