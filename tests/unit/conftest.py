# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes this checkout importable as ``ansible_collections.igrafx.liveconnect``, wherever it lies."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from types import ModuleType

from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))
from postgres_container import container  # noqa: F401 -- a fixture for all

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = "ansible_collections.igrafx.liveconnect"

# Looking for garbage after every 700 objects costs an eighth of the time here; this is seldom enough.
gc.set_threshold(100_000, 50, 100)

# Enough to find a rule that does not hold, over the runs of many days; the whole suite is to take seconds.
settings.register_profile("unit", max_examples=25, deadline=None)
settings.load_profile("unit")

if not any((Path(entry) / COLLECTION.replace(".", "/")).is_dir() for entry in sys.path):
    parts = COLLECTION.split(".")
    for depth in range(1, len(parts) + 1):
        name = ".".join(parts[:depth])
        package = sys.modules.setdefault(name, ModuleType(name))
        package.__path__ = [str(ROOT)] if name == COLLECTION else getattr(package, "__path__", [])
