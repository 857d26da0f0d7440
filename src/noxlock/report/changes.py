"""What differs between two records: the short list to look at when a check drifts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from noxlock.model import PackageRecord, Record

__all__ = ["changes"]


def changes(baseline: Record, actual: Record) -> tuple[str, ...]:
    """Return one line a difference that can move results; the packages first.

    Locks, plan keys and dates are left out: what they stand for is listed.
    """
    return tuple(_changes(baseline, actual))


def _changes(old: Record, new: Record) -> Iterator[str]:
    yield from _packages(old, new)
    if old.target != new.target:
        yield f"target: {old.target} -> {new.target}"
    if old.command != new.command:
        yield f"command: {_command(old)} -> {_command(new)}"
    yield from _facts("interpreter", old.interpreter, new.interpreter)
    yield from _facts("profile", old.profile, new.profile)
    yield from _facts("machine", old.machine, new.machine)
    yield from _facts("effective", old.effective, new.effective)
    if old.commit != new.commit:
        yield f"commit: {_commit(old)} -> {_commit(new)}"


def _commit(record: Record) -> str:
    commit, plus, dirty = (record.commit or "none").partition("+")
    return f"{commit[:12]}{plus}{dirty}"


def _command(record: Record) -> str:
    return " && ".join(record.command)


def _packages(old: Record, new: Record) -> Iterator[str]:
    before = {package.name: package for package in old.packages}
    after = {package.name: package for package in new.packages}
    for name in sorted(before.keys() | after.keys()):
        one, other = before.get(name), after.get(name)
        if one is None or other is None:
            yield f"{name}: {_version(one)} -> {_version(other)}"
        elif one.version != other.version:
            yield f"{name} {one.version} -> {other.version}"
        elif one.sha256 != other.sha256 and not (one.built and other.built):
            yield f"{name} {one.version}: {_bytes(one)} -> {_bytes(other)}"


def _version(package: PackageRecord | None) -> str:
    return "not there" if package is None else str(package.version)


def _bytes(package: PackageRecord) -> str:
    name = package.artifact or package.kind
    return f"{name} ({(package.sha256 or 'no digest')[:12]})"


def _facts(what: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    for key in sorted(old.keys() | new.keys()):
        before, after = old.get(key, "not set"), new.get(key, "not set")
        if before != after:
            yield f"{what} {key}: {before} -> {after}"
