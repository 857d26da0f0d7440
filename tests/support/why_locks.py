"""Locks written for a search: what each package is, and its artifact."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.metadata import parse_email
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

from support.real_wheels import real_wheels
from support.wheels import make_sdist, make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["Pin", "lock_text", "pins", "published", "requirements_text"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Pin:
    """One package of a lock."""

    name: str
    version: str = "1.0"
    needs: tuple[str, ...] = ()
    """As METADATA has it: `beta>=2`; in the lock too."""
    extra: str = ""
    """What tells it from another wheel of the same version."""
    tag: str = "py3-none-any"
    """Of the wheel."""
    kind: str = "wheel"
    """`wheel`, `sdist`; `lost`: not on the index; `broken`: an sdist that fails."""

    published: Path | None = None
    """A real wheel, which it is then."""

    def made(self) -> tuple[str, bytes]:
        """Return the file name and the bytes of its artifact."""
        if self.published is not None:
            return self.published.name, self.published.read_bytes()
        code = f'__version__ = "{self.version}"\n{self.extra}\n'
        files = {f"{self.name}/__init__.py": code}
        if self.kind in {"sdist", "broken"}:
            fail = "no compiler here" if self.kind == "broken" else ""
            return make_sdist(
                self.name, self.version, files, requires=self.needs, fail=fail
            )
        return make_wheel(
            self.name, self.version, files, requires=self.needs, tag=self.tag
        )


def published(*wanted: str) -> list[Pin]:
    """Return the real wheels of *wanted*, `name==version`; skips where one is not."""
    found = []
    for filename, path in real_wheels(*wanted).items():
        name, version, *_ = parse_wheel_filename(filename)
        needs = tuple(_needs(path))
        pin = Pin(name=name, version=str(version), needs=needs, published=path)
        found.append(pin)
    return found


def _needs(wheel: Path) -> Iterator[str]:
    """Yield what a wheel asks for here, without extras."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (name,) = (each for each in names if each.endswith(".dist-info/METADATA"))
        metadata, _ = parse_email(archive.read(name))
    for text in metadata.get("requires_dist", ()):
        wanted = Requirement(text)
        if wanted.marker is None or wanted.marker.evaluate({"extra": ""}):
            yield f"{canonicalize_name(wanted.name)}{wanted.specifier}"


def pins(count: int, version: str = "1.0", **other: str) -> list[Pin]:
    """Return `p00`, `p01`, ..., all of *version* but for those in *other*."""
    names = [f"p{number:02}" for number in range(count)]
    return [Pin(name=name, version=other.get(name, version)) for name in names]


def lock_text(packages: Sequence[Pin]) -> str:
    """Return a poetry.lock of *packages* and of what they say that they need."""
    tables = [_table(each, packages, *each.made()) for each in packages]
    return "\n".join([*tables, _METADATA])


def requirements_text(packages: Sequence[Pin]) -> str:
    """Return a requirements.txt of *packages*: it does not say what they need."""
    made = [(each, each.made()[1]) for each in packages]
    return "".join(
        f"{each.name}=={each.version}"
        f" --hash=sha256:{hashlib.sha256(data).hexdigest()}\n"
        for each, data in made
    )


_METADATA = """\
[metadata]
lock-version = "2.1"
python-versions = ">=3.8"
content-hash = "0000000000000000000000000000000000000000000000000000000000000000"
"""


def _table(pin: Pin, others: Sequence[Pin], filename: str, data: bytes) -> str:
    known = {each.name for each in others}
    wanted = [Requirement(text) for text in pin.needs]
    needs = [
        f'{each.name} = "{each.specifier or "*"}"'
        for each in wanted
        if each.name in known
    ]
    dependencies = ["[package.dependencies]", *needs, ""] if needs else []
    digest = hashlib.sha256(data).hexdigest()
    return "\n".join(
        [
            "[[package]]",
            f'name = "{pin.name}"',
            f'version = "{pin.version}"',
            'description = ""',
            "optional = false",
            'python-versions = "*"',
            'groups = ["main"]',
            f'files = [{{file = "{filename}", hash = "sha256:{digest}"}}]',
            "",
            *dependencies,
        ]
    )
