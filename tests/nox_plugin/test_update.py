"""`nox -s update`: the newest locks with which tests pass and results hold still."""

from __future__ import annotations

import json
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
    assert "| beta | 1.0 | 1.1 | 2.0 | 1.2 |" in project.markdown()


def test_a_dry_run_leaves_the_lock_and_tells_what_it_would_be(
    project: UpdateProject,
) -> None:
    project.release("gamma", "2.0", "works = False\n")
    project.release("delta", "2.0")
    before = (project.root / "poetry.lock").read_bytes()

    ran = project.update("--dry-run", "--markdown", "body.md", "--json")

    assert ran.status == 0, ran.err
    assert (project.root / "poetry.lock").read_bytes() == before
    report = project.report(ran)
    assert report.dry_run
    assert [held.name for held in report.held] == ["gamma"]
    assert [c.name for each in report.differences for c in each.changes] == ["delta"]
    assert "dry run, nothing is written" in (project.root / "body.md").read_text()
    assert not (project.root / ".nox/update/work").exists()


def test_where_nothing_is_newer_nothing_is_run(project: UpdateProject) -> None:
    ran = project.update("--json")

    assert ran.status == 0, ran.err
    report = project.report(ran)
    assert (report.verdict, report.runs) == (UpdateVerdict.CURRENT, 0)
    assert "the locks are the newest that is allowed" in ran.err


def test_what_fails_with_the_old_lock_already_holds_nothing_back(
    project: UpdateProject,
) -> None:
    (project.root / "test.py").write_text("raise SystemExit(3)\n")
    project.release("gamma", "2.0", "works = False\n")

    ran = project.update("--json")

    assert ran.status == 0, ran.err
    assert project.pins() == {**FIRST, "gamma": "2.0"}
    row = next(row for row in project.report(ran).judges if row.name == "test")
    assert row.reason == "it does not pass with the old lock"
    assert row.old is not None
    assert "exit status 3" in row.old.difference
    assert row.new is None


def test_where_nothing_passes_with_the_old_lock_nothing_is_updated(
    project: UpdateProject,
) -> None:
    (project.root / "test.py").write_text("raise SystemExit(3)\n")
    project.release("gamma", "2.0", "works = False\n")

    ran = project.update("--only", "test", "--json")

    assert ran.status == 1
    assert project.pins() == FIRST
    assert project.report(ran).verdict is UpdateVerdict.FAILED
    assert "nothing passes with the old locks: test" in ran.err


def test_of_an_interaction_one_package_is_held_back(project: UpdateProject) -> None:
    text = (project.root / "reference.py").read_text()
    more = "import delta\nboth = beta.number + getattr(delta, 'number', 1) == 4\n"
    text = text.replace("import alpha\n", f"import alpha, beta\n{more}")
    text = text.replace("alpha.value()", "alpha.value() + both")
    (project.root / "reference.py").write_text(text)
    project.release("beta", "1.0.1", "value, number = 1.0, 1\n")
    project.release("delta", "1.0.1", "number = 1\n")
    first = project.update("--no-checks")
    assert first.status == 0, first.err
    project.release("beta", "2.0", "value, number = 1.0, 2\n")
    project.release("delta", "2.0", "number = 2\n")

    ran = project.update("--no-sessions", "--json")

    assert ran.status == 0, ran.err
    assert project.pins() == {**FIRST, "beta": "1.0.1", "delta": "2.0"}
    (held,) = project.report(ran).held
    assert (held.name, held.together) == ("beta", ("delta",))


