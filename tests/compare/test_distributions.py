"""Noisy numbers: the permutation test itself, and what is judged by it."""

from __future__ import annotations

import json
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noxlock.compare import Settings, compare_output
from noxlock.compare.distributions import Samples, extract, p_value, smallest_p
from noxlock.errors import CompareError
from noxlock.model import Distribution, OutputReport, Tolerance, Verdict

if TYPE_CHECKING:
    from pathlib import Path

NOISY = Tolerance(distribution=Distribution(runs=8))
OLD = (0.91, 0.93, 0.92, 0.94, 0.90, 0.92, 0.93, 0.91)
NEAR = (0.92, 0.94, 0.91, 0.93, 0.90, 0.93, 0.92, 0.92)
FAR = tuple(value - 0.05 for value in OLD)


def judged(
    folder: Path, samples: Samples | None, tolerance: Tolerance | None = None
) -> OutputReport:
    for name in ("a.json", "b.json"):
        (folder / name).write_text('{"accuracy": 0.92, "n": 3}')
    return compare_output(
        folder / "b.json",
        folder / "a.json",
        tolerance or Tolerance(keys={"accuracy": NOISY}),
        settings=Settings(samples=samples),
    )


def runs(old: tuple[float, ...], new: tuple[float, ...]) -> Samples:
    return Samples(recorded={"accuracy": old}, actual={"accuracy": new})


@pytest.mark.parametrize(
    ("recorded", "actual", "expected"),
    [
        ([1, 2, 3], [1, 2, 3], 1.0),
        ([1, 2], [3, 4], 2 / 6),
        ([1, 2, 3], [4, 5, 6], 2 / 20),
        ([1, 2, 3], [4], 2 / 4),
        ([0, 0, 0], [0, 0, 0], 1.0),
        ([0.5] * 5, [0.5] * 5, 1.0),
        ([0.5] * 5, [0.6] * 5, 2 / 252),
        ([1e300, 1e300], [-1e300, -1e300], 2 / 6),
    ],
)
def test_p_is_exact(
    recorded: list[float], actual: list[float], expected: float
) -> None:
    assert p_value(recorded, actual) == pytest.approx(expected)


@given(
    st.lists(st.integers(-20, 20), min_size=1, max_size=5),
    st.lists(st.integers(-20, 20), min_size=1, max_size=5),
)
@settings(max_examples=80, deadline=None)
def test_p_agrees_with_counting_every_way(old: list[int], new: list[int]) -> None:
    pooled, count = [*old, *new], len(old)

    def apart(chosen: tuple[int, ...]) -> int:
        """Return the difference of means, times both counts."""
        one = sum(pooled[n] for n in chosen)
        return abs(one * len(new) - (sum(pooled) - one) * count)

    ways = list(combinations(range(len(pooled)), count))
    observed = apart(tuple(range(count)))
    expected = sum(apart(way) >= observed for way in ways) / len(ways)
    assert p_value(old, new) == pytest.approx(expected)


def test_more_permutations_than_can_be_counted_are_drawn_always_alike() -> None:
    random = np.random.RandomState(7)
    old, new = random.normal(size=20).tolist(), random.normal(size=20).tolist()
    p = p_value(old, new)
    assert p == p_value(old, new)
    assert 0.05 < p < 1
    assert p_value(old, [value + 9 for value in old]) == 1e-5
    assert smallest_p(20, 20) == 1e-5


def test_a_run_that_did_not_change_is_rarely_called_drifted() -> None:
    random = np.random.RandomState(11)

    def p(shift: float) -> float:
        new = random.normal(size=8) + shift
        return p_value(random.normal(size=8).tolist(), new.tolist())

    assert sum(p(0) < 0.05 for _ in range(400)) < 36
    shifted = [p(2.5) for _ in range(50)]
    assert sum(each < 0.01 for each in shifted) > 40


@pytest.mark.parametrize(
    ("new", "verdict"),
    [
        (OLD, Verdict.IDENTICAL),
        (NEAR, Verdict.WITHIN_TOLERANCE),
        (FAR, Verdict.DRIFTED),
        ((*OLD[:7], float("nan")), Verdict.DRIFTED),
    ],
)
def test_noisy_numbers_are_judged_by_their_runs(
    tmp_path: Path, new: tuple[float, ...], verdict: Verdict
) -> None:
    report = judged(tmp_path, runs(OLD, new))
    assert report.verdict is verdict
    assert report.compared == 2


def test_both_means_are_said(tmp_path: Path) -> None:
    found = judged(tmp_path, runs(OLD, FAR)).difference
    assert found is not None
    assert found.worst.where == "accuracy"
    assert found.worst.baseline == "0.92 ± 0.013 (8 runs)"
    assert found.worst.actual == "0.87 ± 0.013 (8 runs)"
    assert found.absolute == pytest.approx(0.05)
    assert (found.ulp, found.histogram) == (None, ())
    one = judged(tmp_path, runs(OLD, (float("inf"), *OLD[1:]))).difference
    assert one is not None
    assert one.worst.actual == "inf among 8 runs"


