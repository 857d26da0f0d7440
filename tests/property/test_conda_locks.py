"""Whatever the bytes, a lock of conda packages is read or refused, never crashes."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from noxlock.errors import LockError, NoxlockError
from noxlock.locks import is_conda_lock, parse_conda_lock
from noxlock.locks.explicit import in_order, render
from noxlock.model import CondaPackage
from noxlock.plan import LayersRequest, parse_platform, plan_layers

pytestmark = pytest.mark.slow

# The machine that runs the tests may be busy with others.
ANY_SPEED = settings(deadline=None)

ASSETS = Path(__file__).parent.parent / "assets"
SOUND = {
    "conda-lock.yml": (ASSETS / "conda-lock/sound.yml").read_bytes(),
    "conda-linux-64.lock": (ASSETS / "explicit/sound.lock").read_bytes(),
    "pixi.lock": (ASSETS / "pixi/sound.lock").read_bytes(),
}
REQUEST = LayersRequest(
    target=parse_platform("linux-64"), groups=("all",), keep_going=True, listing=True
)
WRONG = ["", "null", "~", "1", "é", "[]", "{}", "https://[", "git+x", "a-b-c.conda"]


def read_or_refuse(name: str, data: bytes) -> None:
    is_conda_lock(name, data)
    refused: LockError | None = None
    try:
        lock = parse_conda_lock(name, data)
    except LockError as error:
        refused = error
    if refused:
        assert refused.file
        assert refused.hint
        assert len(str(refused).splitlines()) == 1
        return
    with suppress(NoxlockError):
        plan = plan_layers(lock, None, REQUEST)
        render(plan.conda, platform="linux-64", pypi=lock.platforms[0].pypi)


@ANY_SPEED
@given(name=st.sampled_from([*SOUND, "pins"]), data=st.binary())
def test_bytes_are_read_or_refused(name: str, data: bytes) -> None:
    read_or_refuse(name, data)


@ANY_SPEED
@given(
    name=st.sampled_from(list(SOUND)),
    at=st.integers(0, 2000),
    length=st.integers(0, 40),
    instead=st.one_of(st.binary(max_size=8), st.sampled_from(WRONG).map(str.encode)),
)
def test_a_sound_lock_with_other_bytes_inside_is_read_or_refused(
    name: str, at: int, length: int, instead: bytes
) -> None:
    data = SOUND[name]
    at %= len(data)

    read_or_refuse(name, data[:at] + instead + data[at + length :])


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.sampled_from(WRONG)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.dictionaries(st.sampled_from(["a", "url", "name"]), inner, max_size=2),
    ),
    max_leaves=4,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:  # noqa: ANN401 - YAML
    """Return the path of every value inside *value*."""
    below = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [path, *(p for key, inner in below for p in places(inner, (*path, key)))]


@pytest.mark.parametrize("name", ["conda-lock.yml", "pixi.lock"])
@ANY_SPEED
@given(data=st.data())
def test_a_value_out_of_place_is_read_or_refused(
    name: str, data: st.DataObject
) -> None:
    document = yaml.load(SOUND[name], yaml.BaseLoader)  # noqa: S506 - strings alone
    *path, last = data.draw(st.sampled_from(places(document)[1:]))
    holder = document
    for key in path:
        holder = holder[key]
    holder[last] = data.draw(VALUES)

    read_or_refuse(name, yaml.safe_dump(document, sort_keys=False).encode())


NAMES = st.sampled_from([*"abcdefg", "python"])


@given(st.dictionaries(NAMES, st.frozensets(NAMES)))
def test_packages_come_after_what_they_need_unless_that_needs_them(
    needs: dict[str, frozenset[str]],
) -> None:
    packages = [
        CondaPackage(
            name=name,
            version="1",
            build="0",
            subdir="noarch",
            filename=f"{name}-1-0.conda",
            url=f"https://conda.example.org/noarch/{name}-1-0.conda",
            channel=None,
            depends=tuple(wanted),
        )
        for name, wanted in needs.items()
    ]

    names = [package.name for package in in_order(packages)]

    assert sorted(names) == sorted(needs)
    for place, name in enumerate(names):
        for need in needs[name] & set(names[place + 1 :]):
            assert name in reached(need, needs)


def reached(start: str, needs: dict[str, frozenset[str]]) -> set[str]:
    found: set[str] = set()
    agenda = [start]
    while agenda:
        for need in needs.get(agenda.pop(), frozenset()) - found:
            found.add(need)
            agenda.append(need)
    return found
