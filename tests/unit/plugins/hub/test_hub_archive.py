# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives that must not be installed, each refused with a sentence; and the shapes that good ones have."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest
from ansible_collections.igrafx.liveconnect.plugins.module_utils._plugins.archive import ArchiveError, unpack
from ansible_collections.igrafx.liveconnect.plugins.module_utils._plugins.options import Limits

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
    ("tar backslash", lambda: tar_with(member("p\\..\\evil.jar")), "no plugin needs"),
    ("tar drive letter", lambda: tar_with(member("C:evil.jar")), "no plugin needs"),
    ("tar count", lambda: tar_with(*(member(f"p/{n}.txt") for n in range(60)), content=b""), "max_files allows"),
    ("tar size", lambda: tar_with(member("p/zeros.jar"), content=bytes(2_000_000)), "max_size allows"),
    ("tar huge header", tar_with_huge_header, "damaged (a header is too long)"),
    ("tar truncated", lambda: tar_with(member("p/b.jar"), content=bytes(range(256)) * 99)[:-200], "truncated"),
    ("tar damaged", lambda: tar_with()[:-8] + b"\0" * 8, "truncated or damaged"),
    ("gzip of no tar", lambda: gzip.compress(b"hello" * 200), "truncated or damaged"),
    ("zip climbing", lambda: zip_with(("p/../../evil.jar", 0o100644)), "climbs out"),
    ("zip absolute", lambda: zip_with(("/etc/evil.jar", 0o100644)), "absolute name"),
    ("zip symlink", lambda: zip_with(("p/link.jar", 0o120777)), "link or a device"),
    ("zip device", lambda: zip_with(("p/null.jar", 0o020666)), "link or a device"),
    ("zip twice", lambda: zip_with(("p/good.jar", 0o100644)), "is there twice"),
    ("zip backslash", lambda: zip_with(("p\\evil.jar", 0o100644)), "no plugin needs"),
    ("zip overlap", zip_with_overlap, "overlaps another entry"),
    ("zip count", lambda: zip_bytes({f"p/{n}.jar": b"" for n in range(60)}), "max_files allows"),
    ("zip table too long", lambda: zip_bytes({f"p/{n:0200}.jar": b"" for n in range(400)}), "max_files allows"),
    ("zip size", lambda: zip_bytes({"p/zeros.jar": bytes(2_000_000)}), "max_size allows"),
    ("zip lying about size", zip_with_lying_size, "truncated or damaged"),
    ("zip truncated", lambda: zip_with()[:-30], "truncated or damaged"),
    ("zip cut at a jar's end", lambda: zip_with()[: len(JAR) + 40], "truncated or damaged"),
    ("zip damaged", lambda: zip_with().replace(JAR[100:140], bytes(40)), "truncated or damaged"),
    ("jar truncated", lambda: JAR[:-30], "truncated or damaged"),
    ("no jar", lambda: zip_bytes({"p/readme.txt": b"hello"}), "no jar inside"),
    ("empty zip", lambda: zip_bytes({}), "neither a zip"),
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


def test_jar_by_content(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(JAR)
    (record,) = unpack(source, "plugin-1.0.jar", tmp_path / "work", tmp_path / "target", SMALL)
    assert record.path == "plugin-1.0.jar"
    assert (tmp_path / "target" / "plugin-1.0.jar").read_bytes() == JAR
