"""`noxlock compare`."""

from __future__ import annotations

import math
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from noxlock.cli.output import hint, warn
from noxlock.errors import DefinitionError, nearest

if TYPE_CHECKING:
    from noxlock.model import OutputReport, Tolerances
    from noxlock.workflows.comparing import Closest

__all__ = ["COMMAND"]

_Expected = Annotated[
    str,
    typer.Argument(
        metavar="EXPECTED", help="File or folder, or REVISION:PATH as git has it."
    ),
]
_Actual = Annotated[
    str, typer.Argument(metavar="ACTUAL", help="What is held against it, likewise.")
]
_Rtol = Annotated[
    float | None,
    typer.Option(
        metavar="FLOAT", help="Relative tolerance; 0 where only --atol is set."
    ),
]
_Atol = Annotated[
    float | None,
    typer.Option(
        metavar="FLOAT", help="Absolute tolerance; 0 where only --rtol is set."
    ),
]
_Nan = Annotated[
    bool | None,
    typer.Option(
        "--equal-nan/--no-equal-nan",
        help="Whether NaN equals NaN at the same place.  [default: it does not]",
        show_default=False,
    ),
]
_File = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Tolerances in YAML, TOML or JSON, spelled as those of a check.",
    ),
]
_Json = Annotated[
    bool, typer.Option("--json", help="Print the reports as a JSON array.")
]
_Threads = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="[default: all processors]")
]
_Verbose = Annotated[
    bool,
    typer.Option("--verbose", "-v", help="Every part, every line, the histograms."),
]


def compare(  # noqa: PLR0913 - options of the command line
    expected: _Expected,
    actual: _Actual,
    *,
    rtol: _Rtol = None,
    atol: _Atol = None,
    equal_nan: _Nan = None,
    tolerances: _File = None,
    json: _Json = False,
    threads: _Threads = None,
    verbose: _Verbose = False,
) -> None:
    """Compare two files, or two folders, by what they hold.

    What is held equal: |actual - expected| <= atol + rtol * |expected|. Without
    tolerances floats are compared as torch.testing does for their dtype, all else
    exactly. --rtol and --atol hold where the file of --tolerances sets neither for an
    output.

    `HEAD~1:results/metrics.json` is the file of that git revision, where no file has
    this name; the path counts from the repository's top, `main:./metrics.json` from
    here. What is compressed (.gz, .bz2, .xz, .zst) is compared by what is inside.

    Exits 0 where they are the same, 1 where they drifted, 2 where they cannot be
    compared.
    """
    from noxlock.model import Verdict, worst  # noqa: PLC0415 - slow to import

    closest = _closest(tolerances, (rtol, atol), equal_nan=equal_nan, threads=threads)
    reports = _compared(expected, actual, closest)
    if json:
        from noxlock.report.json import to_json  # noqa: PLC0415

        sys.stdout.write(to_json(list(reports)))
    else:
        more = _hint(reports) if equal_nan is None else ""
        _write(reports, verbose=verbose, more=more)
    verdict = worst([report.verdict for report in reports])
    if not verdict.passed:
        raise typer.Exit(1 if verdict is Verdict.DRIFTED else 2)


COMMAND = compare


def _closest(
    file: Path | None,
    limits: tuple[float | None, float | None],
    *,
    equal_nan: bool | None,
    threads: int | None,
) -> Closest:
    """Return what the options and the *file* of tolerances say together."""
    from noxlock.model import Tolerance, Tolerances  # noqa: PLC0415 - slow to import
    from noxlock.workflows.comparing import Closest  # noqa: PLC0415

    for name, value in zip(("--rtol", "--atol"), limits, strict=True):
        if value is not None and not (math.isfinite(value) and value >= 0):
            raise DefinitionError(f"{name} is {value:g}, not a number from 0")
    own = Tolerances() if file is None else _read(file)
    if equal_nan is None and own.tolerance.equal_nan is None:
        equal_nan = False
    rtol, atol = limits
    return Closest(
        tolerances=own,
        file=str(file or ""),
        everywhere=Tolerance(rtol=rtol, atol=atol, equal_nan=equal_nan),
        threads=threads,
    )


def _compared(expected: str, actual: str, closest: Closest) -> tuple[OutputReport, ...]:
    """Compare what the user named; say which tolerances may have a misspelt name."""
    # Slow to import.
    from noxlock.workflows.comparing import (  # noqa: PLC0415
        compare_paths,
        strange_names,
    )
    from noxlock.workflows.revisions import checked_out  # noqa: PLC0415

    with checked_out(expected, actual, environ=os.environ) as (old, new):
        closest = replace(closest, said=(old.said, new.said))
        reports = compare_paths(old.path, new.path, closest)
        strange = strange_names(old.path, new.path, closest)
    if strange:
        names = ", ".join(f"`{name}`" for name in strange)
        what = f"no file is compared, or lies beside, with the name {names}"
        warn(f"{closest.file}: {what}")
        found = (nearest(name, [old.path.name]) for name in strange)
        if (meant := next(filter(None, found), None)) is not None:
            hint(meant)
    return reports


def _read(file: Path) -> Tolerances:
    from noxlock.workflows.comparing import parse_tolerances  # noqa: PLC0415

    try:
        data = file.read_bytes()
    except OSError as error:
        what = f"cannot be read: {error.strerror or error}"
        raise DefinitionError(what, file=str(file)) from None
    return parse_tolerances(str(file), data)


def _hint(reports: tuple[OutputReport, ...]) -> str:
    from noxlock.compare import UNEQUAL_NAN  # noqa: PLC0415 - slow to import

    found = [each.difference for each in reports if each.difference is not None]
    notes = {place.note for each in found for place in (each.first, each.worst)}
    return "--equal-nan takes NaN as equal to NaN" if UNEQUAL_NAN in notes else ""


def _write(reports: tuple[OutputReport, ...], *, verbose: bool, more: str) -> None:
    from noxlock.report.comparison import write_comparison  # noqa: PLC0415

    write_comparison(reports, sys.stdout, os.environ, verbose=verbose, hint=more)
