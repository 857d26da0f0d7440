"""Judges noisy numbers by their runs, against the recorded distribution of them.

The test is the exact two-sample permutation test of the difference of means: of all
ways to deal the numbers of both sides out again, how many lie at least as far apart as
the two sides do.

What it assumes: that the runs of one side could be swapped without a loss, as runs with
seeds of their own can; nothing about the shape of their distribution. Where nothing
changed, p < alpha in at most alpha of the cases, for each number by itself: of twenty
numbers at 0.01, one is called drifted in 18 % of the cases.

What it can see, at alpha 0.01: with 8 runs a side, a shift of the mean of 2 standard
deviations in four cases of five; with 20 runs, one of 1.1.

What it does not check: a change of the variance alone, or of the shape; numbers
together, as each is tested alone; trends from run to run.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, combinations
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from noxlock.compare._blocks import Block, Spot
from noxlock.compare._files import Side
from noxlock.compare._job import Job
from noxlock.compare._scalars import gap
from noxlock.compare.tolerance import Limit, Limits
from noxlock.errors import CompareError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy as np

    from noxlock.compare.arrays._sources import Source
    from noxlock.model import Distribution, Tolerance

__all__ = [
    "Samples",
    "extract",
    "judge",
    "judge_array",
    "p_value",
    "smallest_p",
]

_Runs: TypeAlias = tuple[float, ...]

_EXACT: Final = 200_000
"""Permutations that are all looked at; of more, so many are drawn."""
_DRAWN: Final = 99_999
_BLOCK: Final = 1 << 20
_FUZZ: Final = 1e-9
"""Sums that rounding alone keeps apart count as equal, in favour of no drift."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Samples:
    """The noisy numbers of an output, by key, a number for each run."""

    recorded: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    actual: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    judged: bool = True
    """False: noisy numbers are left out, as between two single runs."""
    found: dict[str, float] | None = None
    """Where `extract` collects them, instead of judging."""


def extract(path: Path, tolerance: Tolerance) -> dict[str, float]:
    """Return the noisy numbers of one run's output, by key: those with a distribution.

    They are numbers of JSON, JSONL, YAML and CSV, and arrays of one element.

    Raises:
        CompareError: It cannot be read, or a distribution covers none of these.
    """
    from noxlock.compare.formats import format_of  # noqa: PLC0415 - the registry knows this module

    samples = Samples(found={})
    job = Job.of(Limits(tolerance), samples=samples)
    side = Side("output", path)
    format_of(path).load()(side, side, job)
    if any(part.failed for part in job.tally.leaves()):
        raise CompareError(job.tally.report("").reason)
    if not samples.found:
        raise CompareError(
            "has a `distribution` that covers no number",
            hint="it is for numbers of JSON, YAML and CSV, and for arrays of one",
        )
    return samples.found


def judge(key: str, value: float, distribution: Distribution, job: Job) -> None:
    """Judge the number at *key* by its runs, as one value: their means.

    Raises:
        CompareError: There are no runs of it, too few for alpha, or a recorded one is
            not finite.
    """
    samples = job.samples or Samples()
    if samples.found is not None:
        samples.found[key] = float(value)
        return
    if not samples.judged:
        return
    old = _runs(samples.recorded, key, "recorded")
    new = _runs(samples.actual, key, "actual")
    if not all(map(math.isfinite, old)):
        raise CompareError(f"`{key}` has a recorded run that is not finite")
    smallest = smallest_p(len(old), len(new))
    if smallest >= distribution.alpha:
        raise CompareError(
            f"`{key}` has {len(old)} recorded and {len(new)} actual runs: too few for"
            f" alpha {distribution.alpha:g}, their p is never below {smallest:.2g}",
            hint="set more `runs`, or a larger `alpha`",
        )
    if not all(map(math.isfinite, new)):
        job.tally.other(_shown(new), _shown(old), key)
        _lines(key, (new, old), "", job)
        return
    p = p_value(old, new)
    sign = " <" if p < distribution.alpha else ","
    said = f"p = {p:.2g}{sign} alpha {distribution.alpha:g}"
    if p < distribution.alpha:
        _lines(key, (new, old), f", {said}", job)
    said += f" ({len(old)} recorded runs, {len(new)} now)"
    _count(key, (new, old), said, job, drifted=p < distribution.alpha)


