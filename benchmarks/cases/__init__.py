"""The cases, one a file; a new one is a file and a line here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.cases.fresh import CASE as FRESH
from benchmarks.cases.linking import CASE as LINKING
from benchmarks.cases.listing import CASE as LISTING
from benchmarks.cases.reuse import CASE as REUSE

if TYPE_CHECKING:
    from benchmarks.harness import Case

__all__ = ["CASES"]

CASES: dict[str, Case] = {case.name: case for case in (FRESH, LINKING, LISTING, REUSE)}
