"""What a target machine is assumed to have: conda's virtual packages. Pure.

A lock must not depend on the machine that made it, so they are fixed: conda-lock's
default-virtual-packages.yaml, a file in its format, or single ones in the definitions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from noxlock.errors import LockError, SolveError, nearest
from noxlock.locks._table import Table
from noxlock.locks._yaml import load_yaml
from noxlock.model import Subdir

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DEFAULTS", "VirtualPackages", "parse_virtual_packages", "virtual_packages"]

_LINUX: Final = {"__unix": "0", "__linux": "5.10", "__glibc": "2.28"}
_OSX: Final = {"__unix": "0", "__osx": "11.0"}

DEFAULTS: Final[Mapping[Subdir, Mapping[str, str]]] = {
    Subdir.LINUX_64: {**_LINUX, "__archspec": "1 x86_64"},
    Subdir.LINUX_AARCH64: {**_LINUX, "__archspec": "1 aarch64"},
    Subdir.LINUX_PPC64LE: {**_LINUX, "__archspec": "1 ppc64le"},
    Subdir.OSX_64: {**_OSX, "__archspec": "1 x86_64"},
    Subdir.OSX_ARM64: {**_OSX, "__archspec": "1 arm64"},
    Subdir.WIN_64: {"__win": "0", "__archspec": "1 x86_64"},
}
"""conda-lock's defaults, `__cuda` left out: a GPU is asked for, never assumed."""

# Which platforms can have it; others are of every platform.
_ONLY: Final[Mapping[str, tuple[str, ...]]] = {
    "__cuda": ("linux-64", "linux-aarch64", "linux-ppc64le", "win-64"),
    "__cuda_arch": ("linux-64", "linux-aarch64", "linux-ppc64le", "win-64"),
    "__glibc": ("linux-64", "linux-aarch64", "linux-ppc64le"),
    "__linux": ("linux-64", "linux-aarch64", "linux-ppc64le"),
    "__osx": ("osx-64", "osx-arm64"),
    "__unix": (
        "linux-64",
        "linux-aarch64",
        "linux-ppc64le",
        "osx-64",
        "osx-arm64",
    ),
    "__win": ("win-64",),
    "__archspec": tuple(Subdir),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class VirtualPackages:
    """Those of one platform."""

    packages: Mapping[str, str]
    """`__cuda`: `12.4`; with a build string, `__archspec`: `1 x86_64`."""
    from_defaults: bool = True
    """Whether they are conda-lock's defaults, single ones aside."""

    def split(self) -> tuple[tuple[str, str, str], ...]:
        """Return name, version and build string of each, sorted."""
        parts = ((name, *text.partition(" ")) for name, text in self.packages.items())
        return tuple(
            sorted((name, version, build) for name, version, _, build in parts)
        )


def parse_virtual_packages(file: str, data: bytes) -> dict[str, dict[str, str]]:
    """Return the virtual packages of each platform that *data* lists.

    Raises:
        SolveError: It is not in conda-lock's format, `subdirs.NAME.packages`.
    """
    try:
        root = Table(load_yaml(file, data))
        root.require("subdirs", dict)
        found: dict[str, dict[str, str]] = {}
        for subdir, table in root.table("subdirs").each():
            table.require("packages", dict)
            packages = table.table("packages")
            for name in packages.data:
                _check_name(name, packages.at(name))
            found[subdir] = {name: packages.string(name) for name in packages.data}
    except (LockError, SolveError) as error:
        raise SolveError(
            error.what,
            file=file,
            key=error.key,
            line=error.line,
            hint=_hint(error),
        ) from None
    return found


def _hint(error: LockError | SolveError) -> str:
    if isinstance(error, SolveError) and error.hint:
        return error.hint
    return 'as `subdirs: {linux-64: {packages: {__cuda: "12.4"}}}`'


def virtual_packages(
    platform: Subdir,
    *,
    listed: Mapping[str, Mapping[str, str]] | None = None,
    single: Mapping[str, str] | None = None,
) -> VirtualPackages:
    """Return what *platform* has.

    Args:
        platform: The platform.
        listed: A file's, by platform: they replace the defaults whole.
        single: Some by name, over the defaults; where the platform cannot have one
            (`__cuda` on osx-arm64) it is passed over. Empty: it has none.

    Raises:
        SolveError: A name is none of a virtual package.
    """
    if listed is not None:
        return VirtualPackages(packages=listed.get(platform, {}), from_defaults=False)
    packages = dict(DEFAULTS[platform])
    for name, value in (single or {}).items():
        _check_name(name, f"virtual-packages.{name}")
        if name not in _ONLY or platform in _ONLY[name]:
            packages[name] = value
    return VirtualPackages(packages={n: v for n, v in packages.items() if v})


def _check_name(name: str, key: str) -> None:
    if not name.startswith("__"):
        raise SolveError(
            f"`{name}` is no virtual package: their names begin with `__`",
            key=key,
            hint=nearest(f"__{name.lstrip('_')}", _ONLY),
        )
