"""Make, read and write the record of a run: where its outputs come from."""

from __future__ import annotations

import hashlib
from pathlib import PurePath
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from noxlock.errors import CompareError
from noxlock.model import Record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from noxlock.envs.activation import Activation
    from noxlock.model import Interpreter, PackageRecord, Plan

__all__ = [
    "FORMAT",
    "Built",
    "digest",
    "encode_record",
    "lock_digests",
    "parse_record",
    "recorded_variables",
    "same_origin",
    "timestamp",
]

FORMAT: Final = 1

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


def lock_digests(plan: Plan, root: Path) -> dict[str, str]:
    """Return the digest of each of the plan's locks by its place in the project.

    A lock outside the project goes by its file name: a path of this machine has no
    place in a baseline.
    """
    found = {}
    for file in filter(None, (plan.conda_lock, plan.lock)):
        path = root / file
        inside = path.is_relative_to(root)
        name = path.relative_to(root).as_posix() if inside else PurePath(file).name
        found[name] = digest(path)
    return found


def recorded_variables(
    profile: Mapping[str, str], env: Mapping[str, str]
) -> dict[str, str]:
    """Return the variables that move results, as the command saw them.

    Of a variable of the user's own that holds a path it is only said that it does.
    """
    watched = {
        name: "(a path)" if {"/", "\\"} & set(value) else value
        for name, value in env.items()
        if name.startswith(_WATCHED)
    }
    return watched | {name: env[name] for name in profile}


def timestamp(moment: datetime) -> str:
    """Return *moment*, in UTC, as ISO 8601 to the second."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def encode_record(record: Record) -> bytes:
    """Return *record* as canonical JSON: sorted keys, two spaces, a newline at the end.

    Two records differ in the lines of what differs.
    """
    compact = msgspec.json.encode(record, order="sorted")
    return msgspec.json.format(compact, indent=2) + b"\n"


def parse_record(data: bytes, file: str) -> Record:
    """Return the record that *data* holds.

    Raises:
        CompareError: It is damaged, or of another format than this one writes.
    """
    try:
        version: object = msgspec.json.decode(data, type=dict)["format"]
        if version != FORMAT:
            raise CompareError(
                f"the record has format {version}, this noxlock knows {FORMAT}",
                file=file,
                hint="update noxlock, or record the baseline anew with --accept",
            )
        return msgspec.json.decode(data, type=Record)
    except (msgspec.DecodeError, KeyError) as error:
        raise CompareError(
            f"the record is damaged: {error}",
            file=file,
            hint="restore it, or record the baseline anew with --accept",
        ) from error


def same_origin(one: Record, other: Record) -> bool:
    """Return whether two records say the same, date, commit and outputs aside."""

    def facts(record: Record) -> Record:
        return msgspec.structs.replace(record, created="", commit=None, outputs={})

    return facts(one) == facts(other)
