"""Compares Parquet and Feather (Arrow IPC): by column, in batches of rows."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from noxlock.compare.formats._arrow import compare_batch, same_type
from noxlock.compare.formats._parts import pair, readable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from noxlock.compare._files import Side
    from noxlock.compare._job import Job

__all__ = [
    "Table",
    "batches",
    "check_names",
    "compare",
    "compare_feather",
    "opened",
    "opened_feather",
]

_BUFFER: Final = 1 << 20
_FILE_MAGIC: Final = b"ARROW1"
_OLD_MAGIC: Final = b"FEA1"


class Table(Protocol):
    """A table that is open."""

    @property
    def side(self) -> Side:
        """The file, for messages."""

    @property
    def schema(self) -> pa.Schema:
        """The names and types of the columns."""

    def arrays(self, name: str, step: int) -> Iterator[pa.Array[Any]]:
        """Yield the values of a column, at most *step* rows at a time."""


def compare(baseline: Side, actual: Side, job: Job) -> None:
    """Compare two Parquet files; row groups, encodings, compression do not matter.

    Raises:
        CompareError: One cannot be read.
    """
    with opened(baseline) as old, opened(actual) as new:
        _compare(new, old, job)


@contextmanager
def opened(side: Side) -> Iterator[Table]:
    """Open a Parquet file.

    Raises:
        CompareError: It cannot be read.
    """
    with side.open(), ExitStack() as stack:
        with readable(side.error, "is no Parquet that can be read"):
            file = stack.enter_context(
                pq.ParquetFile(
                    side.path,
                    pre_buffer=False,
                    buffer_size=_BUFFER,
                    page_checksum_verification=True,
                )
            )
            table = _Parquet(side, file, file.schema_arrow)
        yield table


@dataclass(frozen=True, slots=True)
class _Parquet:
    side: Side
    file: pq.ParquetFile
    schema: pa.Schema

    def arrays(self, name: str, step: int) -> Iterator[pa.Array[Any]]:
        # The footer's schema has dictionaries where pandas had categories: read plain.
        for batch in self.file.iter_batches(step, columns=[name], use_threads=False):
            yield batch.column(name)


def compare_feather(baseline: Side, actual: Side, job: Job) -> None:
    """Compare two files of Arrow IPC: Feather version 2, Arrow files and streams.

    Raises:
        CompareError: One cannot be read.
    """
    with opened_feather(baseline) as old, opened_feather(actual) as new:
        _compare(new, old, job)


@contextmanager
def opened_feather(side: Side) -> Iterator[Table]:
    """Open a file of Arrow IPC.

    Raises:
        CompareError: It cannot be read.
    """
    yield _Feather.of(side)


@dataclass(frozen=True, slots=True)
class _Feather:
    side: Side
    stream: bool
    schema: pa.Schema

    @classmethod
    def of(cls, side: Side) -> _Feather:
        with side.open() as file:
            magic = file.read(len(_FILE_MAGIC))
        if magic.startswith(_OLD_MAGIC):
            raise side.error("is Feather of version 1, which is no Arrow file")
        stream = magic != _FILE_MAGIC
        with (
            readable(side.error, "is no Arrow file that can be read"),
            pa.OSFile(str(side.path), mode="r") as source,
        ):
            opened = pa.ipc.open_stream if stream else pa.ipc.open_file
            with opened(source) as reader:
                return cls(side, stream, reader.schema)

    def arrays(self, name: str, step: int) -> Iterator[pa.Array[Any]]:
        index = self.schema.get_field_index(name)
        options = pa.ipc.IpcReadOptions(included_fields=[index], use_threads=False)
        with pa.OSFile(str(self.side.path), mode="r") as source:
            for batch in self._batches(source, options):
                column = batch.column(0)
                for start in range(0, len(column), step):
                    yield column.slice(start, step)

    def _batches(
        self, source: pa.NativeFile, options: pa.ipc.IpcReadOptions
    ) -> Iterator[pa.RecordBatch]:
        if self.stream:
            with pa.ipc.open_stream(source, options=options) as reader:
                yield from reader
            return
        with pa.ipc.open_file(source, options=options) as reader:
            for number in range(reader.num_record_batches):
                yield reader.get_batch(number)


def check_names(table: Table) -> None:
    """Check that columns have names, and each another one.

    Raises:
        CompareError: They do not.
    """
    with readable(table.side.error, "has names of columns that are no text"):
        names = table.schema.names
        # Whatever is named inside of them is decoded here for the first time.
        _ = [same_type(each.type, each.type) for each in table.schema]
    if len(set(names)) < len(names):
        name, _ = Counter(names).most_common(1)[0]
        raise table.side.error(f"has the column {name!r} twice")


def _compare(new: Table, old: Table, job: Job) -> None:
    for table in (old, new):
        check_names(table)
    both = pair(new.schema.names, old.schema.names, job)
    if both != [name for name in new.schema.names if name in both]:
        job.tally.note("columns reordered")
    lengths = set()
    for name in both:
        lengths.add(_compare_column(name, new, old, job))
    for old_rows, new_rows in sorted(lengths):
        if old_rows != new_rows:
            job.tally.note(f"{old_rows} rows became {new_rows}")


def _compare_column(name: str, new: Table, old: Table, job: Job) -> tuple[int, int]:
    """Compare a column; return how many rows it has in the baseline, and now."""
    old_type, new_type = old.schema.field(name).type, new.schema.field(name).type
    part = job.part(name, dtype=str(old_type))
    if part.check_dtype and not same_type(new_type, old_type):
        part.tally.note(f"type {old_type} became {new_type}")
    new_rows, old_rows = _Rows(new, name, job.block), _Rows(old, name, job.block)
    start = 0
    while size := min(new_rows.ahead(), old_rows.ahead()):
        compare_batch(new_rows.take(size), old_rows.take(size), part, start)
        start += size
    part.tally.shape = (start + old_rows.rest(),)
    return part.tally.shape[0], start + new_rows.rest()


def batches(table: Table, name: str, step: int) -> Iterator[pa.Array[Any]]:
    """Yield the values of a column, checked, at most *step* rows at a time.

    Raises:
        CompareError: It is damaged.
    """
    arrays = table.arrays(name, step)
    while True:
        with readable(table.side.error, f"is damaged in column {name!r}"):
            if (array := next(arrays, None)) is None:
                return
            # What is read from a file may have offsets that lie outside of it.
            array.validate(full=True)
        yield array


class _Rows:
    """The rows of a column, taken as many at a time as the other file has, too."""

    def __init__(self, table: Table, name: str, step: int) -> None:
        self._arrays = batches(table, name, step)
        self._array: pa.Array[Any] = pa.nulls(0)
        self._start = 0

    def ahead(self) -> int:
        """Return how many rows can be taken at once; 0 at the end."""
        while self._start == len(self._array):
            if (array := next(self._arrays, None)) is None:
                return 0
            self._array, self._start = array, 0
        return len(self._array) - self._start

    def take(self, size: int) -> pa.Array[Any]:
        """Return the next *size* rows, which `ahead` has said are there."""
        self._start += size
        return self._array.slice(self._start - size, size)

    def rest(self) -> int:
        """Return how many rows are left, and pass over them."""
        rows = 0
        while size := self.ahead():
            rows += size
            self._start += size
        return rows
