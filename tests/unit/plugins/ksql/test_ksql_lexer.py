# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Splitting of ksqlDB scripts."""

from __future__ import annotations

import pytest
from ansible_collections.igrafx.liveconnect.plugins.module_utils._errors import InvalidInputError
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.lexer import canonical_text, split
from hypothesis import given, settings
from hypothesis import strategies as some
from ksqldb.tokens import scan as server_tokens


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


def quoted_by(mark):
    """Anything between two marks, the mark itself doubled."""
    return some.text(some.sampled_from("ab;'`\"-/*\n $"), max_size=6).map(
        lambda text: mark + text.replace(mark, mark * 2) + mark
    )


WORDS = some.one_of(
    some.sampled_from(["SELECT", "a1", "${v}", "(", ",", "=", "<", "."]), quoted_by("'"), quoted_by("`"), quoted_by('"')
)
BLANKS = some.sampled_from([" ", "\n", "\r\n", "  \t", "--\n", "-- it's; `\n", "/* ; ' */", "/**/", " --@ x;\n"])


@settings(max_examples=30, deadline=None)
@given(some.lists(some.lists(some.tuples(WORDS, some.lists(BLANKS, min_size=1, max_size=2)), min_size=1), max_size=4))
def test_whatever_stands_in_quotes_and_comments_the_statements_are_those_that_were_written(statements):
    script = "".join("".join(word + "".join(blanks) for word, blanks in one) + ";" for one in statements)
    pieces = split(script, "f.sql")
    assert [[token.text for token in one.tokens] for one in pieces] == [[word for word, _ in one] for one in statements]
    for piece in pieces:
        # What is sent has no comment, and the server's own rules (here the emulator's) read the same words in it.
        assert [token.text for token in server_tokens(f"{piece.text};")] == [
            *(token.text for token in piece.tokens),
            ";",
        ]
        for token in piece.tokens:
            assert piece.text[token.start :].startswith(token.text)
            line = script.split("\n")[token.place.line - 1]
            assert line[token.place.column - 1 :].startswith(token.text.split("\n")[0])
