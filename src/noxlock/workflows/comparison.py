"""Compare what a check wrote with its baseline, or with another run of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from noxlock.compare import Settings, compare_output
from noxlock.compare.distributions import Samples, extract
from noxlock.model import DefaultTolerance, OutputReport, Verdict
from noxlock.workflows.proof import Advice, Proof, is_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from noxlock.errors import CompareError
    from noxlock.model import Check, Record, Tolerance
    from noxlock.workflows.baselines.views import Fetched
    from noxlock.workflows.outputs import Collected

__all__ = [
    "APART",
    "BySample",
    "Compared",
    "Comparing",
    "beside",
    "samples_of",
    "together",
    "worse",
]

BySample = dict[str, dict[str, tuple[float, ...]]]
"""By output and key, the noisy numbers of several runs."""

APART = Samples(judged=False)
"""Between two single runs noisy numbers say nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """What the comparison with a baseline found."""

    reports: tuple[OutputReport, ...] = ()
    """Of each output: the declared ones first, then all others."""
    unproved: frozenset[str] = frozenset()
    """The outputs whose baseline is not what was recorded."""
    undeclared: bool = False
    """The baseline has outputs that the check does not declare any more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparing:
    """How the outputs of one check are compared."""

    tolerances: Mapping[str, Tolerance]
    """The declared outputs."""
    defaults: DefaultTolerance = field(default_factory=DefaultTolerance)

    @classmethod
    def of(cls, check: Check) -> Comparing:
        """Return how *check* compares."""
        return cls(tolerances=check.outputs, defaults=check.tolerance)

    def one(
        self, name: str, baseline: Path, actual: Path, samples: Samples
    ) -> OutputReport:
        """Compare one output."""
        settings = Settings(defaults=self.defaults, samples=samples)
        tolerance = self.tolerances[name]
        return compare_output(
            baseline, actual, tolerance, output=name, settings=settings
        )

    def unfit(self, found: Collected) -> tuple[OutputReport, ...]:
        """Return the outputs that can be no baseline: even to themselves unlike."""
        reports = [self.one(n, path, path, APART) for n, path in found.files.items()]
        bad = [report for report in reports if not report.verdict.passed]
        return (*bad, *found.faults.values())

    def runs(
        self,
        first: Collected,
        other: Collected,
        samples: Mapping[str, Samples] | None = None,
    ) -> tuple[OutputReport, ...]:
        """Compare what two runs wrote; *first* is what the other is held against."""
        told = samples or {}
        reports = []
        for name in self.tolerances:
            fault = other.faults.get(name) or first.faults.get(name)
            reports.append(
                fault
                or self.one(
                    name, first.files[name], other.files[name], told.get(name, APART)
                )
            )
        extra = {**first.faults, **other.faults}
        reports += [
            fault for name, fault in extra.items() if name not in self.tolerances
        ]
        return tuple(reports)

    def with_baseline(
        self,
        found: Collected,
        fetched: Fetched,
        records: tuple[Record, Record],
        samples: Mapping[str, Samples],
    ) -> Compared:
        """Compare every output with the baseline.

        Args:
            found: What was written.
            fetched: The recorded outputs.
            records: The baseline's, whose digests its files must have, and the run's.
            samples: By output its noisy numbers, recorded and actual.
        """
        recorded, actual = (record.outputs for record in records)
        advice = Advice(check=records[0].check, place=fetched.place)
        reports = []
        unproved = set()
        for name in self.tolerances:
            if (fault := found.faults.get(name)) is not None:
                reports.append(fault)
                continue
            lost = [why for file, why in fetched.faults.items() if is_in(file, name)]
            if lost:
                reports.append(_lost(name, lost[0]))
                unproved.add(name)
                continue
            path = fetched.folder / name
            report = self.one(name, path, found.files[name], samples.get(name, APART))
            proof = Proof(path, found.files[name], recorded, actual, advice)
            reports.append(vouched := proof.vouched(report))
            if vouched is not report:
                unproved.add(name)
        reports += [
            fault for name, fault in found.faults.items() if name not in self.tolerances
        ]
        more = tuple(self._undeclared(recorded, found))
        return Compared(
            reports=(*reports, *more),
            unproved=frozenset(unproved),
            undeclared=bool(more),
        )

    def _undeclared(
        self, recorded: Iterable[str], found: Collected
    ) -> Iterable[OutputReport]:
        for name in recorded:
            declared = any(is_in(name, each) for each in self.tolerances)
            if not declared and name not in found.faults:
                reason = "in the baseline, but not declared any more"
                yield _not_comparable(name, reason)


def samples_of(
    tolerances: Mapping[str, Tolerance], runs: Sequence[Collected]
) -> BySample:
    """Return the noisy numbers of *runs*, of each output that declares some.

    Raises:
        CompareError: An output of a run cannot be read, or covers none.
    """
    found: BySample = {}
    for name, tolerance in tolerances.items():
        if not _noisy(tolerance):
            continue
        values: dict[str, list[float]] = {}
        for run in runs:
            if (path := run.files.get(name)) is None:
                continue
            for key, value in extract(path, tolerance).items():
                values.setdefault(key, []).append(value)
        found[name] = {key: tuple(each) for key, each in values.items()}
    return found


def together(one: BySample, other: BySample) -> BySample:
    """Return the noisy numbers of *one*, then those of *other*."""
    found = {name: dict(numbers) for name, numbers in one.items()}
    for name, numbers in other.items():
        own = found.setdefault(name, {})
        for key, values in numbers.items():
            own[key] = (*own.get(key, ()), *values)
    return found


def beside(recorded: BySample, actual: BySample) -> dict[str, Samples]:
    """Return by output its recorded and its actual noisy numbers."""
    return {
        name: Samples(recorded=recorded.get(name, {}), actual=numbers)
        for name, numbers in actual.items()
    }


def worse(one: OutputReport, other: OutputReport) -> OutputReport:
    """Return the report of one output that is worse: its verdict, then its size."""
    order = list(Verdict)

    def key(report: OutputReport) -> tuple[int, float]:
        found = report.difference
        size = None if found is None else found.worst.absolute
        return order.index(report.verdict), -1.0 if size is None else size

    return other if key(other) > key(one) else one


def _noisy(tolerance: Tolerance) -> bool:
    inner = tolerance.keys.values()
    return tolerance.distribution is not None or any(_noisy(each) for each in inner)


def _lost(name: str, why: CompareError) -> OutputReport:
    hint = f" ({why.hint})" if why.hint else ""
    return _not_comparable(name, f"{why.what}{hint}")


def _not_comparable(name: str, reason: str) -> OutputReport:
    return OutputReport(output=name, verdict=Verdict.NOT_COMPARABLE, reason=reason)
