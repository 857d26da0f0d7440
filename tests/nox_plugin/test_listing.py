"""What nox lists and selects of what is declared."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from support.nox_project import MANY, NOXFILE

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
        "- why(sum) -> Find the package changes that make sum drift, and prove it",
        (
            "- lock -> Lock again: poetry.lock from pyproject.toml; `-- --check` only"
            " checks, `-- --update NAME` one"
        ),
        (
            "- update -> Update the locks as far as tests pass and results hold;"
            " `-- NAME` less"
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


HEAVY = ("numpy", "rattler", "typer", "rich", "msgspec", "yaml", "noxlock.locks")
LOADED = f"""
import sys
print("loaded:", [name for name in {HEAVY} if name in sys.modules], file=sys.stderr)
"""


def test_what_nox_was_told_before_is_told_without_reading_it(
    project: NoxProject,
) -> None:
    project.write({"sessions/a.yml": MANY, "noxfile.py": NOXFILE + LOADED})

    env = {"NOXLOCK_CACHE_DIR": str(project.root / "cache")}
    first, again = project.nox("-l", env=env), project.nox("-l", env=env)

    assert "yaml" in first.err
    assert again.err == "loaded: []\n"
    assert again.out == first.out


def test_definitions_that_changed_are_told_anew(project: NoxProject) -> None:
    project.write({"sessions/a.yml": MANY})
    project.nox("-l")

    project.write({"sessions/a.yml": MANY.replace("Try both", "Try all")})
    changed = project.nox("-l")
    project.write({"sessions/b.yml": "sessions: {third: {environment: none, run: x}}"})
    wrong = project.nox("-l")

    assert "Try all pythons" in changed.out
    assert wrong.status == 2
    assert "unknown environment `none`" in wrong.err


@pytest.mark.parametrize("run", ["first", "again"])
def test_calls_after_files_that_were_told_before_are_held_against_them(
    project: NoxProject, run: str
) -> None:
    project.write({"sessions/a.yml": MANY})
    if run == "again":
        project.nox("-l")
    more = 'noxlock.session("{name}", environment="cpu", run="tool more")\n'
    # Of another length: Python tells a noxfile written within a second by its size.
    project.write({"noxfile.py": NOXFILE + more.format(name="another")})
    good = project.nox("-s", "another")
    project.write({"noxfile.py": NOXFILE + more.format(name="second")})
    bad = project.nox("-l")

    assert good.status == 0, good.err
    assert [line.split(" in ")[0] for line in good.tool] == ['tool 1.0 ["more"]']
    assert bad.status == 2
    assert "`second` is declared in sessions/a.yml:7 already" in bad.err
