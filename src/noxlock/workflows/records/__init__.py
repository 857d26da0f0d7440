"""Make, read and write the record of a run: where its outputs come from."""

from __future__ import annotations

import hashlib
import os
import re
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from noxlock.errors import CompareError, LockError
from noxlock.locks import is_conda_lock, parse_lock
from noxlock.workflows.records.statement import (
    encode_statement,
    is_canonical,
    parse_statement,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from noxlock.envs.activation import Activation
    from noxlock.model import Interpreter, PackageRecord, Plan, Record

__all__ = [
    "RECORD",
    "Built",
    "digest",
    "encode_statement",
    "is_canonical",
    "lock_digests",
    "lock_files",
    "output_digests",
    "output_files",
    "parse_statement",
    "record_digest",
    "recorded_variables",
    "same_origin",
    "timestamp",
]

RECORD: Final = "run.intoto.json"
"""The file of a baseline that holds its record."""

_PATH: Final = re.compile(r"(?:^|[=:;,\s'\"])(?:[/~\\]|[A-Za-z]:[\\/])")
# What moves results and is the user's own: recorded where it is set.
_WATCHED: Final = (
    "BLIS_",
    "CUBLAS_",
    "CUDA_VISIBLE_DEVICES",
    "GOTO_",
    "KMP_",
    "MALLOC_",
    "MKL_",
    "NPY_",
    "NUMBA_",
    "NVIDIA_TF32_OVERRIDE",
    "OMP_",
    "OPENBLAS_",
    "TF_CUDNN_DETERMINISTIC",
    "TF_DETERMINISTIC_OPS",
    "TF_ENABLE_ONEDNN_OPTS",
    "TF_NUM_",
    "XLA_",
)


class Built(Protocol):
    """What a record says of the environment: the builder's result has it all."""

    @property
    def prefix(self) -> Path:
        """Its folder."""
        ...

    @property
    def interpreter(self) -> Interpreter:
        """What runs in it."""
        ...

    @property
    def plan(self) -> Plan:
        """What it was made from."""
        ...

    @property
    def packages(self) -> tuple[PackageRecord, ...]:
        """What was installed."""
        ...

    @property
    def activation(self) -> Activation:
        """What its commands find besides the hermetic variables."""
        ...


def digest(path: Path) -> str:
    """Return the sha256 of a file, as 64 hex digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def output_files(outputs: Mapping[str, Path]) -> dict[str, Path]:
    """Return each file of *outputs* by its name in a record.

    A file goes by the output's own name, one in a folder by `NAME/FILE`.

    Raises:
        CompareError: A link leads out of its folder, or to nothing.
    """
    found: dict[str, Path] = {}
    for name, path in outputs.items():
        if not path.is_dir():
            found[name] = path
            continue
        base = path.resolve()
        for file in sorted(path.rglob("*")):
            if file.is_symlink() and not file.resolve().is_relative_to(base):
                raise CompareError("a link leads out of the output", file=name)
            if not file.is_dir():
                found[f"{name}/{file.relative_to(path).as_posix()}"] = file
    return found


def output_digests(outputs: Mapping[str, Path]) -> dict[str, str]:
    """Return the digest of each of `output_files`."""
    return {name: digest(path) for name, path in output_files(outputs).items()}


def lock_files(plan: Plan, root: Path) -> dict[str, Path]:
    """Return each of the plan's locks by its place in the project.

    With what it cannot be read without: the pyproject.toml of an old poetry.lock, the
    files that a requirements file includes. A lock outside the project goes by its file
    name: a path of this machine has no place in a baseline.
    """
    found = {}
    for file in filter(None, (plan.conda_lock, plan.lock)):
        path = root / file
        for needed in (path, *_read_with(path)):
            found[_place(needed, root)] = needed
    return found


def _place(path: Path, root: Path) -> str:
    # Not resolved: a link in the project is a place in it.
    plain, base = os.path.normpath(path), f"{os.path.normpath(root)}{os.sep}"
    if plain.startswith(base):
        return plain.removeprefix(base).replace(os.sep, "/")
    return path.name


def _read_with(path: Path) -> tuple[Path, ...]:
    """Return the files beside the lock at *path* that it cannot be read without."""
    data = path.read_bytes()
    asked: dict[str, Path] = {}

    def beside(name: str) -> bytes | None:
        try:
            found = (path.parent / name).read_bytes()
        except OSError:
            return None
        asked[name] = path.parent / name
        return found

    try:
        if is_conda_lock(path.name, data):
            return ()
        parse_lock(path.name, data, beside=beside)
    except LockError:  # the plan was made from it: a test's own, say
        return ()
    try:
        parse_lock(path.name, data, beside=lambda _: None)
    except LockError:
        return tuple(asked.values())
    return ()


def lock_digests(plan: Plan, root: Path) -> dict[str, str]:
    """Return the digest of each of `lock_files`."""
    return {name: digest(path) for name, path in lock_files(plan, root).items()}


def record_digest(record: Record) -> str:
    """Return the sha256 of the record, as `HistoryEntry.record` has it."""
    return hashlib.sha256(encode_statement(record)).hexdigest()


def recorded_variables(
    profile: Mapping[str, str], env: Mapping[str, str]
) -> dict[str, str]:
    """Return the variables that move results, as the command saw them.

    Of one that holds a path of this machine it is only said that it does.
    """
    named = {name for name in env if name.startswith(_WATCHED)} | profile.keys()
    return {
        name: "(a path)" if _PATH.search(env[name]) else env[name]
        for name in sorted(named & env.keys())
    }


def timestamp(moment: datetime) -> str:
    """Return *moment*, in UTC, as ISO 8601 to the second."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def same_origin(one: Record, other: Record) -> bool:
    """Return whether two records say the same of where results come from.

    When they were made, how long that took, how noisy it was, from which commit, by
    which noxlock, and what the outputs are, does not count.
    """

    def facts(record: Record) -> Record:
        return msgspec.structs.replace(
            record,
            created="",
            finished="",
            noxlock="",
            commit=None,
            dirty=None,
            outputs={},
            resources=None,
            noise=None,
        )

    return facts(one) == facts(other)
