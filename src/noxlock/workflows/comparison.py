"""Compare what a check wrote with its baseline, or with another run of it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec

from noxlock.compare import Settings, compare_output
from noxlock.compare.distributions import Samples, extract
from noxlock.errors import CompareError
from noxlock.model import DefaultTolerance, OutputReport, Verdict
from noxlock.workflows.records import digest, output_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from noxlock.model import Check, Record, Tolerance
    from noxlock.workflows.baselines.views import Fetched
    from noxlock.workflows.outputs import Collected

__all__ = [
    "BySample",
    "Compared",
    "Comparing",
    "beside",
    "same_bytes",
    "samples_of",
    "together",
    "worse",
]

BySample = dict[str, dict[str, tuple[float, ...]]]
"""By output and key, the noisy numbers of several runs."""

_BLOCK: Final = 1 << 16
_APART = Samples(judged=False)
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
        """Return the outputs that can be no baseline: not comparable with themselves."""
        reports = [self.one(n, path, path, _APART) for n, path in found.files.items()]
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
                    name, first.files[name], other.files[name], told.get(name, _APART)
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
        advice = _Advice(check=records[0].check, place=fetched.place)
        reports = []
        unproved = set()
        for name in self.tolerances:
            if (fault := found.faults.get(name)) is not None:
                reports.append(fault)
                continue
            lost = [why for file, why in fetched.faults.items() if _in(file, name)]
            if lost:
                reports.append(_lost(name, lost[0]))
                unproved.add(name)
                continue
            path = fetched.folder / name
            report = self.one(name, path, found.files[name], samples.get(name, _APART))
            proof = _Proof(path, found.files[name], recorded, actual, advice)
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
            declared = any(_in(name, each) for each in self.tolerances)
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


def _in(name: str, output: str) -> bool:
    return name == output or name.startswith(f"{output}/")


def _lost(name: str, why: CompareError) -> OutputReport:
    hint = f" ({why.hint})" if why.hint else ""
    return _not_comparable(name, f"{why.what}{hint}")


def _not_comparable(name: str, reason: str) -> OutputReport:
    return OutputReport(output=name, verdict=Verdict.NOT_COMPARABLE, reason=reason)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Advice:
    """What to do about a file of the baseline that is not what was recorded."""

    check: str
    place: str
    """Where the baseline's outputs lie; "": not known."""

    def strange(self, file: str) -> str:
        """Return that nothing is known of *file*."""
        path = f"{self.place}/{file}".lstrip("/")
        return f"{path} is in the baseline, and its record does not list it (remove it)"

    def told(self, file: str, what: str) -> str:
        """Return that *file* is so, and how it is looked into and restored."""
        path = f"{self.place}/{file}".lstrip("/")
        restore = f"git checkout -- {shlex.quote(path)}"
        return (
            f"{path} {what} (`noxlock verify {self.check}` tells more,"
            f" `{restore}` restores it)"
        )


@dataclass(frozen=True, slots=True)
class _Proof:
    """One output of a baseline, and what proves that it is what was recorded."""

    baseline: Path
    actual: Path
    recorded: Mapping[str, str]
    digests: Mapping[str, str]
    """Of the run's outputs, as they were just taken."""
    advice: _Advice

    def vouched(self, report: OutputReport) -> OutputReport:
        """Add that the baseline is not what was recorded: then no verdict can pass."""
        name = report.output
        own = {each: sha for each, sha in self.recorded.items() if _in(each, name)}
        try:
            files = output_files({name: self.baseline})
            now = output_files({name: self.actual})
            note = self._note(files, own, now)
        except (OSError, CompareError):  # the comparison has said so
            return report
        if not note:
            return report
        verdict = Verdict.NOT_COMPARABLE if report.verdict.passed else report.verdict
        reason = f"{report.reason}; {note}" if report.reason else note
        return msgspec.structs.replace(report, verdict=verdict, reason=reason)

    def _note(
        self, files: Mapping[str, Path], own: Mapping[str, str], now: Mapping[str, Path]
    ) -> str:
        if not own:
            return "the baseline's record does not list it"
        if gone := min(own.keys() - files.keys(), default=""):
            return self.advice.told(gone, "is gone from the baseline")
        if more := min(files.keys() - own.keys(), default=""):
            return self.advice.strange(more)
        for name, path in files.items():
            # Bytes are compared faster than they are digested.
            same = self.digests.get(name) == own[name] and name in now
            if not (same_bytes(path, now[name]) if same else digest(path) == own[name]):
                what = "was changed since it was recorded: its sha256 differs"
                return self.advice.told(name, what)
        return ""


def same_bytes(one: Path, other: Path) -> bool:
    """Return whether two files hold the same bytes."""
    if one.stat().st_size != other.stat().st_size:
        return False
    with one.open("rb", buffering=0) as left, other.open("rb", buffering=0) as right:
        while (block := left.read(_BLOCK)) == right.read(_BLOCK):
            if not block:
                return True
    return False
