"""Checks and locks under the real nox."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from support.nox_project import HERE, poetry_lock
from support.wheels import sdist_tree

if TYPE_CHECKING:
    from support.nox_project import NoxProject

pytestmark = pytest.mark.slow

CHECKS = """
environments:
  cpu: {pypi: poetry.lock}
checks:
  sum:
    environment: cpu
    run: python write.py {outputs} sum
    outputs: {result.json: {keys: {sum: {rtol: 1e-3}}}}
  other:
    environment: cpu
    run: python write.py {outputs} other
    outputs: {result.json: {}}
    env: {SAMPLE_VALUE: "7"}
"""
WRITE = """
import json, os, pathlib, sys

import tool

folder, name = sys.argv[1:]
value = float(os.environ.get("SAMPLE_VALUE", 1))
facts = {"sum": value, "seed": os.environ["PYTHONHASHSEED"]}
(pathlib.Path(folder) / "result.json").write_text(json.dumps(facts))
if os.environ.get("SAMPLE_FAIL") == name:
    sys.exit(4)
"""


WHERE = """
import importlib.util, pathlib, sys

if sys.argv[1:]:
    pathlib.Path(sys.argv[1], "done.txt").write_text("done")
del sys.path[0]  # the script's own folder
found = importlib.util.find_spec("sample")
print("in", pathlib.Path(found.origin).parent if found else "nowhere")
"""
INSTALLED = """
environments:
  cpu: {pypi: poetry.lock}
sessions:
  test: {environment: cpu, run: python where.py}
  bare: {environment: {pypi: poetry.lock, project: none}, run: python where.py}
checks:
  where:
    environment: cpu
    run: python where.py {outputs}
    outputs: {done.txt: {}}
