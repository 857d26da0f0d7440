"""Noisy numbers, judged by the distribution of their runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from noxlock.model import Distribution, Tolerance, Vary, Verdict

if TYPE_CHECKING:
    from support.checks import Project

NOISY = {
    "weights.npy": Tolerance(rtol=1e-6),
    "deep/metrics.json": Tolerance(
        keys={"loss": Tolerance(distribution=Distribution(runs=5, alpha=0.05))}
    ),
}
# Each run has a loss of its own.
LOSS = """
label = folder.parent.name
number = int(label[-1])
shift = {shift}
(folder / "deep" / "metrics.json").write_text(
    json.dumps({{"loss": 6 + 0.01 * number + shift}}))
"""


def test_noisy_numbers_are_judged_by_their_runs(project: Project) -> None:
    project.change(outputs=NOISY)
    project.script(LOSS.format(shift="0"))
    assert project.run(accept=True).accepted
    assert project.request().baseline.samples() == {
        "deep/metrics.json": {
            "loss": pytest.approx((6.01, 6.02, 6.03, 6.04, 6.05), rel=1e-12)
        }
    }
    project.script(LOSS.format(shift="-0.005"))
    same = project.run()
    project.script(LOSS.format(shift="1"))
    changed = project.run()

    assert same.verdict.passed, project.printed
    assert not same.flaky
    assert changed.verdict is Verdict.DRIFTED
    assert not changed.flaky


def test_a_variation_of_noisy_numbers_has_as_many_runs(project: Project) -> None:
    project.change(outputs=NOISY, vary=Vary(hash_seed=(1, 2)))
    project.script(LOSS.format(shift="{'2': 1, '1': 0.002}.get(label[-3], 0)"))

    report = project.run(accept=True)

    assert {
        f"{each.axis} {each.value}": each.verdict for each in report.variations
    } == {
        "hash-seed 1": Verdict.WITHIN_TOLERANCE,
        "hash-seed 2": Verdict.DRIFTED,
    }
    assert (project.request().runs / "hash-seed-2-5").exists()


def test_a_distribution_that_covers_no_number_is_not_comparable(
    accepted: Project,
) -> None:
    accepted.change(
        outputs={**NOISY, "weights.npy": Tolerance(distribution=Distribution(runs=5))}
    )
    accepted.script(LOSS.format(shift="0"))

    report = accepted.run()

    assert report.verdict is Verdict.NOT_COMPARABLE
    assert "`distribution`" in report.reason
