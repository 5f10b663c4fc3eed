# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives that must not be installed, each refused with a sentence; and the shapes that good ones have."""

from __future__ import annotations

import gzip
import io
import shutil
import struct
import subprocess
import sys
import tarfile
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from ansible_collections.igrafx.liveconnect.plugins.module_utils._plugins import archive
from ansible_collections.igrafx.liveconnect.plugins.module_utils._plugins.archive import ArchiveError, unpack
from ansible_collections.igrafx.liveconnect.plugins.module_utils._plugins.options import Limits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import jar_bytes, tar_bytes, zip_bytes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

JAR = jar_bytes()
SMALL = Limits(size=1_000_000, files=50, ratio=100)


def tar_with(*members: tarfile.TarInfo, content: bytes = JAR) -> bytes:
    """A tar.gz with a good jar, then these members; regular ones get ``content``."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as archive:
        good = tarfile.TarInfo("p/good.jar")
        good.size = len(JAR)
        archive.addfile(good, io.BytesIO(JAR))
        for member in members:
            member.size = len(content) if member.isreg() else 0
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = target
    return info


def zip_with(*entries: tuple[str, int], content: bytes = JAR) -> bytes:
    """A zip with a good jar, then entries of (name, unix mode)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("p/good.jar", JAR)
        for name, mode in entries:
            info = zipfile.ZipInfo(name)
            info.filename = name  # the constructor would repair it
            info.external_attr = mode << 16
            archive.writestr(info, content)
    return buffer.getvalue()


