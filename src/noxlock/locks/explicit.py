"""Read and write `@EXPLICIT` files, as conda, mamba and conda-lock have them. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, assert_never

from msgspec.structs import replace

from noxlock.errors import LockError
from noxlock.locks._conda import (
    DEV,
    MAIN,
    check_subdir,
    known_subdir,
    locate,
    md5_digest,
    merge_conda,
)
from noxlock.locks._conda_pypi import merge_pypi, pypi_package
from noxlock.locks._hashes import digest
from noxlock.locks._text import decode
from noxlock.model import (
    ArchiveSource,
    CondaLock,
    CondaPackage,
    CondaPlatform,
    DirectorySource,
    IndexSource,
    Subdir,
    VcsSource,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from noxlock.model import LockedPackage, Sha256

__all__ = ["in_order", "parse", "render"]


_HEADER: Final = "@EXPLICIT"
_PLATFORM: Final = re.compile(r"#\s*platform:\s*(\S+)\s*")
_PIP: Final = re.compile(r"#\s*pip\s+(\S+)\s+@\s+(.+)")
_PIP_HASH: Final = re.compile(r"(?:#|\s+--hash=)sha256[=:]([^\s#]*)$")
_ENVIRONMENT: Final = re.compile(r"^(?:dependencies|channels):\s*$", re.MULTILINE)
_SHA256_DIGITS: Final = 64


def parse(file: str, data: bytes) -> CondaLock:
    """Return what *data* locks: one platform, all of it in `main`.

    A digest may be left out, or be MD5: installing is what refuses it.

    Raises:
        LockError: A line is not an address of a conda package, or nothing says the
            platform; its line says where.
    """
    text = decode(file, data)
    try:
        lines = _Lines(text)
        subdir = lines.subdir()
        for package in lines.packages:
            check_subdir(package.subdir, subdir, key=package.where)
        platform = CondaPlatform(
            name=str(subdir),
            subdir=subdir,
            packages=merge_conda(lines.packages),
            pypi=merge_pypi(lines.pypi),
        )
    except LockError as error:
        raise error.inside(file=file) from None
    channels = dict.fromkeys(p.channel for p in lines.packages if p.channel)
    return CondaLock(
        format="explicit",
        file=file,
        platforms=(platform,),
        categories=(MAIN, DEV),
        channels=tuple(channels),
    )


def render(
    packages: Sequence[CondaPackage],
    *,
    platform: str,
    pypi: Iterable[LockedPackage] = (),
    algorithm: Literal["md5", "sha256"] = "md5",
) -> str:
    """Return the `@EXPLICIT` file of *packages*, each below what it needs.

    Args:
        packages: Of one environment.
        platform: Its subdir, for the comment that conda-lock writes too.
        pypi: The `pip:` section, written as comments, which conda itself passes over.
        algorithm: `md5`, which every tool reads, or `sha256`; the other one, or none,
            is written where a package has not got it.
    """
    lines = [f"# platform: {platform}", _HEADER]
    for package in in_order(packages):
        md5, sha256 = package.md5, package.sha256 and f"sha256:{package.sha256}"
        pin = (md5 or sha256) if algorithm == "md5" else (sha256 or md5)
        lines.append(f"{package.url}#{pin}" if pin else package.url)
    lines += [_pip_line(package) for package in pypi]
    return "\n".join(lines) + "\n"


def in_order(packages: Sequence[CondaPackage]) -> tuple[CondaPackage, ...]:
    """Return *packages* so that each comes after what it needs.

    In a circle, as python and pip are, python goes first, the others by name.
    """
    by_name = {package.name: package for package in packages}
    needs = {
        name: sorted(by_name[name].needs & by_name.keys()) for name in sorted(by_name)
    }
    return tuple(by_name[name] for name in _sorted(needs))


def _sorted(needs: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for circle in _circles(needs):
        first = "python" if "python" in circle else min(circle)
        yield first
        rest = circle - {first}
        yield from _sorted(
            {name: [n for n in needs[name] if n in rest] for name in sorted(rest)}
        )


def _circles(needs: Mapping[str, Sequence[str]]) -> Iterator[set[str]]:
    """Yield the strongly connected parts of a graph, what is needed first (Tarjan)."""
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    open_: dict[str, None] = {}
    for root in needs:
        agenda = [] if root in number else [(root, iter(needs[root]))]
        while agenda:
            name, rest = agenda[-1]
            if name not in number:
                number[name] = lowest[name] = len(number)
                open_[name] = None
            for need in rest:
                if need not in number:
                    agenda.append((need, iter(needs[need])))
                    break
                if need in open_:
                    lowest[name] = min(lowest[name], lowest[need])
            else:
                agenda.pop()
                if agenda:
                    above = agenda[-1][0]
                    lowest[above] = min(lowest[above], lowest[name])
                if lowest[name] == number[name]:
                    circle = {other for other in open_ if number[other] >= number[name]}
                    for other in circle:
                        del open_[other]
                    yield circle


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    text: str

    @property
    def where(self) -> str:
        return f"line {self.number}"


class _Lines:
    """The packages of a file, and the platform that its comment names."""

    def __init__(self, text: str) -> None:
        lines = [
            _Line(number, line.strip())
            for number, line in enumerate(text.split("\n"), start=1)
        ]
        if not any(line.text == _HEADER for line in lines):
            raise _no_header(text)
        self.named: str | None = None
        self.packages: list[CondaPackage] = []
        self.pypi: list[LockedPackage] = []
        for line in lines:
            try:
                self._take(line)
            except LockError as error:
                raise error.inside(line=line.number) from error.__cause__

    def _take(self, line: _Line) -> None:
        if found := _PLATFORM.fullmatch(line.text):
            self.named = found[1]
        elif found := _PIP.fullmatch(line.text):
            self.pypi.append(_pip(found[1], found[2], line))
        elif line.text and line.text != _HEADER and not line.text.startswith("#"):
            self.packages.append(_package(line))

    def subdir(self) -> Subdir:
        """Return the platform, from the comment or else from the addresses."""
        if self.named is not None:
            if subdir := known_subdir(self.named):
                return subdir
            raise LockError(
                f"unknown platform `{self.named}`: known are {', '.join(Subdir)}"
            )
        for package in self.packages:
            if subdir := known_subdir(package.subdir):
                return subdir
        raise LockError(
            "nothing says its platform",
            hint="put `# platform: linux-64`, or another, above @EXPLICIT",
        )


def _package(line: _Line) -> CondaPackage:
    url, _, pin = line.text.partition("#")
    place = locate(url)
    md5: str | None = None
    sha256: Sha256 | None = None
    plain = pin.removeprefix("sha256:")
    # conda: `#MD5`, `#SHA256` or `#sha256:SHA256`.
    if plain != pin or len(plain) == _SHA256_DIGITS:
        sha256 = digest(plain)
    elif pin:
        md5 = md5_digest(pin)
    return replace(
        place.package(),
        md5=md5,
        sha256=sha256,
        categories=(MAIN,),
        where=line.where,
    )


def _pip(name: str, text: str, line: _Line) -> LockedPackage:
    found = _PIP_HASH.search(text)
    sha256 = digest(found[1]) if found else None
    url = text[: found.start()] if found else text
    package = pypi_package(name, None, url.strip(), sha256)
    return replace(package, wanted_by={MAIN: None}, where=line.where)


def _no_header(text: str) -> LockError:
    if _ENVIRONMENT.search(text):
        return LockError(
            "an environment file, not a lock: its packages have no addresses and no"
            " hashes",
            hint="render the lock that it was made from with `conda-lock render --kind"
            " explicit`, or use that lock itself",
        )
    return LockError(
        f"there is no line {_HEADER}", hint="make it with `conda list --explicit`"
    )


def _pip_line(package: LockedPackage) -> str:
    pinned: str | None
    match package.source:
        case VcsSource() as commit:
            place, pinned = f"{commit.vcs}+{commit.url}@{commit.commit}", None
        case ArchiveSource() as archive:
            place, pinned = archive.url or archive.path or "", archive.sha256
        case DirectorySource(path=path):
            place, pinned = path, None
        case IndexSource():
            # A row has one file: conda-lock and pixi choose it as they lock.
            place = package.files[0].url or package.files[0].filename
            pinned = package.files[0].sha256
        case _:
            assert_never(package.source)
    return f"# pip {package.name} @ {place}" + (f"#sha256={pinned}" if pinned else "")
