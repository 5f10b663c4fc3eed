# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of ``confluent_hub_plugin`` that runs on the control machine: it transfers the files that are there."""

from __future__ import annotations

import contextlib
import hashlib
import typing as t
from pathlib import PurePosixPath

from ansible.errors import AnsibleActionFail
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.utils.hashing import secure_hash

_FETCHING = ("installed", "updated", "repaired")  # actions of the module that need the file


class _File(t.NamedTuple):
    """A file of the control machine: the index of its plugin, what declares it, and where it is."""

    index: int
    part: dict[str, t.Any]
    path: str


def _copied(entries: list[t.Any]) -> list[t.Any]:
    return [dict(entry) if isinstance(entry, dict) else entry for entry in entries]


def _parts(entries: list[t.Any]) -> t.Iterator[tuple[int, dict[str, t.Any]]]:
    """Everything that can have a src, the plugins and their extra jars, each with the index of its plugin."""
    for index, entry in enumerate(entries):
        if not isinstance(entry, dict):
            continue
        yield index, entry
        if isinstance(entry.get("extra"), list):
            entry["extra"] = _copied(entry["extra"])
            yield from ((index, extra) for extra in entry["extra"] if isinstance(extra, dict))


class ActionModule(ActionBase):
    """Runs the module. Of the files of the control machine it first transfers those that will be installed.

    The module is told each file's digest and asked, in check mode, what it would do; so a file that is installed
    already is not transferred, and one that arrives otherwise than it was sent is refused.
    """

    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Run the task."""
        result = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        plugins = arguments.get("plugins")
        entries = [arguments]
        if isinstance(plugins, list):
            arguments["plugins"] = entries = _copied(plugins)
        files = self._files(entries)
        wrap_async = bool(self._task.async_val) and not self._connection.has_native_async
        try:
            if files:
                with self._check_mode():
                    asked = self._execute_module(module_args=arguments, task_vars=task_vars)
                if asked.get("failed") or self._task.check_mode:
                    return {**result, **asked}
                # A task in the background has to end as a job, whatever there is to do.
                if not (asked["changed"] or asked["leftovers"] or wrap_async):
                    return {**result, **asked}
                for file in files:
                    if asked["plugins"][file.index]["action"] in _FETCHING:
                        file.part["src"] = self._transfer(file.path, file.part["src"])
            done = self._execute_module(module_args=arguments, task_vars=task_vars, wrap_async=wrap_async)
            return {**result, **done}
        finally:
            # Nothing by now where a job in the background has taken the directory over, and cleans up itself.
            self._remove_tmp_path(self._connection._shell.tmpdir)

    def _files(self, entries: list[t.Any]) -> list[_File]:
        """The files of the control machine; what declares them gets their name and their digest."""
        files: list[_File] = []
        paths: dict[str, str] = {}
        for index, part in _parts(entries):
            if not part.get("src") or boolean(part.get("remote_src"), strict=False):
                continue
            source = str(part["src"])
            name = PurePosixPath(source).name
            part.update(src=name, remote_src=True)
            if entries[index].get("state") == "absent":
                continue
            path = self._loader.get_real_file(self._find_needle("files", source))
            files.append(_File(index, part, path))
            if paths.setdefault(name, path) != path:
                raise AnsibleActionFail(f"src: {paths[name]} and {path} have the same name. Rename one of them.")
            if part.get("checksum") in (None, "", "none"):
                part["checksum"] = f"sha256:{secure_hash(path, hash_func=hashlib.sha256)}"
        return files

    def _transfer(self, path: str, name: str) -> str:
        shell = self._connection._shell
        if shell.tmpdir is None:
            self._make_tmp_path()
        remote = shell.join_path(shell.tmpdir, name)
        self._transfer_file(path, remote)
        self._fixup_perms2((shell.tmpdir, remote), execute=False)
        return remote

    @contextlib.contextmanager
    def _check_mode(self) -> t.Iterator[None]:
        declared = self._task.check_mode
        self._task.check_mode = True
        try:
            yield
        finally:
            self._task.check_mode = declared
