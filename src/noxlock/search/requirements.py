"""What a candidate asks of the others, and whether one of them will do. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final

from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import (
    InvalidWheelFilename,
    canonicalize_name,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from noxlock.search.changes import Layer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Set

    from packaging.tags import Tag

    from noxlock.search.changes import Candidate

__all__ = ["PYTHON", "Ask", "Asking", "Place", "Space"]

# `channel::name`, and what follows it with or without a blank.
_CONDA_NAME: Final = re.compile(r"\s*(?:[^\s\[]*::)?([\w.\-]+)")
_INTERPRETER: Final = re.compile(r"(cp|py)(\d)(\d*)")


class Space(StrEnum):
    """Where a name is looked up."""

    PYPI = "pypi"
    CONDA = "conda"
    PYTHON = "python"


@dataclass(frozen=True, slots=True)
class Place:
    """A name that a requirement can be of."""

    space: Space
    name: str


PYTHON: Final = Place(Space.PYTHON, "python")


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """One requirement of a candidate."""

    place: Place
    text: str
    accepts: Callable[[Candidate], bool]
    extras: frozenset[str] = frozenset()
    """Extras that it asks of the other one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asking:
    """How requirements are read.

    Not checked: that a URL in one is where the candidate is from, and what is malformed
    is no requirement.
    """

    environment: Mapping[str, str]
    """The values of PEP 508's markers."""
    satisfies: Callable[[str, Candidate], bool]
    """Whether a conda package is what a match spec asks for."""

    def asks(
        self, layer: Layer, candidate: Candidate, extras: Set[str] = frozenset()
    ) -> Iterator[Ask]:
        """Yield what *candidate* asks for with *extras*."""
        match layer:
            case Layer.PYPI:
                yield from self._of_wheel(candidate, extras)
            case Layer.CONDA:
                yield from self._of_conda(candidate)
            case Layer.INTERPRETER:
                pass

    def _of_wheel(self, candidate: Candidate, extras: Set[str]) -> Iterator[Ask]:
        for text in candidate.requirements:
            wanted = _parsed(text)
            if wanted and self._holds(wanted, extras):
                yield Ask(
                    place=Place(Space.PYPI, canonicalize_name(wanted.name)),
                    text=text,
                    accepts=partial(_allowed, wanted.specifier),
                    extras=frozenset(map(canonicalize_name, wanted.extras)),
                )
        pythons = _specifier(candidate.requires_python or "")
        if pythons:
            accepts = partial(_allowed, pythons)
            yield Ask(place=PYTHON, text=f"python{pythons}", accepts=accepts)
        if tags := _tags(candidate.wheel):
            accepts = partial(_runs, tags)
            yield Ask(place=PYTHON, text=f"{candidate.wheel}", accepts=accepts)

    def _of_conda(self, candidate: Candidate) -> Iterator[Ask]:
        for text in candidate.requirements:
            if found := _CONDA_NAME.match(text):
                yield Ask(
                    place=Place(Space.CONDA, found[1]),
                    text=text,
                    accepts=partial(self.satisfies, text),
                )

    def _holds(self, wanted: Requirement, extras: Set[str]) -> bool:
        if wanted.marker is None:
            return True
        # A wheel asks by `extra`, what a lock says of it by `extras`.
        known: dict[str, str | Set[str]] = {**self.environment, "extras": extras}
        try:
            return any(
                wanted.marker.evaluate({**known, "extra": extra})
                for extra in ("", *extras)
            )
        except (UndefinedComparison, UndefinedEnvironmentName):
            return False


@lru_cache(maxsize=16384)
def _parsed(text: str) -> Requirement | None:
    try:
        return Requirement(text)
    except InvalidRequirement:
        return None


def _specifier(text: str) -> SpecifierSet | None:
    try:
        return SpecifierSet(text)
    except InvalidSpecifier:
        return None


def _allowed(wanted: SpecifierSet, candidate: Candidate) -> bool:
    if candidate.version is None:
        return True
    try:
        return wanted.contains(Version(candidate.version), prereleases=True)
    except InvalidVersion:
        return True


@lru_cache(maxsize=4096)
def _tags(wheel: str | None) -> frozenset[Tag]:
    try:
        return parse_wheel_filename(wheel)[3] if wheel else frozenset()
    except InvalidWheelFilename:
        return frozenset()


def _runs(tags: frozenset[Tag], python: Candidate) -> bool:
    """Return whether a CPython can run a wheel, as far as its version says it."""
    major, minor, *_ = *(python.version or "").split("."), "", ""
    if not (major.isdecimal() and minor.isdecimal()):
        return True
    return any(_fits(tag, int(major), int(minor)) for tag in tags)


def _fits(tag: Tag, major: int, minor: int) -> bool:
    found = _INTERPRETER.fullmatch(tag.interpreter)
    if not found or int(found[2]) != major:
        return False
    # "abi3" is the stable ABI, and `py311` means from there on.
    upwards = tag.abi == "abi3" or found[1] == "py"
    since = int(found[3] or 0)
    return minor >= since if upwards else minor == since
