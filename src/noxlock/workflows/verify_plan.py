"""Whether kept locks still give exactly the packages of a record."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from noxlock.errors import NoxlockError, PlanError
from noxlock.locks import is_conda_lock, parse_conda_lock, parse_lock
from noxlock.model import DirectorySource, Kind
from noxlock.plan import (
    KEY_VERSION,
    LayersRequest,
    parse_platform,
    parse_target,
    plan_layers,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from noxlock.model import CondaLock, Lock, PackageRecord, Plan, Record, Target

__all__ = ["planned_anew"]

_MAIN: Final = "main"
_GLIBC: Final = re.compile(r"glibc (\d+)\.(\d+)")
_MACOS: Final = re.compile(r"macOS (\d+)(?:\.(\d+))?")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Locks:
    conda: CondaLock | None
    pypi: Lock | None


def planned_anew(record: Record, locks: Mapping[str, bytes]) -> Iterator[str]:
    """Yield what the locks give otherwise than *record* has it; nothing: they agree.

    Args:
        record: What was installed, for which target, of which groups.
        locks: The kept locks by their names, in the record's order.
    """
    try:
        kept = _read(locks)
        plan = min(
            (_plan(record, kept, groups) for groups in _groups(record, kept)),
            key=lambda plan: plan.key != record.plan,
        )
    except NoxlockError as error:
        yield f"no plan can be made of the locks: {error}"
        return
    differences = list(_differences(record, plan))
    yield from differences
    same_version = record.plan.startswith(f"{KEY_VERSION}-")
    if same_version and record.plan != plan.key and not differences:
        yield f"they give the plan {plan.key}, and the record says {record.plan}"


def _read(locks: Mapping[str, bytes]) -> _Locks:
    conda, pypi = None, None
    for name, data in locks.items():
        if is_conda_lock(name, data):
            conda = conda or parse_conda_lock(name, data)
        elif pypi is None and not name.endswith("pyproject.toml"):
            pypi = parse_lock(name, data, beside=_beside(name, locks))
    if conda is None and pypi is None:
        raise PlanError("none is kept")
    return _Locks(conda=conda, pypi=pypi)


def _beside(name: str, locks: Mapping[str, bytes]) -> Callable[[str], bytes | None]:
    folder = PurePosixPath(name).parent
    return lambda other: locks.get((folder / other).as_posix())


def _groups(record: Record, locks: _Locks) -> Iterator[tuple[str, ...]]:
    """Yield the groups that may have been asked for.

    Of two locks a record has the groups that both gave; `main` of the conda lock is
    among them where nothing else of it was wanted, and is no wish of the wheels then.
    """
    groups = record.selection.get("groups", (_MAIN,))
    yield groups
    without = tuple(group for group in groups if group != _MAIN)
    if locks.conda and locks.pypi and without:
        yield without


def _plan(record: Record, locks: _Locks, groups: tuple[str, ...]) -> Plan:
    request = LayersRequest(
        target=_target(record, locks),
        groups=groups,
        extras=record.selection.get("extras", ()),
        allow_md5=True,
        listing=True,
    )
    return plan_layers(locks.conda, locks.pypi, request)


def _target(record: Record, locks: _Locks) -> Target:
    """Return the target as it was on the machine of the record."""
    if locks.conda is None:
        target = parse_target(
            record.target, python=record.interpreter.get("version", "")
        )
    else:
        target = parse_platform(record.target)
    glibc = _GLIBC.match(record.machine.get("libc", ""))
    macos = _MACOS.match(record.machine.get("system", ""))
    if glibc:
        target = replace(target, glibc=(int(glibc[1]), int(glibc[2])))
    if macos:
        target = replace(target, macos=(int(macos[1]), int(macos[2] or 0)))
    return target


@dataclass(frozen=True, kw_only=True, slots=True)
class _Given:
    """One package as the locks give it."""

    version: str | None
    artifact: str | None
    digests: tuple[str, ...]
    """Any of them will do; empty: the lock has none."""
    optional: bool = False
    """A folder: the project itself, which a record leaves out."""

    def differs(self, package: PackageRecord) -> str:
        """Return how *package* is another one, or ""."""
        if package.version != self.version:
            return f"{self.version}, and the record has {package.version}"
        if self.artifact is not None and package.artifact != self.artifact:
            return f"{self.artifact}, and the record has {package.artifact}"
        if self.digests and package.sha256 not in self.digests:
            return f"another sha256 than the record's {package.sha256}"
        return ""


def _differences(record: Record, plan: Plan) -> Iterator[str]:
    given = _given(plan)
    for package in record.packages:
        one = given.pop((package.kind == Kind.CONDA, package.name), None)
        if one is None:
            yield f"they do not give {package.name}, which the record has"
        elif difference := one.differs(package):
            yield f"they give {package.name} {difference}"
    if record.plan == plan.key:
        # What conda brings itself is not installed again: no record lists it twice.
        return
    for (_, name), one in given.items():
        if not one.optional:
            yield f"they give {name} {one.version}, which the record does not have"


def _given(plan: Plan) -> dict[tuple[bool, str], _Given]:
    found = {
        (True, package.name): _Given(
            version=package.version,
            artifact=package.filename,
            digests=(package.sha256,) if package.sha256 else (),
        )
        for package in plan.conda
    }
    for planned in plan.packages:
        found[(False, planned.name)] = _Given(
            version=planned.version,
            artifact=planned.artifact,
            digests=planned.hashes or ((planned.sha256,) if planned.sha256 else ()),
            optional=isinstance(planned.source, DirectorySource),
        )
    return found
