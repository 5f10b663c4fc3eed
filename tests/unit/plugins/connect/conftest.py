# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

# The tests are imported one by one, without packages: what they share is made modules of its own here.
_SHARED = {"fake_connect_worker": "worker.py", "rubbish_answers": "../rubbish.py"}
for _name, _file in _SHARED.items():
    if _name not in sys.modules:
        _spec = importlib.util.spec_from_file_location(_name, Path(__file__).parent / _file)
        sys.modules[_name] = importlib.util.module_from_spec(_spec)
        _spec.loader.exec_module(sys.modules[_name])
_fake = sys.modules["fake_connect_worker"]


@pytest.fixture
def worker():
    return _fake.Worker()


@pytest.fixture
def url(worker):
    with _fake.serve(worker) as url:
        yield url
