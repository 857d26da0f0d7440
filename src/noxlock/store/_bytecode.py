"""The bytecode of stored wheels, compiled once by the interpreter that will use it."""

from __future__ import annotations

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from msgspec import DecodeError, Struct, json

from noxlock.errors import StoreError
from noxlock.store import _compiler
from noxlock.store._manifest import (
    MTIME,
    Entry,
    StoredFile,
    damage,
    write_entry,
)
from noxlock.store._places import FILES
from noxlock.store._schemes import destination

if TYPE_CHECKING:
    from collections.abc import Sequence

    from noxlock.model import Interpreter
    from noxlock.store._manifest import WheelEntry

__all__ = ["Source", "compile_sources", "sources", "write_bytecode"]

_FILES_A_PROCESS = 100
"""Starting an interpreter takes about as long as compiling a few files."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """One file to be compiled."""

    wheel: Path
    """The wheel's entry."""
    file: StoredFile
    target: Path
    """Where its bytecode is to be written."""
    path: str
    """The same, relative to site-packages."""
    name: str
    """The source, relative to site-packages: bytecode must not name the store."""


class _Outcome(Struct, frozen=True):
    magic: str
    results: list[tuple[str, int] | Literal["changed", "invalid"]]


def sources(
    wheel: Path, entry: WheelEntry, staged: Path, interpreter: Interpreter
) -> list[Source]:
    """Return what of the stored *wheel* has bytecode, to be written under *staged*."""
    found = []
    for file in entry.files:
        scheme, place = destination(file.path, entry.dist_info)
        if scheme != "lib" or not place.endswith(".py"):
            continue
        folder, _, name = place.rpartition("/")
        cached = f"__pycache__/{name[:-3]}.{interpreter.cache_tag}.pyc"
        path = f"{folder}/{cached}" if folder else cached
        target = staged / FILES / path
        found.append(
            Source(wheel=wheel, file=file, target=target, path=path, name=place)
        )
    return found


def compile_sources(
    files: Sequence[Source], interpreter: Interpreter
) -> dict[Path, StoredFile]:
    """Compile *files*, in as many processes as pay; returns what was written.

    A file that does not compile is left out.

    Raises:
        StoreError: A source is not what was stored, or the interpreter failed.
    """
    for folder in sorted({file.target.parent for file in files}):
        folder.mkdir(parents=True, exist_ok=True)
    jobs = max(1, min(_processors(), len(files) // _FILES_A_PROCESS))
    heavy = sorted(files, key=lambda file: -file.file.size)
    shares = [heavy[start::jobs] for start in range(jobs)]
    with ThreadPoolExecutor(jobs) as pool:
        done = list(pool.map(lambda share: _run(share, interpreter), shares))
    return {path: file for part in done for path, file in part.items()}


def write_bytecode(
    staged: Path, files: Sequence[Source], done: dict[Path, StoredFile], filename: str
) -> None:
    """Write the entry of one wheel's bytecode; folders without any stay away."""
    stored = [done[file.target] for file in files if file.target in done]
    (staged / FILES).mkdir(parents=True, exist_ok=True)
    ordered = tuple(sorted(stored, key=lambda file: file.path))
    write_entry(staged, Entry(files=ordered, filename=filename))


def _run(files: Sequence[Source], interpreter: Interpreter) -> dict[Path, StoredFile]:
    job = {
        "mtime": MTIME,
        "files": [
            (
                f"{file.wheel}/{FILES}/{file.file.path}",
                file.file.digest,
                str(file.target),
                file.name,
            )
            for file in files
        ],
    }
    outcome = _ask(interpreter, json.encode(job))
    written = {}
    for file, result in zip(files, outcome.results, strict=True):
        if result == "changed":
            raise damage(file.wheel, f"{file.file.path}: content changed")
        if not isinstance(result, str):
            digest, size = result
            written[file.target] = StoredFile(file.path, digest, size)
    return written


def _ask(interpreter: Interpreter, job: bytes) -> _Outcome:
    command = [str(interpreter.executable), "-I", "-S", "-W", "ignore"]
    script = str(Path(_compiler.__file__))
    try:
        result = subprocess.run(  # noqa: S603 # an interpreter the caller chose
            [*command, script], input=job, capture_output=True, check=False
        )
    except OSError as error:
        raise StoreError(
            f"cannot run `{interpreter.executable}` to compile: {error.strerror}"
        ) from error
    try:
        if result.returncode != 0:
            lines = result.stderr.decode(errors="replace").strip().splitlines()
            raise StoreError(
                f"compiling with `{interpreter.executable}` failed:"
                f" {lines[-1] if lines else f'status {result.returncode}'}"
            )
        outcome = json.decode(result.stdout, type=_Outcome)
    except DecodeError as error:
        what = f"compiling with `{interpreter.executable}` gave no result"
        raise StoreError(what) from error
    if outcome.magic != interpreter.magic:
        raise StoreError(
            f"`{interpreter.executable}` has the magic number {outcome.magic},"
            f" not {interpreter.magic}",
            hint="it was replaced while this ran; run again",
        )
    return outcome


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
