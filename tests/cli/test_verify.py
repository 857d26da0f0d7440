"""`noxlock verify` proves that baselines still are what was recorded."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from noxlock.model import BaselineStore
from support.baselines import Golden

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.command import Ended

    Noxlock = Callable[..., Ended]

CHECKS = """\
environments: {cpu: {pypi: poetry.lock}}
checks:
  digits:
    environment: cpu
    run: "true {outputs}"
    outputs: {weights.npy: {}}
    baseline-store: {url: kept, above: 10}
  letters: {environment: cpu, run: "true {outputs}", outputs: {a.txt: {}}}
  never: {environment: cpu, run: "true {outputs}", outputs: {a.txt: {}}}
"""
NEVER = (
    "never: not verified: there is no baseline; record one with"
    ' `nox -s "repro(never)" -- --accept`\n'
)


@pytest.fixture
def golden(project: Path) -> Golden:
    """Return the check `digits`; `letters` has a baseline too, `never` has none."""
    (project / "sessions").mkdir()
    (project / "sessions" / "all.yml").write_text(CHECKS)
    letters = Golden(project, os.environ, folder="repro/letters")
    letters.accept(check="letters")
    made = Golden(project, os.environ)
    made.accept()
    return made


def test_all_that_fits_is_said(golden: Golden, noxlock: Noxlock) -> None:
    both = noxlock("verify", "digits", "letters")
    assert both == (0, "digits: fits\nletters: fits\n", "")
    assert noxlock("verify", "letters") == (0, "letters: fits\n", "")
    assert noxlock("verify", "--json", "digits") == (0, '{\n  "digits": []\n}\n', "")
    assert golden.path.is_dir()


def test_what_does_not_fit_is_listed(golden: Golden, noxlock: Noxlock) -> None:
    (golden.path / "outputs" / "weights.npy").write_text("other")
    what = (
        "  repro/digits/outputs/weights.npy: its sha256 is not the record's; restore"
        " it from git, or record the baseline anew with --accept\n"
    )
    out = f"digits: one finding\n{what}letters: fits\n"
    assert noxlock("verify") == (1, out, NEVER)
    assert noxlock("verify", "digits", "letters") == (1, out, "")

    (golden.path / "tolerances.json").unlink()
    ended = noxlock("verify", "digits")
    assert (ended.status, ended.out.splitlines()[0]) == (1, "digits: 2 findings")

    ended = noxlock("verify", "digits", "--json")
    assert ended.status == 1
    first, second = json.loads(ended.out)["digits"]
    assert first.keys() == {"file", "what", "hint"}
    assert second["file"] == "repro/digits/tolerances.json"


@pytest.mark.usefixtures("golden")
def test_a_check_without_a_baseline_is_not_verified_and_no_success(
    noxlock: Noxlock,
) -> None:
    assert noxlock("verify") == (2, "digits: fits\nletters: fits\n", NEVER)
    ended = noxlock("verify", "--json")
    assert json.loads(ended.out) == {"digits": [], "letters": []}
    assert (ended.status, ended.err) == (2, NEVER)


def test_offline_says_what_it_leaves_out(
    golden: Golden, project: Path, noxlock: Noxlock
) -> None:
    golden.store = BaselineStore(url="kept", above=10)
    golden.output("weights.npy", b"large enough")
    golden.accept()
    assert noxlock("verify", "digits") == (0, "digits: fits\n", "")
    for path in (project / "kept").rglob("*/*/*"):
        path.unlink()
    assert noxlock("verify", "digits").status == 1
    assert noxlock("verify", "digits", "--offline") == (
        0,
        "digits: fits\n",
        "digits: --offline: what is kept in the store was not looked at\n",
    )


@pytest.mark.usefixtures("golden")
def test_bad_input_is_told(noxlock: Noxlock) -> None:
    ended = noxlock("verify", "digit")
    assert ended == (
        2,
        "",
        (
            "error: unknown check `digit`; known: digits, letters, never\n"
            "hint: did you mean `digits`?\n"
        ),
    )
    ended = noxlock("verify", "never")
    assert ended.status == 2
    assert ended.err == (
        "error: repro/never: there is no baseline\n"
        'hint: record one with `nox -s "repro(never)" -- --accept`\n'
    )


def test_a_folder_that_is_no_baseline_is_bad_input(
    golden: Golden, noxlock: Noxlock
) -> None:
    (golden.path / "run.intoto.json").rename(golden.path / "record.json")
    ended = noxlock("verify")
    assert ended.status == 2
    assert "hint: remove the folder and record the baseline anew" in ended.err


def test_a_project_without_baselines_is_told_how_to_begin(
    project: Path, noxlock: Noxlock
) -> None:
    (project / "sessions").mkdir()
    (project / "sessions" / "all.yml").write_text(CHECKS)
    for command in ("verify", "log"):
        assert noxlock(command) == (
            2,
            "",
            (
                "error: no check has a baseline\n"
                "hint: record the first ones with `nox -s repro -- --accept`\n"
            ),
        )
    ended = noxlock("verify", "nothing-like-it")
    assert f"hint: {project} was looked in; -C names the project's folder" in ended.err


@pytest.mark.parametrize(
    "command", [("verify",), ("verify", "digits"), ("log", "digits"), ("report",)]
)
def test_a_folder_that_is_no_project_is_named_with_the_one_above(
    project: Path, noxlock: Noxlock, command: tuple[str, ...]
) -> None:
    ended = noxlock(*command)
    assert (ended.status, ended.out) == (2, "")
    assert f" in {project}" in ended.err.splitlines()[0]
    assert "-C names the project's folder" in ended.err

    (project / "noxfile.py").touch()
    inner = project / "src" / "deep"
    inner.mkdir(parents=True)
    ended = noxlock("-C", str(inner), *command)
    assert f" in {inner}" in ended.err.splitlines()[0]
    assert f"the project is {project}: `noxlock -C ../.. ...`" in ended.err