"""


@pytest.fixture
def checks(project: NoxProject) -> NoxProject:
    """Return a project with two checks and no baseline."""
    project.write({"sessions/repro.yml": CHECKS, "write.py": WRITE})
    return project


def test_a_check_fails_without_baseline_and_passes_after_accept(
    checks: NoxProject,
) -> None:
    first = checks.nox("-s", "repro")

    assert first.status == 1
    assert 'record one with `nox -s "repro(sum)" -- --accept`' in " ".join(
        first.err.split()
    )
    assert "nox > Session repro(other) failed." in first.err, "both are run"
    assert "Traceback" not in first.err

    accepted = checks.nox("-s", "repro", "--", "--accept")

    assert accepted.status == 0, accepted.err
    assert "nox > every check passed: sum, other" in accepted.err.splitlines()
    for name, value in (("sum", 1.0), ("other", 7.0)):
        kept = json.loads(
            (checks.root / f"repro/{name}/outputs/result.json").read_text()
        )
        assert kept == {"sum": value, "seed": "0"}

    within = checks.nox("-r", "-s", "repro(sum)", env={"SAMPLE_VALUE": "1.0001"})
    drifted = checks.nox("-r", "-s", "repro(sum)", env={"SAMPLE_VALUE": "1.1"})

    assert within.status == 0, within.err
    assert drifted.status == 1
    report = json.loads((checks.root / ".nox/repro/sum/report.json").read_text())
    assert report["verdict"] == "drifted"


def test_a_command_that_fails_proves_nothing(checks: NoxProject) -> None:
    assert checks.nox("-s", "repro(sum)", "--", "--accept").status == 0

    ran = checks.nox("-r", "-s", "repro(sum)", env={"SAMPLE_FAIL": "sum"})

    assert ran.status == 1
    assert "ended with exit status 4" in " ".join(ran.err.split())


def test_an_input_that_is_not_there_is_found_out_before_the_environment_is_made(
    checks: NoxProject,
) -> None:
    text = CHECKS.replace("    outputs:", '    inputs: ["none*.csv"]\n    outputs:', 1)
    checks.write({"sessions/repro.yml": text})

    ran = checks.nox("-s", "repro(sum)")
    only = checks.nox("--install-only", "-s", "repro(sum)")

    assert ran.status == 1
    where = "sessions/repro.yml:8: checks.sum.inputs[0]"
    assert f"nox > {where}: no file is there for the input `none*.csv`" in ran.err
    assert "made in" not in ran.err
    assert only.status == 0, only.err
    assert "made in" in only.err, "the data may come later"


def test_the_project_is_editable_for_sessions_and_a_wheel_for_checks(
    project: NoxProject,
) -> None:
    tree = sdist_tree("sample", "1.0", {"sample.py": "", "where.py": WHERE})
    pyproject = tree["pyproject.toml"].decode()
    project.write({name: data.decode() for name, data in tree.items()})
    project.write(
        {"poetry.lock": poetry_lock(pyproject, {}), "sessions/a.yml": INSTALLED}
    )

    ran = project.nox("-s", "test", "bare", "repro", "--", "--accept")

    assert ran.status == 0, ran.err
    assert [line.removeprefix("in ") for line in ran.out.splitlines()] == [
        str(project.root),
        "nowhere",
        str(next((project.root / ".nox/repro-where/lib").glob("*/site-packages"))),
    ]


def test_an_option_that_no_command_will_see_is_refused(checks: NoxProject) -> None:
    ran = checks.nox("-s", "repro(sum)", "--", "--acept")

    assert ran.status == 1
    lines = ran.err.splitlines()
    assert (
        "nox > session repro(sum) knows no `--acept`; known: --accept, --yes,"
        " --no-vary, --verbose, -v, --frozen, --offline"
    ) in lines
    assert "nox > hint: did you mean `--accept`?" in lines


def test_lock_checks_and_refuses_what_it_does_not_know(project: NoxProject) -> None:
    project.write({"sessions/a.yml": "locks: {poetry.lock: {}}"})

    fresh = project.nox("-s", "lock", "--", "--check")
    wrong = project.nox("-s", "lock", "--", "--chekc")
    pyproject = project.root / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace('["tool"]', "[]"))
    stale = project.nox("-s", "lock", "--", "--check")

    assert fresh.status == 0, fresh.err
    assert "poetry.lock is fresh" in fresh.err
    assert wrong.status == 1
    assert "--chekc" in wrong.err
    assert "Traceback" not in wrong.err
    assert stale.status == 1
    assert "poetry.lock is stale: the dependencies in pyproject.toml" in stale.err


def test_several_pythons_share_a_baseline_that_the_first_records(
    project: NoxProject,
) -> None:
    pythons = sorted(project.pythons & {"3.10", "3.12", "3.13"})[:1]
    if not pythons:
        pytest.skip("needs a second python")
    text = CHECKS.replace(
        "{pypi: poetry.lock}", f"{{pypi: poetry.lock, python: {[HERE, *pythons]}}}"
    )
    project.write({"sessions/repro.yml": text, "write.py": WRITE})

    accepted = project.nox("-s", "repro", "--", "--accept")
    again = project.nox("-r", "-s", "repro", "--", "--accept")

    assert accepted.status == 0, accepted.err
    said = "nox > compares with the baseline that another python has accepted"
    assert accepted.err.splitlines().count(said) == 2
    assert f"nox > pass-{HERE}  sum: recorded as the baseline: 1 output" in accepted.err
    assert again.status == 0, again.err
    assert "stays as it is" in again.err

    text = text.replace("    outputs:", "    vary: {hash-seed: [1]}\n    outputs:", 1)
    project.write({"sessions/repro.yml": text})
    shutil.rmtree(project.root / "repro" / "sum")
    drifted = project.nox("-r", "-s", "repro(sum)", "--", "--accept", "--yes")

    assert drifted.status == 1
    assert drifted.err.count("recorded as the baseline: 1 output, 1 variation") == 2, (
        "in the report and in the summary, of one python"
    )
    assert said in drifted.err.splitlines()
    assert "but the check fails: the result changes with hash-seed 1" in drifted.err
