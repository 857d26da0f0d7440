"""Plans of conda packages with wheels on top, and where the two disagree. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from msgspec import structs
from packaging.utils import canonicalize_name

from noxlock.errors import NoxlockError, PlanError, nearest
from noxlock.model import ByGroup, GroupName, Lock, Plan
from noxlock.plan._conditions import Conditions
from noxlock.plan.agreement import Disagreement, Pin, compare_pins, pin_of
from noxlock.plan.conda import (
    conda_python,
    plan_conda,
    platform_of,
    requested_categories,
    weakness,
)
from noxlock.plan.keys import plan_key
from noxlock.plan.naming import provided
from noxlock.plan.planning import plan
from noxlock.plan.select import requested_extras, requested_groups, select

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from packaging.utils import NormalizedName

    from noxlock.model import CondaLock, CondaPackage, LockedPackage, Target

__all__ = ["LayersRequest", "disagreements", "plan_layers"]

_MAIN = GroupName("main")
_ALL = "all"
_NO_PYTHON = "add python to what the conda lock is made from, and lock again"


@dataclass(frozen=True, kw_only=True, slots=True)
class LayersRequest:
    """What is asked of the locks."""

    target: Target
    """Its python counts only where there is no conda lock to say it."""
    groups: tuple[str, ...] = ("main",)
    """Categories of the conda lock and groups of the other: each takes those it has."""
    extras: tuple[str, ...] = ()
    only_binary: bool = False
    keep_going: bool = False
    allow_md5: bool = False
    """Take conda packages of which the lock has no more than an MD5 digest."""
    listing: bool = False
    """Nothing is to be installed: a digest may be absent."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Below:
    """What the conda lock brings: packages, and the wheels of its `pip:` section."""

    lock: CondaLock
    packages: tuple[CondaPackage, ...]
    target: Target
    pip: Lock
    groups: tuple[GroupName, ...]

    def has_wheels(self) -> bool:
        """Return whether the `pip:` section has anything for the groups."""
        return any(self._wants(pinned) for pinned in self.pip.packages)

    def pins(self) -> dict[NormalizedName, Pin]:
        """Return the Python packages that it pins, by their names on PyPI."""
        found = {
            name: Pin(
                name=package.name,
                version=package.version,
                file=self.lock.file,
                where=package.where,
            )
            for name, package in provided(self.packages).items()
        }
        for pinned in filter(self._wants, self.pip.packages):
            found.setdefault(pinned.name, pin_of(pinned, self.lock.file))
        return found

    def _wants(self, pinned: LockedPackage) -> bool:
        return not pinned.wanted_by.keys().isdisjoint(self.groups)


def plan_layers(
    conda: CondaLock | None, pypi: Lock | None, request: LayersRequest
) -> Plan:
    """Return the exact artifacts of one environment, conda packages below wheels.

    The python of the target is the conda lock's. Of *pypi* what the conda lock provides
    is left out, its `pip:` section included; where the two pin different versions, the
    plan warns.

    Raises:
        PlanError: With the lock as its file.
    """
    if conda is None:
        if pypi is None:
            raise PlanError("no lock is given")
        return _wheels(pypi, request, request.groups, request.target)
    conda_groups, pypi_groups = _share(conda, pypi, request.groups)
    below = _below(conda, request, conda_groups, wheels=bool(pypi_groups))
    warnings = [*_weak(below.packages)]
    layers: list[Plan] = []
    on_top: Plan | None = None
    if below.has_wheels():
        bare = replace(request, extras=())
        layers.append(_wheels(below.pip, bare, below.groups, below.target))
    if pypi is not None and pypi_groups:
        pins = below.pins()
        on_top = _wheels(pypi, request, pypi_groups, below.target, frozenset(pins))
        layers.append(on_top)
        found = _compared(pins, pypi, replace(request, groups=pypi_groups), below)
        warnings += [str(disagreement) for disagreement in found]
    packages = [package for layer in layers for package in layer.packages]
    return Plan(
        key=plan_key(below.target, packages, below.packages),
        target=below.target,
        groups=tuple(sorted({*below.groups, *(on_top.groups if on_top else ())})),
        extras=on_top.extras if on_top else (),
        lock=pypi.file if pypi else conda.file,
        lock_format=pypi.format if pypi else conda.format,
        indexes=on_top.indexes if on_top else (),
        extra_indexes=on_top.extra_indexes if on_top else (),
        find_links=on_top.find_links if on_top else (),
        packages=tuple(sorted(packages, key=lambda package: package.name)),
        missing=tuple(reason for layer in layers for reason in layer.missing),
        warnings=(*warnings, *(w for layer in layers for w in layer.warnings)),
        conda=below.packages,
        conda_lock=conda.file,
    )


