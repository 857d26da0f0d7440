"""Where the search for a culprit stands."""

from __future__ import annotations

import pytest

from noxlock.model.culprit import Standing
from noxlock.report.standing import progress_line

MANY = tuple(f"p{number}" for number in range(17))


@pytest.mark.parametrize(
    ("phase", "suspects", "said"),
    [
        (
            "baseline",
            MANY,
            "checking the ends of 34 changes: 6 environments, at most 7 more",
        ),
        (
            "narrowing",
            MANY,
            "bisecting 34 changes: 17 suspects left, 6 environments, at most 7 more",
        ),
        ("confirming", ("scipy",), "confirming scipy: 6 environments, at most 7 more"),
        (
            "confirming",
            MANY,
            "confirming 17 changes: 6 environments, at most 7 more",
        ),
        (
            "releases",
            ("scipy",),
            (
                "looking for the first bad release of scipy: 6 environments,"
                " at most 7 more"
            ),
        ),
        (
            "releases",
            (),
            "looking for the first bad release: 6 environments, at most 7 more",
        ),
    ],
)
def test_each_phase_has_its_line(
    phase: str, suspects: tuple[str, ...], said: str
) -> None:
    now = Standing(
        phase=phase, changed=34, suspects=suspects, environments=6, at_most=7
    )
    assert progress_line(now) == said


def test_a_second_cause_is_said_to_be_one() -> None:
    now = Standing(
        phase="narrowing",
        changed=34,
        suspects=("a",),
        culprits=1,
        environments=1,
        at_most=None,
    )
    assert progress_line(now) == (
        "bisecting 34 changes for another cause: 1 suspect left, 1 environment"
    )
