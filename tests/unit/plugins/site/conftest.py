# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tests are imported one by one, without packages: what they share is found by path."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
