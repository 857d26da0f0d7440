"""Compares CSV and TSV: by column, numeric cells by tolerance, the others exactly."""

from __future__ import annotations

import csv
import io
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice, repeat
from typing import TYPE_CHECKING, Final

import numpy as np

from noxlock.compare._files import same_bytes
from noxlock.compare.formats._cells import Column, is_integer, is_number
from noxlock.compare.formats._gaps import Shifts
from noxlock.compare.formats._hunks import printable
from noxlock.compare.formats._lines import encoding_of
from noxlock.compare.formats._shifts import Paired, Pairing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from noxlock.compare._files import Side
    from noxlock.compare._job import Job

__all__ = ["DELIMITERS", "Table", "compare", "compare_tsv", "opened"]

DELIMITERS: Final = {"csv": ",;\t|", "tsv": "\t"}
"""What may separate the cells of a format."""
_ROWS: Final = 4096
"""Read at once."""
_CELLS: Final = 1 << 18
"""Likewise: of wide tables fewer rows."""
_NAMES: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


def compare(baseline: Side, actual: Side, job: Job) -> None:
    """Compare two CSV files: the first row names the columns, unless it is of numbers.

    The separator is the first of comma, semicolon, tab and bar that the first line has.
    Rows are counted from 1, the names not among them; row is compared with row, in the
    order of the files. One that was put in or left out shifts nothing, unless it is
    among many that differ. Two integers are compared as such, other numbers as float64.
    Empty lines at the end are nothing, but of a single column an empty cell each. The
    files are read as they come, and may be larger than memory.

    Raises:
        CompareError: One is no such table, or is ragged.
    """
    _compare(baseline, actual, job, DELIMITERS["csv"])


def compare_tsv(baseline: Side, actual: Side, job: Job) -> None:
    """Compare two files of tab-separated values, as `compare` does.

    Raises:
        CompareError: One is no such table, or is ragged.
    """
    _compare(baseline, actual, job, DELIMITERS["tsv"])


def _compare(baseline: Side, actual: Side, job: Job, delimiters: str) -> None:
    same = same_bytes(baseline, actual)
    with ExitStack() as stack:
        old = stack.enter_context(opened(baseline, delimiters))
        new = old if same else stack.enter_context(opened(actual, delimiters))
        if old.named and not new.named:
            raise actual.error("has no names of columns: its first row are numbers")
        if new.named and not old.named:
            raise baseline.error("has no names of columns: its first row are numbers")
        if old.delimiter != new.delimiter:
            names = _NAMES[old.delimiter], _NAMES[new.delimiter]
            job.tally.note(f"separator {names[0]} became {names[1]}")
        _compare_names(new.names, old.names, job)
        _compare_rows(new, old, job)


@dataclass(frozen=True, slots=True)
class Table:
    """A table that is open; its rows can be read once."""

    side: Side
    delimiter: str
    names: list[str]
    named: bool
    """Whether its first row are names."""
    rows: Iterator[list[str]]

    def blocks(self) -> Iterator[list[list[str]]]:
        """Yield rows, many at a time, all as long as the first.

        Raises:
            CompareError: They are not, or are no CSV.
        """
        width = len(self.names)
        start = 1
        source = self.rows if width == 1 else _ended(self.rows)
        most = max(1, min(_ROWS, _CELLS // width))
        while rows := list(islice(source, most)):
            if width == 1:  # Arrow writes a null of one column as an empty line
                rows = [row or [""] for row in rows]
            if set(map(len, rows)) != {width}:
                number, row = next(
                    (n, row) for n, row in enumerate(rows, start) if len(row) != width
                )
                cells = "1 cell" if len(row) == 1 else f"{len(row)} cells"
                raise self.side.error(
                    f"is ragged: {cells} in row {number}, {width} in the first line"
                )
            start += len(rows)
            yield rows


@contextmanager
def opened(side: Side, delimiters: str) -> Iterator[Table]:
    """Open a table whose cells one of *delimiters* separates.

    Raises:
        CompareError: It is no such table.
    """
    with side.open() as stream:
        encoding = encoding_of(stream)
        text = io.TextIOWrapper(stream, encoding.codec, newline="")
        try:
            delimiter = _delimiter(text.readline(), delimiters)
            text.seek(0)
        except UnicodeDecodeError as error:
            raise side.error(f"is no {encoding.label} text") from error
        reader = csv.reader(text, dialect="excel", delimiter=delimiter, strict=True)
        rows = _rows(side, reader, encoding.label)
        names = next(rows, [])
        if not names:
            raise side.error("has no columns: its first line is empty")
        named = not all(map(is_number, names)) or (
            all(map(is_integer, names)) and len(set(names)) == len(names)
        )
        if not named:
            rows = chain([names], rows)
            names = [str(number) for number in range(1, len(names) + 1)]
        if len(set(names)) < len(names):
            name, _ = Counter(names).most_common(1)[0]
            raise side.error(f"has the column {name!r} twice")
        yield Table(side, delimiter, names, named, rows)


def _delimiter(line: str, delimiters: str) -> str:
    return next((each for each in delimiters if each in line), delimiters[0])


def _rows(
    side: Side, reader: Iterator[list[str]], encoding: str
) -> Iterator[list[str]]:
    number = 0
    try:
        for row in reader:
            number += 1
            yield row
    except csv.Error as error:
        raise side.error(f"is no CSV: {error}, in row {number}") from error
    except UnicodeDecodeError as error:
        raise side.error(f"is no {encoding} text, in row {number}") from error


def _ended(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    """Yield *rows* without the empty lines after the last one."""
    empty = 0
    for row in rows:
        if not row:
            empty += 1
            continue
        yield from repeat(row[:0], empty)
        empty = 0
        yield row


def _compare_names(new: list[str], old: list[str], job: Job) -> None:
    both = set(new).intersection(old)
    missing = [name for name in old if name not in both]
    extra = [name for name in new if name not in both]
    for name in (*missing, *extra):  # a tolerance of it is no mistake
        job.beneath(name)
    if missing:
        job.tally.note(f"missing columns: {', '.join(missing)}")
    if extra:
        job.tally.note(f"new columns: {', '.join(extra)}")
    if [n for n in new if n in both] != [n for n in old if n in both]:
        job.tally.note(f"columns reordered: {', '.join(old)} became {', '.join(new)}")


def _compare_rows(new: Table, old: Table, job: Job) -> None:
    places = {name: number for number, name in enumerate(new.names)}
    shifts = Shifts()
    columns = [
        Paired(
            places[name],
            number,
            Column(job.part(name), partial(_where, (job.key, name), shifts)),
        )
        for number, name in enumerate(old.names)
        if name in places
    ]
    pairing = Pairing(columns, shifts)
    if new is old:
        counts = _compare_same(old, pairing)
    else:
        counts = pairing.run(old.blocks(), new.blocks())
    for each in columns:
        each.column.finish(counts[0])
    for note in shifts.notes():
        job.tally.note(note)
    if counts[0] != counts[1]:
        job.tally.note(f"{_rows_said(counts[0])} became {counts[1]}")


def _compare_same(table: Table, pairing: Pairing) -> tuple[int, int]:
    count = 0
    for rows in table.blocks():
        for look in pairing.look(rows, rows):
            look.keep(np.arange(count, count + len(rows)))
        count += len(rows)
    return count, count


def _where(names: tuple[str, str], shifts: Shifts, row: int) -> str:
    outer, name = names
    now = shifts.now(row)
    moved = "" if now == row else f", now {now + 1}"
    place = f"row {row + 1}{moved}, column {printable(name)}"
    return f"{outer}: {place}" if outer else place


def _rows_said(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"
