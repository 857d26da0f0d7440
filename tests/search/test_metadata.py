"""Requirements as poetry.lock says them, put into the words of PEP 508."""

from __future__ import annotations

import pytest
from packaging.requirements import Requirement

from noxlock.model import ExtraName
from noxlock.search import locked_metadata
from support.locks import edge, group_lock, package


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("b ^1.2", "b>=1.2,<2.0"),
        ("b >=1,!=2.1", "b>=1,!=2.1"),
        ("b 1.2", "b==1.2"),
        ("b *", "b"),
        ("b <2 || >3", "b"),
        ("b[x,y] >=1; sys_platform == 'linux'", "b[x,y]>=1; sys_platform == 'linux'"),
    ],
)
def test_constraints_are_told_as_far_as_they_can_be(written: str, told: str) -> None:
    (metadata,) = locked_metadata(group_lock([package("a==1", written)])).values()

    assert [Requirement(each) for each in metadata.requirements] == [Requirement(told)]


def test_what_an_extra_adds_has_the_constraint_of_the_package() -> None:
    optional = edge("b >=2", optional=True)
    extra = {ExtraName("x"): (edge("b"), edge("c"))}
    found = locked_metadata(group_lock([package("a==1", optional, extras=extra)]))

    assert list(map(Requirement, found["a", "1"].requirements)) == [
        Requirement('b>=2; extra == "x"'),
        Requirement('c; extra == "x"'),
    ]


def test_the_pythons_are_told() -> None:
    lock = group_lock([package("a==1", requires_python=">=3.8,<4")])

    assert locked_metadata(lock)["a", "1"].requires_python in (">=3.8,<4", "<4,>=3.8")
