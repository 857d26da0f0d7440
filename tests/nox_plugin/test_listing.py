"""What nox lists and selects of what is declared."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from support.nox_project import MANY

if TYPE_CHECKING:
    from support.nox_project import NoxProject


def test_nox_lists_each_with_its_line(project: NoxProject) -> None:
    project.write({"sessions/a.yml": MANY})

    ran = project.nox("-l")

    assert ran.status == 0, ran.err
    assert [line for line in ran.out.splitlines() if line[:2] in {"* ", "- "}] == [
        "* first [quick] -> Run `tool first` in cpu (CPython 3; main)",
        "* second -> Run `tool second` and 1 more in cpu (CPython 3; main)",
        "* both-3.10 -> Try both pythons",
        "* both-3.12 -> Try both pythons",
        "- repro -> Run every check: sum; `-- --accept` records baselines",
        (
            "- repro(sum) [quick] -> Rerun `tool {outputs}` in cpu (CPython 3; main),"
            " compare with repro/sum"
        ),
        (
            "- lock -> Lock again: poetry.lock from pyproject.toml; `-- --check` only"
            " checks, `-- --update NAME` one"
        ),
    ]


@pytest.mark.parametrize(
    ("args", "selected"),
    [
        ([], ["first", "second", "both-3.10", "both-3.12"]),
        (["-t", "quick"], ["first", "repro(sum)"]),
        (["-k", "both and not first"], ["both-3.10", "both-3.12"]),
        (["-p", "3.10"], ["both-3.10"]),
        (
            ["-s", "both", "--extra-pythons", "3.9"],
            ["both-3.10", "both-3.12", "both-3.9"],
        ),
        (["-s", "repro(sum)"], ["repro(sum)"]),
    ],
)
def test_nox_selects_them_as_its_own(
    project: NoxProject, args: list[str], selected: list[str]
) -> None:
    project.write({"sessions/a.yml": MANY})

    ran = project.nox("-l", "--json", *args)

    assert ran.status == 0, ran.err
    found = [one["session"] for one in json.loads(ran.out)]
    assert sorted(found) == sorted(selected)


def test_the_usage_of_a_session_tells_its_commands_and_options(
    project: NoxProject,
) -> None:
    project.write({"sessions/a.yml": MANY})

    session = project.nox("--usage", "both").out
    check = project.nox("--usage", "repro(sum)").out

    assert "    tool both\n" in session
    assert "-- --frozen" in session
    assert "-- --accept" not in session
    assert "outputs: a.txt" in check
    assert "-- --accept" in check
