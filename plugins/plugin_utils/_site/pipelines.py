# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection, and of the control machine alone.
"""What is wrong with the declared pipelines."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Mapping
from pathlib import Path

import yaml

from ...module_utils._errors import InvalidInputError
from ...module_utils._postgres.script import refusals
from ...module_utils._text import decoded
from .declared_yaml import yaml_problems
from .igrafx import AGGREGATION, SINK, connector_name
from .igrafx_problems import igrafx_problems
from .items import dictionaries, list_problems, repeated, text

EXAMPLE = "{name: incidents, ksql: pipelines/incidents/streams.sql}"
VAULT = b"$ANSIBLE_VAULT"
DICTIONARIES = ("ksql_variables", "ksql_secrets", "ksql_properties")


def pipelines_problems(
    declared: object,
    source: object,
    variable: str = "pipelines_pipelines",
    workgroup: object = "",
    secrets: object = None,
) -> list[str]:
    """One sentence for each thing that is wrong; files are below the directory ``source`` on the control machine.

    ``workgroup`` and ``secrets`` are the site's, for what is delivered to iGrafx.
    """
    pipelines = dictionaries(declared)
    names = [text(pipeline.get("name")) for pipeline in pipelines]
    sentences = []
    if not all(names):
        sentences.append("a pipeline has no name: give each one, by which messages call it.")
    if twice := repeated(filter(None, names)):
        sentences.append(f"two pipelines have the same name ({', '.join(twice)}): give each a name of its own.")
    for name, pipeline in zip(names, pipelines, strict=True):
        title = f"the pipeline {name or '(without a name)'}"
        sentences += (f"{title} {end}" for end in _problems(pipeline, text(source)))
        sentences += (f"{title}: {end}" for end in igrafx_problems(pipeline, text(workgroup), secrets or {}))
    connectors = [
        connector_name(pipeline, option)
        for pipeline in pipelines
        for option in (AGGREGATION, SINK)
        if pipeline.get(option)
    ]
    if twice := repeated(connectors):
        sentences.append(
            f"two of iGrafx's connectors have the same name ({', '.join(twice)}), so that each run would replace one by"
            " the other: write a name of its own into each igrafx_sink and igrafx_aggregation."
        )
    return list_problems(declared, variable, EXAMPLE) + [f"{variable}: {sentence}" for sentence in sentences]


def _problems(pipeline: t.Mapping[str, t.Any], source: str) -> t.Iterator[str]:
    """Ends of sentences that begin with the pipeline."""
    for option in ("tables", "ksql", "connectors"):
        given = pipeline.get(option) or []
        files = given if isinstance(given, list | tuple) and option == "ksql" else [given] if given else []
        for file in files:
            if not isinstance(file, str) or not file:
                several = ", or a list of such," if option == "ksql" else ""
                yield f"has {option} that is not the name of a file: write one{several} such as pipelines/x.sql."
            elif not (Path(source) / file).is_file():
                yield f"names {file}, and {Path(source) / file} is not there: correct the name, or add the file."
            else:
                yield from (f"names {file}: {end}" for end in _content_problems(Path(source) / file, option))
    for option in DICTIONARIES:
        if not isinstance(pipeline.get(option) or {}, Mapping):
            yield f"has {option} that is not a dictionary: write its parts as 'key: value' below it."
    try:
        re.compile(text(pipeline.get("ksql_purge_match")))
    except re.error as error:
        yield f"has ksql_purge_match that is not a regular expression ({error}): correct it."


def _content_problems(file: Path, option: str) -> t.Iterator[str]:
    """What is wrong with the content of a file that is there; what Ansible's vault holds is read by Ansible alone."""
    content = file.read_bytes()
    if content.startswith(VAULT):
        return
    try:
        plain = decoded(content, str(file))
    except InvalidInputError as error:
        yield str(error)
        return
    if option == "tables":
        yield from refusals(plain)
    if option == "connectors" and (problems := yaml_problems(plain)):
        yield from problems
    elif option == "connectors":
        root = yaml.compose(plain, Loader=yaml.SafeLoader)
        if not isinstance(root, yaml.SequenceNode):
            # An empty document with a marker is one null.
            nothing = root is None or root.tag.endswith(":null")
            yield (
                f"{file} holds {'nothing' if nothing else 'no list of connectors'}: write the connectors into it,"
                " one entry of the list each, or leave connectors out of the pipeline."
            )
