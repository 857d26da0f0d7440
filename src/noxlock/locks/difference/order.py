"""The order of versions: PEP 440's, and conda's."""

from __future__ import annotations

import re
from functools import cmp_to_key, lru_cache
from itertools import zip_longest
from typing import TYPE_CHECKING, Final, TypeAlias

from packaging.version import InvalidVersion, Version

from noxlock.model import Layer

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["compare_conda", "compare_versions", "sorted_versions"]

_Part: TypeAlias = int | str | float
_Component: TypeAlias = tuple[_Part, ...]
_Zero: Final[_Component] = (0,)
_RUNS: Final = re.compile(r"\*|\d+|[^\d*]+")


def compare_versions(old: str, new: str, layer: Layer) -> int:
    """Return -1, 0 or 1: *old* is before *new*, the same version, or after it.

    A version of PyPI that PEP 440 does not know is ordered as conda's are.
    """
    if layer is Layer.PYPI:
        ours, theirs = _pep_440(old), _pep_440(new)
        if ours is not None and theirs is not None:
            return (ours > theirs) - (ours < theirs)
    return compare_conda(old, new)


def sorted_versions(versions: Iterable[str], layer: Layer) -> tuple[str, ...]:
    """Return *versions*, each once, the oldest first."""

    def order(one: str, other: str) -> int:
        return compare_versions(one, other, layer)

    return tuple(sorted(sorted(set(versions)), key=cmp_to_key(order)))


def compare_conda(old: str, new: str) -> int:
    """Return -1, 0 or 1, as conda's `VersionOrder` has it."""
    ours, theirs = _conda(old), _conda(new)
    # "Missing components are filled with 0" in each of epoch, version and local part.
    for left, right in zip(ours, theirs, strict=True):
        for mine, other in zip_longest(left, right, fillvalue=_Zero):
            for a, b in zip_longest(mine, other, fillvalue=0):
                if order := _compare(a, b):
                    return order
    return 0


def _compare(a: _Part, b: _Part) -> int:
    # "strings are smaller than integers"; `post` is infinite.
    if isinstance(a, str) and isinstance(b, str):
        return (a > b) - (a < b)
    if isinstance(a, str):
        return -1
    if isinstance(b, str):
        return 1
    return (a > b) - (a < b)


@lru_cache(maxsize=4096)
def _conda(text: str) -> tuple[tuple[_Component, ...], ...]:
    """Return epoch, version and local part, each in components."""
    # "convert everything to lower-case"; "-" and "_" are what "." is.
    plain = text.strip().lower()
    epoch, bang, rest = plain.rpartition("!")
    version, _, local = rest.partition("+")
    return _components(epoch if bang else "0"), _components(version), _components(local)


def _components(text: str) -> tuple[_Component, ...]:
    if not text:
        return ()
    trailing = text.endswith("_")
    # "1.0.1_ is ordered before 1.0.1a": the underscore stays with what it ends.
    parts = re.split(r"[._-]", text[:-1] if trailing else text)
    if trailing:
        parts[-1] += "_"
    return tuple(map(_component, parts))


def _component(text: str) -> _Component:
    found: list[_Part] = []
    for run in _RUNS.findall(text):
        if run.isdigit():
            found.append(int(run))
        elif run == "post":
            found.append(float("inf"))
        else:
            # "'DEV' is smaller than any other string"
            found.append("*" if run == "dev" else run)
    # "a component that starts with a letter gets a 0 before it": 1.1.a1 is 1.1.0a1.
    if found and not isinstance(found[0], int):
        found.insert(0, 0)
    return tuple(found) or _Zero


@lru_cache(maxsize=4096)
def _pep_440(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None
