"""Repeats, variations, profiles and noisy numbers: what a result depends on."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from noxlock.errors import DefinitionError
from noxlock.model import (
    FileOrder,
    ProfileDefinition,
    Variation,
    Vary,
    Verdict,
)

if TYPE_CHECKING:
    from noxlock.model import CheckReport
    from support.checks import Project

# Writes the numbers of `f(n)`: n is that of the run, 1 to 9, 0 of a variation.
BY_RUN = """
label = folder.parent.name
number = int(label.removeprefix("run-")) if label.startswith("run-") else 0
values = [{expression} for v in values]
save("<f8", struct.pack("<%dd" % len(values), *values))
"""
BY_THREADS = """
values = [v * int(os.environ["OMP_NUM_THREADS"]) for v in values]
save("<f8", struct.pack("<%dd" % len(values), *values))
"""


def verdicts(report: CheckReport) -> dict[str, str]:
    return {f"{each.axis} {each.value}": each.verdict for each in report.variations}


def varied(report: CheckReport) -> Variation:
    (one,) = report.variations
    return one


def test_repeats_that_agree_are_the_noise_floor(accepted: Project) -> None:
    accepted.change(repeat=3)
    accepted.script(BY_RUN.format(expression="v + 1e-9 * (number - 1)"))

    report = accepted.run()

    assert (report.verdict, report.flaky) == (Verdict.WITHIN_TOLERANCE, False)
    assert report.noise is not None
    assert report.noise.runs == 3
    assert report.noise.verdict is Verdict.WITHIN_TOLERANCE
    (weights, metrics) = report.noise.outputs
    assert weights.difference is not None
    assert weights.difference.absolute == pytest.approx(2e-9, rel=1e-6)
    assert metrics.verdict is Verdict.IDENTICAL
    assert report.actual.noise == report.noise


def test_runs_that_differ_are_flaky_and_no_package_is_blamed(
    accepted: Project,
) -> None:
    accepted.change(repeat=2)
    accepted.script(BY_RUN.format(expression="v + number"))

    report = accepted.run()

    assert (report.verdict, report.flaky) == (Verdict.DRIFTED, True)
    assert report.causes == ()
    assert "flaky: 2 runs in the same surroundings do not agree" in accepted.printed
    assert report.next == (
        (
            "noxlock compare .nox/repro/digits/runs/run-1/outputs"
            " .nox/repro/digits/runs/run-2/outputs"
        ),
    )


def test_a_drift_below_the_noise_is_said_to_be_no_more_than_that(
    accepted: Project,
) -> None:
    accepted.change(repeat=2)
    accepted.script(BY_RUN.format(expression="v + (0.1 if number == 1 else 0.3)"))

    report = accepted.run()

    assert report.flaky
    assert report.verdict is Verdict.DRIFTED
    assert "no farther away than runs in the same surroundings are" in report.reason


def test_what_is_flaky_is_never_recorded(accepted: Project) -> None:
    before = accepted.tree()
    accepted.change(repeat=2)
    accepted.script(BY_RUN.format(expression="v + number"))

    report = accepted.run(accept=True)

    assert "nothing was recorded: runs in the same surroundings" in report.reason
    assert not report.verdict.passed
    assert accepted.tree() == before


def test_what_changed_and_is_not_flaky_has_changed(accepted: Project) -> None:
    accepted.change(repeat=2)
    accepted.values(1.0, 2.5, 3.0)

    report = accepted.run()

    assert (report.verdict, report.flaky) == (Verdict.DRIFTED, False)
    assert report.next == ("noxlock log digits", 'nox -s "repro(digits)" -- --accept')


def test_a_repeat_that_lacks_an_output_is_not_comparable(accepted: Project) -> None:
    accepted.change(repeat=2)
    accepted.script("if 'run-2' in str(folder): (folder / 'weights.npy').unlink()")

    report = accepted.run()

    assert report.verdict is Verdict.NOT_COMPARABLE
    assert report.reason == (
        "runs in the same surroundings cannot be compared: weights.npy: the output is"
        " missing"
    )


def test_each_variation_is_identical_within_tolerance_or_different(
    accepted: Project,
) -> None:
    accepted.script(
        BY_THREADS.replace("* int", "+ {1: 0, 2: 1e-9, 3: 1.0}.get").replace(
            '(os.environ["OMP_NUM_THREADS"])', '(int(os.environ["OMP_NUM_THREADS"]))'
        )
    )
    accepted.change(vary=Vary(threads=(1, 2, 3), hash_seed=(0, 1)))

    report = accepted.run()

    assert verdicts(report) == {
        "threads 2": Verdict.WITHIN_TOLERANCE,
        "threads 3": Verdict.DRIFTED,
        "hash-seed 1": Verdict.IDENTICAL,
    }
    assert report.outputs[0].verdict is Verdict.IDENTICAL
    assert report.verdict is Verdict.DRIFTED
    assert "the result changes with threads 3" in accepted.printed
    assert report.next == (
        (
            "noxlock compare .nox/repro/digits/runs/run-1/outputs"
            " .nox/repro/digits/runs/threads-3/outputs"
        ),
    )


def test_variations_are_left_out_where_that_is_asked_for(accepted: Project) -> None:
    accepted.script(BY_THREADS)
    accepted.change(vary=Vary(threads=(2,)))

    report = accepted.run(vary=False)

    assert report.verdict is Verdict.IDENTICAL
    assert report.variations == ()


def test_a_variation_that_fails_is_not_comparable_and_keeps_its_log(
    accepted: Project,
) -> None:
    accepted.script("if os.environ['TZ'] != 'UTC': sys.exit('no such zone')")
    accepted.change(vary=Vary(tz=("Asia/Kathmandu",)))

    report = accepted.run()

    assert report.verdict is Verdict.NOT_COMPARABLE
    assert varied(report).reason.startswith(
        "`python script.py {outputs}` ended with exit status 1"
    )
    log = accepted.request().runs / "tz-Asia-Kathmandu" / "log.txt"
    assert "no such zone" in log.read_text()


def test_a_variation_that_does_not_take_effect_is_not_comparable(
    accepted: Project,
) -> None:
    accepted.script("import numpy; numpy.ones((9, 9)) @ numpy.ones((9, 9))")
    accepted.change(vary=Vary(blas_core=("NoSuchCore",)))

    report = accepted.run()

    assert report.verdict is Verdict.NOT_COMPARABLE
    assert varied(report).reason.startswith(
        "the variation did not take effect: OPENBLAS_CORETYPE is `NoSuchCore`"
    )


def test_a_level_that_the_processor_cannot_have_is_not_comparable(
    accepted: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    accepted.change(vary=Vary(cpu_level=("x86-64-v2",), hash_seed=(1,)))

    report = accepted.run()

    assert verdicts(report) == {
        "hash-seed 1": Verdict.IDENTICAL,
        "cpu-level x86-64-v2": Verdict.NOT_COMPARABLE,
    }
    assert "is no level of aarch64 processors" in report.variations[1].reason


def test_a_run_elsewhere_has_the_projects_files_and_its_inputs(
    accepted: Project,
) -> None:
    (accepted.root / "data").mkdir()
    (accepted.root / "data" / "a.csv").write_text("1")
    accepted.change(
        vary=Vary(cwd="random", home=("random",), file_order=(FileOrder.REVERSED,)),
        inputs=("data/*.csv",),
    )
    accepted.script(
        "seen = [os.getcwd(), os.path.expanduser('~'), os.listdir('data'),\n"
        "    os.path.exists('values.json')]\n"
        "(folder.parent / 'seen.json').write_text(json.dumps(seen))\n"
    )
    assert accepted.run(accept=True).accepted

    report = accepted.run()

    assert report.verdict is Verdict.IDENTICAL, accepted.printed
    runs = accepted.request().runs
    seen = {
        path.parent.name: json.loads(path.read_text())
        for path in runs.glob("*/seen.json")
    }
    cwd, home = seen["cwd-random"], seen["home-random"]
    assert cwd[0] != str(accepted.root)
    assert not os.path.exists(cwd[0])  # noqa: PTH110 - a string of the run's own
    assert cwd[2:] == [["a.csv"], True]
    assert home[0] == str(accepted.root)
    assert home[1] == str(runs / "home-random" / "home")


def test_inputs_that_git_ignores_come_along(
    accepted: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    (accepted.root / ".gitignore").write_text(".nox/\n*.bin\n")
    (accepted.root / "deep").mkdir()
    (accepted.root / "deep" / "data.bin").write_text("1")
    subprocess.run(["git", "init", "-q"], cwd=accepted.root, check=True)
    accepted.change(vary=Vary(cwd="random"), inputs=("deep/*.bin",))
    accepted.script("assert pathlib.Path('deep/data.bin').read_text() == '1'")

    report = accepted.run(accept=True)

    assert verdicts(report) == {"cwd random": Verdict.IDENTICAL}, report.variations
    assert report.accepted


def test_the_projects_own_profiles_are_known(accepted: Project) -> None:
    accepted.profiles = {"two": ProfileDefinition(threads=2, env={"A_FLAG": "on"})}
    accepted.change(profile="two")
    accepted.script(BY_THREADS)

    actual = accepted.run().actual

    assert actual.profile_name == "two"
    assert actual.profile["OMP_NUM_THREADS"] == "2"
    assert actual.profile["A_FLAG"] == "on"


def test_an_unknown_profile_is_refused_before_it_runs(accepted: Project) -> None:
    accepted.change(profile="one")

    with pytest.raises(DefinitionError) as caught:
        accepted.run()

    assert caught.value.key == "checks.digits.profile"


def test_what_the_profile_asked_for_in_vain_is_a_warning_by_name(
    accepted: Project,
) -> None:
    accepted.script("import numpy; numpy.ones((9, 9)) @ numpy.ones((9, 9))")
    accepted.change(profile=ProfileDefinition(env={"OPENBLAS_CORETYPE": "NoSuchCore"}))

    report = accepted.run()

    assert "OPENBLAS_CORETYPE is `NoSuchCore`" in report.actual.unmet[0]
    assert "NoSuchCore" in accepted.printed
