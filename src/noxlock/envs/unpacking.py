"""Unpack source distributions: only files, only inside the folder they are given."""

from __future__ import annotations

import os
import posixpath
import tarfile
import zipfile
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING

from noxlock.errors import BuildError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["unpack_sdist"]


def unpack_sdist(archive: Path, into: Path) -> Path:
    """Unpack *archive* (`.tar.*`, `.zip`) into the new folder *into*.

    A link becomes a copy of the file in the archive that it names. tarfile's own
    filters are not on every Python 3.11, so members are written one by one.

    Returns:
        The folder of the project: the one folder in the archive, if it has only one.

    Raises:
        BuildError: It is no such archive, or a member would lie outside of *into*.
    """
    into.mkdir(parents=True)
    try:
        if archive.name.endswith(".zip"):
            _unzip(archive, into)
        else:
            _untar(archive, into)
    except (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile) as error:
        raise BuildError(f"cannot unpack {archive.name}: {error}") from error
    entries = list(into.iterdir())
    alone = len(entries) == 1 and entries[0].is_dir()
    return entries[0] if alone else into


def _unzip(archive: Path, into: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        for info in opened.infolist():
            if not info.is_dir():
                with opened.open(info) as content:
                    executable = bool(info.external_attr >> 16 & 0o100)
                    _write(content, _inside(info.filename, into), executable=executable)


def _untar(archive: Path, into: Path) -> None:
    with tarfile.open(archive) as opened:
        for member, content in _contents(opened):
            target = _inside(member.name, into)
            with content:
                _write(content, target, executable=bool(member.mode & 0o100))
            # make compares times: generated C must stay newer than its source.
            os.utime(target, (member.mtime, member.mtime))


def _contents(
    opened: tarfile.TarFile,
) -> Iterator[tuple[tarfile.TarInfo, IO[bytes]]]:
    for member in opened.getmembers():
        if member.isdir():
            continue
        source = member
        if member.issym():
            folder = posixpath.dirname(member.name)
            named = posixpath.normpath(posixpath.join(folder, member.linkname))
            source = _member(opened, named, member)
        elif member.islnk():
            source = _member(opened, member.linkname, member)
        if not source.isreg():
            raise BuildError(f"`{member.name}` in the archive is neither file nor link")
        content = opened.extractfile(source)
        if content is not None:  # pragma: no branch - regular files have content
            yield member, content


def _member(
    opened: tarfile.TarFile, name: str, link: tarfile.TarInfo
) -> tarfile.TarInfo:
    try:
        return opened.getmember(name)
    except KeyError:
        raise BuildError(
            f"`{link.name}` in the archive links to `{link.linkname}`,"
            " which is not a file in it"
        ) from None


def _inside(name: str, into: Path) -> Path:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name:
        raise BuildError(f"`{name}` in the archive would lie outside of its folder")
    return into / path


def _write(content: IO[bytes], target: Path, *, executable: bool) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        while block := content.read(1 << 20):
            file.write(block)
    if executable:
        target.chmod(0o755)
