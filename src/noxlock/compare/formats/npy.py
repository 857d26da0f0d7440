"""Compares .npy and .npz, streaming; an array of Python objects is refused."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from noxlock.compare.arrays._sources import compare_sources
from noxlock.compare.formats._npy import open_array

if TYPE_CHECKING:
    from collections.abc import Iterator

    from noxlock.compare._files import Side
    from noxlock.compare._job import Job
    from noxlock.compare.formats._npy import ArrayFile
    from noxlock.errors import CompareError

__all__ = ["compare", "compare_archive"]

_FIXED: Final = 30
"""Bytes of a local file header before its name."""
_READ: Final = 1 << 20
_RAW: Final = {1: "float8", 2: "bfloat16"}
"""By their length: floats that np.save writes as raw bytes."""
_DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError)
# What zipfile raises for an unknown method, a password, a header that makes no sense.
_UNOPENED = (*_DAMAGE, NotImplementedError, RuntimeError, ValueError)


def compare(baseline: Side, actual: Side, job: Job) -> None:
    """Compare two .npy files.

    Raises:
        CompareError: One cannot be read, or holds Python objects.
    """
    with baseline.open() as old, actual.open() as new:
        sides = ((old, baseline), (new, actual))
        old_file, new_file = (
            open_array(
                stream, side.size(), side.error, None if side.packing else (stream, 0)
            )
            for stream, side in sides
        )
        _compare(new_file, old_file, job)


def compare_archive(baseline: Side, actual: Side, job: Job) -> None:
    """Compare two .npz archives, array by array, in the order of the baseline.

    Arrays that are stored without compression are mapped; their checksums are verified
    where something differs. Where nothing does, the same bytes have the same checksum.

    Raises:
        CompareError: One cannot be read, holds Python objects, or they do not hold the
            same arrays.
    """
    with ExitStack() as stack:
        old = stack.enter_context(_archive(baseline))
        new = stack.enter_context(_archive(actual))
        if missing := [name for name in old.members if name not in new.members]:
            raise actual.error(f"lacks {_arrays(missing)}")
        if extra := [name for name in new.members if name not in old.members]:
            raise actual.error(f"has {_arrays(extra)} that the {baseline.who} lacks")
        for name in old.members:
            with old.array(name) as old_file, new.array(name) as new_file:
                part = job.part(name, dtype=str(old_file.dtype), shape=old_file.shape)
                _compare(new_file, old_file, part)
                if part.tally.differing or old.crc(name) != new.crc(name):
                    _check(new_file, old_file)


def _compare(new: ArrayFile, old: ArrayFile, job: Job) -> None:
    """Compare two arrays, and say where raw bytes stand for numbers of a package."""
    compare_sources(new, old, job)
    dtype = old.dtype
    if dtype.kind == "V" and dtype.names is None and job.tally.violations:
        name = _RAW.get(dtype.itemsize)
        advice = f"; save {name} as safetensors" if name else ""
        job.tally.note(f"dtype V{dtype.itemsize} is compared by its bytes{advice}")


def _arrays(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names)
    return f"the array{'s' if len(names) > 1 else ''} {shown}"


def _check(*files: ArrayFile) -> None:
    """Read what has only been mapped to its end, where its checksum is verified."""
    mapped = [file for file in files if file.place]
    if len(mapped) == len(files):
        with ThreadPoolExecutor(len(mapped)) as pool:
            list(pool.map(lambda file: deque(file.blocks(_READ), maxlen=0), mapped))


@dataclass(frozen=True, slots=True)
class _Archive:
    side: Side
    stream: BinaryIO
    zip: zipfile.ZipFile
    members: dict[str, zipfile.ZipInfo]

    def crc(self, name: str) -> int:
        """Return the checksum that the archive says an array has."""
        return self.members[name].CRC

    def _place(self, info: zipfile.ZipInfo) -> tuple[BinaryIO, int] | None:
        """Return where a member that is not compressed lies."""
        if info.compress_type != zipfile.ZIP_STORED:
            return None
        # "file name length 2 bytes, extra field length 2 bytes" end the fixed part.
        self.stream.seek(info.header_offset + _FIXED - 4)
        name, extra = struct.unpack("<HH", self.stream.read(4))
        start = info.header_offset + _FIXED + name + extra
        whole = start + info.file_size <= self.side.path.stat().st_size
        return (self.stream, start) if whole else None

    @contextmanager
    def array(self, name: str) -> Iterator[ArrayFile]:
        """Open one array; reading it to its end checks the archive's own CRC."""

        def error(what: str) -> CompareError:
            return self.side.error(f"{what}, in the array `{name}`")

        info = self.members[name]
        try:
            member = self.zip.open(info)
        except _UNOPENED as cause:
            raise error(f"cannot be opened ({cause})") from cause
        with member:
            try:
                yield open_array(
                    cast("BinaryIO", member), info.file_size, error, self._place(info)
                )
            except _DAMAGE as cause:
                raise error(f"is damaged ({cause})") from cause


@contextmanager
def _archive(side: Side) -> Iterator[_Archive]:
    with side.open() as stream:
        try:
            archive = zipfile.ZipFile(stream)
        except _UNOPENED as error:
            raise side.error(f"is no .npz file ({error})") from error
        with archive:
            members: dict[str, zipfile.ZipInfo] = {}
            for info in archive.infolist():
                name = info.filename.removesuffix(".npy")
                if name == info.filename:
                    raise side.error(f"holds `{name}`, which is no array")
                if name in members:
                    raise side.error(f"holds the array `{name}` twice")
                members[name] = info
            if not members:
                raise side.error("holds no arrays")
            yield _Archive(side, stream, archive, members)
