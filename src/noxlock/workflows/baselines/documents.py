"""The small JSON files of a baseline: read by people in diffs, so on many lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from noxlock.errors import CompareError
from noxlock.workflows.records.canonical import declared, plain

if TYPE_CHECKING:
    from typing import Any

    from noxlock.model import Tolerances

__all__ = ["RESTORE", "decode", "encode", "encode_tolerances"]

RESTORE: Final = "restore it from git, or record the baseline anew with --accept"
_T = TypeVar("_T")


def encode(value: Any) -> bytes:  # noqa: ANN401 - any value that msgspec knows
    """Return *value* as JSON with sorted keys and a newline at the end."""
    compact = msgspec.json.encode(plain(msgspec.to_builtins(value)), order="sorted")
    return msgspec.json.format(compact, indent=2) + b"\n"


def encode_tolerances(tolerances: Tolerances) -> bytes:
    """Return the bytes of `tolerances.json`: what was declared, and no more."""
    return encode(declared(tolerances))


def decode(data: bytes, kind: type[_T], file: str) -> _T:
    """Return the value of type *kind* that *data* holds.

    Raises:
        CompareError: It is damaged.
    """
    try:
        # Numbers that JSON cannot hold are strings in it.
        return msgspec.json.decode(data, type=kind, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        what = f"the file is damaged: {error}"
        raise CompareError(what, file=file, hint=RESTORE) from error
