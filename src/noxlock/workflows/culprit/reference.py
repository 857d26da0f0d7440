"""What the outputs of mixes are held against."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from msgspec import json

from noxlock.errors import CompareError
from noxlock.model import Verdict
from noxlock.report.words import output_line
from noxlock.workflows.comparison import APART, Comparing, beside, samples_of
from noxlock.workflows.culprit.seen import SeenKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from noxlock.model import OutputReport, Record
    from noxlock.workflows.baselines.baseline import Baseline
    from noxlock.workflows.comparison import BySample
    from noxlock.workflows.outputs import Collected

__all__ = ["Reference", "read_reference", "recorded_reference", "write_reference"]

_OUTPUTS = "outputs"
_SAMPLES = "samples.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """Outputs that are right, and the noisy numbers of the runs that made them."""

    said: str
    """For sentences: `the baseline`, `the old lock's`."""
    folder: Path
    samples: BySample = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    """Why an output is not there, by its name."""

    def judge(
        self, comparing: Comparing, runs: Sequence[Collected]
    ) -> tuple[SeenKind, str]:
        """Return what *runs* of one mix came to, and in which words.

        Args:
            comparing: How outputs are compared.
            runs: What each wrote; several where outputs are distributions.
        """
        first = runs[0]
        try:
            told = beside(self.samples, samples_of(comparing.tolerances, runs))
        except CompareError as error:
            return SeenKind.FAILED, str(error)
        reports: list[OutputReport] = []
        for name in comparing.tolerances:
            if (fault := first.faults.get(name)) is not None:
                reports.append(fault)
            elif name in self.faults or not (self.folder / name).exists():
                why = self.faults.get(name, "it was not recorded")
                return SeenKind.FAILED, f"{name}: nothing to compare with: {why}"
            else:
                actual = first.files[name]
                samples = told.get(name, APART)
                reports.append(comparing.one(name, self.folder / name, actual, samples))
        bad = [report for report in reports if not report.verdict.passed]
        drifted = [each for each in bad if each.verdict is Verdict.DRIFTED]
        if drifted:
            return SeenKind.DRIFTED, output_line(drifted[0], against=self.said)
        if bad:
            return SeenKind.FAILED, f"{bad[0].output}: {bad[0].reason}"
        return SeenKind.SAME, ""


def recorded_reference(baseline: Baseline, record: Record) -> Reference:
    """Return the outputs of a baseline; *record* is its own."""
    fetched = baseline.fetch(record)
    return Reference(
        said="the baseline",
        folder=fetched.folder,
        samples=baseline.samples(),
        faults={name: str(fault) for name, fault in fetched.faults.items()},
    )


def read_reference(folder: Path, said: str) -> Reference | None:
    """Return the reference that an earlier search wrote to *folder*, if it did."""
    try:
        samples = json.decode((folder / _SAMPLES).read_bytes(), type=dict)
    except (OSError, ValueError):
        return None
    found: BySample = {
        name: {key: tuple(values) for key, values in by_key.items()}
        for name, by_key in samples.items()
    }
    return Reference(said=said, folder=folder / _OUTPUTS, samples=found)


def write_reference(
    folder: Path, said: str, comparing: Comparing, runs: Sequence[Collected]
) -> Reference:
    """Keep what *runs* wrote as what others are held against.

    Raises:
        CompareError: Noisy numbers of an output cannot be read.
        OSError: The disk refuses.
    """
    samples = samples_of(comparing.tolerances, runs)
    shutil.rmtree(folder, ignore_errors=True)
    for name, path in runs[0].files.items():
        target = folder / _OUTPUTS / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            shutil.copytree(path, target)
        else:
            shutil.copy2(path, target)
    # The last of it: without, it is not whole.
    (folder / _SAMPLES).write_bytes(json.encode(samples))
    return Reference(said=said, folder=folder / _OUTPUTS, samples=samples)
