"""What decides the verdict of a check, what is said beside it, and what is next."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import pytest

from noxlock.model import Tolerance, Vary, Verdict
from support.checks import SCIPY

if TYPE_CHECKING:
    from noxlock.workflows.repro.accepting import Ask
    from support.checks import Project

ACCEPT = 'nox -s "repro(digits)" -- --accept'
LOG = "less .nox/repro/digits/runs/run-1/log.txt"
BY_RUN = """
label = folder.parent.name
number = int(label.removeprefix("run-")) if label.startswith("run-") else 0
values = [{expression} for v in values]
save("<f8", struct.pack("<%dd" % len(values), *values))
"""


def other_scipy(project: Project) -> None:
    newer = msgspec.structs.replace(SCIPY, version="1.15.0")
    project.built = replace(project.built, packages=(newer,))


@pytest.mark.parametrize("ask", [lambda _: False, lambda _: None])
def test_a_refusal_is_said_and_the_verdict_stays(accepted: Project, ask: Ask) -> None:
    accepted.values(1.0, 2.5, 3.0)
    drifted = accepted.run(accept=True, ask=ask)
    accepted.values(1.0, 2.0, 3.0 + 1e-9)
    within = accepted.run(accept=True, ask=ask)

    for report, verdict in (
        (drifted, Verdict.DRIFTED),
        (within, Verdict.WITHIN_TOLERANCE),
    ):
        assert report.verdict is verdict
        assert report.reason.startswith("nothing was recorded: ")
        assert not report.accepted
    assert drifted.next == ("noxlock log digits", ACCEPT)


def test_what_is_flaky_is_compared_with_the_baseline_when_it_is_not_recorded(
    accepted: Project,
) -> None:
    accepted.change(repeat=2)
    accepted.script(BY_RUN.format(expression="v + number"))

    report = accepted.run(accept=True)

    assert report.flaky
    assert report.verdict is Verdict.DRIFTED
    weights = report.outputs[0]
    assert weights.verdict is Verdict.DRIFTED, "of the baseline, not of itself"
    assert "nothing was recorded: runs in the same surroundings differ" in " ".join(
        accepted.printed.split()
    )


def test_a_first_recording_that_is_flaky_claims_no_comparison(
    project: Project,
) -> None:
    project.change(repeat=2)
    project.script(BY_RUN.format(expression="v + number"))

    report = project.run(accept=True)

    assert (report.flaky, report.outputs) == (True, ())
    assert "identical" not in project.printed.partition("noise:")[0]
    assert "nothing was recorded" in project.printed


def test_outputs_that_do_not_pass_decide_whatever_variations_say(
    accepted: Project,
) -> None:
    accepted.script(
        "if os.environ['PYTHONHASHSEED'] == '1': sys.exit('not with this seed')"
    )
    accepted.change(vary=Vary(hash_seed=(1,)))
    failed = accepted.run()
    accepted.values(1.0, 2.5, 3.0)
    drifted = accepted.run()

    assert failed.verdict is Verdict.NOT_COMPARABLE
    assert failed.next == ("less .nox/repro/digits/runs/hash-seed-1/log.txt",)
    assert drifted.verdict is Verdict.DRIFTED
    assert drifted.variations[0].verdict is Verdict.NOT_COMPARABLE
    assert drifted.next[:2] == ("noxlock log digits", ACCEPT)


def test_a_drift_far_beyond_the_noise_is_flaky_and_changed(accepted: Project) -> None:
    accepted.change(repeat=2)
    accepted.script(BY_RUN.format(expression="v + 5 + 0.01 * number"))
    other_scipy(accepted)

    report = accepted.run()

    assert report.flaky
    assert report.reason == (
        "it has changed, too: weights.npy lies 5 from the baseline, these runs 0.01"
        " apart"
    )
    assert [cause.name for cause in report.causes] == ["scipy"]
    assert report.next == (
        (
            "noxlock compare .nox/repro/digits/runs/run-1/outputs"
            " .nox/repro/digits/runs/run-2/outputs"
        ),
        "noxlock log digits",
    )


def test_a_drift_of_an_output_that_is_not_flaky_has_changed(accepted: Project) -> None:
    accepted.change(repeat=2)
    accepted.script(
        BY_RUN.format(expression="v + number")
        + "(folder / 'deep' / 'metrics.json').write_text(json.dumps({'loss': 7}))"
    )

    report = accepted.run()

    assert report.flaky
    assert report.reason == (
        "it has changed, too: deep/metrics.json drifted, and does not differ between"
        " these runs"
    )


def test_a_drift_of_the_size_of_the_noise_names_no_cause(accepted: Project) -> None:
    accepted.change(
        repeat=3, outputs={"weights.npy": Tolerance(), "deep/metrics.json": Tolerance()}
    )
    accepted.script(
        BY_RUN.format(expression="v + 2 * number")
        + "(folder / 'deep' / 'metrics.json').write_text('{\"loss\": 6.0}')"
    )
    other_scipy(accepted)

    report = accepted.run()

    assert (report.flaky, report.causes) == (True, ())


def test_runs_are_compared_with_the_one_that_disagrees(accepted: Project) -> None:
    accepted.change(repeat=3)
    accepted.script(BY_RUN.format(expression="v + (number == 3)"))

    report = accepted.run()

    assert report.flaky
    assert report.next == (
        (
            "noxlock compare .nox/repro/digits/runs/run-1/outputs"
            " .nox/repro/digits/runs/run-3/outputs"
        ),
    )


def test_an_output_that_is_missing_or_new_leads_to_the_log(accepted: Project) -> None:
    accepted.script("(folder / 'weights.npy').rename(folder / 'other.npy')")

    report = accepted.run()

    assert report.verdict is Verdict.NOT_COMPARABLE
    assert report.next == (LOG,)


def test_an_output_that_is_not_declared_any_more_leads_to_accept(
    accepted: Project,
) -> None:
    accepted.change(outputs={"weights.npy": Tolerance()})
    accepted.script("import shutil; shutil.rmtree(folder / 'deep')")

    assert accepted.run().next == (ACCEPT,)


def test_a_baseline_that_was_changed_is_verified_and_never_just_replaced(
    accepted: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    (accepted.baseline / "outputs" / "deep" / "metrics.json").write_text(
        json.dumps({"loss": 9.0})
    )

    report = accepted.run()
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (("init", "-q"), ("add", "."), ("commit", "-q", "-m", "first")):
        subprocess.run(["git", *who, *words], cwd=accepted.root, check=True)
    with_git = accepted.run()

    assert report.verdict is Verdict.DRIFTED
    assert report.next == ("noxlock verify digits", "noxlock log digits")
    assert with_git.next[:2] == ("noxlock verify digits", "git status repro/digits")
