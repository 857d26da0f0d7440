"""The lines of a requirements file: continuations joined, comments off, options apart.

The line format is pip's alone ("Requirements File Format" of its manual); `packaging`
reads a requirement, not a line. The parser packages that exist open included files
themselves, or pass over options with a warning: neither will do for a lock.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from noxlock.errors import LockError, nearest
from noxlock.locks._text import RELOCK, decode

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Line", "read_lines"]

_VALUED: Final = {
    "-c": "--constraint",
    "-e": "--editable",
    "-f": "--find-links",
    "-i": "--index-url",
    "-r": "--requirement",
    "-C": "--config-settings",
    "--config-setting": "--config-settings",
    "--config-settings": "--config-settings",
    "--constraint": "--constraint",
    "--editable": "--editable",
    "--extra-index-url": "--extra-index-url",
    "--find-links": "--find-links",
    "--global-option": "--global-option",
    "--hash": "--hash",
    "--index-url": "--index-url",
    "--install-option": "--install-option",
    "--no-binary": "--no-binary",
    "--only-binary": "--only-binary",
    "--pypi-url": "--index-url",
    "--requirement": "--requirement",
    "--trusted-host": "--trusted-host",
    "--use-feature": "--use-feature",
}
_FLAGS: Final = frozenset(
    {
        "--no-index",
        "--no-require-hashes",
        "--pre",
        "--prefer-binary",
        "--require-hashes",
    }
)
_COMMENT: Final = re.compile(r"(^|\s+)#.*$")
_EDITABLE: Final = re.compile(r"--editable(?:\s+|=)|-e\s*(?=[^\s-])")
_FIRST_OPTION: Final = re.compile(r"(?:^|(?<=\s))-")


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One logical line."""

    number: int
    """Of its first line in the file, from 1."""
    requirement: str
    """What stands before the options; "" for a line of options alone."""
    editable: bool
    """Whether it stands after `-e`."""
    options: tuple[tuple[str, str], ...]
    """Each by its long name, with its value, "" for a flag."""

    def values(self, option: str) -> tuple[str, ...]:
        """Return the values of *option*, in order."""
        return tuple(value for name, value in self.options if name == option)


def read_lines(file: str, data: bytes) -> Iterator[Line]:
    """Yield the logical lines of a requirements file, blank ones left out.

    Raises:
        LockError: It is not text, its last line is cut off, or an option is not known;
            with the line.
    """
    for number, text in _joined(file, decode(file, data)):
        line = _COMMENT.sub("", text).strip()
        if not line:
            continue
        # uv and pdm write a marker after it, which takes blanks.
        editable = _EDITABLE.match(line)
        if editable:
            line = line[editable.end() :]
        first = _FIRST_OPTION.search(line)
        cut = first.start() if first else len(line)
        try:
            options = tuple(_options(line[cut:]))
        except LockError as error:
            raise error.inside(file=file, line=number) from None
        yield Line(
            number=number,
            requirement=line[:cut].strip(),
            editable=editable is not None,
            options=options,
        )


def _joined(file: str, text: str) -> Iterator[tuple[int, str]]:
    """Yield each line with its number; a comment ends a continuation, as in pip."""
    parts: list[str] = []
    start = 0
    # The newline at the end ends a line, it does not begin one.
    for number, line in enumerate(text.removesuffix("\n").split("\n"), 1):
        start = start if parts else number
        comment = _COMMENT.match(line)
        if line.endswith("\\") and not comment:
            parts.append(line.rstrip("\\"))
            continue
        # The blank keeps a comment one, whatever it is joined to.
        yield start, "".join((*parts, f" {line}" if comment else line))
        parts = []
    if parts:
        raise LockError(
            "the last line ends with `\\`: the file is cut off",
            file=file,
            line=start,
            hint=RELOCK,
        )


def _options(text: str) -> Iterator[tuple[str, str]]:
    try:
        tokens = iter(shlex.split(text))
    except ValueError as error:
        raise LockError(f"`{text}`: {str(error).lower()}") from None
    for token in tokens:
        name, value = _named(token)
        if name in _FLAGS and value is None:
            yield name, ""
            continue
        if name not in _VALUED:
            raise LockError(
                f"unknown option `{token}`", hint=nearest(name, {*_VALUED, *_FLAGS})
            )
        if value is None:
            value = next(tokens, None)
        if not value:
            raise LockError(f"`{name}` needs a value")
        yield _VALUED[name], value


def _named(token: str) -> tuple[str, str | None]:
    """Return an option's name and the value in the same token: `-rx`, `--hash=x`."""
    if token.startswith("--"):
        name, separator, value = token.partition("=")
        return name, value if separator else None
    return token[:2], token[2:] or None
