# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module in this process, on a directory of the test's own."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.igrafx.liveconnect.plugins.modules import file_tree

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., dict[str, Any]]

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


def listing(root: Path) -> dict[str, tuple[Any, ...]]:
    """Kind, owner, group, mode and content of everything below ``root``, and of itself as ``.``."""
    found = {}
    for path in [root, *root.rglob("*")]:
        info = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(info.st_mode) else None
        mode = stat.S_IMODE(info.st_mode)
        found[str(path.relative_to(root))] = (stat.S_IFMT(info.st_mode), info.st_uid, info.st_gid, mode, content)
    return found


def times(root: Path) -> dict[str, tuple[int, int, int]]:
    """What would tell that something was written, though it looks the same."""
    infos = {str(path): path.lstat() for path in [root, *root.rglob("*")]}
    return {path: (info.st_ino, info.st_mtime_ns, info.st_ctime_ns) for path, info in infos.items()}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root that is not there yet."""
    return tmp_path / "root"


@pytest.fixture
def run(root: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the module with these entries; its result."""

    def run(*entries: dict[str, Any], check: bool = False, diff: bool = False, **options: Any) -> dict[str, Any]:
        args = {"root": str(root), "entries": list(entries), "_ansible_check_mode": check, "_ansible_diff": diff}
        with patch_module_args({**args, **options}), pytest.raises(SystemExit):
            file_tree.main()
        result = json.loads(capsys.readouterr().out)
        return {"failed": False, **result}

    return run
