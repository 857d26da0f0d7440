"""What follows `--` after `nox -s update`."""

from __future__ import annotations

from pathlib import Path

import pytest

from noxlock.errors import DefinitionError
from noxlock.workflows.update.options import UpdateOptions, parse_options


def test_without_any_everything_is_updated() -> None:
    assert parse_options([]) == UpdateOptions()


def test_names_stand_anywhere() -> None:
    words = (
        "numpy --only digits --only test scipy -j 4 --advisories osv --markdown a.md"
        " --max-runs 9 --timeout 1.5 --dry-run --json --no-checks --no-sessions"
        " --no-releases"
    )
    found = parse_options(words.split())

    assert found == UpdateOptions(
        names=("numpy", "scipy"),
        dry_run=True,
        only=("digits", "test"),
        checks=False,
        sessions=False,
        releases=False,
        advisories=(Path("osv"),),
        markdown=Path("a.md"),
        json=True,
        jobs=4,
        max_runs=9,
        timeout=1.5,
    )


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--dry"], "unrecognized arguments: --dry"),
        (["--jobs", "0"], "argument -j/--jobs: `0` is less than 1"),
        (["--jobs", "x"], "argument -j/--jobs: `x` is no whole number"),
        (["--timeout", "0"], "argument --timeout: `0` is not more than 0"),
    ],
)
def test_others_are_refused(words: list[str], what: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        parse_options(words)

    assert str(caught.value) == f"update: {what}"
    assert (caught.value.hint or "").startswith("known are NAME..., --dry-run, ")
