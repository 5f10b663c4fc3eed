# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The modules from their options to their results: parse, plan, apply, report."""

from __future__ import annotations

import typing as t

from .._http.patience import CONNECT, KSQLDB, Patience
from .._http.servers import transport_from
from .._masking import Mask
from .apply import converge
from .client import KsqlClient
from .declaration import parse
from .info import REQUEST, described
from .model import as_texts
from .read import Site
from .record import Record
from .report import diff
from .scripts import read_scripts
from .steps import Rules

if t.TYPE_CHECKING:
    from .._connect.client import ConnectClient
    from .model import Statement

Params = t.Mapping[str, t.Any]


def run(params: Params, *, check_mode: bool, warn: t.Callable[[str], None]) -> dict[str, t.Any]:
    """The result of ksql_statement; LiveConnectError carries as much of it as there is in its details."""
    rules = Rules.from_params(params)
    variables = as_texts({**params["variables"], **params["secrets"]})
    statements = parse(
        read_scripts(params["src"], params["statements"]),
        variables,
        params["properties"],
        params["secrets"],
        absent=params["state"] == "absent",
    )
    done = converge(_site(params, variables, statements), statements, rules, check=check_mode)
    for warning in done.warnings:
        warn(warning)
    return {"changed": done.changed, "statements": done.results(), "diff": diff(done)}


def run_info(params: Params) -> dict[str, t.Any]:
    """The result of ksql_info."""
    client = KsqlClient(transport_from(params, KSQLDB.is_unfit), _patience(params))
    return {"changed": False, **described(client.info(), client.ask(REQUEST), show_strings=params["show_strings"])}


def _site(params: Params, variables: t.Mapping[str, str], statements: t.Sequence[Statement]) -> Site:
    client = KsqlClient(
        transport_from(params, KSQLDB.is_unfit),
        _patience(params),
        properties=params["properties"],
        variables=variables,
        wait_timeout=params["wait_timeout"],
    )
    record = Record(params["record"] or "", " ".join(params["url"]))
    return Site(client, record, _connect_client(params, statements))


def _connect_client(params: Params, statements: t.Sequence[Statement]) -> ConnectClient | None:
    # An address that is none is refused, whatever is declared.
    workers = transport_from({**params, "url": params["connect_url"]}, CONNECT.is_unfit)
    if not params["connect_url"] or not any(one.kind == "connector" for one in statements):
        return None
    from .._connect.client import ConnectClient  # noqa: PLC0415 -- most runs declare no connector, and need not load it

    mask = Mask()
    mask.learn_secrets(as_texts(params["secrets"]).values())
    return ConnectClient(workers, mask, _patience(params), option="connect_url")


def _patience(params: Params) -> Patience:
    return Patience(params["retry_timeout"], params["timeout"])
