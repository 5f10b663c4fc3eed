# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""file_tree does what file and copy of Ansible do with the same paths one by one."""

from __future__ import annotations

import contextlib
import io
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible.module_utils.testing import patch_module_args
from ansible.modules import copy, file
from ansible_collections.igrafx.liveconnect.plugins.modules import file_tree
from hypothesis import event, given
from hypothesis import strategies as st

from .conftest import listing, times

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

NAMES = ("a", "b", "c")
PATHS = [*NAMES, *(f"{one}/{two}" for one in NAMES for two in NAMES), "a/b/c", "b/a/a/c"]
MODES = st.sampled_from([None, "0600", "0644", "755", "1777", "4750"])
OWNERS = st.sampled_from([None, "0", "65534", "nobody"] if os.geteuid() == 0 else [None])
TEXTS = st.sampled_from(["", "one\n", "two\n", "\N{SNOWMAN}\r\n"])

ENTRIES = st.one_of(
    st.fixed_dictionaries({"state": st.just("directory"), "mode": MODES, "owner": OWNERS}),
    st.fixed_dictionaries({"state": st.just("file"), "mode": MODES, "owner": OWNERS, "content": TEXTS}),
    st.fixed_dictionaries({"state": st.just("file"), "mode": MODES, "owner": OWNERS}),
    st.fixed_dictionaries({"state": st.just("absent")}),
)
# What is there: a text is a file, None a directory.
BEFORE = st.dictionaries(st.sampled_from(PATHS), st.none() | TEXTS)


@st.composite
def declarations(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    """Entries by path, none below a file or below what is absent."""
    declared: dict[str, dict[str, Any]] = {}
    for path in sorted(draw(st.sets(st.sampled_from(PATHS), min_size=1, max_size=6))):
        if all(declared[above]["state"] == "directory" for above in declared if path.startswith(f"{above}/")):
            declared[path] = draw(ENTRIES)
    return declared


def run(module: ModuleType, **args: Any) -> dict[str, Any]:
    output = io.StringIO()
    with patch_module_args(args), contextlib.redirect_stdout(output), contextlib.suppress(SystemExit):
        module.main()
    return json.loads(output.getvalue())


def prepare(root: Path, before: dict[str, str | None]) -> None:
    root.mkdir(mode=0o755)
    for path, text in sorted(before.items()):
        target = root / path
        if any(above.is_file() for above in target.parents):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            target.mkdir(exist_ok=True)
        elif not target.exists():
            target.write_text(text, newline="")


def one_by_one(root: Path, declared: dict[str, dict[str, Any]], source: Path) -> list[dict[str, Any]]:
    """The results of Ansible's own modules, up to the first that fails."""
    results: list[dict[str, Any]] = []
    for module, args in calls(root, declared, source):
        try:
            results.append(run(module, **args))
        except Exception as error:  # so copy fails below a file
            results.append({"failed": True, "msg": str(error)})
        if results[-1].get("failed"):
            break
    return results


def calls(root: Path, declared: dict[str, dict[str, Any]], source: Path) -> Iterator[tuple[ModuleType, dict[str, Any]]]:
    """One call for each path; where copy wants a directory that nobody declares, it is made first."""
    for path, entry in sorted(declared.items()):
        target = root / path
        options = {key: value for key, value in entry.items() if key in ("mode", "owner") and value is not None}
        if entry["state"] != "absent":
            for above in reversed(target.parents):
                if not above.exists():
                    yield file, {"path": str(above), "state": "directory", "mode": "0755"}
        if "content" in entry and not target.is_dir():
            source.write_text(entry["content"], newline="")
            yield copy, {"src": str(source), "dest": str(target), **options}
        else:  # also a content for what is a directory, which the action of copy refuses
            yield file, {"path": str(target), "state": entry["state"], **options}


@given(before=BEFORE, declared=declarations())
def test_the_same_as_file_and_copy(before: dict[str, str | None], declared: dict[str, dict[str, Any]]) -> None:
    umask = os.umask(0o022)
    try:
        with tempfile.TemporaryDirectory() as directory:
            ours, theirs = Path(directory, "ours"), Path(directory, "theirs")
            prepare(ours, before)
            prepare(theirs, before)
            start = times(ours)
            options = {"root": str(ours), "entries": [{"path": path, **entry} for path, entry in declared.items()]}

            results = one_by_one(theirs, declared, Path(directory, "source"))
            refused = any(one.get("failed") for one in results)
            event("refused" if refused else "written")
            foreseen = run(file_tree, **options, _ansible_check_mode=True, _ansible_diff=True)
            assert times(ours) == start
            result = run(file_tree, **options, _ansible_diff=True)
            assert result.get("failed", False) == refused, (result, results)
            if refused:
                assert times(ours) == start
                return
            assert listing(ours) == listing(theirs)
            assert result["changed"] == any(one["changed"] for one in results)
            assert foreseen == result
            start = times(ours)
            again = run(file_tree, **options)
            assert (again["changed"], again["paths"]) == (False, [])
            assert times(ours) == start
    finally:
        os.umask(umask)


@given(before=BEFORE, declared=declarations(), purge=st.sets(st.sampled_from([".", "a", "b/a", "c"]), min_size=1))
def test_after_a_purge_only_what_is_declared_is_there(
    before: dict[str, str | None], declared: dict[str, dict[str, Any]], purge: set[str]
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory, "root")
        prepare(root, before)
        entries = [{"path": path, **entry} for path, entry in declared.items()]
        start = listing(root)
        options = {"root": str(root), "entries": entries, "purge": sorted(purge)}
        result = run(file_tree, **options)
        if result.get("failed"):
            assert listing(root) == start
            return
        there = set(listing(root)) - {"."}
        present = {path for path, entry in declared.items() if entry["state"] != "absent"}
        on_the_way = {str(above) for path in present for above in Path(path).parents}
        purged = {path for path in there if purge & {str(above) for above in Path(path).parents}}
        assert purged <= present | on_the_way
        assert present <= there
        absent = set(declared) - present
        untouched = {path for path in start if not purge & {str(above) for above in Path(path).parents}}
        assert {path for path in untouched if not absent & {path, *map(str, Path(path).parents)}} - {"."} <= there
        assert run(file_tree, **options)["paths"] == []
