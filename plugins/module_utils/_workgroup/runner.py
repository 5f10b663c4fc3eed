# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The module from its options to its result: parse, plan, apply, report."""

from __future__ import annotations

import typing as t

from .apply import register
from .client import Login, open_store
from .model import WorkgroupTable, internal_warnings, parse_registrations
from .report import report


def run(params: t.Mapping[str, t.Any], *, check_mode: bool, warn: t.Callable[[str], None]) -> dict[str, t.Any]:
    """The result of workgroup_kafka_registration; LiveConnectError when a row is missing or cannot be written."""
    registrations = parse_registrations(params)
    table = WorkgroupTable.from_params(params)
    for warning in internal_warnings(registrations):
        warn(warning)
    with open_store(Login.from_params(params), table) as store:
        plan = register(store, registrations, check_mode=check_mode)
    return report(plan)
