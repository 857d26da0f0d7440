"""A sound lock with one value put out of place is planned or refused, never crashes."""

from __future__ import annotations

import json
import tomllib
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noxlock.errors import LockError, NoxlockError
from noxlock.locks import parse_lock
from noxlock.plan import parse_target, plan

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

# The machine that runs the tests may be busy with others.
ANY_SPEED = settings(deadline=None)

ASSETS = Path(__file__).parent.parent / "assets"
TARGET = parse_target("linux-64", python="3.11.7")
SOUND = {
    "poetry.lock": ASSETS / "poetry" / "sound.lock",
    "pylock.toml": ASSETS / "pylock" / "sound.toml",
}
PROJECT = b"""
[tool.poetry]
name = "demo"
version = "1"

[tool.poetry.dependencies]
python = "^3.9"
idna = "^3.7"
"""
WRONG: list[object] = [
    0,
    -1.5,
    True,
    "",
    "*",
    "x",
    "1.0",
    "2.1",
    "../x",
    "https://[",
    "==",
    "sha256:",
    "a" * 64,
    "os_name == 'nt' and",
    "implementation_name >= 'x'",
    "\u2028\x85",
    [],
    [1],
    ["x"],
    [[]],
    [{}],
    {},
    {"x": 1},
    {"main": "x"},
    {"sha256": "0"},
    date(2024, 1, 1),
]


def places(
    value: object, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value in a document."""
    items: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    for key, item in items:
        yield (*path, key)
        yield from places(item, (*path, key))


def written(value: object) -> str:
    """Return a value as TOML writes it, tables in one line."""
    match value:
        case dict():
            items = (f"{json.dumps(k)} = {written(v)}" for k, v in value.items())
            return f"{{{', '.join(items)}}}"
        case list():
            return f"[{', '.join(map(written, value))}]"
        case str():
            return json.dumps(value)
        case bool():
            return str(value).lower()
        case date():
            return value.isoformat()
        case _:
            return str(value)


def damaged(name: str, at: int, wrong: object, *, drop: bool) -> bytes:
    """Return a sound lock with its value number *at* dropped or replaced."""
    document = tomllib.loads(SOUND[name].read_text("utf-8"))
    paths = list(places(document))
    *parents, last = paths[at % len(paths)]
    holder: Any = document
    for key in parents:
        holder = holder[key]
    if drop:
        del holder[last]
    else:
        holder[last] = wrong
    lines = (f"{json.dumps(key)} = {written(item)}" for key, item in document.items())
    return "\n".join(lines).encode()


@pytest.mark.parametrize("name", SOUND)
@ANY_SPEED
@given(
    at=st.integers(min_value=0, max_value=10_000),
    wrong=st.sampled_from(WRONG),
    drop=st.booleans(),
    old=st.sampled_from(("", "1.1", "1.0", "2.0")),
)
def test_one_wrong_value_is_planned_or_refused(
    name: str, at: int, wrong: object, old: str, *, drop: bool
) -> None:
    data = damaged(name, at, wrong, drop=drop)
    if old and name == "poetry.lock":
        data = data.replace(
            b'"lock-version" = "2.1"', b'"lock-version" = "%b"' % old.encode()
        )
    try:
        lock = parse_lock(name, data, beside={"pyproject.toml": PROJECT}.get)
    except LockError as error:
        assert error.where.startswith((name, "pyproject.toml"))  # noqa: PT017 - or read
        return
    try:
        plan(lock, groups=("all",), extras=lock.extras, target=TARGET)
    except NoxlockError as error:
        assert error.file == name  # noqa: PT017 - or planned
