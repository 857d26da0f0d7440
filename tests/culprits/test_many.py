"""Two hundred changes; and locks that do not say what their packages need."""

from __future__ import annotations

from math import ceil, log2
from typing import TYPE_CHECKING

import pytest

from support.why_locks import Pin, pins

if TYPE_CHECKING:
    from support.why_project import WhyProject

pytestmark = pytest.mark.slow


def test_one_cause_among_two_hundred_changes(project: WhyProject) -> None:
    project.rule('2.0 if v["p137"] == "2.0" else 1.0')
    project.lock(*pins(200))
    project.commit("old")
    project.lock(*pins(200, "2.0"))

    asked = project.bisect("--good", "old", "--no-releases")

    assert asked.status == 0, asked.err
    assert asked.report["changed"] == 200
    assert asked.blamed == [["p137"]]
    assert asked.report["environments"] <= 2 + ceil(log2(200)) + 3
    assert min(each["overhead"] for each in project.kept) < 1


def needy(version: str, mark: str) -> list[Pin]:
    """Return packages of which four can only be upgraded together, in METADATA alone.

    Each test has bytes of its own, so that no store has read them.
    """
    names = ["p02", "p05", "p06", "p09"]
    needs = {
        name: (f"{other}=={version}",)
        for name, other in zip(names, [*names[1:], names[0]], strict=True)
    }
    return [
        Pin(
            name=each.name,
            version=version,
            needs=needs.get(each.name, ()),
            extra=f"# {mark}",
        )
        for each in pins(12, version)
    ]


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_what_packages_need_is_read_of_themselves_where_no_lock_says_it(
    project: WhyProject, jobs: str
) -> None:
    project.check(lock="requirements.txt")
    tied = 'len({v[name] for name in ("p02", "p05", "p06", "p09")}) > 1'
    project.rule('float(v["p07"] == "2.0")', f"if {tied}:", "    raise ImportError")
    project.hashes(*needy("1.0", f"needy-{jobs}"))
    project.commit("old")
    project.hashes(*needy("2.0", f"needy-{jobs}"))

    asked = project.bisect("--good", "old", "--no-releases", "--jobs", jobs)

    assert asked.status == 0, asked.err
    assert asked.blamed == [["p07"]]
    assert asked.report["unresolved"] == []
