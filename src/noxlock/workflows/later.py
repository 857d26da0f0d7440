"""An index client that is made at the first fetch: it takes long to import."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from noxlock.index import Fetched, FetchRequest, Index, ListedFile

__all__ = ["LaterIndex"]


class LaterIndex:
    """An `Index` in whose place another one is made at the first fetch.

    A warm session fetches nothing, and a network library takes longer to import than
    its environment to link.
    """

    def __init__(self, make: Callable[[], Index]) -> None:
        self._make = make

    def fetch(
        self,
        request: FetchRequest,
        /,
        *,
        into: Path,
        on_file: Callable[[Fetched], None],
    ) -> None:
        """Fetch as the one that is made does; raises what making it raises, too."""
        self._make().fetch(request, into=into, on_file=on_file)

    def listing(self, request: FetchRequest, /) -> tuple[ListedFile, ...]:
        """List as the one that is made does."""
        return self._make().listing(request)

    def metadata(self, files: Sequence[ListedFile], /) -> Mapping[str, bytes]:
        """Read metadata as the one that is made does."""
        return self._make().metadata(files)