def _count(
    key: str, runs: tuple[_Runs, _Runs], said: str, job: Job, *, drifted: bool
) -> None:
    """Count one noisy number; noise has no size, so that it hides no other one."""
    actual, baseline = (math.fsum(each) / len(each) for each in runs)
    if actual == baseline:
        job.tally.same()
        return
    absolute, relative, _ = gap(actual, baseline, Limit())
    spot = Spot(
        violates=drifted,
        size=absolute if drifted else 0.0,
        where=key,
        actual=_shown(runs[0]),
        baseline=_shown(runs[1]),
        relative=relative if drifted else None,
        note=said,
    )
    sizes = (absolute, relative) if drifted else (None, None)
    job.tally.add(
        Block(
            compared=1,
            differing=1,
            violations=int(drifted),
            absolute=sizes[0],
            relative=sizes[1],
            first=spot,
            worst=spot,
        )
    )


def _lines(key: str, runs: tuple[_Runs, _Runs], said: str, job: Job) -> None:
    job.tally.line(f"- {key}: {_shown(runs[1])}")
    job.tally.line(f"+ {key}: {_shown(runs[0])}{said}")


def judge_array(array: Source, distribution: Distribution, job: Job) -> None:
    """Judge the one number of *array*, as `judge` does.

    Raises:
        CompareError: It has more or none, or as `judge`.
    """
    if math.prod(array.shape) != 1:
        raise array.error("has a `distribution`, which is for one number")
    for block in array.blocks(1):
        judge(job.key or "the value", float(block[0]), distribution, job)


def p_value(recorded: Sequence[float], actual: Sequence[float]) -> float:
    """Return how likely means so far apart are, where both have one distribution.

    Exact up to 200000 ways to deal the numbers out; beyond, 99999 of them are drawn,
    always the same ones, and the observed one is counted among them.
    """
    import numpy as np  # noqa: PLC0415 - slow to import, and few checks are noisy

    pooled = np.array([*recorded, *actual], dtype=np.float64)
    scale = float(np.abs(pooled).max())
    if scale == 0:
        return 1.0
    pooled /= scale
    pooled -= pooled.mean()
    count = len(recorded)
    observed = abs(float(pooled[:count].sum()))
    least = observed - _FUZZ * float(np.abs(pooled).max())
    reached = total = 0
    for dealt in _dealt(len(pooled), count):
        sums = np.abs(pooled[dealt].sum(axis=1))
        reached += int(np.count_nonzero(sums >= least))
        total += len(sums)
    if math.comb(len(pooled), count) <= _EXACT:
        return reached / total
    return (reached + 1) / (total + 1)


def smallest_p(recorded: int, actual: int) -> float:
    """Return the smallest p that so many runs can give."""
    ways = math.comb(recorded + actual, recorded)
    if ways > _EXACT:
        return 1 / (_DRAWN + 1)
    # With as many runs on both sides, swapping the sides is as far apart.
    return (2 if recorded == actual else 1) / ways


def _dealt(total: int, count: int) -> Iterator[np.ndarray[Any, np.dtype[np.intp]]]:
    """Yield blocks of rows: the places of the numbers that the first side is dealt."""
    import numpy as np  # noqa: PLC0415 - as above

    if math.comb(total, count) <= _EXACT:
        yield _all_ways(total, count)
        return
    # NEP 19: the stream of RandomState is frozen, that of Generator is not.
    random = np.random.RandomState(0)
    step = max(1, _BLOCK // total)
    for start in range(0, _DRAWN, step):
        keys = random.random_sample((min(step, _DRAWN - start), total))
        yield keys.argsort(axis=1, kind="stable")[:, :count]


@lru_cache(maxsize=4)
def _all_ways(total: int, count: int) -> np.ndarray[Any, np.dtype[np.intp]]:
    import numpy as np  # noqa: PLC0415 - as above

    flat = chain.from_iterable(combinations(range(total), count))
    size = math.comb(total, count) * count
    return np.fromiter(flat, dtype=np.intp, count=size).reshape(-1, count)


def _runs(
    runs: Mapping[str, tuple[float, ...]], key: str, which: str
) -> tuple[float, ...]:
    if not (found := runs.get(key, ())):
        raise CompareError(
            f"`{key}` is declared with a `distribution`, and has no {which} runs",
            hint="run the check itself: `nox -s repro`; record it with `-- --accept`",
        )
    return found


def _shown(values: Sequence[float]) -> str:
    if not all(map(math.isfinite, values)):
        odd = next(value for value in values if not math.isfinite(value))
        return f"{odd!r} among {len(values)} runs"
    mean = math.fsum(values) / len(values)
    variance = math.fsum((value - mean) ** 2 for value in values)
    deviation = math.sqrt(variance / (len(values) - 1)) if len(values) > 1 else 0.0
    return f"{mean:.6g} ± {deviation:.2g} ({len(values)} runs)"
