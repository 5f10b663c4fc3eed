# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

# The tests are imported one by one, without packages: the fake worker is made a module of its own here.
_NAME = "fake_connect_worker"
if _NAME not in sys.modules:
    _spec = importlib.util.spec_from_file_location(_NAME, Path(__file__).with_name("worker.py"))
    sys.modules[_NAME] = importlib.util.module_from_spec(_spec)
    _spec.loader.exec_module(sys.modules[_NAME])


@pytest.fixture
def worker():
    return sys.modules[_NAME].Worker()


@pytest.fixture
def url(worker):
    with sys.modules[_NAME].serve(worker) as url:
        yield url
