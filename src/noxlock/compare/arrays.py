"""Compares .npy and .npz, streaming; an array of Python objects is refused."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, cast

import numpy as np

from noxlock.compare._elements import compare_block, leaves, same_block
from noxlock.compare._npy import open_array

if TYPE_CHECKING:
    from collections.abc import Iterator

    from noxlock.compare._elements import Array, Leaf
    from noxlock.compare._files import Side
    from noxlock.compare._npy import ArrayFile
    from noxlock.compare._tally import Tally
    from noxlock.compare.tolerance import Limit, Limits
    from noxlock.errors import CompareError

__all__ = ["compare", "compare_archive"]

_DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError)
# What zipfile raises for an unknown method, a password, a header that makes no sense.
_UNOPENED = (*_DAMAGE, NotImplementedError, RuntimeError, ValueError)


def compare(baseline: Side, actual: Side, limits: Limits, tally: Tally) -> None:
    """Compare two .npy files.

    Raises:
        CompareError: One cannot be read, or holds Python objects.
    """
    with baseline.open() as old, actual.open() as new:
        old_file = open_array(old, baseline.path.stat().st_size, baseline.error)
        new_file = open_array(new, actual.path.stat().st_size, actual.error)
        _Comparison("", limits, tally).run(new_file, old_file)


def compare_archive(baseline: Side, actual: Side, limits: Limits, tally: Tally) -> None:
    """Compare two .npz archives, array by array, in the order of the baseline.

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
            raise actual.error(f"has {_arrays(extra)} that the baseline lacks")
        for name in old.members:
            with old.array(name) as old_file, new.array(name) as new_file:
                _Comparison(name, limits, tally).run(new_file, old_file)


def _arrays(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names)
    return f"the array{'s' if len(names) > 1 else ''} {shown}"


@dataclass(frozen=True, slots=True)
class _Archive:
    side: Side
    zip: zipfile.ZipFile
    members: dict[str, zipfile.ZipInfo]

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
                yield open_array(cast("BinaryIO", member), info.file_size, error)
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
            yield _Archive(side, archive, members)


@dataclass(slots=True)
class _Comparison:
    """Of one array; its name is "" for a .npy."""

    name: str
    limits: Limits
    tally: Tally
    plan: list[tuple[Leaf, Leaf, Limit]] = field(default_factory=list)

    def run(self, actual: ArrayFile, baseline: ArrayFile) -> None:
        """Compare what the headers say, then the values, as far as they go together."""
        comparable = self._fields(actual, baseline)
        if actual.shape != baseline.shape:
            self._note(f"shape {baseline.shape} became {actual.shape}")
            comparable = False
        if not comparable:
            return
        if baseline.dtype.itemsize == 0:
            self.tally.same(baseline.count)
        for start, fortran, new, old in _pairs(actual, baseline):
            self._block(start, (new, old), _Places(self.name, baseline.shape, fortran))

    def _note(self, text: str) -> None:
        self.tally.note(f"{self.name}: {text}" if self.name else text)

    def _fields(self, actual: ArrayFile, baseline: ArrayFile) -> bool:
        """Pair the fields of both dtypes; return whether values can be compared."""
        new, old = list(leaves(actual.dtype)), list(leaves(baseline.dtype))
        alike = len(new) == len(old)
        for mine, other in zip(new, old, strict=False):
            self.plan.append((mine, other, self._limit(other.path)))
            alike = alike and (mine.path, mine.shape) == (other.path, other.shape)
            alike = alike and mine.dtype.kind == other.dtype.kind
            if alike and other.dtype.kind in "mMV":
                alike = _native(mine.dtype) == _native(other.dtype)
        if _native(actual.dtype) != _native(baseline.dtype):
            self._note(f"dtype {baseline.dtype} became {actual.dtype}")
        return alike

    def _limit(self, path: tuple[str, ...]) -> Limit:
        """Return the limit of a field, from that of the array inwards."""
        key = self.name
        rules = self.limits.matching(key)
        for name in path:
            key = f"{key}.{name}" if key else name
            rules = self.limits.matching(key, rules)
        return self.limits.of(rules)

    def _block(self, start: int, blocks: tuple[Array, Array], places: _Places) -> None:
        new, old = blocks
        if new.dtype == old.dtype and np.array_equal(_raw(new), _raw(old)):
            for _, leaf, _ in self.plan:
                self.tally.add(same_block(leaf.values(old)))
            return
        for mine, other, limit in self.plan:
            place = partial(places.at, other, start)
            self.tally.add(
                compare_block(mine.values(new), other.values(old), limit, place)
            )


def _raw(block: Array) -> Array:
    """Return the bytes of a block, in the widest words that they fill."""
    raw = block.view(np.uint8)
    return raw.view(np.uint64) if raw.size % 8 == 0 else raw


def _native(dtype: np.dtype[np.generic]) -> np.dtype[np.generic]:
    return dtype.newbyteorder("=")


def _pairs(
    actual: ArrayFile, baseline: ArrayFile
) -> Iterator[tuple[int, bool, Array, Array]]:
    """Yield start, order and the two blocks of elements that lie at the same places."""
    start = 0
    if actual.fortran == baseline.fortran:
        step = min(actual.step, baseline.step)
        for new, old in zip(actual.blocks(step), baseline.blocks(step), strict=True):
            yield start, baseline.fortran, new, old
            start += len(old)
        return
    # Two orders need random access: then the Fortran one is held in memory.
    turned = (actual if actual.fortran else baseline).whole().flat
    straight = baseline if actual.fortran else actual
    for block in straight.blocks(straight.step):
        other = turned[start : start + len(block)]
        new, old = (other, block) if actual.fortran else (block, other)
        yield start, False, new, old
        start += len(block)


@dataclass(frozen=True, slots=True)
class _Places:
    name: str
    shape: tuple[int, ...]
    fortran: bool

    def at(self, leaf: Leaf, start: int, index: int) -> str:
        """Return the place of a leaf's value: `coef[3, 0]`, `points[7].x[1]`."""
        size = 1
        for length in leaf.shape:
            size *= length
        element = _bracket(start + index // size, self.shape, fortran=self.fortran)
        inner = _bracket(index % size, leaf.shape, fortran=False)
        field_name = f".{leaf.key}" if leaf.key else ""
        return f"{self.name}{element}{field_name}{inner}".lstrip(".") or "the value"


def _bracket(flat: int, shape: tuple[int, ...], *, fortran: bool) -> str:
    index: list[int] = []
    for length in shape if fortran else reversed(shape):
        flat, position = divmod(flat, length)
        index.append(position)
    if not fortran:
        index.reverse()
    return f"[{', '.join(map(str, index))}]" if shape else ""
