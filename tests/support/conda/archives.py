"""Conda packages and channels written byte for byte the same each time.

Nothing of this machine or this moment goes in: times, owners and orders are fixed.
"""

from __future__ import annotations

import bz2
import hashlib
import io
import json
import shutil
import tarfile
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import zstandard

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = [
    "DAY",
    "EPOCH",
    "PLACEHOLDER",
    "Entry",
    "Package",
    "edit_record",
    "write_channel",
]

PLACEHOLDER = ("/opt/placehold_" + "placehold_" * 30)[:255]
"""conda's convention: longer than any prefix, so it can be overwritten in place."""
EPOCH = 1_704_067_200
"""2024-01-01T00:00:00Z, day 0 of every package, in seconds."""
DAY = 86_400
"""In seconds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One file of a package."""

    data: bytes = b""
    link: str | None = None
    """The target, of a symbolic link."""
    executable: bool = False
    file_mode: Literal["text", "binary"] | None = None
    """How PLACEHOLDER is to be replaced; None where it is not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Package:
    """One package file of a channel, and its record in repodata.json."""

    name: str
    version: str
    build: str = "h_0"
    """Ends in `_` and the build number, unless that is given."""
    build_number: int | None = None
    subdir: str = "noarch"
    depends: tuple[str, ...] = ()
    constrains: tuple[str, ...] = ()
    files: Mapping[str, Entry] = field(default_factory=dict)
    """Noarch python: `site-packages/...` and `python-scripts/...`."""
    noarch: Literal["python", "generic"] | None = None
    entry_points: tuple[str, ...] = ()
    """`pytest = pytest:main`; noarch python only."""
    day: int = 0
    """When it was built, in days after EPOCH."""
    extension: Literal[".conda", ".tar.bz2"] = ".conda"
    hashes: tuple[Literal["md5", "sha256"], ...] = ("md5", "sha256")
    """Those that repodata.json gives."""

    @property
    def stem(self) -> str:
        """NAME-VERSION-BUILD."""
        return f"{self.name}-{self.version}-{self.build}"

    @property
    def filename(self) -> str:
        """As it lies in its subdir."""
        return self.stem + self.extension

    @property
    def _number(self) -> int:
        number = self.build_number
        return int(self.build.rpartition("_")[2]) if number is None else number

    def index(self) -> dict[str, object]:
        """Return info/index.json; with size and hashes it is the record."""
        index: dict[str, object] = {
            "name": self.name,
            "version": self.version,
            "build": self.build,
            "build_number": self._number,
            "subdir": self.subdir,
            "depends": list(self.depends),
            "constrains": list(self.constrains),
            "license": "unknown",
            "timestamp": (EPOCH + self.day * DAY) * 1000,
        }
        return index | ({"noarch": self.noarch} if self.noarch else {})

    def info(self) -> dict[str, Entry]:
        """Return the files of info/."""
        rows = []
        for path, entry in sorted(self.files.items()):
            row = {
                "_path": path,
                "path_type": "softlink" if entry.link else "hardlink",
                "sha256": hashlib.sha256(entry.data).hexdigest(),
                "size_in_bytes": len(entry.data),
            }
            if entry.file_mode:
                row["prefix_placeholder"] = PLACEHOLDER
                row["file_mode"] = entry.file_mode
            rows.append(row)
        parts: dict[str, object] = {
            "index": self.index(),
            "paths": {"paths": rows, "paths_version": 1},
            "about": {"summary": f"{self.name} for tests"},
        }
        if self.noarch == "python":
            link = {"type": "python", "entry_points": list(self.entry_points)}
            parts["link"] = {"noarch": link, "package_metadata_version": 1}
        return {
            f"info/{name}.json": Entry(data=_json(it)) for name, it in parts.items()
        }

    def archive(self) -> bytes:
        """Return the package file: a tar.bz2, or a zip of two zstandard tars."""
        if self.extension == ".tar.bz2":
            return bz2.compress(_tar(self.info() | dict(self.files)))
        buffer = io.BytesIO()
        # ZipFile stores by default: the members are compressed already.
        with zipfile.ZipFile(buffer, "w") as archive:
            version = b'{"conda_pkg_format_version": 2}'
            archive.writestr(zipfile.ZipInfo("metadata.json"), version)
            for part, files in (("pkg", self.files), ("info", self.info())):
                member = zipfile.ZipInfo(f"{part}-{self.stem}.tar.zst")
                archive.writestr(member, _zstd(_tar(files)))
        return buffer.getvalue()


def write_channel(channel: Path, packages: Iterable[Package]) -> None:
    """Write the packages, and repodata.json and its .zst of every subdir.

    `rattler.index` would stamp each record with the time of indexing, which
    `exclude_newer` prefers to that of the build.
    """
    shutil.rmtree(channel, ignore_errors=True)
    subdirs: dict[str, list[Package]] = {"noarch": []}
    for package in packages:
        subdirs.setdefault(package.subdir, []).append(package)
    for subdir, inside in subdirs.items():
        folder = channel / subdir
        folder.mkdir(parents=True)
        repodata: dict[str, Any] = {
            "info": {"subdir": subdir},
            "packages": {},
            "packages.conda": {},
        }
        for package in inside:
            data = package.archive()
            (folder / package.filename).write_bytes(data)
            hashes = {it: hashlib.new(it, data).hexdigest() for it in package.hashes}
            record = package.index() | {"size": len(data)} | hashes
            repodata[_table(package.filename)][package.filename] = record
        _write_repodata(folder, repodata)


def edit_record(channel: Path, filename: str, **changes: object) -> None:
    """Change the record of a package in repodata.json; a None takes a key away."""
    for path in channel.glob("*/repodata.json"):
        repodata = json.loads(path.read_bytes())
        if record := repodata[_table(filename)].get(filename):
            record |= changes
            for key in [key for key, value in changes.items() if value is None]:
                del record[key]
            _write_repodata(path.parent, repodata)
            return
    raise KeyError(filename)


def _table(filename: str) -> str:
    return "packages.conda" if filename.endswith(".conda") else "packages"


def _write_repodata(folder: Path, repodata: object) -> None:
    data = _json(repodata)
    (folder / "repodata.json").write_bytes(data)
    (folder / "repodata.json.zst").write_bytes(_zstd(data))


def _json(content: object) -> bytes:
    return json.dumps(content, indent=1, sort_keys=True).encode()


def _zstd(data: bytes) -> bytes:
    # How many threads is no part of the result, only whether there are any.
    return zstandard.ZstdCompressor(level=9, threads=2).compress(data)


def _tar(files: Mapping[str, Entry]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path, entry in sorted(files.items()):
            member = tarfile.TarInfo(path)
            member.mtime, member.size = EPOCH, len(entry.data)
            member.mode = 0o755 if entry.executable else 0o644
            if entry.link:
                member.type, member.linkname = tarfile.SYMTYPE, entry.link
            tar.addfile(member, io.BytesIO(entry.data))
    return buffer.getvalue()
