"""Compares Zarr, versions 2 and 3: a folder, or a zip of one."""

from __future__ import annotations

import math
import warnings
import zipfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeGuard

import numpy as np
import zarr
from zarr.storage import LocalStore, ZipStore

from noxlock.compare._files import reason_of
from noxlock.compare.arrays._sources import compare_sources
from noxlock.compare.formats._objects import compare_trees, element
from noxlock.compare.formats._parts import (
    check_claim,
    in_steps,
    pair,
    readable,
    shown,
    slabs,
)
from noxlock.errors import CompareError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from noxlock.compare._files import Side
    from noxlock.compare._job import Job
    from noxlock.compare.arrays._lens import Array

__all__ = ["compare"]

_Node: TypeAlias = "zarr.Array[Any] | zarr.Group"

_ARRAY: Final = ".zarray"
_MARKS: Final = ("zarr.json", ".zgroup", _ARRAY)
"""What describes an array or a group, of version 3 and 2."""
_INFLATED: Final = 1 << 28
_RATIO: Final = 100
_PICKLE: Final = "pickle"


@dataclass(frozen=True, slots=True)
class _Hierarchy:
    side: Side
    root: _Node
    nodes: dict[str, _Node]

    def stored(self) -> int:
        """Return how many bytes the store has."""
        if self.side.path.is_file():
            return self.side.path.stat().st_size
        files = (each for each in self.side.path.rglob("*") if each.is_file())
        return sum(each.stat().st_size for each in files)


def compare(baseline: Side, actual: Side, job: Job) -> None:
    """Compare two Zarr hierarchies; chunks, compression, version do not matter.

    The parts are arrays by their path, and attributes as `path@name`. A chunk that is
    not there is read as fill values, as the format has it.

    Raises:
        CompareError: One cannot be read.
    """
    with ExitStack() as stack:
        old = stack.enter_context(_opened(baseline))
        new = stack.enter_context(_opened(actual))
        _compare_node("", new.root, old.root, (new, old), job)
        for path in pair(new.nodes, old.nodes, job):
            nodes = new.nodes[path], old.nodes[path]
            _compare_node(path, *nodes, (new, old), job)


@contextmanager
def _opened(side: Side) -> Iterator[_Hierarchy]:
    if side.path.is_dir():
        if not any(side.path.iterdir()):
            raise side.error("is empty")
    else:
        with side.open() as stream:
            _check_zip(side, zipfile.is_zipfile(stream))
    # Of data types that have no specification yet, of files that are no part of it.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with ExitStack() as stack:
            with readable(side.error, "is no Zarr that can be read"):
                root, nodes = _nodes(side, stack)
            yield _Hierarchy(side, root, nodes)


def _nodes(side: Side, stack: ExitStack) -> tuple[_Node, dict[str, _Node]]:
    """Return the root, and all beneath it; the store is open as long as *stack*.

    Zarr's own listing leaves tasks behind whose errors it prints where one fails.
    """
    store: LocalStore | ZipStore
    if side.path.is_dir():
        store = stack.enter_context(LocalStore(side.path, read_only=True))
    else:
        store = stack.enter_context(ZipStore(side.path, mode="r"))
    root = zarr.open(store=store, mode="r", use_consolidated=False)
    nodes: dict[str, _Node] = {}
    if isinstance(root, zarr.Group):
        paths = _folders(side.path) if side.path.is_dir() else _members(side.path)
        for path in sorted(paths):
            nodes[path] = root[path]
    return root, nodes


def _folders(root: Path) -> Iterator[str]:
    """Yield the paths of groups and arrays in a folder; none lies inside an array."""
    left = [root]
    while left:
        for path in left.pop().iterdir():
            if path.is_dir() and any((path / name).is_file() for name in _MARKS):
                yield path.relative_to(root).as_posix()
                if not (path / _ARRAY).is_file():
                    left.append(path)


