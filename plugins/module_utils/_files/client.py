# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The only place that touches the file system.

Every directory below the root is opened once, from its parent and without following links, and stays open until the
end. So nobody can exchange it for a link between the look at a path and the write.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import grp
import os
import pwd
import shutil
import stat
import typing as t
from pathlib import Path

from .._errors import StorageError
from .model import DIRECTORY_MODE, ROOT, Entry, Found, Kind, Tree, parent

# A larger file is not shown in a diff.
MAX_SHOWN = 100_000

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_HERE = os.O_NOFOLLOW | os.O_CLOEXEC
_TEMPORARY = ".ansible_tmp"
_KINDS = {stat.S_IFREG: Kind.FILE, stat.S_IFDIR: Kind.DIRECTORY, stat.S_IFLNK: Kind.LINK}


@functools.cache
def uid_of(name: str) -> int | None:
    """The number of a user, or None."""
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        return None


@functools.cache
def gid_of(name: str) -> int | None:
    """The number of a group, or None."""
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        return None


class Node:
    """The paths below ``root``; a context manager that closes what it opened.

    Links on the way to the root itself are followed. An OSError becomes a StorageError that names the path.
    """

    def __init__(self, root: str) -> None:
        self._root = Path(root)
        self._open = contextlib.ExitStack()
        self._directories: dict[str, int] = {}

    def __enter__(self) -> Node:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._open.close()

    def read(self, tree: Tree, *, for_diff: bool) -> dict[str, Found]:
        """What is there of the declared paths, and what a purged directory has beside them.

        A file's content is read when it may be the declared one, and with ``for_diff`` also when it is small enough to
        be shown.
        """
        found: dict[str, Found] = {}
        for path in tree.paths:
            above = found.get(parent(path))
            if path != ROOT and (above is None or above.kind is not Kind.DIRECTORY):
                continue
            if there := self._look(path, tree.entries.get(path), for_diff):
                found[path] = there
                if there.kind is Kind.DIRECTORY and path in tree.directories and tree.purges(path):
                    found |= self._undeclared(tree, path)
        return found

    def make_directory(self, entry: Entry) -> None:
        """Create a directory, with owner and mode."""
        with self._named(entry.path):
            if entry.path == ROOT:
                for missing in (one for one in reversed(self._root.parents) if not one.is_dir()):
                    missing.mkdir()
                    missing.chmod(DIRECTORY_MODE)
                self._root.mkdir(0o700)
            else:
                name, above = self._place(entry.path)
                os.mkdir(name, 0o700, dir_fd=above)
            _impose(self._directory(entry.path), entry)

    def write_file(self, entry: Entry) -> None:
        """Put a whole new file in the place of ``entry.path``; whoever looks sees the old or the new one."""
        with self._named(entry.path):
            name, above = self._place(entry.path)
            # The same name every time, so that what a killed run left behind goes with the next one.
            temporary = f".{os.fsdecode(os.fsencode(name)[:200])}{_TEMPORARY}"
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary, dir_fd=above)
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _HERE, 0o600, dir_fd=above)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(entry.content or b"")
                    file.flush()
                    _impose(descriptor, entry)
                    os.fsync(descriptor)
                os.rename(temporary, name, src_dir_fd=above, dst_dir_fd=above)
            except BaseException:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(temporary, dir_fd=above)
                raise

    def set_attributes(self, entry: Entry) -> None:
        """Give a file or directory that is there the owner, group and mode of ``entry``."""
        with self._named(entry.path):
            if entry.kind is Kind.DIRECTORY:
                _impose(self._directory(entry.path), entry)
            else:
                with self._file(entry.path) as descriptor:
                    _impose(descriptor, entry)

    def remove(self, path: str) -> None:
        """Remove whatever is there, a directory with all that is in it, a link itself."""
        with self._named(path):
            name, above = self._place(path)
            if stat.S_ISDIR(os.lstat(name, dir_fd=above).st_mode):
                shutil.rmtree(name, dir_fd=above)
            else:
                os.unlink(name, dir_fd=above)

    def _undeclared(self, tree: Tree, directory: str) -> dict[str, Found]:
        with os.scandir(self._directory(directory)) as children:
            paths = [child.name if directory == ROOT else f"{directory}/{child.name}" for child in children]
        return {path: there for path in paths if path not in tree.kept and (there := self._look(path, None, False))}

    def _look(self, path: str, entry: Entry | None, for_diff: bool) -> Found | None:
        with self._named(path):
            try:
                if path == ROOT:
                    info = os.fstat(self._directory(path))
                else:
                    name, above = self._place(path)
                    info = os.lstat(name, dir_fd=above)
            except FileNotFoundError:
                return None
            kind = _KINDS.get(stat.S_IFMT(info.st_mode), Kind.OTHER)
            content = None
            if entry and entry.content is not None and kind is Kind.FILE:
                shown = for_diff and info.st_size <= MAX_SHOWN
                if shown or info.st_size == len(entry.content):
                    with self._file(path) as descriptor, os.fdopen(descriptor, "rb", closefd=False) as file:
                        content = file.read()
            return Found(kind, info.st_uid, info.st_gid, stat.S_IMODE(info.st_mode), content)

    def _place(self, path: str) -> tuple[str, int]:
        """The last name of a path, and the directory that it is in."""
        return path.rpartition("/")[2], self._directory(parent(path))

    def _directory(self, path: str) -> int:
        if path not in self._directories:
            if path == ROOT:
                descriptor = os.open(self._root, _DIRECTORY)
            else:
                name, above = self._place(path)
                descriptor = os.open(name, _DIRECTORY | _HERE, dir_fd=above)
            self._open.callback(os.close, descriptor)
            self._directories[path] = descriptor
        return self._directories[path]

    @contextlib.contextmanager
    def _file(self, path: str) -> t.Iterator[int]:
        """A regular file, open for reading; never waits, as a pipe in its place would make it."""
        name, above = self._place(path)
        descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK | _HERE, dir_fd=above)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(errno.EINVAL, "is no longer a file")
            yield descriptor
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def _named(self, path: str) -> t.Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StorageError.of(error, self._root / path) from error


def _impose(descriptor: int, entry: Entry) -> None:
    """Owner first: a change of owner clears bits of the mode."""
    if entry.uid is not None or entry.gid is not None:
        there = os.fstat(descriptor)
        ids = (there.st_uid if entry.uid is None else entry.uid, there.st_gid if entry.gid is None else entry.gid)
        if ids != (there.st_uid, there.st_gid):
            os.fchown(descriptor, *ids)
    if entry.mode is not None:
        os.fchmod(descriptor, entry.mode)
