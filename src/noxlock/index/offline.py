"""The index of a run that may not use the network or ask any place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noxlock.errors import FetchError
from noxlock.model import Kind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from noxlock.index import Fetched, FetchRequest

__all__ = ["OfflineIndex"]


class OfflineIndex:
    """An `Index` that has nothing: what is asked of it is what the store lacks."""

    def fetch(
        self,
        request: FetchRequest,
        /,
        *,
        into: Path,  # noqa: ARG002 - the Protocol's
        on_file: Callable[[Fetched], None],  # noqa: ARG002 - the Protocol's
    ) -> None:
        """Refuse to fetch anything.

        Raises:
            FetchError: Something is asked for; names every package.
        """
        elsewhere = {Kind.GIT, Kind.DIRECTORY, Kind.CONDA}
        missing = [
            f"{package.name} {package.version or ''}".rstrip()
            + (f" ({package.artifact})" if package.artifact else "")
            for package in request.packages
            if package.kind not in elsewhere
        ]
        if missing:
            raise FetchError(
                f"offline, and the store lacks {len(missing)} of the plan's files: "
                + ", ".join(sorted(missing)),
                hint="run once without --offline; the store keeps what comes",
            )
