"""Pins of requirements files, and what constraints and repetitions make of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from packaging.markers import Marker
from packaging.utils import canonicalize_version

from noxlock.errors import LockError
from noxlock.locks._direct import NO_HASH
from noxlock.model import IndexSource, LockedPackage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.specifiers import SpecifierSet
    from packaging.utils import NormalizedName

    from noxlock.model import Sha256, Source

__all__ = ["Pin", "packages"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Pin:
    """One requirement, and the line it stands on."""

    text: str
    """As it is written, for errors."""
    name: NormalizedName
    version: str | None
    """None where it names none, or a range."""
    specifier: SpecifierSet
    source: Source
    hashes: tuple[Sha256, ...]
    marker: Marker | None
    file: str
    line: int
    where: str
    """The line, relative to the lock: `line 3`, `base.txt:3`."""

    @property
    def direct(self) -> bool:
        """Whether it names a place instead of a version."""
        return not isinstance(self.source, IndexSource)


def packages(
    required: Iterable[Pin], constraints: Iterable[Pin]
) -> tuple[LockedPackage, ...]:
    """Return what *required* locks; a constraint counts where its name is required.

    A constraint under a condition of its own is passed over, unless the requirement
    has the same.

    Raises:
        LockError: A requirement is not pinned, has no hash, or two contradict each
            other; with the line.
    """
    known = tuple(constraints)
    merged: dict[tuple[str, str], Pin] = {}
    for pin in required:
        try:
            exact = pin
            for constraint in known:
                if constraint.name == pin.name and (
                    constraint.marker is None or constraint.marker == pin.marker
                ):
                    exact = _constrained(exact, constraint)
            _require_exact(exact)
            key = (pin.name, str(pin.marker))
            merged[key] = _merged(merged[key], exact) if key in merged else exact
        except LockError as error:
            raise error.inside(file=pin.file, line=pin.line) from None
    return tuple(map(_package, _united(merged.values())))


def _united(pins: Iterable[Pin]) -> Iterable[Pin]:
    """Return the pins, those of one package under several conditions as one.

    Poetry's export writes `fsspec==1 ; a` and `fsspec[http]==1 ; b`, and both can hold.
    """
    found: dict[object, Pin] = {}
    for pin in pins:
        key = (pin.name, _plain(pin), pin.source, frozenset(pin.hashes))
        other = found.get(key, pin)
        marker: Marker | None = None
        if pin.marker is not None and other.marker is not None:
            marker = Marker(f"({other.marker}) or ({pin.marker})")
        found[key] = pin if other is pin else replace(other, marker=marker)
    return found.values()


def _package(pin: Pin) -> LockedPackage:
    return LockedPackage(
        name=pin.name,
        version=pin.version,
        source=pin.source,
        hashes=() if pin.direct else pin.hashes,
        marker=pin.marker,
        where=pin.where,
    )


def _require_exact(pin: Pin) -> None:
    if pin.direct:
        return
    if pin.version is None:
        raise LockError(
            f"`{pin.text}` is not pinned to one version",
            hint=f"a lock says `{pin.name}==` and the version",
        )
    if not pin.hashes:
        raise LockError(f"`{pin.text}` has no SHA-256 hash", hint=NO_HASH)


def _constrained(pin: Pin, by: Pin) -> Pin:
    if by.direct:
        if pin.version is None and not pin.direct:
            return replace(pin, version=by.version, source=by.source)
        if by.source == pin.source:
            return pin
        raise _contradiction(pin, by)
    version = pin.version or (None if pin.direct else by.version)
    if version is not None and not all(
        specifier.contains(version, prereleases=True)
        for specifier in (pin.specifier, by.specifier)
    ):
        raise _contradiction(pin, by)
    if pin.direct:
        return pin
    return replace(pin, version=version, hashes=_common(pin, by))


def _merged(first: Pin, second: Pin) -> Pin:
    """Return two requirements of one name under one condition as one."""
    if first.source != second.source or _plain(first) != _plain(second):
        raise LockError(
            f"`{second.text}` is pinned twice under the same condition: `{first.text}`"
            f" at {first.where}",
            hint="one environment can hold one of them: tell them apart by markers",
        )
    return replace(first, hashes=_common(second, first))


def _plain(pin: Pin) -> str | None:
    # PEP 440: 1.0 and 1.0.0 are the same version.
    return pin.version and canonicalize_version(pin.version)


def _common(first: Pin, second: Pin) -> tuple[Sha256, ...]:
    """Return the hashes that both allow; one without hashes allows every file."""
    if not (first.hashes and second.hashes):
        return first.hashes or second.hashes
    common = tuple(item for item in first.hashes if item in second.hashes)
    if not common and not first.direct:
        raise LockError(
            f"`{first.text}` has no hash in common with `{second.text}` at"
            f" {second.where}",
            hint="lock again: the file was changed on its index, or the lock by hand",
        )
    return common


def _contradiction(pin: Pin, by: Pin) -> LockError:
    return LockError(
        f"`{pin.text}` contradicts the constraint `{by.text}` at {by.where}",
        hint="lock again with the constraint",
    )
