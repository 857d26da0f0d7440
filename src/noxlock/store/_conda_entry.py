"""What an unpacked conda package is sealed with."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from typing import TYPE_CHECKING, Final

from blake3 import blake3

from noxlock.errors import StoreError
from noxlock.store._checking import blake3_of
from noxlock.store._manifest import MTIME, Entry, StoredFile, digest_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["SITE", "Unpacked", "seal", "source_of"]

SITE: Final = "site-packages/"
"""In a `noarch: python` package, what goes into the environment's site-packages."""
_MODULE: Final = re.compile(r"(?:lib/python3\.\d+|Lib)/site-packages/.*\.py")
_TAG: Final = re.compile(r"\.[^.]*\.pyc$|\.pyc$")


class Unpacked(Entry, frozen=True, kw_only=True):
    """A conda package, unpacked as its archive has it."""

    sha256: str
    """Of the archive."""
    noarch: bool = False
    """Whether it is `noarch: python`: its modules go to where the python has them."""
    sources: tuple[str, ...] = ()
    """Modules that came without bytecode and are installed as they are."""


def seal(files: Path, filename: str, sha256: str) -> Unpacked:
    """Make what was unpacked read-only and return what the entry holds.

    Bytecode that a package brings is right for its module's own time, which is kept;
    any other module gets the one time that the store's own bytecode is compiled for.
    """
    noarch = _document(files, "index.json").get("noarch") == "python"
    found = sorted(_walk(files))
    compiled = {source_of(path) for path in found if path.endswith(".pyc")}
    kept = _rewritten(files) | compiled
    modules = (path for path in found if _is_module(path, noarch=noarch))
    sources = tuple(path for path in modules if path not in kept)
    neutral = frozenset(sources)
    return Unpacked(
        filename=filename,
        files=tuple(_stored(files, path, neutral=path in neutral) for path in found),
        sha256=sha256,
        noarch=noarch,
        sources=sources,
    )


def _walk(files: Path) -> Iterator[str]:
    base = f"{files}{os.sep}"
    for folder, names, inside in os.walk(files):
        links = [name for name in names if os.path.islink(f"{folder}/{name}")]  # noqa: PTH114
        for name in [*inside, *links]:
            path = f"{folder}{os.sep}{name}".removeprefix(base)
            yield path.replace(os.sep, "/")


def _stored(files: Path, path: str, *, neutral: bool) -> StoredFile:
    file = files / path
    status = file.lstat()
    if stat.S_ISLNK(status.st_mode):
        name = os.fsencode(os.readlink(file))  # noqa: PTH115
        return StoredFile(path, blake3(name).hexdigest(), len(name), link=True)
    sha256 = ""
    if neutral:  # which is a module to be compiled: its compiler asks for that
        sha256 = digest_text(hashlib.sha256(file.read_bytes()).digest())
    executable = bool(status.st_mode & 0o111)
    file.chmod(0o555 if executable else 0o444)
    mtime = MTIME if neutral else int(status.st_mtime)
    os.utime(file, (mtime, mtime))
    digest, size = blake3_of(str(file)), status.st_size
    return StoredFile(path, digest, size, executable, mtime, sha256=sha256)


def _document(files: Path, name: str) -> dict[str, object]:
    """Return a JSON document of the package's `info`; empty where there is none."""
    try:
        found = json.loads((files / "info" / name).read_bytes())
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise StoreError(f"not a conda package: {error}", key=f"info/{name}") from error
    return found if isinstance(found, dict) else {}


def _rewritten(files: Path) -> set[str]:
    """Return the paths into which an installation writes its prefix."""
    rows = _document(files, "paths.json").get("paths")
    found = {
        str(row.get("_path"))
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, dict) and row.get("prefix_placeholder")
    }
    # Before paths.json: `PLACEHOLDER text|binary PATH`, or the path alone.
    try:
        text = (files / "info" / "has_prefix").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return found
    return found | {line.split()[-1] for line in text.splitlines() if line.strip()}


def _is_module(path: str, *, noarch: bool) -> bool:
    if noarch:
        return path.startswith(SITE) and path.endswith(".py")
    return _MODULE.fullmatch(path) is not None


def source_of(path: str) -> str:
    """Return the module that bytecode belongs to."""
    folder, _, name = path.rpartition("/")
    folder = folder.removesuffix("__pycache__").removesuffix("/")
    return f"{folder}/{_TAG.sub('', name)}.py"
