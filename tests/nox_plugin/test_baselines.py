"""Baselines under the real nox: recorded, proved, replaced, told."""

from __future__ import annotations

import getpass
import json
import platform
import re
from typing import TYPE_CHECKING

import pytest

from support.command import in_a_process
from support.nox_project import PYPROJECT, poetry_lock, tool_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from support.nox_project import NoxProject

pytestmark = pytest.mark.slow

CHECKS = """
environments:
  cpu: {pypi: poetry.lock}
checks:
  sum:
    environment: cpu
    run: python write.py {outputs}
    outputs:
      result.json: {keys: {sum: {rtol: 1e-3}}}
      model: {}
    baseline-store: {url: "file://KEPT", above: 1 kB}
"""
WRITE = """
import json, os, pathlib, sys

folder = pathlib.Path(sys.argv[1])
value = float(os.environ.get("SAMPLE_VALUE", 1))
(folder / "result.json").write_text(json.dumps({"sum": value}))
(folder / "model").mkdir()
(folder / "model" / "small.txt").write_text("small")
(folder / "model" / "large.bin").write_bytes(b"x" * 2000)
"""


@pytest.fixture
def check(project: NoxProject, tmp_path: Path) -> NoxProject:
    """Return a project with one check whose model is kept in a folder."""
    text = CHECKS.replace("KEPT", str(tmp_path / "kept"))
    project.write({"sessions/repro.yml": text, "write.py": WRITE})
    return project


def test_what_nox_records_is_proved_and_told(check: NoxProject, tmp_path: Path) -> None:
    def noxlock(*arguments: str) -> tuple[int, str, str]:
        return in_a_process("-C", str(check.root), *arguments, **check.environ)

    ran = check.nox("-s", "repro(sum)", "--", "--accept")
    assert ran.status == 0, ran.out + ran.err
    folder = check.root / "repro" / "sum"
    assert sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file()
    ) == [
        ".gitattributes",
        "history.jsonl",
        "locks/poetry.lock",
        "outputs/result.json",
        "run.intoto.json",
        "stored.json",
        "tolerances.json",
    ]
    assert noxlock("verify") == (0, "sum: fits\n", "")
    again = check.nox("-s", "repro(sum)")
    assert again.status == 0, again.out + again.err

    pyproject = PYPROJECT
    check.write({"poetry.lock": poetry_lock(pyproject, dict([tool_wheel("2.0")]))})
    changed = check.nox(
        *("-s", "repro(sum)", "--", "--accept", "--yes"), env={"SAMPLE_VALUE": "2"}
    )
    assert changed.status == 0, changed.out + changed.err
    assert noxlock("verify", "sum") == (0, "sum: fits\n", "")
    status, out, _ = noxlock("log", "sum", "--limit", "1")
    assert status == 0
    assert "  result.json: sum differs by 1 (relative 1) (drifted)\n" in out
    assert "  tool 1.0 -> 2.0\n" in out
    newest, first = json.loads(noxlock("log", "sum", "--json")[1])
    assert newest["outputs"][0]["output"] == "result.json"
    assert len(newest["outputs"]) == 1
    assert {change["output"] for change in first["outputs"]} == {
        "model",
        "result.json",
    }

    text = (folder / "run.intoto.json").read_text()
    words = set(re.split(r"[^\w/.-]+", text))
    assert str(tmp_path) not in text
    assert words.isdisjoint({platform.node(), getpass.getuser()})


def test_an_object_that_is_gone_is_not_comparable(
    check: NoxProject, tmp_path: Path
) -> None:
    assert check.nox("-s", "repro(sum)", "--", "--accept").status == 0
    for path in (tmp_path / "kept").rglob("*/*/*"):
        path.unlink()
    ran = check.nox("-s", "repro(sum)")
    assert ran.status == 1
    assert "it is not in the store" in ran.out + ran.err


def test_a_baseline_that_was_edited_and_a_missing_input_are_told_by_their_place(
    check: NoxProject,
) -> None:
    assert check.nox("-s", "repro(sum)", "--", "--accept").status == 0
    (check.root / "repro" / "sum" / "outputs" / "result.json").write_text("{}")

    edited = check.nox("-s", "repro(sum)").err

    told = " ".join(edited.split())
    assert "repro/sum/outputs/result.json was changed since it was recorded" in told
    assert "`git checkout -- repro/sum/outputs/result.json`" in told
    assert "noxlock verify sum" in told

    text = (check.root / "sessions" / "repro.yml").read_text()
    text = text.replace("    outputs:", "    inputs: [none.csv]\n    outputs:")
    check.write({"sessions/repro.yml": text})
    missing = check.nox("-s", "repro(sum)").err
    where = "sessions/repro.yml:8: checks.sum.inputs[0]"
    assert f"{where}: no file is there for the input `none.csv`" in missing
