"""Read requirements.txt with hashes, as pip-compile, uv and poetry export write it.

It is a lock only as far as it pins: each line names one version, commit or file, and
the SHA-256 of what may come. Pure: included files come through `beside`.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit, urlunsplit

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from noxlock.errors import LockError
from noxlock.locks._direct import is_direct, is_named, read_direct
from noxlock.locks._hashes import hash_option
from noxlock.locks._lines import read_lines
from noxlock.locks._pins import Pin, packages
from noxlock.locks._poetry_edges import parse_marker
from noxlock.locks._text import address
from noxlock.model import ByMarker, GroupName, IndexSource, Lock

if TYPE_CHECKING:
    from collections.abc import Callable

    from noxlock.locks._lines import Line
    from noxlock.model import Sha256, Source

__all__ = ["parse"]


# What a pin makes void, or what is the user's to say and not the lock's.
_VOID: Final = frozenset(
    {
        "--no-index",
        "--no-require-hashes",
        "--only-binary",
        "--pre",
        "--prefer-binary",
        "--require-hashes",
        "--trusted-host",
        "--use-feature",
    }
)
_MARKER_OF_ADDRESS: Final = re.compile(r"\s;|;\s")
_TOML: Final = re.compile(r"\[|[\w-]+ = ")
_VARIABLE: Final = re.compile(r"\$\{[A-Z0-9_]+\}")


def parse(file: str, data: bytes, beside: Callable[[str], bytes | None]) -> Lock:
    """Return what *data* locks, with the files it includes.

    Extras of a requirement say nothing here: what they add is pinned by its own lines.
    Not checked: that the lines are complete.

    Raises:
        LockError: A line is not pinned, has no SHA-256, or cannot be kept; with file
            and line.
    """
    reader = _Reader(file=file, beside=beside)
    reader.read("", data, constraint=False)
    extra = tuple(dict.fromkeys(reader.extra_indexes))
    return Lock(
        format="requirements",
        file=file,
        packages=packages(reader.required, reader.constraints),
        selection=ByMarker(),
        groups=(GroupName("main"),),
        # `--extra-index-url` alone leaves the first index to the user.
        indexes=(*reader.index, *extra) if reader.index else (),
        extra_indexes=() if reader.index else extra,
        find_links=tuple(dict.fromkeys(reader.find_links)),
    )


@dataclass(kw_only=True, slots=True)
class _Reader:
    """Gathers the lines of a requirements file and of those it includes."""

    file: str
    beside: Callable[[str], bytes | None]
    required: list[Pin] = field(default_factory=list)
    constraints: list[Pin] = field(default_factory=list)
    index: tuple[str, ...] = ()
    extra_indexes: list[str] = field(default_factory=list)
    find_links: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    def read(self, name: str, data: bytes, *, constraint: bool) -> None:
        """Read the file *name*, relative to the lock's folder; "" is the lock."""
        shown = _beside(self.file, name)
        self.open.append(shown)
        for line in read_lines(shown, data):
            try:
                self._line(name, line, constraint=constraint)
            except LockError as error:
                raise error.inside(file=shown, line=line.number) from None
        self.open.pop()

    def _line(self, name: str, line: Line, *, constraint: bool) -> None:
        if line.requirement:
            pin = self._pin(name, line)
            (self.constraints if constraint else self.required).append(pin)
            return
        for option, value in line.options:
            self._option(name, option, value, constraint=constraint)

    def _option(self, name: str, option: str, value: str, *, constraint: bool) -> None:
        match option:
            case "--requirement" | "--constraint":
                nested = constraint or option == "--constraint"
                self._include(name, value, constraint=nested)
            case "--index-url":
                self.index = (_address(value),)
            case "--extra-index-url":
                self.extra_indexes.append(_address(value))
            case "--hash":
                raise LockError(
                    "a hash without a requirement",
                    hint="the line before has to end with ` \\`",
                )
            case "--find-links":
                _refuse_variables(value)
                self.find_links.append(self._found(name, value))
            case "--no-binary" if value != ":none:":
                raise LockError(
                    f"`--no-binary {value}` cannot be kept: the hashes decide which"
                    " file comes",
                    hint="leave only the hash of the source distribution",
                )
            case "--no-binary":
                pass
            case _ if option in _VOID:
                pass
            case _:
                raise LockError(f"`{option}` is not supported in a lock")

    @staticmethod
    def _found(name: str, value: str) -> str:
        """Return a place of files; a folder is relative to the including file."""
        if "://" in value:
            return value
        return posixpath.normpath(posixpath.join(posixpath.dirname(name), value))

    def _include(self, name: str, value: str, *, constraint: bool) -> None:
        _refuse_variables(value)
        if "://" in value:
            raise LockError(
                f"`{value}` is not part of the lock: only files beside it are included"
            )
        # pip: "relative to the including file".
        below = posixpath.normpath(posixpath.join(posixpath.dirname(name), value))
        shown = _beside(self.file, below)
        if shown in self.open:
            raise LockError(
                f"`{value}` includes itself: {' > '.join(self.open)}",
                hint="take one of these includes out",
            )
        data = self.beside(below)
        if data is None:
            raise LockError(
                f"the included file `{value}` is not there",
                hint="its path is relative to the file that includes it",
            )
        self.read(below, data, constraint=constraint)

    def _pin(self, name: str, line: Line) -> Pin:
        text = line.requirement
        _refuse_variables(text.replace("file:///${PROJECT_ROOT}", "", 1))
        entry = _entry(text, editable=line.editable)
        hashes = _hashes(line)
        version = None if entry.url else _version(entry.specifier)
        source: Source = IndexSource()
        label = entry.name
        if entry.url is not None:
            found = read_direct(
                entry.url,
                hashes,
                name=entry.name or None,
                editable=line.editable,
                beside=self.beside,
            )
            label, version, source = found.name, found.version, found.source
        return Pin(
            text=text,
            name=canonicalize_name(label),
            version=version,
            specifier=entry.specifier,
            source=source,
            hashes=hashes,
            marker=entry.marker,
            file=_beside(self.file, name),
            line=line.number,
            where=f"{name}:{line.number}" if name else f"line {line.number}",
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Entry:
    """A requirement, taken apart."""

    name: str
    """"" where it is an address or a path alone."""
    url: str | None
    specifier: SpecifierSet
    marker: Marker | None


def _entry(text: str, *, editable: bool) -> _Entry:
    try:
        if is_direct(text) or (editable and not is_named(text)):
            # A `;` can be part of an address, one beside a blank cannot.
            place, *condition = _MARKER_OF_ADDRESS.split(text, 1)
            marker = Marker(condition[0]) if condition else None
            read = _Entry(
                name="", url=place.strip(), specifier=SpecifierSet(), marker=marker
            )
        else:
            named = Requirement(text)
            read = _Entry(
                name=named.name,
                url=named.url,
                specifier=named.specifier,
                marker=named.marker,
            )
        # What pip makes of `extra` in a requirements file: that none is asked for.
        return replace(read, marker=read.marker and parse_marker(str(read.marker)))
    except (ValueError, RecursionError) as error:
        reason = str(error).partition("\n")[0] or "nested too deeply"
        raise LockError(
            f"`{text}` is not a requirement: {reason[:1].lower()}{reason[1:]}",
            hint="this looks like TOML" if _TOML.match(text) else None,
        ) from None


def _version(specifiers: SpecifierSet) -> str | None:
    """Return the one version that *specifiers* allow, or None."""
    if len(specifiers) != 1:
        return None
    (only,) = specifiers
    if only.operator not in {"==", "==="} or only.version.endswith(".*"):
        return None
    try:
        return str(Version(only.version))
    except InvalidVersion:
        raise LockError(
            f"`{only.version}` is not a version",
            hint="a wheel or source distribution of such a version cannot be told",
        ) from None


def _hashes(line: Line) -> tuple[Sha256, ...]:
    for option, _ in line.options:
        if option != "--hash":
            raise LockError(
                f"`{option}` is not supported beside a requirement",
                hint="one requirement a line; a lock does not say how one is built",
            )
    found = (hash_option(value) for value in line.values("--hash"))
    return tuple(dict.fromkeys(item for item in found if item is not None))


def _address(value: str) -> str:
    """Return the address of an index; credentials from variables are the user's."""
    if "://" not in value:
        raise LockError(f"`{value}` is not the address of an index")
    parts = urlsplit(address(value))
    user, separator, host = parts.netloc.rpartition("@")
    if separator and _VARIABLE.search(user):
        value = urlunsplit(parts._replace(netloc=host))
    _refuse_variables(value)
    return value


def _refuse_variables(text: str) -> None:
    if found := _VARIABLE.search(text):
        raise LockError(
            f"`{found[0]}` is not expanded: a lock says the same on every machine",
            hint="write the value; credentials belong in netrc or the keyring",
        )


def _beside(file: str, name: str) -> str:
    return posixpath.join(posixpath.dirname(file), name) if name else file
