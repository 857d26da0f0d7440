"""The report of a check as JSON, for machines."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Final, TextIO, TypeVar

import msgspec

from noxlock.errors import CompareError
from noxlock.model import CheckReport
from noxlock.model.preview import Evidence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from noxlock.report.shown import Shown

__all__ = ["FORMAT", "parse_evidence", "parse_report", "to_json", "write"]

FORMAT: Final = 2
"""Of report.json; another one is refused."""

_Read = TypeVar("_Read")


def to_json(value: object) -> str:
    r"""Return *value* as JSON: keys in a fixed order, floats in full precision.

    JSON has no infinity and no NaN: they are the strings "inf", "-inf" and "nan". A
    file's name that is no UTF-8 has `\udcff` for its byte 0xff.
    """
    tree = _sayable(msgspec.to_builtins(value, order="deterministic"))
    return json.dumps(tree, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def write(
    shown: Sequence[Shown],
    stream: TextIO,
    environ: Mapping[str, str],  # noqa: ARG001 - every form is given it
) -> None:
    """Write the reports to *stream*, as one array."""
    stream.write(to_json([each.report for each in shown]))


def parse_report(data: bytes, file: str) -> CheckReport:
    """Return the report that `to_json` wrote.

    Raises:
        CompareError: It is damaged, or of another format than this noxlock writes.
    """
    try:
        version = msgspec.json.decode(data, type=dict).get("format")
    except msgspec.DecodeError as error:
        raise _damaged(error, file) from error
    if version != FORMAT:
        raise CompareError(
            f"the report has format {version}, this noxlock knows {FORMAT}",
            file=file,
            hint="run the check again",
        )
    return _parse(data, CheckReport, file)


def parse_evidence(data: bytes, file: str) -> Evidence:
    """Return what `to_json` wrote of what is shown beside a report.

    Raises:
        CompareError: It is damaged.
    """
    return _parse(data, Evidence, file)


def _parse(data: bytes, kind: type[_Read], file: str) -> _Read:
    try:
        # Not strict: "inf" and "nan" are floats.
        return msgspec.json.decode(data, type=kind, strict=False)
    except msgspec.DecodeError as error:
        raise _damaged(error, file) from error


def _damaged(error: msgspec.DecodeError, file: str) -> CompareError:
    what = f"the report is damaged: {error}"
    return CompareError(what, file=file, hint="run the check again")


def _sayable(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, str):
        return _utf8(value)
    if isinstance(value, dict):
        return {_utf8(key): _sayable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_sayable(inner) for inner in value]
    return value


def _utf8(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
