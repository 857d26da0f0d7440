"""A wheel's archive to plain files, every name and digest checked."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import zipfile
import zlib
from configparser import Error as ConfigError
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from installer.exceptions import InstallerError
from installer.records import InvalidRecordEntry, RecordEntry, parse_record_file
from installer.sources import WheelFile
from installer.utils import parse_entrypoints, parse_metadata_file
from packaging.utils import canonicalize_version

from noxlock.errors import StoreError
from noxlock.store._manifest import (
    MTIME,
    EntryPoint,
    StoredFile,
    WheelEntry,
    digest_text,
)
from noxlock.store._places import FILES
from noxlock.store._schemes import destination

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["unpack"]

_BLOCK = 1 << 20
_OWN = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}
"""In `.dist-info`, what the installer writes itself."""
_BAD_PART = re.compile(r"^(|\.|\.\.|[A-Za-z]:.*)$")
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,  # a compression that zipfile lacks
    RuntimeError,  # an encrypted member
    UnicodeDecodeError,
    InstallerError,
    InvalidRecordEntry,
    ValueError,
)


def unpack(archive: IO[bytes], filename: str, entry: Path) -> WheelEntry:
    """Unpack the open wheel into the folder *entry* and return what it holds.

    What no installer takes from a wheel is left out: RECORD and its kin, which are
    written anew for each environment, and `__pycache__`, which could hide code that
    has no source.

    Raises:
        StoreError: It is no sound wheel; names the first thing wrong with it.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            opened.filename = filename
            return _Unpacking(opened, WheelFile(opened), entry).run()
    except StoreError as error:
        raise error.inside(file=filename) from error.__cause__
    except _BROKEN as error:
        what = f"not a sound wheel: {str(error) or type(error).__name__}"
        raise StoreError(what, file=filename) from error


@dataclass(frozen=True, slots=True)
class _Unpacking:
    archive: zipfile.ZipFile
    wheel: WheelFile
    entry: Path

    def run(self) -> WheelEntry:
        self._check_wheel_file()
        self._check_version()
        records = self._records()
        folders: set[str] = set()
        seen: set[str] = set()
        files = []
        for member in self.archive.infolist():
            if member.is_dir():
                continue
            path = member.filename
            _check_name(member)
            place = "/".join(destination(path, self.wheel.dist_info_dir))
            if path in seen or place in seen:
                raise StoreError("two files of one name", key=path)
            seen |= {path, place}
            if self._is_installed(path):
                files.append(self._extract(member, records.get(path), folders))
        return WheelEntry(
            filename=self.archive.filename or "",
            dist_info=self.wheel.dist_info_dir,
            files=tuple(sorted(files, key=lambda file: file.path)),
            scripts=self._scripts(),
        )

    def _check_wheel_file(self) -> None:
        """Check that the wheel's form is one that is known here."""
        try:
            fields = parse_metadata_file(self.wheel.read_dist_info("WHEEL"))
        except KeyError as error:
            raise StoreError("no WHEEL in its .dist-info folder") from error
        version = fields["Wheel-Version"] or "none"
        if not version.startswith("1."):
            raise StoreError(f"wheel version {version} is not supported, only 1.x")

    def _check_version(self) -> None:
        version = self.wheel.dist_info_dir.removesuffix(".dist-info").rpartition("-")[2]
        if canonicalize_version(version) != canonicalize_version(self.wheel.version):
            raise StoreError(
                f"its .dist-info folder says version {version},"
                f" its file name {self.wheel.version}"
            )

    def _records(self) -> dict[str, RecordEntry]:
        try:
            lines = self.wheel.read_dist_info("RECORD").splitlines()
        except KeyError as error:
            raise StoreError("no RECORD in its .dist-info folder") from error
        rows = [RecordEntry.from_elements(*row) for row in parse_record_file(lines)]
        return {row.path: row for row in rows}

    def _is_installed(self, path: str) -> bool:
        parts = path.split("/")
        own = parts[0] == self.wheel.dist_info_dir and parts[-1] in _OWN
        return "__pycache__" not in parts[:-1] and not (own and len(parts) == 2)  # noqa: PLR2004

    def _extract(
        self, member: zipfile.ZipInfo, record: RecordEntry | None, folders: set[str]
    ) -> StoredFile:
        path = f"{self.entry}/{FILES}/{member.filename}"
        if (folder := os.path.dirname(path)) not in folders:  # noqa: PTH120
            os.makedirs(folder, exist_ok=True)  # noqa: PTH103
            folders.add(folder)
        mode = member.external_attr >> 16
        executable = stat.S_ISREG(mode) and bool(mode & 0o111)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        handle = os.open(path, flags, 0o555 if executable else 0o444)
        with open(handle, "wb") as target:  # noqa: PTH123
            size, digest = self._copy(member, target, record)
        os.utime(path, (MTIME, MTIME))
        return StoredFile(member.filename, digest, size, executable)

    def _copy(
        self, member: zipfile.ZipInfo, target: IO[bytes], record: RecordEntry | None
    ) -> tuple[int, str]:
        """Write one member; returns its size and digest.

        PEP 427: "wheel installers verify all the hashes in RECORD against the file
        contents". A file that RECORD leaves out is taken: wheels in use have such, and
        the lock's digest of the whole archive vouches for it.
        """
        digest = hashlib.sha256()
        claim = record.hash_ if record else None
        other = hashlib.new(claim.name) if claim and claim.name != "sha256" else None
        size = 0
        with self.archive.open(member) as source:
            while block := source.read(_BLOCK):
                target.write(block)
                digest.update(block)
                if other:
                    other.update(block)
                size += len(block)
        found = digest_text((other or digest).digest())
        if claim and claim.value.rstrip("=") != found:
            raise StoreError("its hash is not the one in RECORD", key=member.filename)
        return size, digest_text(digest.digest())

    def _scripts(self) -> tuple[EntryPoint, ...]:
        try:
            text = self.wheel.read_dist_info("entry_points.txt")
        except KeyError:
            return ()
        try:
            found = list(parse_entrypoints(text))
        except (AssertionError, AttributeError, ConfigError) as error:
            raise StoreError("not readable", key="entry_points.txt") from error
        for name, *_ in found:
            if "/" in name or "\\" in name or _BAD_PART.match(name):
                raise StoreError(
                    f"`{name}` is no name for a script", key="entry_points.txt"
                )
        return tuple(
            EntryPoint(name, module, attribute, gui=section == "gui")
            for name, module, attribute, section in found
        )


def _check_name(member: zipfile.ZipInfo) -> None:
    path = member.filename
    if any(_BAD_PART.match(part) for part in path.split("/")) or "\\" in path:
        raise StoreError("a file would lie outside the environment", key=path)
    if stat.S_ISLNK(member.external_attr >> 16):
        raise StoreError("a wheel cannot hold symbolic links", key=path)
