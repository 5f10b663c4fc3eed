# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter path_and_parents."""

from __future__ import annotations

from ansible_collections.igrafx.liveconnect.plugins.filter.path_and_parents import path_and_parents


def test_nearest_first_up_to_the_root() -> None:
    assert path_and_parents("/opt/liveconnect/") == ["/opt/liveconnect", "/opt", "/"]
    assert path_and_parents("/") == ["/"]
