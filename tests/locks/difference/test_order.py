"""Versions are ordered as PEP 440 and as conda order them."""

from __future__ import annotations

from itertools import product

import pytest
import rattler
from hypothesis import given, settings
from hypothesis import strategies as st

from noxlock.locks.difference.order import (
    compare_conda,
    compare_versions,
    sorted_versions,
)
from noxlock.model import Layer

VERSIONS = """
1.0 1.0.0 1.0a1 1.0_ 1.0.1a 1.0.1_ 1.0post1 1.0.post1 1.0dev 1.0.dev1 1!0.5 2.0+cpu
2.0+cuda12 2.0 1.1.1w 1.1.1 2024a 2024b 2024.2 0.4.1.rc 0.4.1 0.4.1dev 3.12.0rc1_0
3.12.0rc2 3.12.0 0.960923 0.5b3 1996.07.12 9e 3.2.p1 1.0_1 10.2b 9.1.0.70 2.36.1
"""
REAL = VERSIONS.split()


def as_rattler(a: str, b: str) -> int:
    one, other = rattler.Version(a), rattler.Version(b)
    return (one > other) - (one < other)


def test_real_versions_are_ordered_as_rattler_orders_them() -> None:
    for a, b in product(REAL, REAL):
        assert compare_conda(a, b) == as_rattler(a, b), (a, b)


PARTS = st.lists(
    st.tuples(
        st.integers(0, 20), st.sampled_from(["", "a", "rc1", "dev", "post2", "b3c4"])
    ),
    min_size=1,
    max_size=4,
).map(lambda parts: ".".join(f"{number}{word}" for number, word in parts))


@settings(deadline=None)
@given(PARTS, PARTS)
def test_any_versions_are_ordered_as_rattler_orders_them(a: str, b: str) -> None:
    assert compare_conda(a, b) == as_rattler(a, b)
    assert compare_conda(a, b) == -compare_conda(b, a)


@pytest.mark.parametrize(
    ("old", "new", "layer", "order"),
    [
        ("1.0.dev1", "1.0a1", Layer.PYPI, -1),
        ("2.0", "2.0.0", Layer.PYPI, 0),
        ("2.0", "2.0+cpu", Layer.PYPI, -1),
        ("1.0.post1", "1.0", Layer.PYPI, 1),
        ("not a version", "1.0", Layer.PYPI, -1),
        ("1.1.1w", "1.1.1", Layer.CONDA, -1),
    ],
)
def test_each_layer_has_its_own_order(
    old: str, new: str, layer: Layer, order: int
) -> None:
    assert compare_versions(old, new, layer) == order


def test_versions_are_sorted_each_once() -> None:
    found = sorted_versions(["1.10", "1.9", "1.10"], Layer.PYPI)
    assert found == ("1.9", "1.10")
