# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The plugin directory on disk: read what is there, exchange whole plugins by rename, clean up what a killed run left.

Nothing unfinished ever lies in the destination, because the worker loads every child of it, hidden ones too. The
staging directory lies outside of it, on the same file system, so that a rename is enough to bring a plugin in.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import grp
import json
import os
import pwd
import re
import shutil
import stat
import typing as t
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path, PurePosixPath

from .._errors import InvalidInputError, RefusedError, StorageError
from .model import Installed, split_stem
from .receipt import RECEIPT_NAME, Receipt
from .storage import file_digest

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_NO_EXCHANGE = (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EXDEV)
_OLD = ".old"
PART = ".part"  # ending of a download in the staging directory, and of the note about it


class Layout(StrEnum):
    """One directory per plugin, or bare jars side by side as ksqlDB wants its extensions."""

    PLUGIN = "plugin"
    FLAT = "flat"


@dataclass(frozen=True)
class Ownership:
    """Who owns the installed files: numeric ids (None leaves them), mode of files; directories add search to read."""

    uid: int | None = None
    gid: int | None = None
    mode: int = 0o644

    @classmethod
    def parse(cls, owner: str | None, group: str | None, mode: str) -> Ownership:
        """Read the options; InvalidInputError when the node does not know the user or the group."""
        if not re.fullmatch(r"0[0-7]{3}", mode):
            raise InvalidInputError(f"mode: '{mode}' is not an octal mode.", remedy="Write it as in '0644'.")
        try:
            uid = _number(owner, lambda name: pwd.getpwnam(name).pw_uid)
            gid = _number(group, lambda name: grp.getgrnam(name).gr_gid)
        except KeyError as error:
            raise InvalidInputError(
                f"owner, group: {error.args[0]} on this node.", remedy="Create it first, or give its number."
            ) from error
        return cls(uid, gid, int(mode, 8))

    def fits(self, found: os.stat_result) -> bool:
        """Whether a path already is as declared."""
        return (
            self.uid in (None, found.st_uid)
            and self.gid in (None, found.st_gid)
            and stat.S_IMODE(found.st_mode) == self._mode(found)
        )

    def impose(self, path: Path) -> None:
        """Make ``path`` as declared."""
        if self.uid is not None or self.gid is not None:
            os.chown(path, -1 if self.uid is None else self.uid, -1 if self.gid is None else self.gid)
        path.chmod(self._mode(path.stat()))

    def _mode(self, found: os.stat_result) -> int:
        return self.mode | (self.mode & 0o444) >> 2 | 0o700 if stat.S_ISDIR(found.st_mode) else self.mode


