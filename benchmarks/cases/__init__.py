"""The cases, one a file; a new one is a file and a line here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks.cases.checking import CASE as CHECKING
from benchmarks.cases.cold import CASE as COLD
from benchmarks.cases.conda import CASE as CONDA
from benchmarks.cases.disk import CASE as DISK
from benchmarks.cases.fresh import CASE as FRESH
from benchmarks.cases.gc import CASE as GC
from benchmarks.cases.growth import CASE as GROWTH
from benchmarks.cases.linking import CASE as LINKING
from benchmarks.cases.listing import CASE as LISTING
from benchmarks.cases.parallel import CASE as PARALLEL
from benchmarks.cases.planning import CASE as PLANNING
from benchmarks.cases.reuse import CASE as REUSE
from benchmarks.cases.torch import CASE as TORCH

if TYPE_CHECKING:
    from benchmarks.harness import Case

__all__ = ["CASES"]

_ALL: Final = (
    FRESH,
    LINKING,
    TORCH,
    COLD,
    CONDA,
    LISTING,
    CHECKING,
    PLANNING,
    REUSE,
    PARALLEL,
    GROWTH,
    DISK,
    GC,
)
CASES: Final[dict[str, Case]] = {case.name: case for case in _ALL}