def _members(path: Path) -> Iterator[str]:
    """Yield the paths of groups and arrays in a zip."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            folder, _, last = name.rpartition("/")
            if folder and last in _MARKS:
                yield folder


def _check_zip(side: Side, is_zip: bool) -> None:  # noqa: FBT001 - what was found
    if not is_zip:
        raise side.error("is no Zarr: neither a folder nor a zip")
    with (
        readable(side.error, "is no zip that can be read"),
        zipfile.ZipFile(side.path) as archive,
    ):
        for info in archive.infolist():
            if info.file_size > max(_INFLATED, _RATIO * info.compress_size):
                raise side.error(f"inflates `{info.filename}` beyond all measure")


def _compare_node(
    path: str,
    new: _Node,
    old: _Node,
    of: tuple[_Hierarchy, _Hierarchy],
    job: Job,
) -> None:
    sides = of[0].side, of[1].side
    if isinstance(new, zarr.Array) and isinstance(old, zarr.Array):
        part = job.part(path) if path else job
        try:
            with readable(sides[1].error, f"is damaged at `{path}`"):
                then = _Stored(of[1], path, old)
            with readable(sides[0].error, f"is damaged at `{path}`"):
                now = _Stored(of[0], path, new)
            _compare_arrays(now, then, part)
        except CompareError as error:
            part.tally.fail(reason_of(error))
    elif isinstance(new, zarr.Group) is not isinstance(old, zarr.Group):
        kinds = [type(each).__name__.lower() for each in (old, new)]
        job.part(path or "/").tally.note(f"{kinds[0]} became {kinds[1]}")
        return
    with readable(sides[0].error, f"has damaged attributes at `{path}`"):
        mine = {f"{path}@{key}": value for key, value in new.attrs.items()}
        other = {f"{path}@{key}": value for key, value in old.attrs.items()}
    for key in pair(mine, other, job):
        part = job.part(key)
        _compare_json(mine[key], other[key], part, part.key)


class _Stored:
    """An array; a `Source`."""

    fortran = False

    def __init__(self, of: _Hierarchy, path: str, array: zarr.Array[Any]) -> None:
        self._of = of
        self._path = path
        self._array = array
        text = array.dtype.kind == "T"
        self.dtype: np.dtype[Any] = np.dtype(object) if text else array.dtype
        self.name = "str" if text else str(array.dtype)
        self.shape: tuple[int, ...] = array.shape
        self._chunks: tuple[int, ...] = array.shards or array.chunks
        codecs = (*array.filters, *array.compressors, array.serializer)
        if any(_PICKLE in str(codec).lower() for codec in codecs):
            raise self.error("holds a pickle, which is never loaded")
        for size in (self.shape, self._chunks):
            claimed = math.prod(size) * max(1, self.dtype.itemsize)
            check_claim(claimed, of.stored, self.error)

    def error(self, what: str) -> CompareError:
        """Return the error that this array *what*."""
        where = f", at `{self._path}`" if self._path else ""
        return self._of.side.error(f"{what}{where}")

    def blocks(self, step: int) -> Iterator[Array]:
        """Yield its elements, flat, *step* at a time."""
        return in_steps(self._pieces(), step)

    def _pieces(self) -> Iterator[Array]:
        for slab in slabs(self.shape, self._chunks, self.dtype.itemsize):
            with readable(self.error):
                piece = np.asarray(self._array[slab]).reshape(-1)
            yield piece.astype(self.dtype, copy=False)

    def mapped(self) -> Array | None:
        """Return nothing: it lies in chunks."""
        return None


def _compare_arrays(new: _Stored, old: _Stored, part: Job) -> None:
    part.tally.dtype, part.tally.shape = old.name, old.shape
    if not (new.dtype.hasobject or old.dtype.hasobject):
        compare_sources(new, old, part)
        return
    if new.name != old.name:
        part.tally.note(f"dtype {old.name} became {new.name}")
    if new.shape != old.shape:
        part.tally.note(f"shape {old.shape} became {new.shape}")
        return
    start = 0
    for pieces in zip(new.blocks(part.block), old.blocks(part.block), strict=True):
        compare_trees(pieces, part, element(part.key, old.shape, start))
        start += len(pieces[1])


def _compare_json(new: object, old: object, part: Job, where: str) -> None:
    """Compare two values of attributes, which are JSON."""
    if isinstance(new, dict) and isinstance(old, dict):
        _compare_tables(new, old, part, where)
    elif isinstance(new, list) and isinstance(old, list):
        if len(new) != len(old):
            part.tally.note(f"{len(old)} elements became {len(new)}")
        for index, (mine, other) in enumerate(zip(new, old, strict=False)):
            _compare_json(mine, other, part, f"{where}[{index}]")
    elif _is_number(new) and _is_number(old):
        whole = isinstance(new, int) and isinstance(old, int)
        limit = part.limit("" if whole else "float64")
        part.tally.number((new, old), limit, lambda: where)
    elif type(new) is type(old) and new == old:
        part.tally.same()
    else:
        part.tally.other(shown(new), shown(old), where)


def _compare_tables(
    new: Mapping[str, object], old: Mapping[str, object], part: Job, where: str
) -> None:
    for key in {**old, **new}:
        if key not in new or key not in old:
            part.tally.note(f"{key} {'is new' if key in new else 'is missing'}")
        else:
            _compare_json(new[key], old[key], part.beneath(key), f"{where}.{key}")


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
