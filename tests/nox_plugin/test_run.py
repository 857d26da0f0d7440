"""Declared sessions under the real nox: what they run, in what, and nox's own flags."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from support.nox_project import HERE, MANY, PYPROJECT, poetry_lock, tool_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from support.nox_project import NoxProject

pytestmark = pytest.mark.slow

TEST = """
environments:
  cpu: {pypi: poetry.lock}
sessions:
  test: {environment: cpu, run: "tool {posargs:-q tests}"}
"""


def test_a_session_runs_its_command_in_the_locked_environment(
    project: NoxProject,
) -> None:
    project.write({"sessions/a.yml": TEST})

    ran = project.nox("-s", "test", env={"PYTHONPATH": "/nowhere"})

    assert ran.status == 0, ran.err
    assert ran.tool == [
        'tool 1.0 ["-q", "tests"] in sample with PYTHONNOUSERSITE=1 on ' + HERE
    ]
    assert "http" not in ran.err, "the logs of libraries are no business of nox's user"
    assert "uv binary" not in ran.err, "noxlock has no use for uv"
    assert "1 package" in ran.err
    assert (project.root / ".nox" / ".gitignore").read_text() == "*\n"


def test_posargs_reach_the_command_and_noxlocks_own_do_not(project: NoxProject) -> None:
    project.write({"sessions/a.yml": TEST})

    ran = project.nox("-s", "test", "--", "--frozen", "-k", "a b")

    assert ran.status == 0, ran.err
    assert ran.tool[0].startswith('tool 1.0 ["-k", "a b"] in sample')


def test_commands_run_in_order_in_their_folder_until_one_fails(
    project: NoxProject,
) -> None:
    project.write(
        {
            "inner/keep": "",
            "sessions/a.yml": """
sessions:
  test:
    environment: {pypi: poetry.lock}
    run: [tool one, "tool two --fail", tool three]
    directory: inner
    env: {SAMPLE_MODE: fast}
  lost: {environment: {pypi: poetry.lock}, run: tool, directory: nowhere}
