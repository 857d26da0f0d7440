"""Projects of other shapes: in a folder, installed themselves, with noisy outputs."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from support.wheels import sdist_tree
from support.why_locks import pins

if TYPE_CHECKING:
    from pathlib import Path

    from support.why_project import WhyProject

pytestmark = pytest.mark.slow


def test_a_project_in_a_folder_of_its_repository(
    project: WhyProject, tmp_path: Path
) -> None:
    project.environ["GIT_CEILING_DIRECTORIES"] = str(tmp_path.parent)
    project.rule('float(v["p03"] == "2.0")')
    project.lock(*pins(6))
    (project.root / ".git").rename(tmp_path / ".git")
    project.commit("old")
    project.lock(*pins(6, "2.0"))

    asked = project.bisect("--good", "old")

    assert asked.status == 0, asked.err
    assert asked.blamed == [["p03"]]


def test_revisions_need_a_repository(project: WhyProject) -> None:
    project.lock(*pins(2))
    shutil.rmtree(project.root / ".git")

    asked = project.bisect("--good", "old")

    assert asked.status == 2
    assert "no git repository that may have the revision `old`" in asked.err
    assert asked.out == ""


def test_the_project_itself_is_installed_in_every_mix(project: WhyProject) -> None:
    text = project.root / "sessions/repro.yml"
    text.write_text(text.read_text().replace(", project: none", ""))
    for name, data in sdist_tree("sample", "1.0").items():
        (project.root / name).parent.mkdir(parents=True, exist_ok=True)
        (project.root / name).write_bytes(data)
    project.rule('float(v["p03"] == "2.0")', "import sample", 'v["sample"]')
    project.lock(*pins(6))
    project.commit("old")
    project.lock(*pins(6, "2.0"))

    asked = project.bisect("--good", "old")

    assert asked.status == 0, asked.err
    assert asked.blamed == [["p03"]]
    assert min(each["overhead"] for each in project.kept) < 1


def test_numbers_that_are_noisy_are_held_against_their_spread(
    project: WhyProject,
) -> None:
    keys = "{keys: {value: {distribution: {runs: 5}}}}"
    project.check(outputs=f"    outputs: {{result.json: {keys}}}\n")
    noise = '0.01 * (len(open(os.environ["SAMPLE_RUNS"]).readlines()) % 5)'
    project.rule(f'5.0 * (v["p03"] == "2.0") + {noise}')
    project.lock(*pins(6))
    project.commit("old")
    project.lock(*pins(6, "2.0"))

    asked = project.bisect("--good", "old", "--no-releases")

    assert asked.status == 0, asked.err
    assert asked.blamed == [["p03"]]
    assert len(project.runs) == 5 * asked.report["runs"]
