"""Real releases that moved real results, found by `nox -s repro` under the real nox.

In each test the first lock is recorded. The second one has other releases of
everything but the culprit: nothing moves. The third one has all of them and the
culprit: the result moves, and the culprit is the first that is named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from noxlock.model import CauseKind, Verdict
from support.drifts import CLASSIFIER, PAGE, REGRESSION, TIMETABLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from noxlock.model import CheckReport
    from support.drift_project import Drift, DriftProject
    from support.nox_project import Outcome

    Make = Callable[[Drift], DriftProject]

pytestmark = [pytest.mark.drifts, pytest.mark.slow]


def test_scipy_1_15_0_moves_the_coefficients_of_a_classifier(project: Make) -> None:
    repro = project(CLASSIFIER)
    pins = ("scikit-learn==1.5.2", "numpy==1.26.4")
    before = ("joblib==1.4.0", "threadpoolctl==3.4.0")
    after = ("joblib==1.4.2", "threadpoolctl==3.5.0")
    accept(repro, *pins, *before, "scipy==1.14.1")
    assert harmless(repro, *pins, *after, "scipy==1.14.1") == 2

    ran, report = moved(repro, *pins, *after, "scipy==1.15.0")

    assert suspects(report) == ["scipy", "threadpoolctl", "joblib"]
    names_first(ran, "scipy", "1.14.1", "1.15.0")
    (output,) = report.outputs
    assert output.difference is not None
    assert output.difference.compared == 30
    assert output.difference.violations == 30
    ulp = output.difference.ulp
    assert ulp is not None
    assert ulp > 2**40, "nothing that rounding explains"
    assert unchanged(repro, *pins, *before, "scipy==1.14.1")


def test_pytz_2022_6_moves_the_hours_of_mexico_city(project: Make) -> None:
    repro = project(TIMETABLE)
    pins = (
        "pandas==2.2.3",
        "numpy==1.26.4",
        "six==1.16.0",
        "python-dateutil==2.9.0.post0",
    )
    accept(repro, *pins, "tzdata==2024.1", "pytz==2022.5")
    assert harmless(repro, *pins, "tzdata==2024.2", "pytz==2022.5") == 1

    ran, report = moved(repro, *pins, "tzdata==2024.2", "pytz==2022.6")

    assert suspects(report) == ["pytz", "tzdata"]
    names_first(ran, "pytz", "2022.5", "2022.6")
    (output,) = report.outputs
    assert output.difference is not None
    assert output.difference.violations == 4
    assert (output.difference.first.baseline, output.difference.first.actual) == (
        "19",
        "18",
    )
    assert "mexico_city" in output.difference.first.where
    assert unchanged(repro, *pins, "tzdata==2024.1", "pytz==2022.5")


def test_charset_normalizer_3_3_1_turns_german_into_chinese_and_3_4_0_back(
    project: Make,
) -> None:
    repro = project(PAGE)
    pins = ("requests==2.31.0", "idna==3.6", "certifi==2024.2.2")
    accept(repro, *pins, "urllib3==2.2.0", "charset-normalizer==3.3.0")
    after = (*pins, "urllib3==2.2.1")
    assert harmless(repro, *after, "charset-normalizer==3.3.0") == 1

    ran, report = moved(repro, *after, "charset-normalizer==3.3.1")

    assert suspects(report) == ["charset-normalizer", "urllib3"]
    names_first(ran, "charset-normalizer", "3.3.0", "3.3.1")
    (output,) = report.outputs
    diff = "\n".join(output.diff)
    assert "-Über größere Straßen" in diff.replace("- ", "-")
    assert "鈁er" in diff
    assert harmless(repro, *after, "charset-normalizer==3.4.0") == 2
    assert unchanged(repro, *pins, "urllib3==2.2.0", "charset-normalizer==3.3.0")


def test_scipy_1_16_3_keeps_statsmodels_from_being_imported(project: Make) -> None:
    repro = project(REGRESSION)
    pins = (
        "statsmodels==0.14.4",
        "numpy==1.26.4",
        "packaging==25.0",
        "pandas==2.2.3",
        "python-dateutil==2.9.0.post0",
        "pytz==2022.6",
        "six==1.16.0",
        "tzdata==2024.2",
    )
    accept(repro, *pins, "patsy==1.0.1", "scipy==1.15.3")
    assert harmless(repro, *pins, "patsy==1.0.2", "scipy==1.15.3") == 1
    repro.lock(*pins, "patsy==1.0.2", "scipy==1.16.3")

    ran = repro.repro()

    report = repro.report()
    assert ran.status == 1, ran.err
    assert report.verdict is Verdict.NOT_COMPARABLE
    assert suspects(report) == ["scipy", "patsy"]
    names_first(ran, "scipy", "1.15.3", "1.16.3")
    assert "ImportError: cannot import name '_lazywhere'" in ran.err, "its last words"
    log = next((repro.root / ".nox/repro/reference").rglob("log.txt"))
    assert "fitting the dose response" in log.read_text("utf-8"), "and all it said"
    assert log.relative_to(repro.root).as_posix() in report.reason
    assert "ended with exit status 1" in report.reason
    assert not any("fit.json" in path for path in report.actual.outputs)
    assert unchanged(repro, *pins, "patsy==1.0.1", "scipy==1.15.3")


def accept(repro: DriftProject, *pins: str) -> None:
    """Record what the lock of *pins* gives."""
    repro.lock(*pins)
    ran = repro.repro("--accept")
    assert ran.status == 0, ran.out + ran.err


def unchanged(repro: DriftProject, *pins: str) -> bool:
    """Return whether the lock of *pins* gives what is recorded, bit by bit."""
    repro.lock(*pins)
    ran = repro.repro()
    assert ran.status == 0, ran.out + ran.err
    return repro.report().verdict is Verdict.IDENTICAL


def harmless(repro: DriftProject, *pins: str) -> int:
    """Return how many packages changed in a lock that moves nothing."""
    assert unchanged(repro, *pins)
    return len(suspects(repro.report()))


def moved(repro: DriftProject, *pins: str) -> tuple[Outcome, CheckReport]:
    """Return what a run says whose lock is that of *pins*, and which drifts."""
    repro.lock(*pins)
    ran = repro.repro()
    report = repro.report()
    assert report.verdict is Verdict.DRIFTED, ran.out + ran.err
    assert ran.status == 1
    return ran, report


def suspects(report: CheckReport) -> list[str]:
    """Return the packages that changed, as suspected; nothing is suspected before.

    What follows is their doing: other libraries come with other packages.
    """
    kinds = [cause.kind for cause in report.causes]
    packages = [each.name for each in report.causes if each.kind is CauseKind.PACKAGE]
    assert set(kinds[len(packages) :]) <= {CauseKind.EFFECTIVE}, report.causes
    return packages


def names_first(ran: Outcome, name: str, old: str, new: str) -> None:
    """Hold that the terminal names this change, and before any other one."""
    lines = [line for line in ran.err.splitlines() if "->" in line or "→" in line]
    assert lines, ran.err
    assert all(word in lines[0] for word in (name, old, new)), ran.err
