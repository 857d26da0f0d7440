"""`nox -s update`: the newest locks with which tests pass and results hold still."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from noxlock.model.update import Ruling, UpdateVerdict
from support.update_project import ALPHA, UpdateProject, open_update_project

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

FIRST = {"alpha": "1.0", "beta": "1.0", "gamma": "1.0", "delta": "1.0"}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[UpdateProject]:
    """Return a project with a lock and a baseline, and nothing newer yet."""
    with open_update_project(tmp_path) as found:
        found.first()
        yield found


def release_all(project: UpdateProject) -> None:
    """Release what drifts the check, what breaks the test, and what does no harm."""
    project.release("alpha", "2.0", ALPHA, ["beta"])
    project.release("beta", "1.1", "value = 1.0\n")
    project.release("beta", "1.2", "value = 1.001\n")
    project.release("beta", "2.0", "value = 1.001\n")
    project.release("gamma", "2.0", "works = False\n")
    project.release("delta", "2.0")


def test_what_drifts_and_what_breaks_is_held_back_and_the_rest_updated(
    project: UpdateProject,
) -> None:
    release_all(project)

    ran = project.update("--json")

    assert ran.status == 0, ran.err
    assert project.pins() == {
        "alpha": "2.0",
        "beta": "1.1",
        "gamma": "1.0",
        "delta": "2.0",
    }
    report = project.report(ran)
    assert report.verdict is UpdateVerdict.HELD
    beta, gamma = sorted(report.held, key=lambda held: held.name)
    assert (beta.old, beta.kept, beta.wanted) == ("1.0", "1.1", "2.0")
    assert (beta.judge, beta.ruling) == ("reference", Ruling.DRIFTED)
    assert (beta.first_bad, beta.pin) == ("1.2", "beta<1.2")
    assert "result.json" in beta.difference
    assert beta.path == ("alpha", "beta")
    assert (gamma.judge, gamma.ruling) == ("test", Ruling.FAILED)
    assert "gamma does not work" in gamma.difference
    assert {row.name: row.final.passed for row in report.judges if row.final} == {
        "reference": True,
        "test": True,
    }
    assert project.nox("-s", "lock", "--", "--check").status == 0
    assert "beta&lt;1" not in project.markdown()


def find_poetry() -> Path:
    """Return the real Poetry, or skip the test."""
    named = os.environ.get("NOXLOCK_POETRY") or shutil.which("poetry")
    if not named:
        pytest.skip("no Poetry: NOXLOCK_POETRY names none, nor is one on PATH")
    return Path(__file__).parents[2] / named