""",
        }
    )

    ran = project.nox("-s", "test", "lost", "--report", "report.json")

    assert ran.status == 1
    with_ = f"with PYTHONNOUSERSITE=1, SAMPLE_MODE=fast on {HERE}"
    assert ran.tool == [
        f'tool 1.0 ["one"] in inner {with_}',
        f'tool 1.0 ["two", "--fail"] in inner {with_}',
    ]
    assert (
        "nox > sessions.lost.directory: there is no folder `nowhere` to run in"
        in ran.err.splitlines()
    )
    assert "Traceback" not in ran.err
    report = json.loads((project.root / "report.json").read_text())
    assert [one["result"] for one in report["sessions"]] == ["failed", "failed"]


@pytest.mark.interpreters
def test_a_matrix_runs_on_each_python_also_in_parallel(project: NoxProject) -> None:
    project.write({"sessions/a.yml": MANY})
    if "3.10" not in project.pythons or "3.12" not in project.pythons:
        pytest.skip("needs CPython 3.10 and 3.12")

    ran = project.nox("-s", "both", "second", "-j", "2", "--", "x")

    assert ran.status == 0, ran.out
    tails = sorted(line.partition(" in ")[0] + line[-5:] for line in ran.tool)
    assert tails == [
        'tool 1.0 ["both", "x"] 3.10',
        'tool 1.0 ["both", "x"] 3.12',
        f'tool 1.0 ["first"] {HERE}',
        f'tool 1.0 ["more"] {HERE}',
        f'tool 1.0 ["second"] {HERE}',
    ]


@pytest.mark.interpreters
def test_the_user_may_force_another_python(project: NoxProject) -> None:
    project.write({"sessions/a.yml": TEST})
    if "3.12" not in project.pythons:
        pytest.skip("needs CPython 3.12")

    ran = project.nox("-s", "test", "--force-python", "3.12")

    assert ran.status == 0, ran.err
    assert ran.tool[0].endswith(" on 3.12")


def test_install_only_makes_the_environments_and_runs_nothing(
    project: NoxProject,
) -> None:
    project.write({"sessions/a.yml": MANY})

    ran = project.nox("-s", "first", "repro", "lock", "--install-only")

    assert ran.status == 0, ran.err
    assert ran.tool == []
    for folder in ("first", "repro-sum"):
        assert (project.root / ".nox" / folder / "bin" / "tool").is_file()
    assert "every check passed" not in ran.err


def test_without_venv_nox_has_the_last_word_but_nothing_is_proved(
    project: NoxProject,
) -> None:
    project.write({"sessions/a.yml": MANY})

    ran = project.nox("-s", "first", "repro(sum)", "--no-venv")

    assert ran.status == 1
    lines = ran.err.splitlines()
    assert "nox > first runs outside its locked environment" in lines
    assert "nox > Program tool not found." in lines
    assert (
        "nox > repro(sum) needs its locked environment: else nothing is proved" in lines
    )


def test_reuse_keeps_what_the_lock_still_says_and_tells_why_not(
    project: NoxProject,
) -> None:
    project.write({"sessions/a.yml": TEST})
    assert project.nox("-s", "test").status == 0

    kept = project.nox("-r", "-s", "test")

    assert "nox > Reusing cpu in .nox/test: nothing changed" in kept.err.splitlines()

    project.write({"poetry.lock": poetry_lock(PYPROJECT, dict([tool_wheel("2.0")]))})
    changed = project.nox("-R", "-s", "test")

    assert changed.tool[0].startswith("tool 2.0 ")
    assert "made anew: plan changed: tool 1.0 -> 2.0" in changed.err

    (module,) = (project.root / ".nox" / "test").rglob("tool.py")
    text = module.read_text()
    module.unlink()
    module.write_text(text + "print('altered')\n")
    altered = project.nox("-r", "-s", "test")

    assert "altered" not in altered.out
    assert "made anew: " in altered.err


def test_a_stale_lock_stops_the_session_unless_frozen(project: NoxProject) -> None:
    project.write(
        {
            "sessions/a.yml": TEST + "locks: {poetry.lock: {}}\n",
            "pyproject.toml": PYPROJECT.replace('["tool"]', '["tool>=1"]'),
        }
    )

    stopped = project.nox("-s", "test")
    frozen = project.nox("-s", "test", "--", "--frozen")
    by_variable = project.nox("-s", "test", env={"NOXLOCK_FROZEN": "1"})

    assert stopped.status == 1
    assert stopped.tool == []
    assert (
        "nox > poetry.lock: the dependencies in pyproject.toml changed" in stopped.err
    )
    assert (
        "nox > hint: lock again with `nox -s lock`, or use it as it is: `-- --frozen`,"
        " or NOXLOCK_FROZEN=1"
    ) in stopped.err.splitlines()
    assert "Traceback" not in stopped.err
    assert frozen.status == by_variable.status == 0
    assert "poetry.lock is stale and used as it is (--frozen)" in frozen.err
    assert len(frozen.tool) == len(by_variable.tool) == 1


def test_offline_asks_the_store_only(project: NoxProject, tmp_path: Path) -> None:
    project.write({"sessions/a.yml": TEST})
    assert project.nox("-s", "test").status == 0
    down = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple/"}
    empty = {**down, "NOXLOCK_CACHE_DIR": str(tmp_path / "empty")}

    stored = project.nox("-s", "test", "--", "--offline", env=down)
    missing = project.nox("-s", "test", env={**empty, "NOXLOCK_OFFLINE": "1"})

    assert stored.status == 0, stored.err
    assert stored.tool[0].startswith('tool 1.0 ["-q", "tests"]')
    assert missing.status == 1
    assert "tool" in missing.err
    assert "Traceback" not in missing.err


def test_a_missing_python_skips_the_session_or_fails_it_as_nox_is_told(
    project: NoxProject,
) -> None:
    project.write({"sessions/a.yml": TEST.replace("{pypi", "{python: '3.77', pypi")})

    skipped = project.nox("-s", "test")
    failed = project.nox("-s", "test", "--error-on-missing-interpreters")

    assert skipped.status == 0
    assert "Session test skipped: there is no CPython 3.77 on this machine" in (
        skipped.err
    )
    assert HERE in skipped.err
    assert failed.status == 1
    assert "Session test failed: there is no CPython 3.77" in failed.err


def test_the_noxfile_may_lie_elsewhere(project: NoxProject, tmp_path: Path) -> None:
    project.write({"sessions/a.yml": TEST})
    folder = tmp_path / "environments"

    ran = project.nox(
        *("-f", "sample/noxfile.py", "-s", "test", "--envdir", str(folder)),
        cwd=tmp_path,
    )

    assert ran.status == 0, ran.err
    assert " in sample with " in ran.tool[0]
    # nox shortens the name of a session's folder where its path is long.
    assert [path.parent.name for path in folder.rglob("tool")] == ["bin"]
