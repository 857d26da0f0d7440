"""Mixes that cannot be judged, checks that fail, and drifts that no package made."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from support.why_locks import pins

if TYPE_CHECKING:
    from support.why_project import WhyProject

pytestmark = pytest.mark.slow

GUILTY = '2.0 if v["p09"] == "2.0" else 1.0'


def locks(project: WhyProject, count: int = 12) -> None:
    """Commit an old lock, and write a new one."""
    project.lock(*pins(count))
    project.commit("old")
    project.lock(*pins(count, "2.0"))


@pytest.mark.parametrize(
    "broken",
    [
        'raise SystemExit("p05 1 does not go with p06 2")',
        "time.sleep(60)",
        'raise ImportError("cannot import name spam from p05")',
    ],
    ids=["exits", "hangs", "import"],
)
def test_mixes_that_do_not_work_are_passed_by(project: WhyProject, broken: str) -> None:
    project.check("    timeout: 3\n")
    project.rule(GUILTY, 'if v["p05"] != v["p06"]:', f"    {broken}")
    locks(project)

    asked = project.bisect("--good", "old")

    assert asked.status == 0, asked.err
    assert asked.blamed == [["p09"]]
    for each in asked.report["unresolved"]:
        assert each["mix"]
        assert each["reason"]


def test_why_a_mix_was_not_judged_is_told(project: WhyProject) -> None:
    project.check("    timeout: 3\n")
    # Only the ends go: nothing between can be judged.
    lines = ['several = len({v[name] for name in v if name[:2] == "p0"})']
    project.rule(
        GUILTY, *lines, "if several > 1:", '    raise SystemExit("spam and eggs")'
    )
    project.lock(*pins(6))
    project.commit("old")
    project.lock(*pins(6, "2.0"))
    project.rule(
        '2.0 if v["p05"] == "2.0" else 1.0',
        *lines,
        "if several > 1:",
        '    raise SystemExit("spam and eggs")',
    )

    asked = project.bisect("--good", "old")

    found = asked.report
    assert found["unresolved"]
    assert all("spam and eggs" in each["reason"] for each in found["unresolved"])
    assert all("exit status 1" in each["reason"] for each in found["unresolved"])
    assert asked.blamed in ([], [["p00", "p01", "p02", "p03", "p04", "p05"]])


@pytest.mark.parametrize("kind", ["lost", "broken"])
def test_an_old_lock_that_cannot_be_made_proves_nothing_and_why_is_said(
    project: WhyProject, kind: str
) -> None:
    project.rule(GUILTY)
    old = pins(12)
    old[4] = replace(old[4], kind=kind, extra=f"# {kind}")
    project.lock(*old)
    project.commit("old")
    project.lock(*pins(12, "2.0"))

    asked = project.bisect("--good", "old")

    assert asked.status == 1
    found = asked.report
    assert found["verdict"] == "unexplained"
    assert "p04" in " ".join(each["reason"] for each in found["unresolved"])
    assert project.runs == []


def test_with_a_baseline_an_old_lock_that_cannot_be_had_is_unresolved(
    project: WhyProject,
) -> None:
    project.rule(GUILTY)
    project.lock(*pins(12))
    project.accept()
    project.lock(*pins(12, "2.0"))
    del project.index.files["p04-1.0-py3-none-any.whl"]
    project.environ["NOXLOCK_CACHE_DIR"] += "-other"

    asked = project.bisect()

    assert asked.status == 1
    found = asked.report
    assert found["verdict"] == "unexplained"
    assert found["reason"].startswith("the old lock could not be judged: p04 1.0")
    (untold,) = found["unresolved"]
    assert untold["mix"] == "old lock"
    assert "p04" in untold["reason"]


# No real chance, which would fail this test one day: by the number of the run.
DRAWN = """\
with open(os.environ["SAMPLE_RUNS"]) as runs:
    before = [json.loads(line)["p05"] for line in runs]
drawn = before.count("2.0") % 4"""


def test_a_check_that_draws_with_the_new_package(project: WhyProject) -> None:
    project.rule('2.0 if v["p05"] == "2.0" and drawn != 2 else 1.0', DRAWN)
    project.lock(*pins(8))
    project.commit("old")
    project.lock(*pins(8, "2.0"))

    asked = project.bisect("--good", "old", "--no-releases")

    assert asked.status == 0, asked.err
    assert asked.blamed == [["p05"]]
    assert any("runs drifted" in row["reason"] for row in asked.report["evidence"])


def test_a_check_that_draws_with_either_lock(project: WhyProject) -> None:
    project.rule("len(before) % 2", DRAWN)
    locks(project)

    asked = project.bisect("--good", "old")

    assert asked.status == 1
    found = asked.report
    assert (found["verdict"], found["noise"]) == ("not-the-lock", True)
    assert found["culprits"] == []


def test_the_new_lock_gives_the_same(project: WhyProject) -> None:
    project.rule("1.0")
    locks(project)

    asked = project.bisect("--good", "old")

    assert asked.status == 1
    assert asked.report["verdict"] == "no-drift"
    said = project.run("noxlock", "bisect", "sum", "--good", "old")
    assert said.status == 1
    assert "sum does not drift" in said.out


def test_locks_that_are_the_same_have_nothing_to_bisect(project: WhyProject) -> None:
    project.rule("1.0")
    project.lock(*pins(4))
    project.commit("old")

    asked = project.bisect("--good", "old")

    assert asked.status == 1
    assert asked.report["verdict"] == "no-drift"
    assert asked.report["changed"] == 0


def test_data_that_changed_are_not_the_lock(project: WhyProject) -> None:
    project.check('    inputs: ["data.txt"]\n')
    (project.root / "data.txt").write_text("1.5")
    project.rule('float(pathlib.Path("data.txt").read_text())')
    project.lock(*pins(8))
    project.accept()
    (project.root / "data.txt").write_text("2.5")
    project.lock(*pins(8, "2.0"))

    asked = project.bisect()

    assert asked.status == 1
    found = asked.report
    assert found["verdict"] == "not-the-lock"
    assert found["noise"] is False
    assert "result.json: value differs by 1" in found["difference"]
    assert "data.txt" in str(found["causes"])


@pytest.mark.parametrize(
    ("breaks", "said"),
    [
        ('raise ImportError("no lazywhere")', "no lazywhere"),
        ("time.sleep(90)", "it did not end within 2 s"),
        ("os.kill(os.getpid(), 11)", "SIGSEGV"),
    ],
    ids=["raises", "hangs", "crashes"],
)
def test_what_makes_the_check_fail_is_a_culprit_too(
    project: WhyProject, breaks: str, said: str
) -> None:
    project.check("    timeout: 2\n")
    project.rule("1.0", 'if v["p09"] == "2.0":', f"    {breaks}")
    locks(project)

    asked = project.bisect("--good", "old")

    assert asked.status == 0, asked.err
    assert asked.blamed == [["p09"]]
    (culprit,) = asked.report["culprits"]
    assert said in culprit["difference"]


def test_a_check_that_fails_with_the_old_lock_too_proves_nothing(
    project: WhyProject,
) -> None:
    project.rule("1.0", 'raise SystemExit("broken anyway")')
    locks(project)

    asked = project.bisect("--good", "old")

    assert asked.status == 1
    found = asked.report
    assert found["verdict"] == "unexplained"
    assert found["culprits"] == []
    assert "broken anyway" in found["unresolved"][0]["reason"]
    assert len(project.runs) <= 4