class Destination:
    """The directory ``path`` in one layout; in ``staging`` a directory is made when needed and removed when done."""

    def __init__(
        self,
        path: str,
        *,
        layout: Layout = Layout.PLUGIN,
        staging: str | None = None,
        ownership: Ownership | None = None,
    ) -> None:
        self.path = Path(os.path.realpath(path))
        self.layout = layout
        self.ownership = ownership or Ownership()
        around = Path(os.path.realpath(staging)) if staging else self.path.parent
        self.staging = around / f".{self.path.name}-staging"
        if self.path in self.staging.parents:
            raise InvalidInputError(
                f"staging: {self.staging} lies inside of dest, where the worker would load it.",
                remedy="Give a directory outside of dest on the same file system.",
            )

    # Reading

    def read(self, *, verify: bool = False) -> list[Installed]:
        """Everything there, sorted by name; empty when the directory is not there yet.

        Presence and size of every file in a receipt are always compared; ``verify`` compares the content too.
        """
        try:
            children = sorted(self.path.iterdir())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StorageError.of(error, self.path) from error
        if self.layout is Layout.FLAT:
            return list(self._read_flat(children, verify=verify))
        return [found for child in children if (found := self._read_child(child, verify=verify))]

    def receipt_path(self, entry: str) -> Path:
        """Where the receipt of ``entry`` lies."""
        if self.layout is Layout.FLAT:
            return self.path / f".{entry}.receipt.json"
        return self.path / entry / RECEIPT_NAME

    def place_of(self, found: Installed) -> Path:
        """Its directory or bare jar; in the flat layout its one jar, or the destination when it has several."""
        if self.layout is Layout.PLUGIN or found.bare_jar:
            return self.path / found.entry
        files = found.receipt.files if found.receipt else ()
        return self.path / files[0].path if len(files) == 1 else self.path

    def files_of(self, found: Installed) -> list[Path]:
        """Those of its files that are there."""
        if found.receipt:
            root = self.path if self.layout is Layout.FLAT else self.path / found.entry
            return [path for record in found.receipt.files if (path := root / record.path).is_file()]
        place = self.place_of(found)
        return [place] if found.bare_jar else sorted(path for path in place.rglob("*") if path.is_file())

    def _read_child(self, child: Path, *, verify: bool) -> Installed | None:
        if child.is_dir():
            if receipt := _read_receipt(child / RECEIPT_NAME):
                return self._examined(Installed(child.name, receipt.name, receipt.version, receipt), child, verify)
            jars = (str(path.relative_to(child)) for path in child.rglob("*.[jJ][aA][rR]"))
            return Installed(child.name, *_read_manifest(child / "manifest.json"), jars=tuple(sorted(jars)))
        return _bare_jar(child)

    def _read_flat(self, children: t.Iterable[Path], *, verify: bool) -> t.Iterator[Installed]:
        owned: set[str] = set()
        jars = []
        for child in children:
            if child.name.startswith(".") and child.name.endswith(".receipt.json"):
                if receipt := _read_receipt(child):
                    owned.update(record.path for record in receipt.files)
                    entry = child.name.removeprefix(".").removesuffix(".receipt.json")
                    yield self._examined(Installed(entry, receipt.name, receipt.version, receipt), self.path, verify)
            elif jar := _bare_jar(child):
                jars.append(jar)
        yield from (jar for jar in jars if jar.entry not in owned)

    def _examined(self, found: Installed, root: Path, verify: bool) -> Installed:
        """The same with what differs from its receipt and from the declared ownership."""
        receipt = t.cast("Receipt", found.receipt)
        damage = []
        misfit = []
        for record in receipt.files:
            path = f"{root}/{record.path}"  # not a Path: there are hundreds, and every run looks at all of them
            try:
                seen = os.lstat(path)
            except (FileNotFoundError, NotADirectoryError):
                damage.append(f"{record.path} is missing")
                continue
            if not stat.S_ISREG(seen.st_mode) or seen.st_size != record.size:
                damage.append(f"{record.path} is not the file that was installed")
            elif verify and file_digest(Path(path)) != record.sha256:
                damage.append(f"{record.path} was altered")
            elif not self.ownership.fits(seen):
                misfit.append(os.path.relpath(path, self.path))
        misfit += [
            str(path.relative_to(self.path))
            for path in (*self._own_directories(receipt, root), self.receipt_path(found.entry))
            if path.exists() and not self.ownership.fits(path.stat())
        ]
        foreign = () if self.layout is Layout.FLAT else tuple(sorted(_foreign(root, receipt)))
        return replace(found, damage=tuple(damage), misfit=tuple(misfit), foreign=foreign)

    def _own_directories(self, receipt: Receipt, root: Path) -> list[Path]:
        if self.layout is Layout.FLAT:
            return []
        folders = {PurePosixPath(folder) for folder in {record.path.rpartition("/")[0] for record in receipt.files}}
        inner = {parent for folder in folders for parent in (folder, *folder.parents)}
        return sorted(root / parent for parent in inner)

    # Changing

    @property
    def has_leftovers(self) -> bool:
        """Whether an interrupted run left something to clean up."""
        return self.staging.is_dir()

    @contextlib.contextmanager
    def locked(self, *, keep_downloads: bool = False) -> t.Iterator[None]:
        """Hold the destination against other runs; makes it and the staging directory, and leaves no staging behind.

        Unfinished downloads of a killed run are there within, and with ``keep_downloads`` afterwards too.
        """
        with _storage_errors(self.path):
            if not self.path.is_dir():
                self.path.mkdir(parents=True)
                self.ownership.impose(self.path)
            handle = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise RefusedError(
                    f"{self.path}: another run is at work there.", remedy="Run again when it is done."
                ) from error
            with _storage_errors(self.staging):
                self._heal(keep_downloads=True)
                self._make_staging()
            try:
                yield
            finally:
                with contextlib.suppress(OSError):
                    self._heal(keep_downloads=keep_downloads)
        finally:
            os.close(handle)

    def _make_staging(self) -> None:
        self.staging.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.staging.stat().st_dev != self.path.stat().st_dev:
            self.staging.rmdir()
            raise InvalidInputError(
                f"staging: {self.staging} is on another file system than {self.path}.",
                remedy="Give a directory on the same one; when dest itself is a mount point, use a directory below it.",
            )

    def _heal(self, *, keep_downloads: bool) -> None:
        """Put back what a killed run had moved away, then remove the staging directory."""
        if not self.has_leftovers:
            return
        for item in sorted(self.staging.iterdir()):
            home = self.path / item.name.removesuffix(_OLD)
            if item.name.endswith(_OLD) and not os.path.lexists(home):
                item.rename(home)
            elif not (keep_downloads and item.name.endswith(PART)):
                _remove(item)
        if not any(self.staging.iterdir()):
            self.staging.rmdir()

    def place(self, staged: Path, entry: str) -> None:
        """Bring a whole plugin in; where one stands, the two change places in one step of the file system."""
        home = self.path / entry
        if not os.path.lexists(home):
            staged.rename(home)
        elif _exchange(staged, home):
            _remove(staged)
        else:
            old = self.staging / (entry + _OLD)
            home.rename(old)
            try:
                staged.rename(home)
            except OSError:
                old.rename(home)
                raise
            _remove(old)

    def place_flat(self, staged: Path, entry: str, receipt: Receipt, previous: Receipt | None) -> None:
        """Bring the jars of ``staged`` in one by one, then remove those that only ``previous`` names.

        At every moment the receipt in place names what an interruption would leave to remove.
        """
        new = {record.path for record in receipt.files}
        old = {*(record.path for record in previous.files), *previous.obsolete} if previous else set()
        begun = previous or Receipt(receipt.name, None, "an interrupted run")
        self.write_receipt(entry, replace(begun, obsolete=tuple(sorted({*begun.obsolete, *(new - old)}))))
        for name in sorted(new):
            (staged / name).replace(self.path / name)
        done = replace(receipt, obsolete=tuple(sorted(old - new)))
        self.write_receipt(entry, done)
        self.forget_obsolete(entry, done)

    def forget_obsolete(self, entry: str, receipt: Receipt) -> None:
        """Remove the files that a receipt calls obsolete, then say so in the receipt."""
        if receipt.obsolete:
            for name in receipt.obsolete:
                self._jar(name).unlink(missing_ok=True)
            self.write_receipt(entry, replace(receipt, obsolete=()))

    def write_receipt(self, entry: str, receipt: Receipt) -> None:
        """Write a receipt whole or not at all."""
        draft = self.staging / f"{entry}.receipt"
        draft.write_bytes(receipt.dump())
        self.ownership.impose(draft)
        draft.replace(self.receipt_path(entry))

    def discard(self, found: Installed) -> None:
        """Remove a plugin; it is out of the worker's sight at once, then deleted."""
        if self.layout is Layout.FLAT and found.receipt:
            names = {*(record.path for record in found.receipt.files), *found.receipt.obsolete}
            for name in names - self._jars_of_others(found.entry):
                self._jar(name).unlink(missing_ok=True)
            self.receipt_path(found.entry).unlink(missing_ok=True)
            return
        home = self.path / found.entry
        if os.path.lexists(home):
            gone = self.staging / f"{found.entry}.gone"
            home.rename(gone)
            _remove(gone)

    def adjust(self, found: Installed) -> None:
        """Give every misfit the declared owner, group and mode."""
        for path in found.misfit:
            self.ownership.impose(self.path / path)

    def own(self, tree: Path) -> None:
        """Give everything in a staged tree the declared owner, group and mode."""
        for directory, _folders, files in os.walk(tree):
            for name in files:
                self.ownership.impose(Path(directory, name))
            self.ownership.impose(Path(directory))

    def _jars_of_others(self, entry: str) -> set[str]:
        """In the flat layout: the jars that another plugin's receipt names, as after a change of a plugin's name."""
        others = (item.receipt for item in self.read() if item.entry != entry and item.receipt)
        return {record.path for receipt in others for record in receipt.files}

    def _jar(self, name: str) -> Path:
        # A receipt is a file that others may have written: only its names count, never a path.
        return self.path / PurePosixPath(name).name


