# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection, and of the control machine alone.
"""What an operator's YAML file says that YAML reads otherwise than it looks. No sentence repeats a value. Pure."""

from __future__ import annotations

import re
import typing as t

import yaml

QUOTE = 'write it in quotes, as in "{{ name }}"'
# A template after a key, in a list or alone on its line, without quotes.
BARE = re.compile(r"^\s*(?:- +)*(?:[^\s#'\"][^#'\"]*: +)?\{\{")
TAG = "tag:yaml.org,2002:"
KINDS = {"int": "a number", "float": "a number", "timestamp": "a date", "bool": "true or false"}


def yaml_problems(plain: str) -> list[str]:
    """One sentence for each thing that is wrong, beginning with its line; values may have templates, in quotes."""
    try:
        root = yaml.compose(plain, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        return [_not_yaml(plain, error)]
    except yaml.YAMLError as error:
        return [f"it is not YAML: {error}."]
    return list(_problems(root, "a value")) if root else []


def _not_yaml(plain: str, error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    number = mark.line if mark else 0
    lines = plain.splitlines()
    # What is wrong with a line that ends too early shows in the next one.
    for line in (number, number - 1):
        text = lines[line] if 0 <= line < len(lines) else ""
        if BARE.match(text):
            return f"line {line + 1}: a value that begins with braces is read as a dictionary: {QUOTE}."
        if text.lstrip().startswith("{%"):
            return (
                f"line {line + 1}: the file is read as YAML before its values are templated, so a statement in {{% %}}"
                " can only stand in a value, in quotes."
            )
    # Not PyYAML's own whole message, which shows the line.
    return (
        f"line {number + 1}: it is not YAML ({error.problem}): correct it; special characters in a value need quotes."
    )


def _problems(node: yaml.Node, of: str) -> t.Iterator[str]:
    """``of`` is what the node belongs to, in words."""
    line = f"line {node.start_mark.line + 1}"
    if isinstance(node, yaml.MappingNode):
        if any(isinstance(pair[0], yaml.MappingNode) for pair in node.value):
            yield f"{line}: {of} begins with braces without quotes, and is read as a dictionary: {QUOTE}."
            return
        for key, value in node.value:
            yield from _problems(key, "a key")
            yield from _problems(value, f"the value of {key.value}" if isinstance(key, yaml.ScalarNode) else "a value")
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _problems(value, of)
    elif isinstance(node, yaml.ScalarNode) and (kind := KINDS.get(node.tag.removeprefix(TAG))) and not _arrives(node):
        remedy = "write true or false, or put it in quotes" if node.tag == f"{TAG}bool" else "put it in quotes"
        yield f"{line}: {of} is read as {kind} and would not arrive as it is written: {remedy}."


def _arrives(node: yaml.ScalarNode) -> bool:
    """Whether a value that is no text arrives as it is written."""
    if node.tag == f"{TAG}bool":
        return str(node.value).lower() in ("true", "false")
    if node.tag == f"{TAG}timestamp":
        return False
    try:
        return bool(str(yaml.safe_load(node.value)) == node.value)
    except ValueError:
        return False
