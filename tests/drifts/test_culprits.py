"""Why real releases moved real results, proven by `noxlock bisect`, among 20 changes.

Beside the culprit change what the same project needs, and small wheels of no effect.
"""

from __future__ import annotations

from contextlib import ExitStack
from math import ceil, log2
from typing import TYPE_CHECKING, Any

import pytest

from support.drifts import CLASSIFIER, PAGE, REGRESSION, TIMETABLE
from support.why_locks import pins, published
from support.why_project import WhyProject, open_why_project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.drift_project import Drift
    from support.why_project import Asked

    Make = Callable[[Drift], WhyProject]

pytestmark = [pytest.mark.drifts, pytest.mark.slow]


@pytest.fixture
def make(tmp_path: Path, store: Path) -> Iterator[Make]:
    """Return what makes the project of a drift, in a git repository."""
    with ExitStack() as stack:

        def made(drift: Drift) -> WhyProject:
            project = stack.enter_context(open_why_project(tmp_path, store))
            project.check(outputs=drift.outputs)
            project.wants(drift.needs)
            (project.root / "reference.py").write_text(drift.script, encoding="utf-8")
            return project

        yield made


def locks(
    project: WhyProject, both: tuple[str, ...], old: list[str], new: list[str]
) -> None:
    """Commit a lock of *both* and *old*, and write one of *both* and *new*."""
    others = 20 - len(new) + 1
    project.lock(*published(*both, *old), *pins(others))
    project.commit("old")
    project.lock(*published(*both, *new), *pins(others, "2.0"))


def explained(asked: Asked, releases: int) -> dict[str, Any]:
    """Return the one package that is to blame, its environments within the bound."""
    assert asked.status == 0, asked.err
    found = asked.report
    assert found["changed"] >= 20
    most = 2 + ceil(log2(found["changed"])) + 3 + ceil(log2(releases))
    assert found["environments"] <= most
    (culprit,) = found["culprits"]
    assert (culprit["sufficient"], culprit["necessary"]) == (True, True)
    assert culprit["minimal"]
    (package,) = culprit["packages"]
    assert isinstance(package, dict)
    return package


def test_scipy_1_15_0_is_why_a_classifier_moved(make: Make) -> None:
    project = make(CLASSIFIER)
    project.serve(*published("scipy==1.15.0"))
    locks(
        project,
        ("scikit-learn==1.5.2", "numpy==1.26.4"),
        ["scipy==1.14.1", "joblib==1.4.0", "threadpoolctl==3.4.0"],
        ["scipy==1.15.3", "joblib==1.4.2", "threadpoolctl==3.5.0"],
    )

    asked = project.bisect("--good", "old")

    package = explained(asked, releases=2)
    assert (package["name"], package["old"], package["new"]) == (
        "scipy",
        "1.14.1",
        "1.15.3",
    )
    assert (package["last_good"], package["first_bad"]) == ("1.14.1", "1.15.0")
    assert package["pin"] == "scipy<1.15.0"
    # What making and comparing takes beside the run itself, once all is unpacked.
    assert min(each["overhead"] for each in project.kept) < 1


def test_pytz_2022_6_is_why_the_hours_of_mexico_city_moved(make: Make) -> None:
    project = make(TIMETABLE)
    project.serve(*published("pytz==2022.6", "pytz==2022.7"))
    locks(
        project,
        (
            "pandas==2.2.3",
            "numpy==1.26.4",
            "six==1.16.0",
            "python-dateutil==2.9.0.post0",
        ),
        ["tzdata==2024.1", "pytz==2022.5"],
        ["tzdata==2024.2", "pytz==2023.3"],
    )

    asked = project.bisect("--good", "old")

    package = explained(asked, releases=3)
    assert (package["name"], package["first_bad"]) == ("pytz", "2022.6")
    assert (package["last_good"], package["adjacent"]) == ("2022.5", True)


PAGES = ("requests==2.31.0", "idna==3.6", "certifi==2024.2.2")


def test_charset_normalizer_3_3_1_is_why_a_page_turned_chinese(make: Make) -> None:
    project = make(PAGE)
    project.serve(*published("charset-normalizer==3.3.1"))
    locks(
        project,
        PAGES,
        ["urllib3==2.2.0", "charset-normalizer==3.3.0"],
        ["urllib3==2.2.1", "charset-normalizer==3.3.2"],
    )

    asked = project.bisect("--good", "old")

    package = explained(asked, releases=2)
    assert (package["name"], package["first_bad"]) == ("charset-normalizer", "3.3.1")
    assert package["path"] == ["requests", "charset-normalizer"]


def test_a_page_that_is_german_again_has_no_culprit(make: Make) -> None:
    project = make(PAGE)
    locks(
        project,
        PAGES,
        ["urllib3==2.2.0", "charset-normalizer==3.3.0"],
        ["urllib3==2.2.1", "charset-normalizer==3.4.0"],
    )

    asked = project.bisect("--good", "old")

    assert asked.status == 1
    assert asked.report["verdict"] == "no-drift"
    assert asked.report["environments"] == 2


def test_scipy_1_16_is_why_statsmodels_cannot_be_imported(make: Make) -> None:
    project = make(REGRESSION)
    project.serve(*published("scipy==1.16.0"))
    both = (
        "statsmodels==0.14.4",
        "numpy==1.26.4",
        "packaging==25.0",
        "pandas==2.2.3",
        "python-dateutil==2.9.0.post0",
        "pytz==2022.6",
        "six==1.16.0",
        "tzdata==2024.2",
    )
    locks(
        project,
        both,
        ["patsy==1.0.1", "scipy==1.15.3"],
        ["patsy==1.0.2", "scipy==1.16.3"],
    )

    asked = project.bisect("--good", "old")

    package = explained(asked, releases=2)
    assert (package["name"], package["first_bad"]) == ("scipy", "1.16.0")
    (culprit,) = asked.report["culprits"]
    assert "cannot import name '_lazywhere'" in culprit["difference"]
