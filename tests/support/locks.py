"""Locks and pyproject files, written down in the fewest words."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from packaging.markers import Marker
from packaging.utils import canonicalize_name

from noxlock.locks import FORMATS, Form, LockFormat, parse_lock
from noxlock.model import (
    ByGroup,
    ByMarker,
    ByWalk,
    Dependency,
    ExtraName,
    GroupName,
    IndexSource,
    Lock,
    LockedFile,
    LockedPackage,
    Sha256,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = [
    "MAIN",
    "digest",
    "edge",
    "file",
    "form",
    "group_lock",
    "marker_lock",
    "package",
    "poetry_lock",
    "walk_lock",
    "wanted",
]

MAIN = GroupName("main")


def digest(text: str) -> Sha256:
    """Return a digest that stands for the bytes of the file *text*."""
    return Sha256(sha256(text.encode()).hexdigest())


def file(name: str, **facts: Any) -> LockedFile:  # noqa: ANN401 - fields of LockedFile
    """Return a locked file with a digest."""
    return LockedFile(**{"filename": name, "sha256": digest(name), **facts})


def edge(text: str, **facts: Any) -> Dependency:  # noqa: ANN401 - fields of Dependency
    """Return the dependency `name[extra] constraint; marker`."""
    rest, _, marker = text.partition("; ")
    name, _, constraint = rest.partition(" ")
    name, _, extras = name.rstrip("]").partition("[")
    return Dependency(
        **{
            "name": canonicalize_name(name),
            "constraint": constraint or "*",
            "marker": Marker(marker) if marker else None,
            "extras": tuple(ExtraName(each) for each in extras.split(",") if each),
            **facts,
        }
    )


def package(pin: str, *needs: str | Dependency, **facts: Any) -> LockedPackage:  # noqa: ANN401 - fields of LockedPackage
    """Return the package `name==version`, with one wheel that fits everywhere."""
    name, _, version = pin.partition("==")
    wheel = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
    return LockedPackage(
        **{
            "name": canonicalize_name(name),
            "version": version,
            "source": IndexSource(),
            "files": (file(wheel),),
            "dependencies": tuple(
                edge(each) if isinstance(each, str) else each for each in needs
            ),
            "where": f"package[{name}]",
            **facts,
        }
    )


def wanted(**groups: str | None) -> dict[GroupName, Marker | None]:
    """Return which groups want a package, each with its marker."""
    return {
        GroupName(name): Marker(text) if text else None for name, text in groups.items()
    }


def group_lock(packages: Iterable[LockedPackage], **facts: Any) -> Lock:  # noqa: ANN401 - fields of Lock
    """Return a lock whose packages say which groups want them."""
    found = tuple(packages)
    names = {group for each in found for group in each.wanted_by}
    return Lock(
        **{
            "format": "poetry",
            "file": "poetry.lock",
            "packages": found,
            "selection": ByGroup(),
            "groups": (MAIN, *sorted(names - {MAIN})),
            **facts,
        }
    )


def marker_lock(
    packages: Iterable[LockedPackage],
    *default: str,
    **facts: Any,  # noqa: ANN401 - fields of Lock
) -> Lock:
    """Return a lock whose packages have one marker each; *default* groups are main."""
    defaults = tuple(GroupName(name) for name in default)
    return Lock(
        **{
            "format": "pylock",
            "file": "pylock.toml",
            "packages": tuple(packages),
            "selection": ByMarker(default_groups=defaults),
            "groups": (MAIN,),
            **facts,
        }
    )


def walk_lock(
    packages: Iterable[LockedPackage],
    roots: Mapping[str, Sequence[str | Dependency]],
    extras: Mapping[str, Sequence[str]] | None = None,
    **facts: Any,  # noqa: ANN401 - fields of Lock
) -> Lock:
    """Return a lock that has to be walked from *roots*, by group."""
    added = {
        ExtraName(name): tuple(edge(each) for each in texts)
        for name, texts in (extras or {}).items()
    }
    asked = {
        GroupName(name): tuple(
            edge(each) if isinstance(each, str) else each for each in texts
        )
        for name, texts in roots.items()
    }
    return Lock(
        **{
            "format": "poetry",
            "file": "poetry.lock",
            "packages": tuple(packages),
            "selection": ByWalk(roots=asked, extras=added),
            "groups": (MAIN, *sorted(asked.keys() - {MAIN})),
            "extras": tuple(sorted(added)),
            **facts,
        }
    )


def poetry_lock(text: str, project: str | None = None, version: str = "2.1") -> Lock:
    """Read a poetry.lock of *text* and the usual `[metadata]`, beside *project*."""
    head = f'[metadata]\nlock-version = "{version}"\npython-versions = "*"\n'
    data = f"{text}\n{'' if '[metadata]' in text else head}".encode()

    def beside(name: str) -> bytes | None:
        if project is None or name != "pyproject.toml":
            return None
        return project.encode()

    return parse_lock("poetry.lock", data, beside=beside)


def form(name: str) -> Form[LockFormat]:
    """Return the format of this name."""
    return next(each for each in FORMATS if each.name == name)