def test_what_brings_a_culprit_in_is_held_back(project: UpdateProject) -> None:
    text = (project.root / "reference.py").read_text()
    finds = "import importlib.util\nfound = bool(importlib.util.find_spec('epsilon'))\n"
    text = finds + text.replace("alpha.value()", "alpha.value() + found")
    (project.root / "reference.py").write_text(text)
    project.release("epsilon", "1.0")
    project.release("alpha", "1.1", ALPHA, ["beta"])
    project.release("alpha", "2.0", ALPHA, ["beta", "epsilon"])
    project.release("delta", "2.0")

    ran = project.update("--json", "--no-sessions")

    assert ran.status == 0, ran.err
    assert project.pins() == {**FIRST, "delta": "2.0"}
    report = project.report(ran)
    (held,) = report.held
    assert (held.name, held.pin, held.instead) == ("alpha", "alpha==1.0", "epsilon")
    assert [(one.name, one.kept) for one in report.behind] == [("epsilon", "")]


def test_names_are_all_that_is_updated(project: UpdateProject) -> None:
    project.release("gamma", "2.0", "works = True\n")
    project.release("delta", "2.0")

    ran = project.update("delta")

    assert ran.status == 0, ran.err
    assert project.pins() == {**FIRST, "delta": "2.0"}


def test_other_files_of_the_same_version_cannot_be_held_back(
    project: UpdateProject,
) -> None:
    project.release("gamma", "1.0", "works = False\n")
    project.release("gamma", "0.9", "works = False\n")
    project.index.files["gamma-1.0-1-py3-none-any.whl"] = b""

    ran = project.update("--json", "--no-checks")

    assert ran.status == 1
    assert "nothing holds back gamma" in ran.err


def test_a_stale_lock_is_no_place_to_start_from(project: UpdateProject) -> None:
    text = (project.root / "pyproject.toml").read_text()
    (project.root / "pyproject.toml").write_text(text.replace('"gamma", ', ""))

    ran = project.update()

    assert ran.status == 1
    assert "`nox -s lock` first" in ran.err


def test_what_is_known_against_a_held_version_is_told(tmp_path: Path) -> None:
    yanked = {"yanked": ("gamma-1.0-py3-none-any.whl",)}
    with open_update_project(tmp_path, index=yanked) as project:
        project.first()
        project.release("gamma", "2.0", "works = False\n")
        advisory = {
            "id": "TEST-1",
            "modified": "2026-01-01T00:00:00Z",
            "summary": "gamma can be made to stumble",
            "affected": [
                {
                    "package": {"ecosystem": "PyPI", "name": "Gamma"},
                    "ranges": [
                        {
                            "type": "ECOSYSTEM",
                            "events": [{"introduced": "0"}, {"fixed": "1.5"}],
                        }
                    ],
                }
            ],
        }
        (tmp_path / "one.json").write_text(json.dumps(advisory))

        ran = project.update("--advisories", str(tmp_path / "one.json"), "--json")

        assert ran.status == 0, ran.err
        report = project.report(ran)
    assert report.advisories is not None
    assert [(one.id, one.fixed, one.cured) for one in report.advisories] == [
        ("TEST-1", ("1.5",), True)
    ]
    assert [(one.name, one.version) for one in report.yanked] == [("gamma", "1.0")]
    assert "gamma 1.0 is vulnerable (TEST-1, fixed in 1.5)" in ran.err
    assert "gamma 1.0 is yanked from its index" in ran.err


def test_the_real_poetry_holds_the_same_back(tmp_path: Path) -> None:
    with open_update_project(tmp_path, poetry=find_poetry()) as project:
        project.first()
        release_all(project)

        ran = project.update("--json")

        assert ran.status == 0, ran.err
        pins = {"alpha": "2.0", "beta": "1.1", "gamma": "1.0", "delta": "2.0"}
        assert project.pins() == pins
        assert project.nox("-s", "lock", "--", "--check").status == 0


def find_poetry() -> Path:
    """Return the real Poetry, or skip the test."""
    named = os.environ.get("NOXLOCK_POETRY") or shutil.which("poetry")
    if not named:
        pytest.skip("no Poetry: NOXLOCK_POETRY names none, nor is one on PATH")
    return Path(__file__).parents[2] / named
