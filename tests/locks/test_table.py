"""Typed reads say where they found something else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from noxlock.errors import LockError
from noxlock.locks._table import Table

if TYPE_CHECKING:
    from collections.abc import Callable

TABLE = Table({"a": "x", "b": 1, "c": ["x", 1], "d": {"e": ""}, "f": [{}, True]}, "at")


@pytest.mark.parametrize(
    ("read", "where", "what"),
    [
        (lambda t: t.get("b", str), "at.b", "expected a string, found an integer"),
        (lambda t: t.require("z", bool), "at.z", "missing value"),
        (lambda t: t.string("z"), "at.z", "missing value"),
        (lambda t: t.table("d").string("e"), "at.d.e", "empty string"),
        (lambda t: t.strings("c"), "at.c[1]", "expected a string, found an integer"),
        (lambda t: t.table("a"), "at.a", "expected a table, found a string"),
        (lambda t: t.tables("b"), "at.b", "expected an array, found an integer"),
        (lambda t: t.tables("f"), "at.f[1]", "expected a table, found true or false"),
        (lambda t: list(t.each()), "at.a", "expected a table, found a string"),
        (lambda t: t.parse("a", int), "at.a", "invalid literal for int() with base 10"),
    ],
)
def test_errors_name_the_key(
    read: Callable[[Table], Any], where: str, what: str
) -> None:
    with pytest.raises(LockError) as raised:
        read(TABLE)

    assert raised.value.key == where
    assert raised.value.what.startswith(what)


def test_what_is_absent_is_empty() -> None:
    assert TABLE.get("z", int) is None
    assert TABLE.strings("z") == ()
    assert TABLE.tables("z") == ()
    assert TABLE.table("z") == Table({}, "at.z")
    assert Table({}).at("key") == "key"


def test_what_is_there_is_returned() -> None:
    assert TABLE.require("b", int) == 1
    assert TABLE.parse("a", str.upper) == "X"
    assert list(Table({"k": {"v": 1}}).each()) == [("k", Table({"v": 1}, "k"))]
