# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection, and of the control machine alone.
"""What is wrong with the declared templates of nginx. Pure."""

from __future__ import annotations

import typing as t
from pathlib import PurePosixPath

_ENDING = ".conf.template"


def nginx_problems(paths: t.Iterable[str], files: t.Collection[str]) -> list[str]:
    """Sentences about the declared ``paths`` of templates, of which there are these ``files`` on the control machine.

    A path is that of a file, or that of a directory whose files end in ``.conf.template``.
    """
    return [*_missing(paths, files), *_misnamed(files), *_repeated(files)]


def _missing(paths: t.Iterable[str], files: t.Collection[str]) -> t.Iterator[str]:
    for path in paths:
        if not any(PurePosixPath(file).is_relative_to(path) for file in files):
            yield (
                f"nginx_templates: there is no file '{path}' on the control machine, and no directory with files that"
                f" end in {_ENDING}: put it there, or correct its name."
            )


def _misnamed(files: t.Iterable[str]) -> t.Iterator[str]:
    for file in files:
        if not file.endswith(_ENDING):
            yield f"nginx_templates: nginx reads '{file}' only with a name that ends in {_ENDING}: rename it."


def _repeated(files: t.Iterable[str]) -> t.Iterator[str]:
    seen: dict[str, str] = {}
    for file in files:
        name = PurePosixPath(file).name
        if seen.setdefault(name, file) != file:
            yield f"nginx_templates: '{file}' has the name of '{seen[name]}', and would take its place: rename one."
