"""`noxlock log` tells when each accepted result changed, and what else had."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from noxlock.model import OutputReport, Place, Verdict
from support.baselines import Golden
from support.reports import difference

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.command import Ended

    Noxlock = Callable[..., Ended]

CHECKS = """\
environments: {cpu: {pypi: poetry.lock}}
checks:
  digits: {environment: cpu, run: "true {outputs}", outputs: {weights.npy: {}}}
  never: {environment: cpu, run: "true {outputs}", outputs: {a.txt: {}}}
"""
FIRST = """\
2026-01-02T03:04:05Z  commit 012345678901
  model/a.txt: new
  model/deep/b.txt: new
  weights.npy: new
"""
SECOND = """\
2026-02-03T04:05:06Z  commit 111111111111 (dirty)
  weights.npy: coef[3, 0] differs by 0.001 (relative 4e-05) (drifted)
  added extra 1.0
  removed numpy 2.0.0
  scipy 1.14.1 -> 1.15.0
  machine cpu: a small one -> a big one
"""
THIRD = """\
2026-03-04T05:06:07Z  no commit
  no output changed
"""


@pytest.fixture
def golden(project: Path) -> Golden:
    """Return the check `digits`, accepted twice."""
    (project / "sessions").mkdir()
    (project / "sessions" / "all.yml").write_text(CHECKS)
    made = Golden(project, os.environ)
    made.accept()
    made.output("weights.npy", b"changed")
    made.lock(scipy="1.15.0", extra="1.0")
    place = Place(
        where="coef[3, 0]", baseline="1", actual="2", absolute=1e-3, relative=4e-5
    )
    report = OutputReport(
        output="weights.npy",
        verdict=Verdict.DRIFTED,
        difference=difference(first=place, worst=place),
    )
    made.accept(
        report,
        created="2026-02-03T04:05:06Z",
        commit="1" * 40 + "+dirty",
        machine={"cpu": "a big one", "libc": "glibc 2.39"},
    )
    return made


@pytest.mark.usefixtures("golden")
def test_the_newest_comes_first(noxlock: Noxlock) -> None:
    assert noxlock("log", "digits") == (0, f"{SECOND}\n{FIRST}", "")
    assert noxlock("log", "digits", "--limit", "1") == (0, SECOND, "")


def test_a_record_that_changes_no_output_is_told(
    golden: Golden, noxlock: Noxlock
) -> None:
    golden.accept(
        created="2026-03-04T05:06:07Z",
        commit=None,
        machine={"cpu": "a big one", "libc": "glibc 2.39"},
    )
    assert noxlock("log", "digits", "-n", "1") == (0, THIRD, "")


def test_without_a_name_the_newest_of_each_check_is_told(
    golden: Golden, noxlock: Noxlock
) -> None:
    text = CHECKS.replace("never:", "letters:")
    (golden.root / "sessions" / "all.yml").write_text(text)
    letters = Golden(golden.root, os.environ, folder="repro/letters")
    letters.accept(check="letters")

    first = FIRST.removesuffix("\n")
    status, out, err = noxlock("log")
    assert (status, err) == (0, "")
    assert out.startswith(f"digits: {SECOND}\nletters: 2026-01-02T03:04:05Z  commit")
    assert noxlock("log", "-n", "2").out.startswith(
        f"digits: {SECOND}\ndigits: {first}\n\nletters: "
    )
    found = json.loads(noxlock("log", "--json").out)
    assert {name: len(entries) for name, entries in found.items()} == {
        "digits": 1,
        "letters": 1,
    }


@pytest.mark.usefixtures("golden")
def test_json_has_the_entries(noxlock: Noxlock) -> None:
    newest, first = json.loads(noxlock("log", "digits", "--json").out)
    assert newest["packages"][2] == {"name": "scipy", "old": "1.14.1", "new": "1.15.0"}
    assert newest["outputs"][0]["verdict"] == "drifted"
    assert first["created"] == "2026-01-02T03:04:05Z"
    (only,) = json.loads(noxlock("log", "digits", "--json", "-n", "1").out)
    assert only == newest


def test_bad_input_is_told(golden: Golden, noxlock: Noxlock) -> None:
    ended = noxlock("log", "digts")
    assert ended.status == 2
    assert "hint: did you mean `digits`?" in ended.err
    assert noxlock("log", "digits", "--limit", "0").status == 2
    (golden.path / "history.jsonl").write_text("{")
    ended = noxlock("log", "digits")
    assert ended.status == 2
    assert "repro/digits/history.jsonl:1: the history is damaged" in ended.err
    (golden.path / "history.jsonl").unlink()
    assert noxlock("log", "digits") == (
        0,
        "",
        "digits: the baseline in repro/digits has no history\n",
    )
    ended = noxlock("log", "never")
    assert ended.status == 2
    assert ended.err.startswith("error: repro/never: there is no baseline\n")
