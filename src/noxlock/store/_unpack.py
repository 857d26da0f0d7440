"""A wheel's archive to plain files, every name and digest checked."""

from __future__ import annotations

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
from noxlock.store._extractor import Broken
from noxlock.store._manifest import MTIME, EntryPoint, StoredFile, WheelEntry
from noxlock.store._places import FILES
from noxlock.store._schemes import destination

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from noxlock.store._extractor import Member
    from noxlock.store._extractors import Extractors

__all__ = ["unpack"]

_ENCRYPTED = 1
"""Of a member's general purpose bits (APPNOTE.TXT, 4.4.4)."""
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


def unpack(
    archive: IO[bytes], filename: str, entry: Path, extractors: Extractors
) -> WheelEntry:
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
            wheel = WheelFile(opened)
            return _Unpacking(opened, archive.name, wheel, entry, extractors).run()
    except StoreError as error:
        raise error.inside(file=filename) from error.__cause__
    except Broken as error:
        path, what = error.args
        raise StoreError(what, file=filename, key=path) from error
    except _BROKEN as error:
        what = f"not a sound wheel: {str(error) or type(error).__name__}"
        raise StoreError(what, file=filename) from error


@dataclass(frozen=True, slots=True)
class _Unpacking:
    archive: zipfile.ZipFile
    path: str
    """Of the archive on disk."""
    wheel: WheelFile
    entry: Path
    extractors: Extractors

    def run(self) -> WheelEntry:
        self._check_wheel_file()
        self._check_version()
        members = self._installed()
        self._make_folders(members)
        digests = self.extractors.extract(
            self.path, f"{self.entry}/{FILES}/", MTIME, members
        )
        files = [
            StoredFile(member[0], blake3, member[3], member[6], sha256=sha256)
            for member, (sha256, blake3) in zip(members, digests, strict=True)
        ]
        return WheelEntry(
            filename=self.archive.filename or "",
            dist_info=self.wheel.dist_info_dir,
            files=tuple(sorted(files, key=lambda file: file.path)),
            scripts=self._scripts(),
        )

    def _installed(self) -> list[Member]:
        """Return the members that are unpacked, every name checked."""
        records = self._records()
        seen: set[str] = set()
        found = []
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
                found.append(_described(member, records.get(path)))
        return found

    def _make_folders(self, members: Sequence[Member]) -> None:
        for folder in {os.path.dirname(member[0]) for member in members}:  # noqa: PTH120
            os.makedirs(f"{self.entry}/{FILES}/{folder}", exist_ok=True)  # noqa: PTH103

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


def _described(member: zipfile.ZipInfo, record: RecordEntry | None) -> Member:
    """Return what is taken out of the archive, and what it must be.

    PEP 427: "wheel installers verify all the hashes in RECORD against the file
    contents". A file that RECORD leaves out is taken: wheels in use have such, and the
    lock's digest of the whole archive vouches for it.
    """
    if member.flag_bits & _ENCRYPTED:
        raise RuntimeError(f"{member.filename} is encrypted")
    if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise NotImplementedError(f"{member.filename} is neither stored nor deflated")
    mode = member.external_attr >> 16
    claim = record.hash_ if record else None
    return (
        member.filename,
        member.header_offset,
        member.compress_size,
        member.file_size,
        member.CRC,
        member.compress_type == zipfile.ZIP_DEFLATED,
        stat.S_ISREG(mode) and bool(mode & 0o111),
        claim.name if claim else "",
        claim.value.rstrip("=") if claim else "",
    )


def _check_name(member: zipfile.ZipInfo) -> None:
    path = member.filename
    if any(_BAD_PART.match(part) for part in path.split("/")) or "\\" in path:
        raise StoreError("a file would lie outside the environment", key=path)
    if stat.S_ISLNK(member.external_attr >> 16):
        raise StoreError("a wheel cannot hold symbolic links", key=path)
