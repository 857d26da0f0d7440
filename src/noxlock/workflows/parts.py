"""The real parts, wired from the user's environment; made when first asked for."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from noxlock.index.client import IndexClient
    from noxlock.index.settings import IndexSettings
    from noxlock.report.progress import Progress
    from noxlock.store.store import Store
    from noxlock.workflows.environments import Builder

__all__ = ["Parts", "default_parts"]


class Parts:
    """What the verbs work with. Each part is imported and made when first asked for."""

    def __init__(
        self, root: Path, *, offline: bool, environ: Mapping[str, str], home: Path
    ) -> None:
        self.root = root
        self.offline = offline
        self.environ = environ
        self.home = home

    @cached_property
    def cache(self) -> Path:
        """The user's cache folder, the store's root."""
        from noxlock.store import default_root  # noqa: PLC0415 - made when asked for

        return default_root(self.environ)

    @cached_property
    def store(self) -> Store:
        """The store that all projects of the user share."""
        from noxlock.store.store import Store  # noqa: PLC0415

        return Store(self.cache)

    @cached_property
    def settings(self) -> IndexSettings:
        """The user's own settings of indexes."""
        from noxlock.index.settings import read_settings  # noqa: PLC0415

        return read_settings(self.environ, self.home, self.root)

    @cached_property
    def index(self) -> IndexClient:
        """Where artifacts come from."""
        from noxlock.index.client import IndexClient  # noqa: PLC0415

        return IndexClient(self.settings, progress=self.progress)

    @cached_property
    def simple_page(self) -> str:
        """The simple page of the default index: the user's own, else the public one."""
        from noxlock.index.client import public_default  # noqa: PLC0415

        index = self.settings.index
        return index.value if index else public_default()

    @property
    def simple_page_is_trusted(self) -> bool:
        """Whether the user wants that page's certificate not to be checked."""
        # pip's --trusted-host: "Mark this host or host:port pair as trusted".
        place = urlsplit(self.simple_page)
        names = {place.hostname, f"{place.hostname}:{place.port}"}
        return not names.isdisjoint(self.settings.trusted_hosts)

    @cached_property
    def progress(self) -> Progress:
        """Where long steps say what they do: stderr."""
        from noxlock.report.live import make_progress  # noqa: PLC0415

        return make_progress(environ=self.environ)

    @cached_property
    def builder(self) -> Builder:
        """Makes environments."""
        from noxlock.workflows.environments import Builder  # noqa: PLC0415
        from noxlock.workflows.later import LaterIndex  # noqa: PLC0415

        return Builder(
            store=self.store,
            index=LaterIndex(lambda: self.index),
            progress=self.progress,
            offline=self.offline,
            environ=self.environ,
        )


def default_parts(root: Path, *, offline: bool = False) -> Parts:
    """Return the parts for the project at *root*, as this process's user has them.

    Nothing is read or imported before a part is asked for; then it may raise what the
    part does, as `FetchError` for a malformed pip.conf.
    """
    return Parts(root, offline=offline, environ=os.environ, home=Path.home())
