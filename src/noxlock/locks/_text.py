"""From a lock's bytes to its text or TOML, with one clear error for what is neither."""

from __future__ import annotations

import re
import tomllib
from typing import Any, Final
from urllib.parse import urlsplit

from noxlock.errors import LockError

__all__ = ["RELOCK", "address", "decode", "load_toml"]

_CONFLICT: Final = re.compile(r"^(?:<{7}|\|{7}|={7}|>{7})(?: |$)", re.MULTILINE)
_TOML_PLACE: Final = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_BYTE_ORDER_MARK: Final = "\ufeff"
RELOCK: Final = "restore it from version control, or lock again"


def decode(file: str, data: bytes) -> str:
    """Return the text of a lock: line ends made one, the byte order mark dropped.

    Raises:
        LockError: It is empty, not UTF-8, has NUL characters or holds the markers of an
            unresolved merge.
    """
    try:
        text = data.decode("utf-8").removeprefix(_BYTE_ORDER_MARK)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise LockError(
            f"not UTF-8 text: byte 0x{data[error.start]:02x}",
            file=file,
            line=line,
            hint=RELOCK,
        ) from None
    text = text.replace("\r\n", "\n")
    if not text.strip():
        raise LockError("the file is empty", file=file, hint=RELOCK)
    if "\0" in text:
        raise LockError(
            "a NUL character: not a text file",
            file=file,
            line=_line(text, text.index("\0")),
            hint=RELOCK,
        )
    if conflict := _CONFLICT.search(text):
        raise LockError(
            "an unresolved merge conflict",
            file=file,
            line=_line(text, conflict.start()),
            hint="take one side of the conflict whole, then lock again",
        )
    return text


def load_toml(file: str, data: bytes) -> dict[str, Any]:
    """Return the TOML document in *data*, or raise `LockError` naming the line."""
    text = decode(file, data)
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise LockError("nested too deeply", file=file, hint=RELOCK) from None
    # tomllib lets the ValueError of a number out of range pass.
    except ValueError as error:
        message = str(error)
        place = _TOML_PLACE.search(message)
        line = int(place[1]) if place and place[1] else None
        if place and line is None:
            line = text.count("\n") + (not text.endswith("\n"))
        what = message[: place.start()] if place else message.partition(":")[0]
        raise LockError(
            f"not valid TOML: {what[:1].lower()}{what[1:]}",
            file=file,
            line=line,
            hint=_toml_hint(text),
        ) from None


def address(text: str) -> str:
    """Return *text*, the address of a file or an index, if it can be taken apart."""
    try:
        urlsplit(text)
    except ValueError as error:
        raise LockError(f"`{text}` is not an address: {str(error).lower()}") from None
    return text


def _toml_hint(text: str) -> str:
    if text.lstrip().startswith("{"):
        return "this looks like JSON"
    if re.search(r"^[\w.\-\[\],]+ *===?\S", text, re.MULTILINE):
        return "this looks like a requirements file: give it a name that ends in `.txt`"
    return RELOCK


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1
