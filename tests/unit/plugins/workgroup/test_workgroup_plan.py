# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run does with the rows it finds, and that it does nothing the second time."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

import pytest
from ansible_collections.igrafx.liveconnect.plugins.module_utils._errors import InvalidInputError
from ansible_collections.igrafx.liveconnect.plugins.module_utils._workgroup.apply import register
from ansible_collections.igrafx.liveconnect.plugins.module_utils._workgroup.model import Registration, Row
from ansible_collections.igrafx.liveconnect.plugins.module_utils._workgroup.plan import (
    UnknownWorkgroupError,
    plan,
)
from hypothesis import given
from hypothesis import strategies as st

ID = "325151bf-2007-4308-b94d-b436a61a35c5"


@dataclass
class Table:
    """A store in memory that writes down what it was asked."""

    rows: dict[str, Row]
    asked: list[str] = field(default_factory=list)

    def read(self, ids: t.Sequence[str], *, lock: bool) -> list[Row]:
        self.asked.append("lock" if lock else "look")
        return [row for row in self.rows.values() if row.workgroup_id in ids]

    def known_ids(self) -> list[str]:
        return list(self.rows)

    def write(self, row: Row) -> None:
        self.asked.append(f"write {row.workgroup_id}")
        self.rows[row.workgroup_id] = row

    def commit(self) -> None:
        self.asked.append("commit")


def test_only_what_differs_is_written_after_a_look_under_lock() -> None:
    table = Table({"a": Row("a", "x", "y"), "b": Row("b", None, None)})
    desired = [Registration("b", "x", "y"), Registration("a", "x", "y")]

    done = register(table, desired, check_mode=False)

    assert [entry.changed for entry in done.steps] == [True, False]
    assert table.asked == ["look", "lock", "write b", "commit"]


def test_check_mode_and_a_run_without_changes_take_no_lock() -> None:
    table = Table({"a": Row("a", None, None)})

    assert register(table, [Registration("a", "x", "y")], check_mode=True).changes
    assert not register(table, [Registration("a", None, None)], check_mode=False).changes
    assert table.asked == ["look", "look"]


def test_a_row_written_by_another_run_between_look_and_lock_is_left_alone() -> None:
    class Overtaken(Table):
        def read(self, ids: t.Sequence[str], *, lock: bool) -> list[Row]:
            if lock:
                self.rows["a"] = Row("a", "x", "y")
            return super().read(ids, lock=lock)

    table = Overtaken({"a": Row("a", None, None)})

    assert not register(table, [Registration("a", "x", "y")], check_mode=False).changes
    assert table.asked == ["look", "lock", "commit"]


def test_an_unknown_workgroup_fails_before_anything_is_written_and_names_what_is_close() -> None:
    table = Table({ID: Row(ID, None, None), "b": Row("b", None, None)})
    unknown = ID.replace("325151bf", "325151be")

    with pytest.raises(UnknownWorkgroupError, match=f"Close to it: {ID}") as caught:
        register(table, [Registration("b", "x", "y"), Registration(unknown, "x", "y")], check_mode=False)

    assert caught.value.details == {"workgroup_id": unknown, "close": [ID]}
    assert table.asked == ["look"]


@pytest.mark.parametrize(("known", "said"), [([], "no workgroup at all"), (["wk1", "wk2"], "2 other workgroups")])
def test_an_unknown_workgroup_without_likeness_says_what_the_table_holds(known: list[str], said: str) -> None:
    with pytest.raises(UnknownWorkgroupError, match=said):
        plan([Registration(ID, "x", "y")], [], known)


def test_the_spelling_as_given_is_preferred_and_two_rows_of_one_id_are_refused() -> None:
    upper, lower = Row(ID.upper(), None, None), Row(ID, None, None)

    found = plan([Registration(ID.upper(), "x", "y")], [lower, upper])
    assert found.steps[0].before == upper
    found = plan([Registration(ID.upper(), "x", "y")], [lower])
    assert found.steps[0].after == Row(ID, "x", "y")
    with pytest.raises(InvalidInputError, match="2 rows"):
        plan([Registration(ID, "x", "y")], [lower, lower])


ids = st.sampled_from(["a", "b", "c", "d"])
address = st.none() | st.sampled_from(["http://10.0.0.1:1", "http://10.0.0.2:2", ""])


@given(
    desired=st.lists(st.builds(Registration, ids, address, address), unique_by=lambda one: one.workgroup_id),
    rows=st.fixed_dictionaries({name: st.builds(Row, st.just(name), address, address) for name in "abcd"}),
)
def test_after_a_run_there_is_nothing_left_to_do(desired: list[Registration], rows: dict[str, Row]) -> None:
    table = Table(dict(rows))

    register(table, desired, check_mode=False)

    assert not register(table, desired, check_mode=True).changes
    untouched = set(rows) - {one.workgroup_id for one in desired}
    assert all(table.rows[name] == rows[name] for name in untouched)
