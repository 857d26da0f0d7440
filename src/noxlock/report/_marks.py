"""What the Markdown forms have in common."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from noxlock.report.words import shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["LONGEST", "rest", "table", "text"]

LONGEST: Final = 300
"""Characters of a cell or line."""
# CommonMark 2.4: "Any ASCII punctuation character may be backslash-escaped"; those
# here mean something within a line, `|` in a table.
_MEANS: Final = re.compile(r"([\\`*_{}\[\]<>#|~$&!@:])")


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table, and an empty one."""
    yield f"| {' | '.join(titles)} |"
    yield f"|{' --- |' * len(titles)}"
    for row in rows:
        yield f"| {' | '.join(text(cell) for cell in row)} |"
    yield ""


def rest(number: int) -> Iterator[str]:
    """Yield that there are *number* more, where there are."""
    if number > 0:
        yield f"and {number:,} more"
        yield ""


def text(said: str, limit: int = LONGEST) -> str:
    """Return *said* on one line, every character that means something escaped."""
    return _MEANS.sub(r"\\\1", shortened(said, limit))
