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
from noxlock.store._checking import blake3_of
from noxlock.store._crew import processors
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

_SHARE = 100
"""Files that one child compiles: enough to pay for it, few enough to spread."""


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
    results: list[list[int | Literal["changed", "invalid"]]]


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
    wheels: Sequence[Sequence[Source]], interpreter: Interpreter, folder: Path
) -> dict[Path, StoredFile]:
    """Compile the sources of *wheels*; returns what was written.

    A file that does not compile is left out. The bytes depend on the wheel and the
    interpreter alone, not on how many processors there are: the shares that one child
    compiles are fixed.

    Args:
        wheels: The sources of each.
        interpreter: What compiles.
        folder: Where to run it: one that holds no modules.

    Raises:
        StoreError: A source is not what was stored, or the interpreter failed.
    """
    shares = [
        files[start : start + _SHARE]
        for files in wheels
        for start in range(0, len(files), _SHARE)
    ]
    if not shares:
        return {}
    for path in sorted({file.target.parent for share in shares for file in share}):
        path.mkdir(parents=True, exist_ok=True)
    shares.sort(key=lambda share: -sum(file.file.size for file in share))
    jobs = min(processors(), len(shares))
    with ThreadPoolExecutor(jobs) as pool:
        work = (shares[start::jobs] for start in range(jobs))
        done = list(pool.map(lambda part: _run(part, interpreter, folder), work))
    return {path: file for part in done for path, file in part.items()}


def write_bytecode(
    staged: Path, files: Sequence[Source], done: dict[Path, StoredFile], filename: str
) -> None:
    """Write the entry of one wheel's bytecode; folders without any stay away."""
    stored = [done[file.target] for file in files if file.target in done]
    (staged / FILES).mkdir(parents=True, exist_ok=True)
    ordered = tuple(sorted(stored, key=lambda file: file.path))
    write_entry(staged, Entry(files=ordered, filename=filename))


def _run(
    shares: Sequence[Sequence[Source]], interpreter: Interpreter, folder: Path
) -> dict[Path, StoredFile]:
    job = {
        "mtime": MTIME,
        "shares": [
            [
                (
                    f"{file.wheel}/{FILES}/{file.file.path}",
                    file.file.sha256,
                    str(file.target),
                    file.name,
                )
                for file in share
            ]
            for share in shares
        ],
    }
    outcome = _ask(interpreter, json.encode(job), folder)
    written = {}
    for share, results in zip(shares, outcome.results, strict=True):
        for file, result in zip(share, results, strict=True):
            if result == "changed":
                raise damage(file.wheel, f"{file.file.path}: content changed")
            if not isinstance(result, str):
                digest = blake3_of(str(file.target))
                written[file.target] = StoredFile(file.path, digest, result)
    return written


def _ask(interpreter: Interpreter, job: bytes, folder: Path) -> _Outcome:
    """Run the compiler; -I would ignore PYTHONHASHSEED, so other means isolate it."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    script = Path(_compiler.__file__).read_text(encoding="utf-8")
    options = ["-s", "-S", "-W", "ignore", "-c", script]
    try:
        result = subprocess.run(  # noqa: S603 # an interpreter the caller chose
            [str(interpreter.executable), *options],
            input=job,
            capture_output=True,
            check=False,
            cwd=folder,
            env=environ | {"PYTHONHASHSEED": "0", "PYTHONUTF8": "1"},
        )
    except OSError as error:
        raise StoreError(
            f"cannot run `{interpreter.executable}` to compile: {error.strerror}"
        ) from error
    if result.returncode != 0:
        lines = result.stderr.decode(errors="replace").strip().splitlines()
        reason = lines[-1] if lines else f"status {result.returncode}"
        raise StoreError(f"compiling with `{interpreter.executable}` failed: {reason}")
    try:
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
