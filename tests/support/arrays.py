"""Compare two arrays or trees that a test has at hand."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
from typing import TYPE_CHECKING

import numpy as np

from noxlock.compare import compare_output
from noxlock.model import Difference, OutputReport, Tolerance

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "EXACT",
    "INF",
    "NAN",
    "ONE",
    "compare_arrays",
    "difference",
    "header",
    "packed",
    "plain",
]

EXACT = Tolerance()
NAN, INF = float("nan"), float("inf")
ONE = struct.pack("<d", 1.0)


def compare_arrays(
    folder: Path, actual: object, baseline: object, tolerance: Tolerance = EXACT
) -> OutputReport:
    """Save both in *folder* and compare the files."""
    np.save(folder / "actual.npy", np.asarray(actual))
    np.save(folder / "baseline.npy", np.asarray(baseline))
    return compare_output(
        folder / "baseline.npy", folder / "actual.npy", tolerance, output="a.npy"
    )


def difference(report: OutputReport) -> Difference:
    """Return the difference of *report*, which must have one."""
    assert report.difference is not None
    return report.difference


def header(text: str, version: int = 1) -> bytes:
    """Return the start of a .npy with *text* as its header."""
    data = text.encode() + b"\n"
    length = struct.pack("<H" if version == 1 else "<I", len(data))
    return b"\x93NUMPY" + bytes([version, 0]) + length + data


def plain(shape: str, descr: str = "'<f8'") -> str:
    """Return the header of an array in C order."""
    return f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}"


def packed(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return an archive; blanks around a name let it occur twice."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of two members of one name
        with zipfile.ZipFile(buffer, "w", method) as archive:
            for name, data in members.items():
                archive.writestr(name.strip(), data)
    return buffer.getvalue()
