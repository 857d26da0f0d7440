"""Cases, contestants that take turns, and targets that are met or not."""

from __future__ import annotations

import os
import statistics
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.commands import BenchmarkError, measure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from benchmarks.commands import Command, Sample
    from benchmarks.surroundings import Bench

__all__ = [
    "Case",
    "Contestant",
    "Fact",
    "Figures",
    "Outcome",
    "Result",
    "Setup",
    "Target",
    "difference",
    "fact",
    "quotient",
    "run_case",
    "seconds",
    "timed",
]

Fact = str | float | int
"""Something that was found out beside the times."""


def _nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Contestant:
    """One that takes turns with the others."""

    name: str
    measure: Callable[[], Sample]
    before: Callable[[], object] = _nothing
    """What has to be done before each turn; not timed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """What was measured."""

    samples: Mapping[str, Sequence[Sample]]
    """By contestant, in the order of the rounds."""
    facts: Mapping[str, Fact] = field(default_factory=dict)

    def median(self, name: str) -> float:
        """Return a contestant's median seconds; KeyError where it was not measured."""
        return statistics.median(one.seconds for one in self.samples[name])


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """Something that must not be more than its bound."""

    text: str
    bound: float
    value: Callable[[Figures], float]
    """Of what was measured; KeyError where something of it was not."""
    unit: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of a target."""

    text: str
    bound: float
    unit: str
    value: float | None
    """None: it was not measured."""

    @property
    def met(self) -> bool | None:
        """Whether it was reached; None where it was not measured."""
        return None if self.value is None else self.value <= self.bound


def _no_facts(figures: Figures) -> Mapping[str, Fact]:  # noqa: ARG001
    return {}


@dataclass(frozen=True, kw_only=True, slots=True)
class Setup:
    """A case that is ready to be measured."""

    contestants: Sequence[Contestant] = ()
    targets: Sequence[Target] = ()
    facts: Callable[[Figures], Mapping[str, Fact]] = _no_facts
    """Called after the rounds: counts, checks (BenchmarkError), what follows."""
    left_out: Sequence[str] = ()
    """Whom it could not measure, and why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """Something to be measured."""

    name: str
    summary: str
    open: Callable[[Bench], AbstractContextManager[Setup]]
    """Makes what it needs, and takes it away at the end."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What a case gave."""

    name: str
    summary: str
    figures: Figures
    outcomes: Sequence[Outcome]
    left_out: Sequence[str]
    error: str = ""


def timed(
    name: str, *commands: Command, before: Callable[[], object] = _nothing
) -> Contestant:
    """Return the contestant that runs *commands*, each a whole process."""
    return Contestant(name=name, measure=lambda: measure(*commands), before=before)


def quotient(own: str, other: str, bound: float, *, text: str = "") -> Target:
    """Return the target that *own* takes at most *bound* times what *other* takes."""
    return Target(
        text=text or f"{own} / {other}",
        bound=bound,
        value=lambda figures: figures.median(own) / figures.median(other),
        unit="x",
    )


def difference(own: str, other: str, bound: float) -> Target:
    """Return the target that *own* takes at most *bound* seconds more than *other*."""
    return Target(
        text=f"{own} - {other}",
        bound=bound,
        value=lambda figures: figures.median(own) - figures.median(other),
        unit="s",
    )


def seconds(own: str, bound: float) -> Target:
    """Return the target that *own* takes at most *bound* seconds."""
    return Target(
        text=own, bound=bound, value=lambda figures: figures.median(own), unit="s"
    )


def fact(name: str, bound: float, unit: str = "") -> Target:
    """Return the target that the number *name* of the facts is at most *bound*."""
    return Target(
        text=name,
        bound=bound,
        value=lambda figures: float(figures.facts[name]),
        unit=unit,
    )


def run_case(case: Case, bench: Bench) -> Result:
    """Measure *case*; what goes wrong is its result's error, not a figure."""
    figures, setup = Figures(samples={}), Setup()
    error = ""
    try:
        with case.open(bench) as setup:
            chosen = [one for one in setup.contestants if bench.wants(one.name)]
            samples = take_turns(chosen, bench)
            figures = Figures(samples=samples)
            figures = Figures(samples=samples, facts=setup.facts(figures))
    except BenchmarkError as failure:
        error = str(failure)
        bench.say(f"{case.name}: FAILED: {error}")
    return Result(
        name=case.name,
        summary=case.summary,
        figures=figures,
        outcomes=[_outcome(target, figures) for target in setup.targets],
        left_out=setup.left_out,
        error=error,
    )


def take_turns(
    contestants: Sequence[Contestant], bench: Bench
) -> dict[str, list[Sample]]:
    """Let each take its turn in each round; whoever begins moves on by one.

    So a noisy machine is noisy for all. The first round warms caches and is dropped.
    """
    samples: dict[str, list[Sample]] = {one.name: [] for one in contestants}
    if not contestants:
        return samples
    for turn in range(bench.runs + 1):
        first = turn % len(contestants)
        for contestant in (*contestants[first:], *contestants[:first]):
            contestant.before()
            os.sync()  # what was removed before is not written while another is timed
            sample = contestant.measure()
            bench.say(f"  {turn or 'warm-up'}: {contestant.name}: {sample.seconds:.3f}")
            if turn:
                samples[contestant.name].append(sample)
    return samples


def _outcome(target: Target, figures: Figures) -> Outcome:
    try:
        value: float | None = target.value(figures)
    except (KeyError, statistics.StatisticsError):
        value = None
    return Outcome(text=target.text, bound=target.bound, unit=target.unit, value=value)
