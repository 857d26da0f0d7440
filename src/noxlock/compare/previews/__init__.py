"""What a page shows of two compared files: few of their values, small images."""

from __future__ import annotations

import csv
import math
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from noxlock.compare._files import Side
from noxlock.compare._job import Job
from noxlock.compare.formats import compare_sides, format_of
from noxlock.compare.formats._parts import Held
from noxlock.compare.previews._columns import columns
from noxlock.compare.previews._curves import draw, whole
from noxlock.compare.previews._pictures import picture
from noxlock.compare.tolerance import Limits
from noxlock.errors import CompareError
from noxlock.model.preview import Preview

if TYPE_CHECKING:
    from pathlib import Path

    from noxlock.compare.arrays._sources import Source
    from noxlock.model import DefaultTolerance, OutputReport, Tolerance
    from noxlock.model.preview import Curve, ImagePair

__all__ = ["preview"]

_ARRAYS: Final = frozenset(("npy", "npz", "safetensors", "hdf5", "zarr", "image"))
_TABLES: Final = {"csv": ",", "tsv": "\t"}
_PARTS: Final = 6
"""Of one output that are drawn, the worst first."""
_PIXELS: Final = 1 << 26
_CELL: Final = re.compile(r"row (\d+), column (.*)", re.DOTALL)
_UNREAD: Final = (
    CompareError,
    ArithmeticError,
    MemoryError,
    OSError,
    ValueError,
    csv.Error,
)


def preview(
    baseline: Path,
    actual: Path,
    report: OutputReport,
    tolerance: Tolerance,
    defaults: DefaultTolerance,
) -> Preview | None:
    """Return what is shown of an output; None where there is nothing to draw.

    Never raises for what the files hold: what cannot be read is not shown. No array is
    held in memory: its places are looked up where it can be mapped, else it is read in
    pieces. Images are, and tables of text, up to a size.

    Args:
        baseline: The recorded file.
        actual: The file that was written now.
        report: What their comparison found; what is identical is not drawn.
        tolerance: Of the output: how far its values may be apart.
        defaults: What holds where the output does not say.
    """
    if report.difference is None:
        return None
    form = format_of(baseline).name
    sides = Side("baseline", baseline), Side("output", actual)
    look = _Look(worst=_worst(report), image=form == "image")
    try:
        job = Job.of(Limits(tolerance, defaults))
        if form in _ARRAYS:
            compare_sides(*sides, replace(job, look=look.arrays))
        elif form in _TABLES:
            look.table(sides, _TABLES[form], job)
    except _UNREAD:
        pass  # what was seen before is shown
    curves = tuple(curve for key in look.order for curve in look.drawn.get(key, ()))
    if not curves and not look.images:
        return None
    return Preview(output=report.output, curves=curves, images=tuple(look.images))


def _worst(report: OutputReport) -> dict[str, str]:
    """Return the worst place of each part that is drawn, the worst parts first."""
    found = {
        part.key: part.difference
        for part in report.parts
        if part.difference is not None
    }
    if not found and report.difference is not None:
        found = {"": report.difference}
    ordered = sorted(found, key=lambda key: -found[key].violations)
    return {key: found[key].worst.where for key in ordered[:_PARTS]}


@dataclass(slots=True)
class _Look:
    """Collects what is drawn of the arrays that it is shown."""

    worst: dict[str, str]
    image: bool
    drawn: dict[str, list[Curve]] = field(default_factory=dict)
    images: list[ImagePair] = field(default_factory=list)

    @property
    def order(self) -> list[str]:
        """The keys of what is drawn, the worst first."""
        return [*self.worst, *self.drawn.keys() - self.worst.keys()]

    def arrays(self, actual: Source, baseline: Source, job: Job) -> None:
        """Draw two arrays, in the place of their comparison."""
        sides = baseline, actual
        if job.key not in self.worst:
            return
        if not self.image:
            limit = job.limit(baseline.dtype.name)
            where = self.worst[job.key]
            self.drawn[job.key] = [*draw(job.key, sides, where, limit)]
        elif max(math.prod(each.shape) for each in sides) <= _PIXELS:
            pair = picture(job.key, whole(baseline), whole(actual))
            self.images += [pair] if pair else []

    def table(self, sides: tuple[Side, Side], delimiter: str, job: Job) -> None:
        """Draw the columns that differ."""
        cells = [_CELL.fullmatch(where) for where in self.worst.values()]
        rows = {cell[2]: int(cell[1]) - 1 for cell in cells if cell}
        baseline, actual = sides
        for name, old, new in columns(baseline, actual, delimiter, rows):
            one = Held(values=old, error=baseline.error)
            other = Held(values=new, error=actual.error)
            limit = job.beneath(name).limit("")
            where = f"[{rows[name]}]"
            self.drawn[name] = [*draw(name, (one, other), where, limit)]
