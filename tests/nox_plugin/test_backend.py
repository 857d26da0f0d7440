"""`venv_backend="noxlock"` in sessions written by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.nox_project import HERE

if TYPE_CHECKING:
    from support.nox_project import NoxProject

HEAD = """
import nox
import noxlock

noxlock.environment("cpu", pypi="poetry.lock")
noxlock.environment("two", pypi="poetry.lock", python=["3.10", "3.12"])
noxlock.environment("old", pypi="poetry.lock", python="3.77")
noxlock.session("declared", environment="cpu", run="tool declared {posargs}")
"""


def by_hand(body: str, *, params: str = '["cpu"]', python: str | None = None) -> str:
    """Return a noxfile with one session written by hand."""
    python = f", python={python!r}" if python else ""
    return (
        f'{HEAD}\n@nox.session(venv_backend="noxlock", venv_params={params}{python})\n'
        f"def hand(session):\n    {body}\n"
    )


def test_a_session_written_by_hand_runs_in_a_locked_environment(
    project: NoxProject,
) -> None:
    body = """
    session.run("tool", *session.posargs)
    out = session.run("python", "-c", "import sys; print(sys.prefix)", silent=True)
    assert out.strip() == session.virtualenv.location == str(session.env_dir.absolute())
    assert session.bin == session.bin_paths[0]
    assert session.venv_backend == "noxlock"
    session.notify("declared", posargs=["--offline", "x"])
"""
    project.write({"noxfile.py": by_hand(body.strip())})

    ran = project.nox("-s", "hand", "--", "--frozen")

    assert ran.status == 0, ran.err
    assert [line.partition(" in ")[0] for line in ran.tool] == [
        'tool 1.0 ["--frozen"]',
        'tool 1.0 ["declared", "x"]',
    ]

    again = project.nox("-r", "-s", "hand")

    assert "nox > Reusing cpu in .nox/hand: nothing changed" in again.err.splitlines()


def test_nothing_unpinned_comes_into_it(project: NoxProject) -> None:
    project.write({"noxfile.py": by_hand('session.install("six")')})

    ran = project.nox("-s", "hand")

    assert ran.status == 1
    assert (
        "got the locked environment `cpu`; nothing unpinned comes into it: add the"
        " package to a dependency group, lock, and name the group"
    ) in ran.err


@pytest.mark.parametrize(
    ("noxfile", "messages"),
    [
        (
            by_hand("pass", params='["cpuu"]'),
            [
                "nox > unknown environment `cpuu`; known: cpu, old, two",
                "nox > hint: did you mean `cpu`?",
            ],
        ),
        (
            by_hand("pass", params="[]"),
            [
                "nox > venv_params must name one environment, found []",
                'nox > hint: @nox.session(venv_backend="noxlock", venv_params=["cpu"])',
            ],
        ),
        (
            by_hand("pass", params='["two"]'),
            [
                "nox > environment two has several pythons: 3.10, 3.12",
                'nox > hint: say which: @nox.session(python="3.10", ...)',
            ],
        ),
        (
            by_hand("pass", params='["session:nothing"]'),
            ["nox > no session `nothing` is declared; known: declared"],
        ),
    ],
)
def test_mistakes_are_told_without_a_traceback(
    project: NoxProject, noxfile: str, messages: list[str]
) -> None:
    project.write({"noxfile.py": noxfile})

    ran = project.nox("-s", "hand")

    assert ran.status == 1
    assert [line for line in ran.err.splitlines() if line in messages] == messages
    assert "Traceback" not in ran.err


def test_the_sessions_python_comes_before_the_environments(project: NoxProject) -> None:
    text = by_hand('session.run("tool")', params='["old"]', python=HERE)
    project.write({"noxfile.py": text})

    ran = project.nox("-s", "hand")

    assert ran.status == 0, ran.err
    assert ran.tool[0].endswith(f" on {HERE}")
