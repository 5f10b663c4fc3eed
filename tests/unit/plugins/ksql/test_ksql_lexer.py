# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Splitting of ksqlDB scripts."""

from __future__ import annotations

import pytest
from ansible_collections.igrafx.liveconnect.plugins.module_utils._errors import InvalidInputError
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.lexer import canonical_text, split
from hypothesis import given
from hypothesis import strategies as some


def texts(script, **named):
    return [piece.text for piece in split(script, "f.sql", **named)]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("", []),
        ("  \n-- only a comment\n/* and another; */", []),
        ("A; B ;", ["A", "B"]),
        ("A 'x;''y' ;B `p;q`; C \"r;s\";", ["A 'x;''y'", "B `p;q`", 'C "r;s"']),
        ("A '-- no comment /* nor this */';", ["A '-- no comment /* nor this */'"]),
        ("A -- c; d\n B;", ["A  \n B"]),
        ("--\nDROP STREAM x;\nLIST STREAMS;", ["DROP STREAM x", "LIST STREAMS"]),  # the server would skip the DROP
        ("A--@directive\nB; -- the end", ["A \nB"]),
        ("A/* ' */B;", ["A B"]),
        ("A 'two\nlines';", ["A 'two\nlines'"]),
        ("A `x``y` '${v}' ${v} $${w};", ["A `x``y` '${v}' ${v} $${w}"]),
    ],
)
def test_splits(script, expected):
    assert texts(script) == expected


def test_places():
    places = [str(piece.place) for piece in split("-- c\n  A\n  b; B 'x\ny'; C;", "f.sql")]
    assert places == ["f.sql:2:3", "f.sql:3:6", "f.sql:4:5"]


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("A;\n B 'x;", "f.sql:2:4: this quote is never closed"),
        ("A `x;", "f.sql:1:3: this back-tick is never closed"),
        ('A "x;', "f.sql:1:3: this double quote is never closed"),
        ("A; /* B;", "f.sql:1:4: this comment is never closed"),
        ("A;\nB", "f.sql:2:1: the last statement does not end with a semicolon"),
        ("A;;", "f.sql:1:3: a semicolon with no statement before it"),
    ],
)
def test_refuses(script, message):
    with pytest.raises(InvalidInputError, match=message):
        split(script, "f.sql")


def test_forgives_a_missing_last_semicolon_on_request():
    assert texts("A; B -- c", final_semicolon=False) == ["A", "B"]


def test_canonical_text_ignores_spelling_but_not_meaning():
    one = canonical_text("insert  into a\n select 'X y', `q` from b;")
    assert one == canonical_text("INSERT INTO A SELECT 'X y', `q` -- c\nFROM B")
    assert one != canonical_text("INSERT INTO A SELECT 'x y', `q` FROM B")


@given(
    some.lists(some.sampled_from(["A b", "x 'q;''r'", "`k;` 1", "y -- c;\n z", "/* ; */ w", '"d;" = 2']), max_size=6)
)
def test_as_many_pieces_as_statements(statements):
    pieces = split("".join(f"{one};\n" for one in statements), "f.sql")
    assert len(pieces) == len(statements)
    assert [piece.text for piece in split("".join(f"{p.text};" for p in pieces), "f.sql")] == [p.text for p in pieces]
