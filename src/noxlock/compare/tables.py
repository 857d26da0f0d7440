"""Compares CSV: by column, numeric cells by tolerance, the others exactly."""

from __future__ import annotations

import csv
import math
import re
from io import StringIO
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from noxlock.compare._files import Side
    from noxlock.compare._tally import Tally
    from noxlock.compare.tolerance import Limit, Limits

__all__ = ["compare"]

# No leading zeros: `007` names something, it counts nothing.
_INTEGER: Final = re.compile(r"[+-]?(0|[1-9]\d{0,999})", re.ASCII)
_REAL: Final = re.compile(
    r"[+-]?((0|[1-9]\d*)(\.\d*)?|\.\d+)(e[+-]?\d+)?|[+-]?inf(inity)?|nan",
    re.ASCII | re.IGNORECASE,
)


def compare(baseline: Side, actual: Side, limits: Limits, tally: Tally) -> None:
    """Compare two CSV files: UTF-8, Excel's dialect, the first row names the columns.

    Rows are counted from 1, the header not among them.

    Raises:
        CompareError: One is no such table, or is ragged.
    """
    old_rows, new_rows = _rows(baseline), _rows(actual)
    old_names, new_names = next(old_rows), next(new_rows)
    _compare_columns(new_names, old_names, tally)
    limit_of = {name: limits.at(name) for name in (*old_names, *new_names)}
    columns = [
        (new_names.index(name), number, name)
        for number, name in enumerate(old_names)
        if name in new_names
    ]
    new_count = old_count = 0
    for new, old in zip_longest(new_rows, old_rows):
        new_count += new is not None
        old_count += old is not None
        if new is None or old is None:
            continue
        for mine, other, name in columns:
            cells = new[mine], old[other]
            _compare_cell(cells, limit_of[name], (old_count, name), tally)
    if new_count != old_count:
        tally.note(f"{old_count} rows became {new_count}")


def _rows(side: Side) -> Iterator[list[str]]:
    """Yield the header, then every row, which is as long as it."""
    reader = csv.reader(StringIO(side.text(), newline=""), dialect="excel", strict=True)
    width: int | None = None
    try:
        for row in reader:
            if width is None:
                width = len(row)
                if twice := {name for name in row if row.count(name) > 1}:
                    raise side.error(f"has the column {min(twice)!r} twice")
            if len(row) != width or not row:
                raise side.error(
                    f"is ragged: {len(row)} cells in line {reader.line_num},"
                    f" {width} in the header"
                )
            yield row
    except csv.Error as error:
        raise side.error(f"is no CSV: {error}, line {reader.line_num}") from error


def _compare_columns(new: list[str], old: list[str], tally: Tally) -> None:
    missing = [name for name in old if name not in new]
    extra = [name for name in new if name not in old]
    if missing:
        tally.note(f"missing columns: {', '.join(missing)}")
    if extra:
        tally.note(f"new columns: {', '.join(extra)}")
    if [n for n in new if n in old] != [n for n in old if n in new]:
        tally.note(f"columns reordered: {', '.join(old)} became {', '.join(new)}")


def _compare_cell(
    cells: tuple[str, str], limit: Limit, place: tuple[int, str], tally: Tally
) -> None:
    def where() -> str:
        row, name = place
        return f"row {row}, column {name if name.isprintable() else repr(name)}"

    actual, baseline = map(_number, cells)
    if actual is not None and baseline is not None:
        tally.number((actual, baseline), limit, where, cells)
    elif cells[0] == cells[1]:
        tally.same()
    else:
        tally.other(repr(cells[0]), repr(cells[1]), where())


def _number(cell: str) -> float | None:
    if _INTEGER.fullmatch(cell):
        return int(cell)
    if not _REAL.fullmatch(cell):
        return None
    value = float(cell)
    # Digits that no float holds: the text itself is compared.
    return None if math.isinf(value) and "i" not in cell.lower() else value
