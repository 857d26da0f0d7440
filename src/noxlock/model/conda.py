"""What any lock of conda packages says, whatever its format."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

from noxlock.model.names import GroupName, Sha256  # noqa: TC001 - msgspec reads them

if TYPE_CHECKING:
    from collections.abc import Mapping

    from noxlock.model.lock import LockedPackage
    from noxlock.model.target import Subdir

__all__ = ["CondaLock", "CondaPackage", "CondaPlatform"]

# `channel::name`, and what follows it with or without a blank.
_SPEC_NAME: Final = re.compile(r"\s*(?:[^\s\[]*::)?([\w.\-]+)")


class CondaPackage(Struct, frozen=True, kw_only=True):
    """One conda package, pinned for one platform."""

    name: str
    """As conda spells it: lower case, `_` and `-` being different."""
    version: str
    build: str
    """The build string: `py311h64a7726_0`."""
    subdir: str
    """Of its channel: `linux-64`, `noarch`."""
    filename: str
    url: str
    """Without credentials."""
    channel: str | None
    """The channel's address or name, as far as the lock says it."""
    md5: str | None = None
    sha256: Sha256 | None = None
    depends: tuple[str, ...] = ()
    """Match specs, `python >=3.11,<3.12.0a0`; empty where the lock has none."""
    categories: tuple[GroupName, ...] = ()
    """The categories that want it, sorted; a lock without categories: `main`."""
    where: str = ""
    """Its key path, or line, in the lock."""
    pypi_names: tuple[str, ...] = ()
    """What PyPI calls it, where the lock itself says it, as pixi's `purls` do."""

    @property
    def needs(self) -> frozenset[str]:
        """The names in `depends`, virtual packages (`__glibc`) too."""
        found = map(_SPEC_NAME.match, self.depends)
        return frozenset(match[1] for match in found if match)


class CondaPlatform(Struct, frozen=True, kw_only=True):
    """All that a lock holds for one platform."""

    name: str
    """As the lock names it: `linux-64`, or pixi's `linux-64-cuda`."""
    subdir: Subdir
    packages: tuple[CondaPackage, ...]
    pypi: tuple[LockedPackage, ...] = ()
    """The `pip:` section, pinned; `wanted_by` holds the categories."""
    roots: tuple[str, ...] = ()
    """The conda packages that its sources ask for, where that is known."""
    content_hash: str | None = None
    """Of the sources that it was solved from, as conda-lock computes it."""
    virtual_packages: Mapping[str, str] = field(default_factory=dict)
    """`__cuda`: `12.4`; as far as the lock says it."""


class CondaLock(Struct, frozen=True, kw_only=True):
    """A lock of conda packages, read."""

    format: str
    """The reader's name: `conda-lock`, `explicit`, `pixi`."""
    file: str
    """As the user named it, for errors."""
    platforms: tuple[CondaPlatform, ...]
    categories: tuple[GroupName, ...]
    """Every category that can be asked for, `main` first."""
    channels: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    """The files that it was made from, relative to it."""
