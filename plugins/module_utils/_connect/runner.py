# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The modules from their options to their results: parse, plan, apply, report."""

from __future__ import annotations

import typing as t

from .._errors import InvalidInputError
from .._http.patience import CONNECT, Patience
from .._http.servers import transport_from
from .._masking import Mask
from .apply import Conduct, apply, preview
from .client import ConnectClient
from .model import declare, declared_entries
from .plan import Rules, plan
from .read import learn_provided, learn_secrets, learn_shown, read_offsets, read_settled, validate
from .report import described, exposed, result, warnings
from .wait import Timing

Params = t.Mapping[str, t.Any]


def run(params: Params, *, check_mode: bool, diff: bool, warn: t.Callable[[str], None]) -> dict[str, t.Any]:
    """The result of kafka_connector; LiveConnectError carries as much of it as there is in its details."""
    parallel, stop = params["parallel"], params["on_error"] == "stop"
    if parallel < 1:
        raise InvalidInputError("parallel: it must be 1 or more.")
    declared = declare(declared_entries(params))
    rules = Rules.from_params(params)
    mask = Mask()
    for one in declared:
        mask.learn_config(one.config, one.secret_keys)
    client = _client(params, mask)
    reading = Timing(params["retry_timeout"], params["poll_interval"])
    actual = read_settled(client, declared, reading, others=params["purge"])
    actual, refused = read_offsets(client, declared, actual, parallel=parallel)
    steps = plan(declared, actual, rules)
    learn_secrets(client, steps, mask)
    invalid = validate(client, steps, parallel=parallel) if params["validate_config"] else {}
    outcomes = preview(steps, invalid | refused, stop_on_error=stop)
    if not check_mode:
        waiting = Timing(params["wait_timeout"], params["poll_interval"]) if params["wait"] else None
        outcomes = apply(client, outcomes, Conduct(parallel, stop, waiting), mask)
    seen = (connector for one in outcomes for connector in (one.step.actual, one.seen))
    learn_provided(client, seen, parallel=parallel)
    for text in exposed(declared, mask) + warnings(outcomes, mask):
        warn(text)
    return result(outcomes, mask, check_mode=check_mode, diff=diff)


def run_info(params: Params) -> dict[str, t.Any]:
    """The result of kafka_connector_info."""
    mask = Mask()
    client = _client(params, mask)
    names = params["names"]
    actual = client.read(names or [], others=True)
    connectors = [one for name, one in sorted(actual.items()) if names is None or name in names]
    learn_shown(client, connectors, mask)
    return {
        "changed": False,
        "connectors": described(connectors, mask),
        "plugins": client.plugins(),
        "worker": client.worker(),
    }


def _client(params: Params, mask: Mask) -> ConnectClient:
    transport = transport_from(params, CONNECT.is_unfit)
    return ConnectClient(transport, mask, Patience(params["retry_timeout"], params["timeout"]))
