"""How files come out of the store: reflinks, else hard links, else copies."""

from __future__ import annotations

import errno
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import uuid4

from noxlock.errors import StoreError
from noxlock.store._linking import place

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["LinkMode", "Manner", "Placer"]

_REFUSED = {
    errno.EACCES,
    errno.EINVAL,
    errno.EMLINK,
    errno.ENOSYS,
    errno.ENOTTY,
    errno.EOPNOTSUPP,
    errno.EPERM,
    errno.EXDEV,
}
"""How file systems say that they cannot clone or link, or not from there to here."""


class LinkMode(StrEnum):
    """How files come out of the store."""

    AUTO = "auto"
    """The first of the others that works."""
    CLONE = "clone"
    """Shares the blocks until one side is written."""
    HARDLINK = "hardlink"
    """Shares the file: read-only, so that an edit does not reach the store."""
    COPY = "copy"


@dataclass(frozen=True, kw_only=True, slots=True)
class Manner:
    """How stored files are gone through."""

    mode: LinkMode
    """How they are placed: never `auto`."""
    quick: bool
    """Whether sizes and times are enough of a check."""


@dataclass(slots=True)
class Placer:
    """Places files; finds out once a pair of file systems what works between them."""

    mode: LinkMode
    _known: dict[tuple[int, int], LinkMode] = field(default_factory=dict)

    def between(self, store: Path, prefix: Path) -> LinkMode:
        """Return the mode that works from *store* to *prefix*, both existing folders.

        Raises:
            StoreError: The mode that was asked for does not work here.
        """
        pair = (store.stat().st_dev, prefix.stat().st_dev)
        if pair not in self._known:
            self._known[pair] = self._probe(store, prefix)
        return self._known[pair]

    def _probe(self, store: Path, prefix: Path) -> LinkMode:
        source = next(path for path in store.iterdir() if path.is_file())
        trial = prefix / f".noxlock-{uuid4().hex}"
        wanted = [self.mode]
        if self.mode is LinkMode.AUTO:
            wanted = [LinkMode.CLONE, LinkMode.HARDLINK, LinkMode.COPY]
        for mode in wanted:
            try:
                place(mode, str(source), str(trial), ("", "", 0, 0, False, False))
            except OSError as error:
                if error.errno not in _REFUSED:
                    raise
            else:
                return mode
            finally:
                trial.unlink(missing_ok=True)
        raise StoreError(
            f"the store cannot {self.mode} to `{prefix}`",
            file=str(store),
            hint="set NOXLOCK_LINK_MODE to `auto`, or keep both on one file system",
        )