def test_p_and_alpha_are_said(tmp_path: Path) -> None:
    report = judged(tmp_path, runs(OLD, FAR))
    assert report.difference is not None
    p = "p = 0.00016 < alpha 0.01"
    assert report.difference.worst.note == f"{p} (8 recorded runs, 8 now)"
    assert report.diff == (
        "- accuracy: 0.92 ± 0.013 (8 runs)",
        f"+ accuracy: 0.87 ± 0.013 (8 runs), {p}",
    )
    near = judged(tmp_path, runs(OLD, NEAR))
    assert near.difference is not None
    assert near.difference.worst.note == "p = 1, alpha 0.01 (8 recorded runs, 8 now)"
    assert near.diff == ()
    lost = judged(tmp_path, runs(OLD, (float("nan"), *OLD[1:])))
    assert lost.diff[1] == "+ accuracy: nan among 8 runs"


def test_noise_hides_no_difference_of_other_numbers(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text('{"accuracy": 0.92, "loss": 0.25}')
    (tmp_path / "a.json").write_text('{"accuracy": 0.11, "loss": 0.375}')
    tolerance = Tolerance(keys={"accuracy": NOISY})
    for samples, absolute, violations in ((NEAR, 0.125, 1), (FAR, 0.125, 2)):
        report = compare_output(
            tmp_path / "b.json",
            tmp_path / "a.json",
            tolerance,
            settings=Settings(samples=runs(OLD, samples)),
        )
        found = report.difference
        assert found is not None
        assert (found.worst.where, found.absolute) == ("loss", absolute)
        assert (found.compared, found.differing, found.violations) == (2, 2, violations)
        assert (found.ulp, sum(found.histogram), found.unsized) == (1 << 51, 1, 0)
    alone = judged(tmp_path, runs(OLD, NEAR)).difference
    assert alone is not None
    assert (alone.absolute, alone.worst.absolute, alone.ulp) == (0, None, None)


@pytest.mark.parametrize(
    ("samples", "reason"),
    [
        (None, "declared with a `distribution`, and has no recorded runs"),
        (Samples(), "declared with a `distribution`, and has no recorded runs"),
        (
            Samples(recorded={"accuracy": OLD}),
            "declared with a `distribution`, and has no actual runs",
        ),
        (
            runs(OLD[:3], NEAR[:3]),
            "has 3 recorded and 3 actual runs: too few for alpha 0.01",
        ),
        (runs((float("nan"), *OLD), NEAR), "has a recorded run that is not finite"),
    ],
)
def test_what_cannot_be_judged_is_not_comparable(
    tmp_path: Path, samples: Samples | None, reason: str
) -> None:
    report = judged(tmp_path, samples)
    assert report.verdict is Verdict.NOT_COMPARABLE
    assert f"`accuracy` {reason}" in report.reason.replace("` is ", "` ")


@pytest.mark.parametrize("path", ["folder/m.json", "folder"])
def test_what_to_do_is_said_with_the_reason(tmp_path: Path, path: str) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for folder in (old, new):
        (folder / "folder").mkdir(parents=True)
        (folder / "folder/m.json").write_text("0.5")
    report = compare_output(old / path, new / path, NOISY)
    hint = "(run the check itself: `nox -s repro`; record it with `-- --accept`)"
    assert report.reason.endswith(hint)


def test_noisy_numbers_of_single_runs_can_be_left_out(tmp_path: Path) -> None:
    report = judged(tmp_path, Samples(judged=False))
    assert (report.verdict, report.compared) == (Verdict.IDENTICAL, 1)


def test_the_numbers_of_a_run_are_extracted(tmp_path: Path) -> None:
    def found(name: str, text: str, tolerance: Tolerance = NOISY) -> dict[str, float]:
        (tmp_path / name).write_text(text)
        return extract(tmp_path / name, tolerance)

    tree = {"a": {"loss": 0.5, "n": 3}, "b": {"loss": 0.25, "name": "x"}}
    keys = Tolerance(keys={"*.loss": NOISY})
    expected = {"a.loss": 0.5, "b.loss": 0.25}
    assert found("m.json", json.dumps(tree), keys) == expected
    assert found("m.yaml", json.dumps(tree), keys) == expected
    assert found("m.jsonl", '{"a": 1}\n{"a": 2}\n') == {
        "record 1, a": 1.0,
        "record 2, a": 2.0,
    }
    assert found("m.csv", "a,b\n1,x\n2,y\n", Tolerance(keys={"a": NOISY})) == {
        "row 1, column a": 1.0,
        "row 2, column a": 2.0,
    }


def test_a_distribution_that_covers_no_number_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text('{"name": "x"}')
    with pytest.raises(CompareError, match="covers no number"):
        extract(tmp_path / "m.json", NOISY)
    (tmp_path / "m.txt").write_text("1.5")
    with pytest.raises(CompareError, match="text cannot have"):
        extract(tmp_path / "m.txt", NOISY)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/m.json").write_text("1.5")
    (tmp_path / "folder/bad.json").write_text("{")
    with pytest.raises(CompareError, match=r"bad\.json: the output is no JSON"):
        extract(tmp_path / "folder", NOISY)


@pytest.mark.parametrize("name", ["x.npy", "x.npz"])
def test_an_array_of_one_is_a_noisy_number_too(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    save = np.save if name == "x.npy" else lambda file, x: np.savez(file, auc=x)
    save(path, np.array([0.5]))
    found = extract(path, NOISY)
    assert list(found.values()) == [0.5]
    np.save(tmp_path / "many.npy", np.zeros(2))
    with pytest.raises(CompareError, match="which is for one number"):
        extract(tmp_path / "many.npy", NOISY)
