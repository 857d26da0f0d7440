"""The search for one file: what may be it, what was tried, what is said in the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from noxlock.errors import FetchError, HashMismatchError
from noxlock.index.addresses import redact
from noxlock.model import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from noxlock.index._http import AccessError
    from noxlock.index.pages import Place
    from noxlock.model import PlannedPackage, Sha256

__all__ = ["Candidate", "Search", "describe"]

_SHA256 = 64
"""Characters of such a digest; else it is an MD5 one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A file that may be the one, and where it lies."""

    url: str
    filename: str
    place: Place
    """Where it was found."""
    sha256: str | None
    """As the place says, or the lock for the place; None: known after it came."""
    size: int | None = None


@dataclass(kw_only=True, slots=True)
class Search:
    """The search for one package's file: what is left to try, and what was tried."""

    package: PlannedPackage
    accepted: frozenset[Sha256]
    rest: Iterator[Candidate] = field(default_factory=lambda: iter(()))
    notes: dict[str, AccessError] = field(default_factory=dict)
    """What each place said that did not give the file."""
    wrong: dict[str, str] = field(default_factory=dict)
    """The digest of what each place has under the file's name."""
    _first: Candidate | None = None

    def peek(self) -> Candidate | None:
        """Return the first candidate; None where there is none at all."""
        self._first = next(self.rest, None)
        return self._first

    def candidates(self) -> Iterator[Candidate]:
        """Yield each candidate; places are asked as late as they can be."""
        first = () if self._first is None else (self._first,)
        return chain(first, self.rest)

    @property
    def title(self) -> str:
        """The package and its file, for messages."""
        version = f" {self.package.version}" if self.package.version else ""
        file = f" ({self.package.artifact})" if self.package.artifact else ""
        return f"{self.package.name}{version}{file}"

    def failure(self) -> FetchError:
        """Return the error for when no place gave the file."""
        if self.wrong:
            return self._mismatch()
        said = "; ".join(f"{place}: {note.what}" for place, note in self.notes.items())
        hints = [note.hint for note in self.notes.values() if note.hint]
        if not said:
            said = "there is no place to take it from"
            hints = ["name an index or find-links in the pip or uv settings"]
        return FetchError(
            f"{self.title} cannot be had: {said}",
            hint=hints[0] if hints else self._advice(),
        )

    def _advice(self) -> str:
        if self.package.kind is Kind.CONDA:
            return (
                "was it removed from the channel? then lock again; or name a mirror"
                " that has it: NOXLOCK_CONDA_MIRRORS=CHANNEL=MIRROR"
            )
        return (
            "was it deleted or yanked? then lock another version; or name an index that"
            " has it"
        )

    def _mismatch(self) -> HashMismatchError:
        place, actual = next(iter(self.wrong.items()))
        wanted = " or ".join(sorted(self.accepted))
        kind = "sha256" if len(actual) == _SHA256 else "md5"
        others = "".join(f"; {p}: {note.what}" for p, note in self.notes.items())
        return HashMismatchError(
            f"{self.title} from {place} is not what was locked: expected {kind}"
            f" {wanted}, got {actual}{others}",
            hint="the file there is not the one that was locked: find out who changed"
            " it before you lock again",
        )


def describe(place: Place) -> str:
    """Return a place for messages: its address, starred out, and who named it."""
    return f"{redact(place.url)} ({place.origin})"