def _foreign(root: Path, receipt: Receipt) -> t.Iterator[str]:
    known = {RECEIPT_NAME, *(record.path for record in receipt.files)}
    for folder, folders, files in os.walk(root):
        links = [name for name in folders if os.path.islink(f"{folder}/{name}")]  # noqa: PTH114 -- see _examined
        for name in (*files, *links):
            path = f"{folder}/{name}"[len(f"{root}/") :]
            if path not in known:
                yield os.fsencode(path).decode(errors="replace")  # it is shown, whatever its bytes are


def _number(text: str | None, look_up: t.Callable[[str], int]) -> int | None:
    if text is None:
        return None
    return int(text) if text.isdigit() else look_up(text)


@contextlib.contextmanager
def _storage_errors(path: Path) -> t.Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError.of(error, path) from error


def _bare_jar(path: Path) -> Installed | None:
    if path.suffix.lower() != ".jar" or not path.is_file():
        return None
    name, version = split_stem(path.name)
    return Installed(path.name, name, version, bare_jar=True)


def _read_receipt(path: Path) -> Receipt | None:
    try:
        return Receipt.load(path.read_bytes())
    except OSError:
        return None


def _read_manifest(path: Path) -> tuple[str | None, str | None]:
    """Name (``owner/plugin``) and version that a hub archive's own manifest says."""
    try:
        manifest = json.loads(path.read_bytes())
        return f"{manifest['owner']['username']}/{manifest['name']}", str(manifest["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return None, None


def manifest_version(root: Path) -> str | None:
    """The version in the manifest of an unpacked plugin, if it has one."""
    return _read_manifest(root / "manifest.json")[1]


def _exchange(one: Path, other: Path) -> bool:
    """Let two paths change places atomically; False when the system cannot."""
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    if renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in _NO_EXCHANGE:
        return False
    raise OSError(code, os.strerror(code), str(other))


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