def disagreements(
    conda: CondaLock, pypi: Lock, request: LayersRequest
) -> tuple[Disagreement, ...]:
    """Return the packages that both locks pin, for this request, to other versions.

    Not checked: whether the two builds of one version behave alike.

    Raises:
        PlanError: With the lock as its file.
    """
    conda_groups, pypi_groups = _share(conda, pypi, request.groups)
    below = _below(conda, request, conda_groups, wheels=bool(pypi_groups))
    if not pypi_groups:
        return ()
    request = replace(request, groups=pypi_groups)
    return tuple(_compared(below.pins(), pypi, request, below))


def _share(
    conda: CondaLock, pypi: Lock | None, groups: Sequence[str]
) -> tuple[tuple[GroupName, ...], tuple[GroupName, ...]]:
    """Return the groups for each lock; `main` where the conda lock has none of them."""
    if pypi is None:
        with _In(conda.file):
            return requested_categories(conda, groups), ()
    if _ALL in groups or not groups:
        with _In(conda.file):
            below = requested_categories(conda, groups)
        return below, requested_groups(pypi, groups)
    wanted = {GroupName(canonicalize_name(group)) for group in groups}
    known = (*conda.categories, *pypi.groups)
    for group in sorted(wanted.difference(known)):
        raise PlanError(
            f"unknown group `{group}`: {conda.file} has"
            f" {', '.join(conda.categories)}; {pypi.file} has {', '.join(pypi.groups)}",
            hint=nearest(group, known),
        )
    below = tuple(sorted(wanted.intersection(conda.categories)))
    return below or (_MAIN,), tuple(sorted(wanted.intersection(pypi.groups)))


def _below(
    conda: CondaLock,
    request: LayersRequest,
    groups: tuple[GroupName, ...],
    *,
    wheels: bool = False,
) -> _Below:
    packages = _planned(conda, request, groups)
    # What `main` reaches stands in no other category, python least of all.
    if wheels and _MAIN not in groups and not _python(conda, packages):
        groups = tuple(sorted((*groups, _MAIN)))
        packages = _planned(conda, request, groups)
    pip = Lock(
        format=conda.format,
        file=conda.file,
        packages=platform_of(conda, request.target).pypi,
        selection=ByGroup(),
        groups=conda.categories,
    )
    target = structs.replace(request.target, python=_python(conda, packages))
    return _Below(lock=conda, packages=packages, target=target, pip=pip, groups=groups)


def _python(conda: CondaLock, packages: Sequence[CondaPackage]) -> str:
    with _In(conda.file):
        return conda_python(packages) or ""


def _planned(
    conda: CondaLock, request: LayersRequest, groups: tuple[GroupName, ...]
) -> tuple[CondaPackage, ...]:
    return plan_conda(
        conda,
        groups=groups,
        target=request.target,
        allow_md5=request.allow_md5,
        listing=request.listing,
    )


def _wheels(
    lock: Lock,
    request: LayersRequest,
    groups: Sequence[str],
    target: Target,
    without: frozenset[NormalizedName] = frozenset(),
) -> Plan:
    if not target.python:
        raise PlanError(
            "no python is locked that the wheels could be for",
            file=lock.file,
            hint=_NO_PYTHON,
        )
    return plan(
        lock,
        groups=groups,
        extras=request.extras,
        target=target,
        only_binary=request.only_binary,
        keep_going=request.keep_going,
        without=without,
    )


def _compared(
    pins: Mapping[NormalizedName, Pin],
    pypi: Lock,
    request: LayersRequest,
    below: _Below,
) -> Iterator[Disagreement]:
    if not below.target.python:
        return
    with _In(pypi.file):
        groups = requested_groups(pypi, request.groups)
        extras = requested_extras(pypi, request.extras)
        selected = select(pypi, groups, extras, Conditions(below.target))
    yield from compare_pins(pins, (p for p, _ in selected.packages), pypi.file)


def _weak(packages: Sequence[CondaPackage]) -> Iterator[str]:
    md5 = [package for package in packages if not package.sha256 and package.md5]
    bare = [package for package in packages if not package.sha256 and not package.md5]
    if md5:
        yield f"{weakness(md5)}, which takes `allow-md5: true` to be installed"
    if bare:
        yield f"{weakness(bare)}, and cannot be installed"


class _In:
    """Puts the lock into an error that is raised inside."""

    def __init__(self, file: str) -> None:
        self._file = file

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, NoxlockError):
            error.inside(file=self._file)