def zip_with_overlap() -> bytes:
    """Two names in the table of contents that share one packed entry."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("p/a.jar", JAR)
        archive.writestr("p/b.jar", JAR)
        archive.infolist()[1].header_offset = 0
    return buffer.getvalue()


def zip_with_lying_size() -> bytes:
    """A zip whose table of contents says that a large entry is small."""
    data = bytearray(zip_bytes({"p/good.jar": JAR, "p/zeros.jar": bytes(2_000_000)}))
    at = data.rfind(b"PK\x01\x02")
    struct.pack_into("<L", data, at + 24, 10)
    return bytes(data)


def tar_with_huge_header() -> bytes:
    """A tar whose extended header claims 4 MiB, which a naive reader takes into memory at once."""
    header = member("./pax", tarfile.XHDTYPE)
    header.size = 4 * 1024 * 1024
    return gzip.compress(header.tobuf(tarfile.USTAR_FORMAT) + bytes(header.size), 1)


def sparse_tar() -> bytes:
    return gzip.compress(member("p/sparse.jar", tarfile.GNUTYPE_SPARSE).tobuf(tarfile.GNU_FORMAT) + bytes(1024))


REFUSED: list[tuple[str, Callable[[], bytes], str]] = [
    ("tar climbing", lambda: tar_with(member("p/../../evil.jar")), "climbs out"),
    ("tar absolute", lambda: tar_with(member("/etc/evil.jar")), "absolute name"),
    ("tar symlink", lambda: tar_with(member("p/link", tarfile.SYMTYPE, "/etc")), "link or a device"),
    ("tar hard link", lambda: tar_with(member("p/link", tarfile.LNKTYPE, "p/good.jar")), "link or a device"),
    ("tar device", lambda: tar_with(member("p/null", tarfile.CHRTYPE)), "link or a device"),
    ("tar fifo", lambda: tar_with(member("p/fifo", tarfile.FIFOTYPE)), "link or a device"),
    ("tar sparse", sparse_tar, "link or a device"),
    ("tar twice", lambda: tar_with(member("p/good.jar")), "is there twice"),
    ("tar twice by dots", lambda: tar_with(member("p/./good.jar")), "is there twice"),
    ("tar file as directory", lambda: tar_with(member("p/good.jar/x.jar")), "below an entry that is a file"),
    ("tar directory as file", lambda: tar_with(member("p/d/x.jar"), member("p/d")), "is there twice"),
    ("tar backslash", lambda: tar_with(member("p\\..\\evil.jar")), "backslash in its name"),
    ("tar drive letter", lambda: tar_with(member("C:evil.jar")), "no plugin needs"),
    ("tar count", lambda: tar_with(*(member(f"p/{n}.txt") for n in range(60)), content=b""), "max_files allows"),
    ("tar size", lambda: tar_with(member("p/zeros.jar"), content=bytes(2_000_000)), "max_size allows"),
    ("tar huge header", tar_with_huge_header, "damaged (a header or a table of contents is too long)"),
    ("tar truncated", lambda: tar_with(member("p/b.jar"), content=bytes(range(256)) * 99)[:-200], "truncated"),
    ("tar damaged", lambda: tar_with()[:-8] + b"\0" * 8, "truncated or damaged"),
    ("gzip of no tar", lambda: gzip.compress(b"hello" * 200), "truncated or damaged"),
    ("zip climbing", lambda: zip_with(("p/../../evil.jar", 0o100644)), "climbs out"),
    ("zip absolute", lambda: zip_with(("/etc/evil.jar", 0o100644)), "absolute name"),
    ("zip symlink", lambda: zip_with(("p/link.jar", 0o120777)), "link or a device"),
    ("zip device", lambda: zip_with(("p/null.jar", 0o020666)), "link or a device"),
    ("zip twice", lambda: zip_with(("p/good.jar", 0o100644)), "is there twice"),
    ("zip backslash", lambda: zip_with(("p\\evil.jar", 0o100644)), "Pack it again with jar, tar or 7-Zip"),
    ("zip overlap", zip_with_overlap, "truncated or damaged"),
    ("zip count", lambda: zip_bytes({f"p/{n}.jar": b"" for n in range(60)}), "max_files allows"),
    ("zip table too long", lambda: zip_bytes({f"p/{n:0200}.jar": b"" for n in range(400)}), "max_files allows"),
    ("zip size", lambda: zip_bytes({"p/zeros.jar": bytes(2_000_000)}), "max_size allows"),
    ("zip lying about size", zip_with_lying_size, "truncated or damaged"),
    ("zip truncated", lambda: zip_with()[:-30], "truncated or damaged"),
    ("zip cut at a jar's end", lambda: zip_with()[: len(JAR) + 40], "truncated or damaged"),
    ("zip damaged", lambda: zip_with().replace(JAR[100:140], bytes(40)), "truncated or damaged"),
    ("jar truncated", lambda: JAR[:-30], "truncated or damaged"),
    ("zip with nothing but litter", lambda: zip_bytes({"__MACOSX/p/a.jar": JAR, "p/._b.jar": JAR}), "no jar inside"),
    ("no jar", lambda: zip_bytes({"p/readme.txt": b"hello"}), "no jar inside"),
    ("empty zip", lambda: zip_bytes({}), "no jar inside"),
    ("empty tar", lambda: tar_bytes({}), "no jar inside"),
    ("web page", lambda: b"\n <!DOCTYPE html><html>Sign in</html>", "a web page came"),
    ("error document", lambda: b"<?xml version='1.0'?><Error>AccessDenied</Error>", "a web page came"),
    ("nothing", lambda: b"", "neither a zip"),
    ("other format", lambda: b"7z\xbc\xaf'\x1c", "neither a zip"),
]


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(("make", "sentence"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_refused(tmp_path: Path, make: Callable[[], bytes], sentence: str) -> None:
    source = tmp_path / "in" / "source"
    source.parent.mkdir()
    source.write_bytes(make())
    with pytest.raises(ArchiveError) as caught:
        unpack(source, "plugin.zip", tmp_path / "in" / "work", tmp_path / "in" / "target", SMALL)
    assert sentence in str(caught.value)
    assert not (tmp_path / "in" / "target").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_ratio_is_kept(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(zip_bytes({"p/zeros.jar": bytes(17 * 1024 * 1024)}))
    with pytest.raises(ArchiveError, match="max_ratio allows"):
        unpack(source, "bomb.zip", tmp_path / "work", tmp_path / "target", Limits(ratio=10))


GOOD = [
    ("hub", {"o-n-1/manifest.json": b"{}", "o-n-1/lib/a.jar": JAR}, ["lib/a.jar", "manifest.json"]),
    ("no top directory", {"manifest.json": b"{}", "lib/a.jar": JAR}, ["lib/a.jar", "manifest.json"]),
    ("lib alone", {"lib/a.jar": JAR, "etc/x": b""}, ["etc/x", "lib/a.jar"]),
    ("jars at the top", {"a.jar": JAR, "d/b.jar": JAR}, ["a.jar", "d/b.jar"]),
    ("two directories", {"c/a.jar": JAR, "d/b.jar": JAR}, ["c/a.jar", "d/b.jar"]),
    ("docs beside", {"docs/x": b"", "c/a.jar": JAR, "c/sub/x": b""}, ["a.jar", "sub/x"]),
    ("dots before", {"./c/a.jar": JAR}, ["a.jar"]),
]


@pytest.mark.parametrize("pack", [zip_bytes, tar_bytes])
@pytest.mark.parametrize(("files", "expected"), [case[1:] for case in GOOD], ids=[case[0] for case in GOOD])
def test_top_directory(
    tmp_path: Path, pack: Callable[[dict[str, bytes]], bytes], files: dict[str, bytes], expected: list[str]
) -> None:
    source = tmp_path / "source"
    source.write_bytes(pack(files))
    records = unpack(source, "plugin.any", tmp_path / "work", tmp_path / "target", SMALL)
    assert sorted(record.path for record in records) == expected
    found = [path.relative_to(tmp_path / "target") for path in (tmp_path / "target").rglob("*") if path.is_file()]
    assert sorted(str(path) for path in found) == expected
    assert not (tmp_path / "work").exists()


def zip_shape(change: Callable[[zipfile.ZipFile], None] = lambda _archive: None, **options: Any) -> bytes:
    """A zip with the one file p/a.jar, and what ``change`` adds to it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", **options) as archive:
        archive.writestr("p/", b"")
        archive.writestr("p/a.jar", JAR)
        change(archive)
    return buffer.getvalue()


