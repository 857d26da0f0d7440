"""Releases of a conda package: from its channel, or as they were kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cmp_to_key
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import structs
from packaging.version import InvalidVersion, Version

from noxlock.errors import FetchError, SolveError
from noxlock.locks.difference.order import compare_conda
from noxlock.model import CondaPackage
from noxlock.plan import pypi_names
from noxlock.search import Candidate
from noxlock.store.memo import Memo, memo_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from noxlock.model import Plan
    from noxlock.solvers.conda_releases import Build
    from noxlock.workflows.supply import Supplies

__all__ = ["CondaReleases"]

_HASH: Final = re.compile(r"h[0-9a-f]{7}$")
_DIGITS: Final = re.compile(r"\d+")
_NAME: Final = re.compile(r"\s*(?:[^\s\[]*::)?([\w.\-]+)")
_PYTHONS: Final = ("python", "python_abi")
_SETTINGS: Final = ("NOXLOCK_CONDA_",)


@dataclass(frozen=True, slots=True)
class CondaReleases:
    """Answers for one plan.

    `files`: configuration files of rattler; None: those of this machine and user.
    """

    plan: Plan
    supplies: Supplies
    files: Sequence[Path] | None = None

    def between(self, old: Candidate, new: Candidate) -> tuple[Candidate, ...]:
        """Return the releases between both ends, from the old towards the new.

        Raises:
            FetchError: The channel cannot be read.
        """
        first, last = old.package, new.package
        if not isinstance(first, CondaPackage) or not isinstance(last, CondaPackage):
            return ()
        found = self._known(first, last)
        if self.supplies.offline:
            from noxlock.store.conda import CondaStore  # noqa: PLC0415 - rare

            store = CondaStore(self.supplies.store.root)
            found = [package for package in found if store.has(package)]
        return tuple(_candidate(package) for package in found)

    def _known(self, old: CondaPackage, new: CondaPackage) -> Sequence[CondaPackage]:
        memo = Memo(self.supplies.store.root)
        key = self._key(old, new)
        kept = memo.get(key)
        if kept is not None:
            return msgspec.json.decode(kept, type=tuple[CondaPackage, ...])
        if self.supplies.offline:
            self.supplies.progress.warn(
                f"{new.name}: the builds between {old.version} and {new.version} are"
                " not known, and noxlock is offline"
            )
            return ()
        found = self._ask(old, new)
        if found:
            memo.put(key, msgspec.json.encode(found))
        return found

    def _key(self, old: CondaPackage, new: CondaPackage) -> str:
        environ = self.supplies.environ.items()
        settings = sorted(item for item in environ if item[0].startswith(_SETTINGS))
        ends = [[p.url, p.version, p.build, p.sha256] for p in (old, new)]
        pythons = [[p.name, p.version, p.build] for p in self._pythons()]
        target = msgspec.to_builtins(self.plan.target)
        return memo_key("builds", ends, pythons, target, settings)

    def _pythons(self) -> list[CondaPackage]:
        return [each for each in self.plan.conda if each.name in _PYTHONS]

    def _ask(self, old: CondaPackage, new: CondaPackage) -> tuple[CondaPackage, ...]:
        by_version: dict[str, list[Build]] = {}
        for build in self._builds(new):
            version = build.package.version
            if _is_between(version, old.version, new.version) and self._runs(build):
                by_version.setdefault(version, []).append(build)
        order = sorted(by_version, key=cmp_to_key(compare_conda))
        if compare_conda(old.version, new.version) > 0:
            order.reverse()
        chosen = (self._best(by_version[version], new) for version in order)
        return tuple(
            structs.replace(
                each, categories=new.categories, pypi_names=new.pypi_names, where=""
            )
            for each in chosen
        )

    def _builds(self, new: CondaPackage) -> Iterable[Build]:
        from noxlock.solvers.conda_releases import (  # noqa: PLC0415 - only for conda
            list_builds,
        )
        from noxlock.solvers.rattler import CondaSettings  # noqa: PLC0415 - likewise

        environ, cache = self.supplies.environ, self.supplies.store.root
        settings = CondaSettings(cache=cache, environ=environ, files=self.files)
        subdirs = dict.fromkeys([str(self.plan.target.subdir), "noarch"])
        try:
            return list_builds(new, [*subdirs], settings)
        except SolveError as error:
            raise FetchError(
                f"the builds of {new.name} cannot be listed: {error.what}",
                hint=error.hint,
            ) from error

    def _runs(self, build: Build) -> bool:
        """Return whether *build* goes with the python of the new lock."""
        from noxlock.solvers.conda_releases import meets  # noqa: PLC0415

        return all(
            meets(spec, python)
            for python in self._pythons()
            for spec in build.package.depends
            if _name(spec) == python.name
        )

    def _best(self, builds: Sequence[Build], new: CondaPackage) -> CondaPackage:
        """Return the build that is most like *new*."""

        def rank(build: Build) -> tuple[object, ...]:
            package = build.package
            return (
                _distance(package.build, new.build),
                self._unmet(package),
                package.subdir != new.subdir,
                -build.number,
                not package.filename.endswith(".conda"),
                package.filename,
            )

        return min(builds, key=rank).package

    def _unmet(self, package: CondaPackage) -> int:
        """Return how many requirements of *package* the new lock does not meet."""
        from noxlock.solvers.conda_releases import meets  # noqa: PLC0415

        held = {each.name: each for each in self.plan.conda}
        return sum(
            not (_name(spec) in held and meets(spec, held[_name(spec)]))
            for spec in package.depends
            if not _is_virtual(spec)
        )


def _distance(build: str, other: str) -> tuple[int, int]:
    """Return how much two build strings differ: in kind, then in numbers.

    `cuda118_py311h64a7726_0` is near to `cuda120_py311h1234567_1`, and far from
    `cpu_py311h64a7726_0`.
    """
    ours, theirs = _words(build), _words(other)
    kinds = {_DIGITS.sub("", word) for word in ours}
    return len(kinds ^ {_DIGITS.sub("", word) for word in theirs}), len(ours ^ theirs)


def _words(build: str) -> set[str]:
    words = (_HASH.sub("", word) for word in build.split("_"))
    return {word for word in words if word and not word.isdigit()}


def _is_between(version: str, old: str, new: str) -> bool:
    if _is_early(version) and not (_is_early(old) or _is_early(new)):
        return False
    order = compare_conda(old, new)
    inside = compare_conda(old, version) == compare_conda(version, new) == order
    return order != 0 and inside


def _is_early(version: str) -> bool:
    try:
        return Version(version).is_prerelease
    except InvalidVersion:
        return False


def _name(spec: str) -> str:
    """Return the name that a match spec begins with."""
    found = _NAME.match(spec)
    return found[1] if found else ""


def _is_virtual(spec: str) -> bool:
    return _name(spec).startswith("__")


def _candidate(package: CondaPackage) -> Candidate:
    return Candidate(
        version=package.version,
        identity=package.sha256 or "",
        # Virtual packages are the machine's: no lock holds them.
        requirements=tuple(s for s in package.depends if not _is_virtual(s)),
        provides=tuple(pypi_names(package)),
        package=package,
    )