def with_zip64_end(data: bytes, times: int = 1) -> bytes:
    """The same zip with a zip64 end record, to which the usual one refers; its first entry, p/, is listed ``times``."""
    at = data.rfind(b"PK\x05\x06")
    count, size, offset = struct.unpack_from("<HLL", data, at + 10)
    first = data[offset : offset + 46 + len("p/")]
    table = first * (times - 1) + data[offset : offset + size]
    count += times - 1
    record = struct.pack("<4sQHHLLQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, len(table), offset)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, offset + len(table), 1)
    end = struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return data[:offset] + table + record + locator + end


def streamed_zip() -> bytes:
    """A zip whose sizes stand behind the entries, as a writer that cannot seek makes it."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.data = b""

        def writable(self) -> bool:
            return True

        def write(self, chunk: Any) -> int:
            self.data += bytes(chunk)
            return len(chunk)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("p/a.jar", JAR)
    return pipe.data


def tar_shape(mode: str, *more: str, form: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar with p/a.jar, after the directories p/, p/ again and ``more``."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode, format=form) as archive:
        for name in ("./", "p", "p", *more):
            archive.addfile(member(name, tarfile.DIRTYPE))
        jar = member("p/a.jar")
        jar.size = len(JAR)
        archive.addfile(jar, io.BytesIO(JAR))
    return buffer.getvalue()


LITTER = ("__MACOSX/", "__MACOSX/p/._a.jar", "p/._a.jar", "p/.DS_Store", ".DS_Store")
TAKEN: dict[str, Callable[[], bytes]] = {
    "zip, directory twice": lambda: zip_shape(lambda archive: archive.writestr("p/", b"")),
    "zip, directory twice by dots": lambda: zip_shape(lambda archive: archive.writestr("./p/", b"")),
    "zip, directory after its file": lambda: zip_bytes({"p/a.jar": JAR, "p/": b""}),
    "zip, newline after the end": lambda: zip_shape() + b"\n",
    "zip, more after the end": lambda: zip_shape() + bytes(300),
    "zip, comment": lambda: zip_shape(lambda archive: setattr(archive, "comment", b"from a release")),
    "zip, comment and newline": lambda: zip_shape(lambda archive: setattr(archive, "comment", b"built")) + b"\r\n",
    "zip, zip64 end": lambda: with_zip64_end(zip_shape()),
    "zip, zip64 end and newline": lambda: with_zip64_end(zip_shape()) + b"\n",
    "zip, something before": lambda: b"#!/bin/sh\nexit 0\n" + zip_shape(),
    "zip, streamed": streamed_zip,
    "zip, bzip2 inside": lambda: zip_shape(compression=zipfile.ZIP_BZIP2),
    "zip, lzma inside": lambda: zip_shape(compression=zipfile.ZIP_LZMA),
    "zip, litter of macOS": lambda: zip_bytes({"p/a.jar": JAR, **dict.fromkeys(LITTER, b"litter")}),
    "tar.gz, directory twice": lambda: tar_shape("w:gz"),
    "tar.gz, by GNU": lambda: tar_shape("w:gz", "p/" + "d" * 120, form=tarfile.GNU_FORMAT),
    "tar.gz, old": lambda: tar_shape("w:gz", form=tarfile.USTAR_FORMAT),
    "tar.gz, two streams": lambda: gzip.compress((plain := tar_shape("w"))[:700]) + gzip.compress(plain[700:]),
    "tar.gz, padded": lambda: tar_shape("w:gz") + bytes(512),
    "tar.gz, litter of macOS": lambda: tar_bytes({**dict.fromkeys(LITTER[1:], b"litter"), "p/a.jar": JAR}),
    "tar.bz2": lambda: tar_shape("w:bz2"),
    "tar.xz": lambda: tar_shape("w:xz"),
    "tar": lambda: tar_shape("w"),
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("shape", TAKEN)
def test_what_zipfile_and_tar_read_is_taken(tmp_path: Path, shape: str) -> None:
    source = tmp_path / "source"
    source.write_bytes(TAKEN[shape]())
    reader = [sys.executable, "-m", "zipfile", "-l"] if shape.startswith("zip") else ["tar", "-tf"]
    assert "p/a.jar" in subprocess.run([*reader, str(source)], capture_output=True, text=True, check=True).stdout
    (record,) = unpack(source, "plugin.any", tmp_path / "work", tmp_path / "target", SMALL)
    assert record.path == "a.jar"
    assert [path.name for path in (tmp_path / "target").rglob("*") if path.is_file()] == ["a.jar"]
    assert (tmp_path / "target" / "a.jar").read_bytes() == JAR


def test_more_than_65535_entries_are_taken(tmp_path: Path) -> None:
    """What max_files allows, and a jar with any number, as it is not unpacked."""
    source = tmp_path / "source"
    source.write_bytes(with_zip64_end(zip_shape(), times=66_000))
    with pytest.raises(ArchiveError, match="max_files allows"):
        unpack(source, "many.zip", tmp_path / "refused", tmp_path / "target", Limits())
    (record,) = unpack(source, "many.zip", tmp_path / "work", tmp_path / "target", Limits(files=70_000))
    assert record.path == "a.jar"
    (record,) = unpack(source, "many.jar", tmp_path / "work", tmp_path / "jar", SMALL)
    assert record.path == "many.jar"


def test_a_table_of_contents_that_would_fill_the_memory_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "_MAX_TABLE", 1000)
    source = tmp_path / "source"
    source.write_bytes(zip_bytes({f"p/{n:0100}.jar": b"" for n in range(10)}))
    with pytest.raises(ArchiveError, match="a table of contents is too long"):
        unpack(source, "long.zip", tmp_path / "work", tmp_path / "target", SMALL)


SOUND = [make() for name, make in TAKEN.items() if "twice" not in name]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(SOUND), st.integers(0), st.binary(min_size=1, max_size=8), st.booleans())
def test_damage_is_always_one_sentence(tmp_path: Path, sound: bytes, at: int, change: bytes, cut: bool) -> None:
    """Bytes that were altered or cut off: the archive is refused, or only what was in it is unpacked."""
    place = tmp_path / "one"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    at %= len(sound)
    source = place / "source"
    source.write_bytes(sound[:at] + change + (b"" if cut else sound[at + len(change) :]))
    try:
        records = unpack(source, "plugin.any", place / "work", place / "target", SMALL)
    except ArchiveError:
        assert not (place / "target").exists()
    else:
        found = {str(path.relative_to(place / "target")) for path in (place / "target").rglob("*") if path.is_file()}
        assert found == {record.path for record in records}
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


def test_jar_by_content(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(JAR)
    (record,) = unpack(source, "plugin-1.0.jar", tmp_path / "work", tmp_path / "target", SMALL)
    assert record.path == "plugin-1.0.jar"
    assert (tmp_path / "target" / "plugin-1.0.jar").read_bytes() == JAR
